"""A simulated Modbus unit: registers that hold what it senses, and functions that reach them.

Written from the MODBUS Application Protocol Specification V1.1b3; shares no code with the client.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge.devices.modbus.registers import Register
from wampedge.errors import InvalidValueError
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity, sense_all

__all__ = ["MODBUS_FAULTS", "ModbusUnitPart", "RefusalError", "quantities_of"]

MODBUS_FAULTS = {
    "silent": "a request is not answered",
    "bad_crc": "the checksum of an answer is wrong",
    "exception": "a request is refused: device failure",
    "echo": "the request comes back before its answer",
    "garbage": "noise comes before the answer",
    "half_frame": "an answer breaks off in its middle",
    "strict": "reading a register the unit does not have is refused",
    "stuck": "the unit gives its last sample again",
}
"""Kinds every unit can have, with what happens."""

_FORMATS = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "u64": "Q", "i64": "q", "f32": "f", "f64": "d"}  # fmt: skip # noqa: E501 # one table
_TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_TOTAL_START = 1000.0
_CURVES = {
    "V": Curve(230.0, 3.0, 0.5, period_s=3600.0, peak_s=None),
    "A": Curve(5.0, 3.0, 0.1, period_s=3600.0, peak_s=None),
    "W": Curve(1150.0, 600.0, 20.0, period_s=3600.0, peak_s=None),
    "Hz": Curve(50.0, 0.02, 0.01, period_s=600.0, peak_s=None),
    "ppm": Curve(700.0, 250.0, 5.0),
    "°C": Curve(21.0, 4.0, 0.05),
    "%RH": Curve(50.0, -15.0, 0.2),
    "": Curve(0.5, 0.4, 0.0, period_s=3600.0, peak_s=None),
}
_ANY_CURVE = Curve(50.0, 30.0, 0.2, period_s=3600.0, peak_s=None)


class RefusalError(Exception):
    """The unit answers with an exception.

    Args:
        code: the exception code.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


def quantities_of(registers: Mapping[str, Register]) -> dict[str, Quantity]:
    """Return what a unit with *registers* senses: every number in them."""
    return {name: _quantity(r) for name, r in registers.items() if r.type in _FORMATS}


def _quantity(register: Register) -> Quantity:
    low, high = -1e6, 1e6
    if register.limits is not None:
        low, high = register.limits
    elif register.type[0] in "ui":
        bits = min(int(register.type[1:]), 53)
        ends = (0, 2**bits - 1) if register.type[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)  # fmt: skip # noqa: E501 # limits of two kinds
        low, high = sorted(end * register.scale + register.offset for end in ends)
    curve = _CURVES.get(register.unit, _ANY_CURVE)
    if not low <= curve.mean <= high:
        curve = Curve((low + high) / 2)
    return Quantity(curve, low, high, register.unit)


