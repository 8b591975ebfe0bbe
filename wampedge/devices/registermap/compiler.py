"""Compile a checked map file to a driver class; find what is wrong across several keys."""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from wampedge.devices.driver import ChannelSpec, CommandSpec, Driver, DriverSpec, spec_of
from wampedge.devices.expressions import Expression, ExpressionError
from wampedge.devices.fields import Boolean, Number
from wampedge.devices.fields import Field as Kind
from wampedge.devices.registermap.decoder import Field, Out
from wampedge.devices.registermap.driver import MapDriver
from wampedge.devices.registermap.exchange import ExchangeCompiler, Where
from wampedge.devices.registermap.model import RegisterMap, Setting
from wampedge.devices.registermap.params import NumberedParam, compile_param
from wampedge.devices.registermap.schema import Mistake, fail, read_map
from wampedge.devices.registermap.traffic import Read, Step

__all__ = ["load_map"]

_RAW = "raw"
_VALUE = "value"
_RESERVED = frozenset({*dir(Driver), *Driver.__annotations__, _RAW})


def load_map(path: Path, raw: bytes | None = None) -> DriverSpec:
    """Return what the map file at *path* declares; its ``driver_class`` runs it.

    Args:
        path: the file.
        raw: what is in it, where it was read before.

    Raises:
        ConfigError: with every mistake of the file.
    """
    return _Compiler(path, read_map(path, raw)).compile()


