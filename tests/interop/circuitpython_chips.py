"""Chips with fixed registers, just enough of each part for a driver that is not ours.

They do what their real ones do on the wire and these drivers rely on: a pointer that moves on, bits
that a reset clears again, commands that are acknowledged without an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["CHIPS", "FixedChip", "with_checksums"]


class FixedChip(Part):
    """A chip whose measurement never changes."""

    fault_kinds = I2C_FAULTS
    registers: ClassVar[Mapping[int, bytes]] = {}
    """Content by first register; bytes when ``is_wide`` is off."""
    is_wide: ClassVar[bool] = False
    """Each register holds as many bytes as its content; the pointer stays."""
    pointer_mask: ClassVar[int] = 0xFF
    clearing: ClassVar[Mapping[int, int]] = {}
    """Bits that fall back to 0 at once, by register."""
    refused: ClassVar[frozenset[int]] = frozenset()
    """Registers whose writing is not acknowledged."""
    read_only: ClassVar[frozenset[int]] = frozenset()
    """Registers that keep what they have, whatever is written."""
    answers: ClassVar[Mapping[bytes, bytes]] = {}
    """What is sent by which commands; the longest beginning counts."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target = self
        self.stretch_s = 0.0
        self._sent = bytearray()
        self.power_up()

    def power_up(self) -> None:
        """Forget what was written."""
        self._pointer = 0
        self._command = b""
        self._given = 0
        self._memory: dict[int, int] = {}
        self._wide = dict(self.registers) if self.is_wide else {}
        if not self.is_wide:
            for first, content in self.registers.items():
                self._memory.update(enumerate(content, first))

    def start(self, is_read: bool) -> bool:
        """Take what was sent before; begin to give from the start."""
        self._take()
        self._given = 0
        return True

    def write(self, byte: int) -> bool:
        """Take a byte."""
        self._sent.append(byte)
        return len(self._sent) < 2 or self._sent[0] & self.pointer_mask not in self.refused

    def read(self) -> int:
        """Give the next byte."""
        if self.answers:
            place, self._given = self._given, self._given + 1
            return (self._answer() + bytes([0xFF] * 32))[place]
        if self.is_wide:
            content = self._wide.get(self._pointer, b"\0\0")
            place, self._given = self._given, self._given + 1
            return content[place % len(content)]
        value = self._memory.get(self._pointer, 0)
        self._pointer = self._pointer + 1 & self.pointer_mask
        return value

    def stop(self) -> None:
        """Take what was sent."""
        self._take()

    def _take(self) -> None:
        sent, self._sent = bytes(self._sent), bytearray()
        if not sent:
            return
        self._command = sent
        self._pointer = sent[0] & self.pointer_mask
        if self._pointer in self.read_only:
            return
        if self.is_wide and len(sent) > 1:
            self._wide[self._pointer] = sent[1:]
            return
        for register, byte in enumerate(sent[1:], self._pointer):
            self._memory[register] = byte & ~self.clearing.get(register, 0)

    def _answer(self) -> bytes:
        """Return the answer to the longest beginning of what was sent."""
        fitting = [each for each in self.answers if self._command.startswith(each)]
        return self.answers[max(fitting, key=len)] if fitting else b""


def with_checksums(words: str, first: int = 0xFF) -> bytes:
    """Return the words, written in hexadecimal, each with its CRC-8 (x⁸ + x⁵ + x⁴ + 1)."""
    answer = b""
    for word in words.split():
        crc = first
        for byte in bytes.fromhex(word):
            crc ^= byte
            for _ in range(8):
                crc = (crc << 1 ^ (0x31 if crc & 0x80 else 0)) & 0xFF
        answer += bytes.fromhex(word) + bytes((crc,))
    return answer


def _modbus(frame: str) -> bytes:
    """Return the frame with its CRC-16, low byte first."""
    crc = 0xFFFF
    for byte in bytes.fromhex(frame):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return bytes.fromhex(frame) + crc.to_bytes(2, "little")


def _at(**contents: str) -> dict[int, bytes]:
    """Return registers: ``_0f="33"`` is 0x33 in 0x0f."""
    return {int(place[1:], 16): bytes.fromhex(content) for place, content in contents.items()}


