"""What a register map file may say: its tables and keys, and how it is read and checked.

Everything wrong in a file is reported at once, with the path of the key. What joins several keys
(names in expressions, values that must fit) is checked by ``compiler.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tomli

from wampedge.devices.checksums import CHECKSUMS
from wampedge.devices.fields import (
    NAME_PATTERN,
    Boolean,
    Choice,
    Duration,
    Field,
    FieldError,
    Integer,
    ListOf,
    MapOf,
    Number,
    Quantity,
    Table,
    Text,
)
from wampedge.errors import ConfigError
from wampedge.records import Record

__all__ = ["MAP", "MAX_FILE_BYTES", "Mistake", "fail", "read_map"]

MAX_FILE_BYTES: Final = 65_536


class Mistake(Record):
    """One thing wrong in a map: the path of the key, and what is wrong with it."""

    path: tuple[str | int, ...]
    text: str

    def __str__(self) -> str:
        keys = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in self.path)
        return f"{keys.removeprefix('.')}: {self.text}" if keys else self.text


def fail(path: Path, mistakes: Sequence[Mistake]) -> ConfigError:
    """Return the error that lists all *mistakes* of the file at *path*, one a line."""
    return ConfigError("\n".join(f"{path.name}: {mistake}" for mistake in mistakes), mistakes)


def read_map(path: Path, raw: bytes | None = None) -> dict[str, Any]:
    """Read the file, or *raw* as what is in it, expand its templates and check every key.

    Returns:
        The tables of the file with every default filled in.

    Raises:
        ConfigError: with every mistake of the file.
    """
    document = _parse(path, raw)
    try:
        expanded = _expand_templates(document)
        checked = MAP.convert(expanded)
    except FieldError as error:
        raise fail(path, [Mistake(each.path, _sentence(each)) for each in error.each()]) from error
    if checked["name"] != path.stem:
        text = f"must be the name of the file, {path.stem!r}"
        raise fail(path, [Mistake(("name",), text)])
    return checked


def _parse(path: Path, raw: bytes | None) -> dict[str, Any]:
    try:
        raw = path.read_bytes() if raw is None else raw
    except OSError as error:
        raise fail(path, [Mistake((), f"cannot be read: {error.strerror}")]) from error
    if len(raw) > MAX_FILE_BYTES:
        raise fail(path, [Mistake((), f"is larger than {MAX_FILE_BYTES} bytes")])
    try:
        return tomli.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise fail(path, [Mistake((), f"is no TOML: {error}")]) from error


def _sentence(error: FieldError) -> str:
    return f"{error.text} ({error.hint})" if error.hint else error.text


def _expand_templates(document: dict[str, Any]) -> dict[str, Any]:
    """Put a copy of what each template holds for each of its rows into the document."""
    templates = ListOf(TEMPLATE, maximum=8).convert(document.pop("template", []))
    if not templates:
        return document
    reads, outs = list(document.get("read", [])), dict(document.get("out", {}))
    settings = dict(document.get("set", {}))
    for index, template in enumerate(templates):
        for row in template["rows"]:
            try:
                reads += _fill(template["read"], row)
                outs |= _fill(template["out"] or {}, row)
                settings |= _fill(template["set"] or {}, row)
            except KeyError as error:
                text = f"{{{error.args[0]}}} is not a key of the row"
                raise FieldError(text, path=("template", index)) from None
    return {**document, "read": reads, "out": outs, "set": settings}


def _fill(part: Any, row: Mapping[str, Any]) -> Any:
    """Return *part* with every ``{key}`` in its texts and names replaced by the row's value."""
    if isinstance(part, str):
        whole = re.fullmatch(r"\{(\w+)\}", part)
        if whole is not None:  # a number stays one
            return row[whole[1]]
        return re.sub(r"\{(\w+)\}", lambda match: str(row[match[1]]), part)
    if isinstance(part, Mapping):
        return {str(_fill(key, row)): _fill(value, row) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [_fill(item, row) for item in part]
    return part


class _Hex(Field):
    """Bytes as pairs of hexadecimal digits."""

    minimum_length: int = 1

    def convert(self, value: Any) -> bytes:
        """Return the bytes; raises FieldError."""
        if not isinstance(value, str) or not re.fullmatch(r"([0-9a-fA-F]{2})*", value):
            raise FieldError('must be pairs of hexadecimal digits, such as "2400"')
        if len(value) < 2 * self.minimum_length:
            raise FieldError("must not be empty")
        return bytes.fromhex(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a text."""
        return {"type": "string", "pattern": "^([0-9a-fA-F]{2})*$"}


class _Formula(Field):
    """A number, or the text of an expression; the text form inside."""

    def convert(self, value: Any) -> str:
        """Return the text; raises FieldError."""
        if isinstance(value, str) and value.strip():
            return value
        number = Number().convert(value)
        return repr(number)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of both forms."""
        return {"type": ["number", "string"]}


class _Addresses(Field):
    """I2C addresses: a list, or a range as text; a tuple of ints inside."""

    def convert(self, value: Any) -> tuple[int, ...]:
        """Return the addresses; raises FieldError."""
        if isinstance(value, str):
            match = re.fullmatch(r"0x([0-9a-fA-F]{2})-0x([0-9a-fA-F]{2})", value)
            if match is None:
                raise FieldError('must be a range such as "0x40-0x4f", or a list')
            value = list(range(int(match[1], 16), int(match[2], 16) + 1))
        return ListOf(Integer(0x08, 0x77), minimum=1, maximum=112).convert(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of both forms."""
        return {"type": ["array", "string"]}


class _Any(Field):
    """Anything; checked later, where it is known what it should be."""

    def convert(self, value: Any) -> Any:
        """Return the value."""
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of anything."""
        return {}


_NAME = Text(NAME_PATTERN, wanted="a name of a-z, 0-9 and _")
_REGISTER = Integer(0, 0xFFFF, default=None)
_RANGE = ListOf(Number(), minimum=2, maximum=2, default=None)
_CHECKSUM = Choice(tuple(CHECKSUMS), default=None)
_ENDIAN = Choice(("big", "little"), default=None, doc="byte order; that of the map if absent")
_COMMAND = _Hex(default=None, doc="sent before reading, instead of reg")

STEP = Table(
    {
        "write": _Hex(default=None, doc="bytes sent as they are"),
        "reg": _REGISTER,
        "value": _Formula(default=None, doc="what goes into reg, or behind write"),
        "len": Integer(1, 8, default=2, doc="bytes of value"),
        "endian": _ENDIAN,
        "crc": Choice(tuple(CHECKSUMS), default=None, doc="behind each two bytes of value"),
        "delay": Duration(0.0, 5.0, default=0.0, doc="wait after it"),
        "may_nack": Boolean(default=False, doc="no acknowledge is all right"),
    }
)
POLL = Table(
    {
        "reg": _REGISTER,
        "cmd": _COMMAND,
        "wait": Duration(0.0, 1.0, default=0.0, doc="between cmd and its answer"),
        "len": Integer(1, 12, default=2),
        "endian": _ENDIAN,
        "crc": _CHECKSUM,
        "mask": Integer(0, 0xFFFFFFFF, default=0xFFFFFFFF, doc="bits that count"),
        "equals": _Formula(default=None, doc="what they must be"),
        "differs": _Formula(default=None, doc="what they must not be"),
        "every": Duration(0.0005, 1.0, default=0.001),
        "timeout": Duration(0.0005, 2.0, default=0.1),
        "patience": Duration(
            0.1, 3600.0, default=None, doc="longest time between two measurements of a part"
        ),
    }
)
READ = Table(
    {
        "name": _NAME,
        "start": Table(STEP.fields, default=None, doc="written first, to start a conversion"),
        "wait": Duration(0.0, 2.0, default=0.0, doc="how long the part needs then"),
        "poll": Table(POLL.fields, default=None, doc="asked until the part is ready"),
        "reg": _REGISTER,
        "cmd": _COMMAND,
        "len": Integer(1, 255, doc="bytes read, checksums included"),
        "endian": _ENDIAN,
        "crc": _CHECKSUM,
        "crc_every": Integer(1, 254, default=2, doc="bytes each checksum protects"),
        "equals": _Formula(default=None, doc="what it must be, else the part lost its settings"),
        "then": Table(STEP.fields, default=None, doc="written last, such as to let it sleep"),
    }
)
OUT = Table(
    {
        "from": Text(NAME_PATTERN, default=None, doc="a read"),
        "at": Integer(0, 254, default=0, doc="first byte"),
        "size": Integer(1, 8, default=None, doc="bytes; to the end if absent"),
        "endian": _ENDIAN,
        "shift": Integer(0, 63, default=0, doc="bits dropped at the low end"),
        "bits": Integer(1, 64, default=None, doc="bits kept after that"),
        "signed": Boolean(default=False, doc="two's complement"),
        "float": Boolean(default=False, doc="IEEE 754"),
        "scale": _Formula(default="1"),
        "offset": _Formula(default="0"),
        "expr": _Formula(default=None, doc="the value, from outs above, params and consts"),
        "valid": _Formula(default=None, doc="the value counts only when this is not 0"),
        "invalid": ListOf(Integer(0), default=(), doc="raw words that are no measurement"),
        "unit": Text(default="", maximum_length=16),
        "range": _RANGE,
        "internal": Boolean(default=False, doc="for expressions only"),
        "doc": Text(default="", maximum_length=200),
    }
)
PARAM = Table(
    {
        "default": _Any(default=None, doc="as in the device file; none: required"),
        "unit": Text(default=None, maximum_length=16, doc="the value is a text with this unit"),
        "choices": _Any(default=None, doc="a list, or a table: text to number or numbers"),
        "range": _RANGE,
        "doc": Text(default="", maximum_length=200),
    }
)
SETTING = Table(
    {
        "unit": Text(default="", maximum_length=16),
        "range": ListOf(_Formula(), minimum=2, maximum=2, default=None),
        "boolean": Boolean(default=False, doc="true and false instead of a number"),
        "raw": _Formula(default="value", doc="what goes on the wire, from value"),
        "accepted": _Formula(default=None, doc="the value the part has then, from raw"),
        "steps": ListOf(STEP, minimum=1, maximum=16, doc="as in init; they may use raw and value"),
        "doc": Text(default="", maximum_length=200),
    }
)
COMMAND = Table(
    {
        "doc": Text(maximum_length=200),
        "args": MapOf(PARAM, default={}, doc="as params; steps may use them"),
        "steps": ListOf(STEP, minimum=1, maximum=16),
    }
)
IDENTITY = Table(
    {
        "reg": _REGISTER,
        "cmd": _COMMAND,
        "wait": Duration(0.0, 1.0, default=0.0, doc="between cmd and its answer"),
        "len": Integer(1, 48, default=1),
        "endian": _ENDIAN,
        "crc": _CHECKSUM,
        "mask": Integer(0, 0xFFFFFFFF, default=0xFFFFFFFF),
        "expect": ListOf(Integer(0), default=(), doc="any of these; none: any answer"),
    }
)
VECTOR = Table(
    {
        "doc": Text(default="", maximum_length=200),
        "params": _Any(default=None),
        "bus": ListOf(ListOf(_Hex(minimum_length=0), 2, 2), doc="[bytes written, answer]"),
        "writes": ListOf(_Hex(), default=None, doc="what is written without reading, in order"),
        "expect": MapOf(Number(), default=None),
        "bad": ListOf(_NAME, default=(), doc="channels without a value"),
        "set": MapOf(_Any(), default=None, doc="set after the set-up"),
        "error": Choice(
            ("BadReadingError", "BusError", "NotReadyError", "RangeError", "WrongChipError"),
            default=None,
        ),
    }
)
TEMPLATE = Table(
    {
        "rows": ListOf(MapOf(_Any()), minimum=1, maximum=32),
        "read": ListOf(_Any(), default=()),
        "out": _Any(default=None),
        "set": _Any(default=None),
    }
)
MAP = Table(
    {
        "name": _NAME,
        "title": Text(minimum_length=1, maximum_length=100),
        "bus": Choice(("i2c",)),
        "addresses": _Addresses(),
        "speed": Quantity("Hz", minimum=1e4, maximum=5e6, doc="highest clock of the bus"),
        "datasheet": Text(minimum_length=1, maximum_length=400, doc="number, sections, pages"),
        "every": Duration(0.01, 86400.0, default=None, doc="sampling period when none is given"),
        "register_size": Integer(1, 2, default=1, doc="bytes of a register number"),
        "endian": Choice(("big", "little"), default="big", doc="byte order of the part"),
        "params": MapOf(PARAM, default={}),
        "consts": MapOf(_Formula(), default={}),
        "wake": ListOf(STEP, default=(), doc="written before the identity is read"),
        "id": ListOf(IDENTITY, default=()),
        "init": ListOf(STEP, default=()),
        "stop": ListOf(STEP, default=(), doc="written when the device is given up"),
        "read": ListOf(READ, default=(), maximum=64),
        "out": MapOf(OUT, default={}),
        "set": MapOf(SETTING, default={}),
        "commands": MapOf(COMMAND, default={}),
        "test": ListOf(VECTOR, minimum=1, doc="a map without vectors is no driver"),
    }
)