class _Compiler:
    """Compiles one file; collects mistakes as it goes, so that all are told at once."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self._path = path
        self._document = document
        self._mistakes: list[Mistake] = []
        self._exchange = ExchangeCompiler(
            document["register_size"], document["endian"], self._mistake
        )

    def compile(self) -> DriverSpec:
        """Return the spec; raises ConfigError."""
        document, exchange = self._document, self._exchange
        params = self._params(("params",), document["params"])
        numeric = {each for name, param in params.items() for each in param.names(name)}
        consts = self._consts(numeric)
        names = numeric | {name for name, _ in consts}
        reads = [exchange.read(("read", i), t, names) for i, t in enumerate(document["read"])]
        steps = {
            key: exchange.steps((key,), document[key], names) for key in ("wake", "init", "stop")
        }
        commands = {n: self._command(n, t, names) for n, t in document["commands"].items()}
        compiled = RegisterMap(
            name=document["name"],
            path=self._path,
            register_size=document["register_size"],
            params=params,
            consts=consts,
            identities=[exchange.identity(("id", i), t) for i, t in enumerate(document["id"])],
            reads=reads,
            outs=self._outs({read.name: read for read in reads}, names),
            settings={n: self._setting(n, t, names) for n, t in document["set"].items()},
            commands=commands,
            **steps,
        )
        self._check_purpose()
        if self._mistakes:
            raise fail(self._path, self._mistakes)
        self._check_defaults(compiled, params)
        return self._spec(compiled, params)

    def _params(
        self, where: Where, tables: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, NumberedParam]:
        params = {}
        for name, table in tables.items():
            if name in _RESERVED:
                self._mistake((*where, name), "is a word of the driver API; choose another name")
            try:
                params[name] = compile_param(table)
            except ValueError as error:
                self._mistake((*where, name), str(error))
        return params

    def _command(
        self, name: str, table: Mapping[str, Any], names: Collection[str]
    ) -> tuple[Mapping[str, NumberedParam], Sequence[Step]]:
        where = ("commands", name)
        args = self._params((*where, "args"), table["args"])
        known = {each for arg, kind in args.items() for each in kind.names(arg)}
        for taken in sorted(known & set(names)):
            self._mistake((*where, "args", taken), "is taken by a parameter or a const")
        steps = self._exchange.steps((*where, "steps"), table["steps"], known | set(names))
        return args, steps

    def _setting(self, name: str, table: Mapping[str, Any], names: Collection[str]) -> Setting:
        where: Where = ("set", name)
        if name in _RESERVED or name in names:
            self._mistake(where, "is taken by a parameter, a const or the driver API")
        usable, express = {*names, _VALUE, _RAW}, self._exchange.expression
        limits = table["range"]
        if limits is None and not table["boolean"]:
            self._mistake(where, "needs a range")
        return Setting(
            raw=express((*where, "raw"), table["raw"], {*names, _VALUE}),
            accepted=None
            if table["accepted"] is None
            else express((*where, "accepted"), table["accepted"], usable),
            limits=None
            if limits is None
            else (
                express((*where, "range"), limits[0], names),
                express((*where, "range"), limits[1], names),
            ),
            steps=self._exchange.steps((*where, "steps"), table["steps"], usable),
        )

    def _check_purpose(self) -> None:
        """A map reads something, or sets something; what it reads comes out of it."""
        document = self._document
        if not document["read"] and not document["set"]:
            self._mistake(("read",), "there is nothing to read and nothing to set")
        if document["read"] and all(out["internal"] for out in document["out"].values()):
            self._mistake(("out",), "needs at least one value that is not internal")

    def _consts(self, numeric: Collection[str]) -> list[tuple[str, Expression]]:
        known, consts = set(numeric), []
        for name, text in self._document["consts"].items():
            if name in known or name in _RESERVED:
                self._mistake(("consts", name), "is taken by a parameter or the driver API")
            expression = self._exchange.expression(("consts", name), text, known)
            known.add(name)
            consts.append((name, expression))
        return consts

    def _outs(self, reads: Mapping[str, Read], names: Collection[str]) -> list[Out]:
        if len(reads) != len(self._document["read"]):
            self._mistake(("read",), "two reads have the same name")
        known, outs = set(names), []
        for name, table in self._document["out"].items():
            if name in known or name in _RESERVED:
                self._mistake(("out", name), "is taken by a parameter, a const or the driver API")
            outs.append(self._out(name, table, reads, known))
            known.add(name)
        return outs

    def _out(
        self, name: str, table: Mapping[str, Any], reads: Mapping[str, Read], known: set[str]
    ) -> Out:
        where = ("out", name)
        if table["from"] is None and table["expr"] is None:
            self._mistake(where, "needs from or expr")
        if table["from"] is not None and table["from"] not in reads:
            self._mistake((*where, "from"), f"there is no read {table['from']!r}")
        read = reads.get(table["from"] or "")
        usable = known if read is None else known | {_RAW}
        numbers = known - set(self._document["out"])
        optional = {
            key: None
            if table[key] is None
            else self._exchange.expression((*where, key), table[key], usable)
            for key in ("expr", "valid")
        }
        limits = table["range"]
        return Out(
            name=name,
            field=None if read is None else self._field(where, table, read),
            scale=self._exchange.expression((*where, "scale"), table["scale"], numbers),
            offset=self._exchange.expression((*where, "offset"), table["offset"], numbers),
            expression=optional["expr"],
            valid=optional["valid"],
            limits=None if limits is None else (limits[0], limits[1]),
            is_internal=table["internal"],
        )

    def _field(self, where: tuple[str, ...], table: Mapping[str, Any], read: Read) -> Field:
        start = table["at"]
        end = read.payload_size if table["size"] is None else start + table["size"]
        size = end - start
        if size < 1 or end > read.payload_size:
            self._mistake(where, f"lies outside the {read.payload_size} bytes of {read.name!r}")
        if table["float"] and size not in {4, 8}:
            self._mistake(where, "a float has 4 or 8 bytes")
        bits = table["bits"] or max(1, 8 * size - table["shift"])
        if table["shift"] + bits > max(8, 8 * size):
            self._mistake(where, f"shift and bits go beyond {size} bytes")
        return Field(
            source=read.name,
            start=start,
            end=end,
            endian=table["endian"] or self._document["endian"],
            shift=table["shift"],
            bits=bits,
            is_signed=table["signed"],
            is_float=table["float"],
            invalid=frozenset(table["invalid"]),
        )

    def _check_defaults(self, compiled: RegisterMap, params: Mapping[str, NumberedParam]) -> None:
        """Compute everything once with the default parameters, where there are any."""
        if any(param.kind.is_required for param in params.values()):
            return
        try:
            compiled.bind({name: param.kind.default for name, param in params.items()})
        except ExpressionError as error:
            raise fail(self._path, [Mistake((), f"with the default params: {error}")]) from error

    def _spec(self, compiled: RegisterMap, params: Mapping[str, NumberedParam]) -> DriverSpec:
        document = self._document
        keywords = {
            "bus": document["bus"],
            "addresses": document["addresses"],
            "title": document["title"],
            "default_every_s": document["every"],
            "name": document["name"],
        }
        driver: Any = types.new_class(document["name"], (MapDriver,), keywords)
        driver.register_map = compiled
        driver.__doc__ = f"{document['title']}.\n\nDatasheet: {document['datasheet']}"
        driver._spec = spec_of(driver).but(
            params={name: param.kind for name, param in params.items()},
            channels=_channels(document, compiled),
            commands={
                name: CommandSpec(
                    {arg: kind.kind for arg, kind in compiled.commands[name][0].items()},
                    table["doc"],
                    result="None",
                )
                for name, table in document["commands"].items()
            },
            is_polled=bool(compiled.reads),
        )
        for name in compiled.settings:
            setattr(driver, f"set_{name}", driver.setter(name))
        return spec_of(driver)

    def _mistake(self, where: tuple[str | int, ...], text: str) -> None:
        self._mistakes.append(Mistake(where, text))


def _channels(document: Mapping[str, Any], compiled: RegisterMap) -> dict[str, ChannelSpec]:
    """Return what is read, and what is set; a name that is both is one channel."""
    channels = {
        name: _channel(table) for name, table in document["out"].items() if not table["internal"]
    }
    for name, table in document["set"].items():
        kind: Kind = Boolean() if table["boolean"] else _number(compiled.settings[name])
        channels[name] = ChannelSpec(kind, unit=table["unit"], is_settable=True, doc=table["doc"])
    return channels


def _channel(table: Mapping[str, Any]) -> ChannelSpec:
    low, high = table["range"] or (None, None)
    return ChannelSpec(Number(minimum=low, maximum=high), unit=table["unit"], doc=table["doc"])


def _number(setting: Setting) -> Number:
    """Return the kind of a setting; limits that depend on parameters are checked by the driver."""
    limits = [None if limit.names else limit.evaluate({}) for limit in setting.limits or ()] or [
        None,
        None,
    ]
    return Number(minimum=limits[0], maximum=limits[1])