_CHIPS: Mapping[str, Mapping[str, Any]] = {
    # -25 °C · 128 = -3200 = 0xf380
    "adt7410": {"registers": _at(_00="f380", _0b="cb")},
    # -25 °C / 0.125 = -200, in the upper 11 bits: -6400 = 0xe700
    "pct2075": {"registers": _at(_00="e700", _01="00"), "is_wide": True},
    # 40 % at 0 and 80 % at 8000: 2000 is 50 %. 10 °C at 0 and 30 °C at 2000: -2500 is -15 °C.
    "hts221": {
        "registers": _at(
            _0f="bc",
            _27="03",
            _28="d007",
            _2a="3cf6",
            _30="50a0",
            _32="50f0",
            _35="00",
            _36="0000",
            _3a="401f",
            _3c="0000",
            _3e="d007",
        ),
        "pointer_mask": 0x7F,
        "clearing": {0x21: 0x81},
    },
    # 1013.25 hPa · 4096 = 0x3f5400; -5 °C · 100 = 0xfe0c
    "lps35hw": {
        "registers": _at(_0f="b1", _27="03", _28="00543f", _2b="0cfe"),
        "clearing": {0x11: 0x85},
    },
    # 6842 a gauss, which is 100 µT: 3421 = 0x0d5d is 50 µT, -6842 = 0xe546 is -100 µT
    "lis3mdl": {
        "registers": _at(_0f="3d", _28="5d0d46e50000"),
        "pointer_mask": 0x7F,
        "clearing": {0x21: 0x04},
    },
    # -10 °C · 16 = 0xff60; 21.5 °C · 16 = 0x0158. The driver sends a byte too many before it reads.
    "mcp9600": {
        "registers": _at(
            _00="ff60", _01="0000", _02="0158", _04="40", _05="00", _06="00", _20="4010"
        ),
        "is_wide": True,
        "read_only": frozenset({0x00, 0x01, 0x02, 0x20}),
    },
    # 4096 and 100 counts, low byte first
    "ltr390": {
        "registers": _at(_06="b2", _07="08", _0d="001000", _10="640000"),
        "clearing": {0x00: 0x10},
    },
    # (256 - 20.25) °C · 16 = 0xebc, with the sign in bit 12
    "mcp9808": {
        "registers": _at(_01="0000", _05="1ebc", _06="0054", _07="0400", _08="03"),
        "is_wide": True,
    },
    # 12 V / 1.25 mV = 0x2580; -0.5 A / 1.25 mA = 0xfe70; 6 W / 10 mW = 0x0258
    "ina260": {
        "registers": _at(_00="6127", _01="fe70", _02="2580", _03="0258", _fe="5449", _ff="2270"),
        "is_wide": True,
    },
    # 1 g is 1000 digits in the upper 12 bits = 0x3e80, -1 g = 0xc180
    "lis3dh": {
        "registers": _at(_0f="33", _28="803e000080c1"),
        "pointer_mask": 0x7F,
        "clearing": {0x24: 0x80},
    },
    # 256 a g, low byte first: -1 g = 0xff00, 0.5 g = 0x0080
    "adxl345": {"registers": _at(_00="e5", _32="00ff80000000")},
    # -13600 / 340 + 36.53 °C; 16384 a g
    "mpu6050": {
        "registers": _at(_3b="4000e0000000", _41="cae0", _75="68"),
        "clearing": {0x6B: 0x80},
    },
    # 402 ms without gain: 100 counts of all light, 20 of infrared
    "tsl2561": {"registers": _at(_01="02", _0a="50", _0c="64001400"), "pointer_mask": 0x0F},
    # 3.85 V / 78.125 µV = 0xc080; 75.5 % · 256 = 0x4b80. It begins anew before it can acknowledge.
    "max17048": {
        "registers": _at(
            _02="c080",
            _04="4b80",
            _06="0000",
            _08="0012",
            _0a="8030",
            _0c="971c",
            _14="00ff",
            _18="96",
            _19="0c",
            _1a="01ff",
        ),
        "refused": frozenset({0xFE}),
    },
    # -5 °C = 0xfb; 16 a degree: 90° = 0x05a0, -45° = 0xfd30, 10° = 0x00a0
    "bno055": {"registers": _at(_00="a0", _1a="a00530fda000", _34="fb"), "clearing": {0x3F: 0x20}},
    # 0x3333 is a fifth of 65535, 0x8000 the half: -45 + 175 / 5 = -10 °C
    "hdc302x": {"answers": {b"": with_checksums("3333 8000"), b"\x37\x81": with_checksums("3000")}},
    # -40 + 165 / 5 = -7 °C
    "htu31d": {"answers": {b"": with_checksums("3333 8000", first=0)}},
    # (-10 + 50) / 200 · 2²⁰ = 0x33333; 50 % = 0x80000; calibrated and not busy
    "aht20": {"answers": {b"": bytes.fromhex("188000033333")}},
    "bh1750": {"answers": {b"": bytes.fromhex("8390")}},  # the datasheet's own example
    # -45 + 175 · 13107 / 65536 = -10 °C
    "shtc3": {"answers": {b"": with_checksums("3333 8000"), b"\xef\xc8": with_checksums("0887")}},
    # 175.72 · 0x3333 / 65536 - 46.85 = -11.7066 °C; 125 / 2 - 6 = 56.5 %
    "si7021": {
        "answers": {
            b"\xe7": b"\x3a",
            b"\xf3": with_checksums("3333", first=0),
            b"\xf5": with_checksums("8000", first=0),
            b"\xfa\x0f": bytes(8),
            b"\xfc\xc9": b"\x15" + bytes(5),
        },
    },
    # the example of the interface description: 439 ppm, 27.2 °C, 48.8 %
    "scd30": {
        "answers": {
            b"\x02\x02": with_checksums("0001"),
            b"\x46\x00": with_checksums("0002"),
            b"\x03\x00": bytes.fromhex("43dbcb8c2e8f41d970e7fff54243bf3a1b74"),
        },
    },
    "sgp40": {
        "answers": {
            b"\x36\x82": with_checksums("0000 0000 0001"),
            b"\x20\x2f": with_checksums("3220"),
            b"\x28\x0e": with_checksums("d400"),
            b"": bytes.fromhex("8000a2"),
        },
    },
    # sign and size: -10.1 °C = 0x8065; 50.5 % = 0x01f9
    "am2320": {"answers": {b"\x03\x00": _modbus("030201f9"), b"\x03\x02": _modbus("03028065")}},
}

CHIPS: Mapping[str, type[Part]] = {
    f"fixed_{name}": type(f"Fixed_{name}", (FixedChip,), dict(what))
    for name, what in _CHIPS.items()
}
"""By what ``simulated_as`` calls them."""
