"""A value in the registers of a Modbus unit: where it lies and how words become a value."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import Boolean, Field, Number, Text
from wampedge.devices.values import Value
from wampedge.errors import InvalidValueError
from wampedge.records import Record

__all__ = ["ORDERS", "TABLES", "TYPES", "Register", "register_of"]

TABLES: Final = ("input", "holding", "coil", "discrete")
"""The four tables of a unit: functions 4, 3, 1 and 2 read them."""
TYPES: Final = ("u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "string", "bit")
ORDERS: Final = ("ABCD", "CDAB", "BADC", "DCBA")
"""How the bytes of a value of two registers are sent; ABCD is most significant first."""

_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}
)
_PLACES: Final = 9
"""Decimal places that are kept of a scaled number: 2257 * 0.1 is 225.7."""


class Register(Record):
    """One value of a unit.

    Attributes:
        name: name of its channel.
        table: one of ``TABLES``.
        address: its first register, counted from 0.
        type: one of ``TYPES``.
        order: one of ``ORDERS``; a single register has the byte order of its first two letters.
        scale: factor from the raw number to the value.
        offset: added after that.
        unit: unit of the value.
        limits: what the part can measure; a value beyond it is none.
        invalid: raw numbers that are no measurement.
        size: registers of a text.
        bit: which bit of a word a ``bit`` in a register is; 0 is the lowest.
        is_written: the channel can be set.
        is_total: the value only ever grows, so one that falls is looked at twice.
        every_s: read at most this often, in seconds; None: each time.
        doc: one line for people.
    """

    name: str
    table: str
    address: int
    type: str = "u16"
    order: str = "ABCD"
    scale: float = 1
    offset: float = 0
    unit: str = ""
    limits: tuple[float, float] | None = None
    invalid: tuple[int, ...] = ()
    size: int = 1
    bit: int = 0
    is_written: bool = False
    is_total: bool = False
    every_s: float | None = None
    doc: str = ""

    @property
    def is_bit_table(self) -> bool:
        """Whether it lies in a table of bits, not of registers."""
        return self.table in ("coil", "discrete")

    @property
    def count(self) -> int:
        """How many registers, or bits, it takes."""
        if self.type == "string":
            return self.size
        return 1 if self.type == "bit" else struct.calcsize(_FORMATS[self.type]) // 2

    @property
    def end(self) -> int:
        """The address after its last."""
        return self.address + self.count

    @property
    def wire_bit(self) -> int:
        """Which bit of the word on the wire a ``bit`` is."""
        return self.bit ^ 8 if self.order in ("BADC", "DCBA") else self.bit

    def channel(self) -> ChannelSpec:
        """Return what the channel carries."""
        kind: Field = Number(*(self.limits or self._own_limits()))
        if self.type == "bit":
            kind = Boolean()
        elif self.type == "string":
            kind = Text(maximum_length=2 * self.size)
        return ChannelSpec(kind, unit=self.unit, is_settable=self.is_written, doc=self.doc)

    def value_of(self, words: Sequence[int]) -> Value:
        """Return the value in *words* (or the bit in its one item); None for no measurement."""
        if self.is_bit_table:
            return bool(words[0])
        if self.type == "bit":
            return bool(words[0] >> self.wire_bit & 1)
        payload = self._ordered(words)
        if self.type == "string":
            return payload.split(b"\0")[0].decode("utf-8", "replace").rstrip()
        if int.from_bytes(payload, "big") in self.invalid:
            return None
        return self._scaled(struct.unpack(f">{_FORMATS[self.type]}", payload)[0])

    def words_of(self, value: Value) -> list[int]:
        """Return the words that stand for *value*; raises InvalidValueError where none do."""
        if self.type == "string":
            payload = str(value).encode().ljust(2 * self.size, b"\0")
            if len(payload) > 2 * self.size:
                raise self._refusal(value, f"takes {2 * self.size} bytes of text")
        else:
            assert isinstance(value, int | float), "the channel takes numbers"
            payload = self._packed(value)
        ordered = self._reordered(payload)
        return list(struct.unpack(f">{len(ordered) // 2}H", ordered))

    def _packed(self, value: float) -> bytes:
        raw: float = (value - self.offset) / self.scale if self.scale != 1 else value - self.offset
        try:
            number = raw if self.type in ("f32", "f64") else round(raw)
            return struct.pack(f">{_FORMATS[self.type]}", number)
        except (struct.error, OverflowError, ValueError) as error:
            raise self._refusal(value, f"does not fit {self.type}") from error

    def _refusal(self, value: Value, reason: str) -> InvalidValueError:
        return InvalidValueError(f"value: {self.name} {reason}, got {value!r}", field="value")

    def _scaled(self, raw: float) -> Value:
        if not math.isfinite(raw):
            return None
        value = raw
        if self.type == "f32":
            value = float(f"{raw:.7g}")  # a 32-bit float has no more digits; 230.2 shall stay 230.2
        if self.scale != 1 or self.offset != 0:
            value = round(value * self.scale + self.offset, _PLACES)
        if self.limits is not None and not self.limits[0] <= value <= self.limits[1]:
            return None
        # Beyond 2^53 peers that speak JSON lose digits anyway.
        return float(value) if isinstance(value, int) and abs(value) > 2**53 else value

    def _own_limits(self) -> tuple[float | None, float | None]:
        """Return what the raw type can hold, scaled; no limits for what can hold anything."""
        if self.type not in ("u16", "i16", "u32", "i32"):
            return None, None
        bits = int(self.type[1:])
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if self.type[0] == "i" else (0, 2**bits - 1)  # fmt: skip # noqa: E501 # two limits of two kinds, one table
        ends = sorted(round(end * self.scale + self.offset, _PLACES) for end in (low, high))
        return ends[0], ends[1]

    def _ordered(self, words: Sequence[int]) -> bytes:
        return self._reordered(struct.pack(f">{len(words)}H", *words))

    def _reordered(self, payload: bytes) -> bytes:
        """Return *payload* from the order of the wire to the usual one, or the other way round."""
        words = [payload[at : at + 2] for at in range(0, len(payload), 2)]
        if self.order in ("CDAB", "DCBA") and self.type != "string":
            words.reverse()
        if self.order in ("BADC", "DCBA"):
            words = [word[::-1] for word in words]
        return b"".join(words)


def register_of(name: str, table: Mapping[str, Any], usual_order: str) -> Register:
    """Return the register that a checked table declares.

    Args:
        name: name of the channel.
        table: what ``REGISTER_KEYS`` of ``keys.py`` say, converted.
        usual_order: byte order where the table says none.

    Raises:
        ValueError: keys that do not go together.
    """
    places = [place for place in TABLES if table.get(place) is not None]
    if len(places) != 1:
        raise ValueError(f"needs one of {', '.join(TABLES)}, such as input = 0x0000")
    place = places[0]
    is_bits = place in ("coil", "discrete")
    kind = table["type"] or ("bit" if is_bits else "u16")
    register = Register(
        name,
        place,
        table[place],
        kind,
        table["byte_order"] or usual_order,
        scale=table["scale"],
        offset=table["offset"],
        unit=table.get("unit") or "",
        limits=table.get("limits"),
        invalid=tuple(table["invalid"]),
        size=table["size"],
        bit=table["bit"],
        is_written=table["write"],
        is_total=table["total"],
        every_s=table["every"],
        doc=table.get("doc") or "",
    )
    _check(register)
    return register


def _check(register: Register) -> None:
    if register.is_bit_table and register.type != "bit":
        raise ValueError(f"a {register.table} is a bit and has no type {register.type}")
    if register.is_written and register.table in ("input", "discrete"):
        raise ValueError(f"cannot be written: {register.table} can only be read")
    if register.end > 0x10000:
        raise ValueError("goes beyond the last register, 0xffff")
    if not register.scale:
        raise ValueError("needs a scale other than 0")
    if register.is_total and register.type in ("bit", "string"):
        raise ValueError(f"total is for numbers, not for a {register.type}")
