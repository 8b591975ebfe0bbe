"""Compile a checked map file to a driver class; find what is wrong across several keys."""

from __future__ import annotations

import math
import types
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from wampedge.devices.checksums import CHECKSUMS
from wampedge.devices.driver import ChannelSpec, CommandSpec, Driver, DriverSpec, spec_of
from wampedge.devices.expressions import Expression, ExpressionError
from wampedge.devices.fields import Number
from wampedge.devices.registermap.decoder import Field, Out
from wampedge.devices.registermap.driver import MapDriver
from wampedge.devices.registermap.model import Identity, Poll, Read, RegisterMap, Step
from wampedge.devices.registermap.params import NumberedParam, compile_param
from wampedge.devices.registermap.schema import Mistake, fail, read_map

__all__ = ["load_map"]

_RAW = "raw"
_RESERVED = frozenset({*dir(Driver), *Driver.__annotations__, _RAW})


def load_map(path: Path) -> DriverSpec:
    """Return what the map file at *path* declares; its ``driver_class`` runs it.

    Raises:
        ConfigError: with every mistake of the file.
    """
    return _Compiler(path, read_map(path)).compile()


class _Compiler:
    """Compiles one file; collects mistakes as it goes, so that all are told at once."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self._path = path
        self._document = document
        self._mistakes: list[Mistake] = []

    def compile(self) -> DriverSpec:
        """Return the spec; raises ConfigError."""
        params = self._params()
        numeric = {name for name, param in params.items() if param.is_number}
        consts = self._consts(numeric)
        names = numeric | {name for name, _ in consts}
        document = self._document
        reads = [self._read(("read", i), t, names) for i, t in enumerate(document["read"])]
        compiled = RegisterMap(
            name=document["name"],
            choices={name: p.numbers for name, p in params.items() if p.numbers},
            consts=consts,
            identities=[_identity(table) for table in document["id"]],
            init=self._steps(("init",), document["init"], names),
            reads=reads,
            outs=self._outs({read.name: read for read in reads}, names),
            commands={
                name: self._steps(("commands", name, "steps"), table["steps"], names)
                for name, table in document["commands"].items()
            },
        )
        if self._mistakes:
            raise fail(self._path, self._mistakes)
        self._check_defaults(compiled, params)
        return self._spec(compiled, params)

    def _params(self) -> dict[str, NumberedParam]:
        params = {}
        for name, table in self._document["params"].items():
            where = ("params", name)
            if name in _RESERVED:
                self._mistake(where, "is a word of the driver API; choose another name")
            try:
                params[name] = compile_param(table)
            except ValueError as error:
                self._mistake(where, str(error))
        return params

    def _consts(self, numeric: Collection[str]) -> list[tuple[str, Expression]]:
        known, consts = set(numeric), []
        for name, text in self._document["consts"].items():
            if name in known or name in _RESERVED:
                self._mistake(("consts", name), "is taken by a parameter or the driver API")
            expression = self._expression(("consts", name), text, known)
            known.add(name)
            consts.append((name, expression))
        return consts

    def _steps(
        self, where: tuple[str, ...], tables: Sequence[Mapping[str, Any]], names: Collection[str]
    ) -> list[Step]:
        return [self._step((*where, i), table, names) for i, table in enumerate(tables)]

    def _step(
        self, where: tuple[str | int, ...], table: Mapping[str, Any], names: Collection[str]
    ) -> Step:
        if (table["reg"] is None) != (table["value"] is None):
            self._mistake(where, "reg and value go together")
        if (table["write"] is not None) and (table["reg"] is not None):
            self._mistake(where, "give write, or reg and value, not both")
        if table["write"] is None and table["reg"] is None and not table["delay"]:
            self._mistake(where, "does nothing: give write, or reg and value, or delay")
        if table["write"] is not None or table["value"] is None or table["reg"] is None:
            return Step(table["write"] or b"", None, 0, table["delay"])
        value = self._expression((*where, "value"), table["value"], names)
        return Step(bytes((table["reg"],)), value, table["len"], table["delay"])

    def _read(
        self, where: tuple[str | int, ...], table: Mapping[str, Any], names: Collection[str]
    ) -> Read:
        start, poll, checksum = table["start"], table["poll"], CHECKSUMS.get(table["crc"] or "")
        if table["reg"] is not None and table["cmd"] is not None:
            self._mistake(where, "give reg or cmd, not both")
        if checksum and table["len"] % (table["crc_every"] + checksum.size):
            self._mistake((*where, "len"), "is no whole number of checked groups")
        equals = table["equals"]
        command = table["cmd"] or (b"" if table["reg"] is None else bytes((table["reg"],)))
        return Read(
            name=table["name"],
            start=None if start is None else self._step((*where, "start"), start, names),
            wait_s=table["wait"],
            poll=None if poll is None else self._poll((*where, "poll"), poll, names),
            command=command,
            begins=table["cmd"] is not None and bool(table["wait"] or poll),
            size=table["len"],
            checksum=checksum,
            protects=table["crc_every"],
            equals=None if equals is None else self._expression((*where, "equals"), equals, names),
        )

    def _poll(
        self, where: tuple[str | int, ...], table: Mapping[str, Any], names: Collection[str]
    ) -> Poll:
        equals = self._expression((*where, "equals"), table["equals"], names)
        tries = max(1, math.ceil(table["timeout"] / table["every"]))
        return Poll(table["reg"], table["len"], table["mask"], equals, table["every"], tries)

    def _outs(self, reads: Mapping[str, Read], names: Collection[str]) -> list[Out]:
        if len(reads) != len(self._document["read"]):
            self._mistake(("read",), "two reads have the same name")
        known, outs = set(names), []
        for name, table in self._document["out"].items():
            if name in known or name in _RESERVED:
                self._mistake(("out", name), "is taken by a parameter, a const or the driver API")
            outs.append(self._out(name, table, reads, known))
            known.add(name)
        if all(out.is_internal for out in outs):
            self._mistake(("out",), "needs at least one value that is not internal")
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
            key: None if table[key] is None else self._expression((*where, key), table[key], usable)
            for key in ("expr", "valid")
        }
        limits = table["range"]
        return Out(
            name=name,
            field=None if read is None else self._field(where, table, read),
            scale=self._expression((*where, "scale"), table["scale"], numbers),
            offset=self._expression((*where, "offset"), table["offset"], numbers),
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
            endian=table["endian"],
            shift=table["shift"],
            bits=bits,
            is_signed=table["signed"],
            is_float=table["float"],
            invalid=frozenset(table["invalid"]),
        )

    def _expression(
        self, where: tuple[str | int, ...], text: str, names: Collection[str]
    ) -> Expression:
        try:
            return Expression(text, names)
        except ExpressionError as error:
            self._mistake(where, str(error))
            return Expression("0", ())

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
            channels={
                name: _channel(table)
                for name, table in document["out"].items()
                if not table["internal"]
            },
            commands={n: CommandSpec({}, t["doc"]) for n, t in document["commands"].items()},
        )
        return spec_of(driver)

    def _mistake(self, where: tuple[str | int, ...], text: str) -> None:
        self._mistakes.append(Mistake(where, text))


def _identity(table: Mapping[str, Any]) -> Identity:
    return Identity(table["reg"], table["len"], table["mask"], table["expect"])


def _channel(table: Mapping[str, Any]) -> ChannelSpec:
    low, high = table["range"] or (None, None)
    return ChannelSpec(Number(minimum=low, maximum=high), unit=table["unit"], doc=table["doc"])