class ModbusUnitPart(Part):
    """One unit; what it is asked comes from the line or network it is on.

    Args:
        wired: how the device file wires the device.
        bench: what the parts of the board share.
        registers: what it has, by channel.
    """

    fault_kinds: ClassVar[Mapping[str, str]] = MODBUS_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench, registers: Mapping[str, Register]) -> None:
        super().__init__(wired, bench)
        self._senses = sense_all(bench.world, wired.name, quantities_of(registers))
        self._registers = registers
        self._held: dict[str, bool | str] = {}
        self._written: dict[tuple[str, int], int] = {}
        self._start_s = bench.clock.time()
        self._functions: Mapping[int, Callable[[bytes], bytes]] = {
            **dict.fromkeys((1, 2), self._read_bits),
            **dict.fromkeys((3, 4), self._read_words),
            5: self._write_coil,
            6: self._write_word,
            15: self._write_coils,
            16: self._write_words,
        }

    @property
    def unit_id(self) -> int:
        """The number it answers to."""
        return self.wired.unit_id or 1

    def set(self, channel: str, value: object) -> None:
        """Hold *channel* at *value* until `release`; raises InvalidValueError."""
        register = self._registers.get(channel)
        if register is None or register.type in _FORMATS:
            super().set(channel, value)
        elif isinstance(value, bool if register.type == "bit" else str):
            self._held[channel] = value
        else:
            wanted = "true or false" if register.type == "bit" else "a text"
            text = f"{channel} must be {wanted}, got {value!r}"
            raise InvalidValueError(text, field="value", device=self.name)
        self._forget_written(channel)

    def release(self, channel: str) -> None:
        """Let *channel* go its natural way again; raises InvalidValueError."""
        if channel in self._senses:
            super().release(channel)
        elif channel in self._registers:
            self._held.pop(channel, None)
        else:
            self._check(channel)
        self._forget_written(channel)

    def answer(self, pdu: bytes) -> bytes:
        """Return the answer to a request, an exception where it cannot be done."""
        if self.faults.take("exception"):
            return bytes((pdu[0] | 0x80, 4))
        try:
            return self._functions.get(pdu[0], self.answer_own)(pdu)
        except RefusalError as error:
            return bytes((pdu[0] | 0x80, error.code))
        except (struct.error, IndexError):
            return bytes((pdu[0] | 0x80, 3))

    def answer_own(self, pdu: bytes) -> bytes:
        """Answer a function that is not of the specification; raises RefusalError."""
        raise RefusalError(1)

    def knows(self, pdu: bytes) -> bool:
        """Whether it has any register the request is about, or the function is its own."""
        table = {**_TABLES, 5: "coil", 6: "holding", 15: "coil", 16: "holding"}.get(pdu[0])
        if table is None or len(pdu) < 5:
            return True
        address, count = struct.unpack(">HH", pdu[1:5])
        end = address + (1 if pdu[0] in (5, 6) else count)
        return any(
            r.table == table and r.address < end and address < r.end
            for r in self._registers.values()
        )

    def words_of(
        self, register: Register, sense: Callable[[], Mapping[str, float]] | None = None
    ) -> list[int]:
        """Return what the registers of one value hold now; a bit is a word with that bit.

        Args:
            register: the value.
            sense: what gives the numbers; a sample of its own where it is not given.
        """
        if register.type == "bit":
            value = bool(self._held.get(register.name, False))
            return [int(value) if register.is_bit_table else int(value) << register.wire_bit]
        if register.type == "string":
            text = str(self._held.get(register.name, register.name)).encode()
            payload = text[: 2 * register.size].ljust(2 * register.size, b"\0")
            words = list(struct.unpack(f">{register.size}H", payload))
            return [_swapped(w) for w in words] if register.order in ("BADC", "DCBA") else words
        return _encoded(register, self._value(register, sense or self.sample))

    def _value(self, register: Register, sense: Callable[[], Mapping[str, float]]) -> float:
        sensed = self._senses[register.name]
        if register.is_total and not sensed.is_pinned:
            grown = _TOTAL_START + (self.bench.clock.time() - self._start_s) / 3600.0
            return min(max(grown, sensed.quantity.low), sensed.quantity.high)
        return sense()[register.name]

    def _memory(self, table: str, wanted: range) -> dict[int, int]:
        """Return what the addresses of *table* hold now that are *wanted*, and maybe others."""
        memory: dict[int, int] = {}
        sense = cache(self.sample)
        for register in self._registers.values():
            is_wanted = register.address < wanted.stop and wanted.start < register.end
            if register.table == table and is_wanted:
                for offset, word in enumerate(self.words_of(register, sense)):
                    at = register.address + offset
                    memory[at] = memory.get(at, 0) | word
        memory.update({at: word for (where, at), word in self._written.items() if where == table})
        return memory

    def _read(self, pdu: bytes, limit: int) -> list[int]:
        address, count = struct.unpack(">HH", pdu[1:5])
        wanted = range(address, address + count)
        memory = self._memory(_TABLES[pdu[0]], wanted)
        if not 1 <= count <= limit:
            raise RefusalError(3)
        missing = [at for at in wanted if at not in memory]
        if len(missing) == count or (missing and self.faults.take("strict")):
            raise RefusalError(2)
        return [memory.get(at, 0) for at in wanted]

    def _read_words(self, pdu: bytes) -> bytes:
        words = self._read(pdu, 125)
        return bytes((pdu[0], 2 * len(words))) + struct.pack(f">{len(words)}H", *words)

    def _read_bits(self, pdu: bytes) -> bytes:
        bits = self._read(pdu, 2000)
        packed = bytearray((len(bits) + 7) // 8)
        for index, bit in enumerate(bits):
            packed[index // 8] |= bit << index % 8
        return bytes((pdu[0], len(packed))) + bytes(packed)

    def _write_coil(self, pdu: bytes) -> bytes:
        address, word = struct.unpack(">HH", pdu[1:5])
        if word not in (0, 0xFF00):
            raise RefusalError(3)
        self._put("coil", address, [int(word == 0xFF00)])
        return pdu[:5]

    def _write_word(self, pdu: bytes) -> bytes:
        address, word = struct.unpack(">HH", pdu[1:5])
        self._put("holding", address, [word])
        return pdu[:5]

    def _write_coils(self, pdu: bytes) -> bytes:
        address, count, size = struct.unpack(">HHB", pdu[1:6])
        if size != (count + 7) // 8 or len(pdu) != 6 + size:
            raise RefusalError(3)
        self._put("coil", address, [pdu[6 + i // 8] >> i % 8 & 1 for i in range(count)])
        return pdu[:5]

    def _write_words(self, pdu: bytes) -> bytes:
        address, count, size = struct.unpack(">HHB", pdu[1:6])
        if size != 2 * count or len(pdu) != 6 + size:
            raise RefusalError(3)
        self._put("holding", address, list(struct.unpack(f">{count}H", pdu[6:])))
        return pdu[:5]

    def _put(self, table: str, address: int, words: list[int]) -> None:
        wanted = range(address, address + len(words))
        known = self._memory(table, wanted)
        if any(at not in known for at in wanted):
            raise RefusalError(2)
        for offset, word in enumerate(words):
            self._written[table, address + offset] = word

    def _forget_written(self, channel: str) -> None:
        register = self._registers[channel]
        for at in range(register.address, register.end):
            self._written.pop((register.table, at), None)


def _encoded(register: Register, value: float) -> list[int]:
    """Return the words of a number, in the order of the register."""
    raw: Any = (value - register.offset) / register.scale
    if register.type[0] != "f":
        raw = round(raw)
    payload = struct.pack(">" + _FORMATS[register.type], raw)
    words = [int.from_bytes(payload[at : at + 2], "big") for at in range(0, len(payload), 2)]
    if register.order in ("BADC", "DCBA"):
        words = [_swapped(word) for word in words]
    return words[::-1] if register.order in ("CDAB", "DCBA") else words


def _swapped(word: int) -> int:
    return (word & 0xFF) << 8 | word >> 8
