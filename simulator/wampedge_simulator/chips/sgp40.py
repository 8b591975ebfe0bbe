"""Sensirion SGP40: a metal oxide that conducts better in bad air, I2C 0x59.

From the datasheet of February 2022: commands (table 8, with the longest times), checksum (3.5),
self-test (D400: passed), heater. What the part senses is the raw signal as it is at the humidity
and temperature it is told; that it depends on them is not modelled.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import CommandTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Sgp40"]

MEASURE, HEATER_OFF = 0x260F, 0x3615
SELF_TEST, SERIAL_NUMBER, FEATURES = 0x280E, 0x3682, 0x202F
TAKES_S = {MEASURE: 0.03, HEATER_OFF: 0.001, SELF_TEST: 0.32, SERIAL_NUMBER: 0.001, FEATURES: 0.01}
ANSWERS = {SELF_TEST: (0xD400,), SERIAL_NUMBER: (0x0000, 0x0181, 0x59D2), FEATURES: (0x3220,)}


class Sgp40(Part):
    """The chip; while it measures it acknowledges nothing, as the real one."""

    quantities: ClassVar = {
        "voc_raw": Quantity(Curve(30_500.0, 900.0, 12.0), 20_001.0, 52_767.0, "")
    }
    fault_kinds: ClassVar = {**I2C_FAULTS, "bad_crc": "the checksum of the first word is wrong"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target = CommandTarget(self)
        self.power_up()

    def power_up(self) -> None:
        """Idle, with a cold hotplate."""
        self.is_hot = False
        self.humidity_ticks = self.temperature_ticks = 0
        self._answer: bytes | None = None
        self._busy_until = 0.0

    def is_ready(self, is_read: bool) -> bool:
        """Return whether the address is acknowledged: not while busy, not without data."""
        is_idle = self.bench.now() >= self._busy_until
        return is_idle and (not is_read or self._answer is not None)

    def accepts(self, code: int) -> bool:
        """Return whether *code* is a command."""
        return code in TAKES_S

    def command(self, code: int, arguments: bytes) -> None:
        """Obey a command; one with wrong arguments is ignored."""
        self._answer = None
        if code == MEASURE and not self._take(arguments):
            return
        self._busy_until = self.bench.after(TAKES_S[code])
        if code in {MEASURE, SELF_TEST, HEATER_OFF}:
            self.is_hot = code == MEASURE
        if code == MEASURE:
            self._answer = self._words(round(self.sample()["voc_raw"]))
        elif code in ANSWERS:
            self._answer = self._words(*ANSWERS[code])

    def answer(self) -> bytes:
        """Return what was asked for, which is then gone."""
        answer, self._answer = self._answer or b"", None
        return answer

    def _take(self, arguments: bytes) -> bool:
        """Take humidity and temperature; say whether both checksums were right."""
        if len(arguments) != 6:
            return False
        words = [arguments[at : at + 2] for at in (0, 3)]
        if any(_crc(word) != arguments[at] for word, at in zip(words, (2, 5), strict=True)):
            return False
        self.humidity_ticks, self.temperature_ticks = (int.from_bytes(w, "big") for w in words)
        return True

    def _words(self, *words: int) -> bytes:
        wire = b"".join(w + bytes((_crc(w),)) for w in (word.to_bytes(2, "big") for word in words))
        if self.faults.take("bad_crc"):
            return wire[:2] + bytes((wire[2] ^ 0xFF,)) + wire[3:]
        return wire


def _crc(payload: bytes) -> int:
    """Return the checksum of 3.5: polynomial 0x31, begun with 0xFF."""
    crc = 0xFF
    for byte in payload:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


PART = Sgp40
