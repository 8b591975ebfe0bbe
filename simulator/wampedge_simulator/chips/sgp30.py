"""Sensirion SGP30: volatile compounds, and the carbon dioxide that goes with them, I2C 0x58.

From the datasheet version 1.0: commands with the longest times (table 10), the first 15 s after the
start (6.3), feature set (6.4), serial number (6.5), checksum (6.6). The baseline is kept as it is
written; that the part learns one is not modelled.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips.sht3x import crc8
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import CommandTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Sgp30"]

INIT, MEASURE, SIGNALS = 0x2003, 0x2008, 0x2050
GET_BASELINE, SET_BASELINE, SET_HUMIDITY = 0x2015, 0x201E, 0x2061
SELF_TEST, FEATURES, SERIAL_NUMBER = 0x2032, 0x202F, 0x3682
TAKES_S = {
    INIT: 0.01,
    MEASURE: 0.012,
    SIGNALS: 0.025,
    GET_BASELINE: 0.01,
    SET_BASELINE: 0.01,
    SET_HUMIDITY: 0.01,
    SELF_TEST: 0.22,
    FEATURES: 0.01,
    SERIAL_NUMBER: 0.0005,
}
FIXED = {SELF_TEST: (0xD400,), FEATURES: (0x0022,), SERIAL_NUMBER: (0x0000, 0x0048, 0x61A7)}
CLEAN_AIR = (400, 0)


class Sgp30(Part):
    """The chip; while it is busy it acknowledges nothing."""

    quantities: ClassVar = {
        "eco2": Quantity(Curve(700.0, 200.0, 5.0), 400.0, 60_000.0, "ppm"),
        "tvoc": Quantity(Curve(120.0, 80.0, 3.0), 0.0, 60_000.0, "ppb"),
        "hydrogen_raw": Quantity(Curve(13_200.0, 150.0, 8.0), 0.0, 65_535.0, ""),
        "ethanol_raw": Quantity(Curve(18_500.0, 150.0, 8.0), 0.0, 65_535.0, ""),
    }
    fault_kinds: ClassVar = {**I2C_FAULTS, "bad_crc": "the checksum of the first word is wrong"}
    warm_up_s: ClassVar = 15.0

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target = CommandTarget(self)
        self.power_up()

    def power_up(self) -> None:
        """Idle: it measures air quality only after it was told to begin."""
        self._warm_at: float | None = None
        self._baseline = (0, 0)
        self.humidity = 0
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
        self._busy_until = self.bench.after(TAKES_S[code])
        if code == INIT:
            self._warm_at = self.bench.after(self.warm_up_s)
        elif code in {SET_BASELINE, SET_HUMIDITY}:
            self._take(code, arguments)
        else:
            words = self._words(code)
            self._answer = b"".join(map(_with_crc, words)) if words else None

    def answer(self) -> bytes:
        """Return what the last command asked for, once."""
        answer, self._answer = self._answer or b"", None
        if self.faults.take("bad_crc"):
            answer = answer[:2] + bytes((answer[2] ^ 0xFF,)) + answer[3:]
        return answer

    def _words(self, code: int) -> tuple[int, ...]:
        sample = self.sample()
        if code == MEASURE:
            if self._warm_at is None:
                return ()
            if self.bench.now() < self._warm_at:
                return CLEAN_AIR
            return round(sample["eco2"]), round(sample["tvoc"])
        if code == SIGNALS:
            return round(sample["hydrogen_raw"]), round(sample["ethanol_raw"])
        return self._baseline if code == GET_BASELINE else FIXED[code]

    def _take(self, code: int, arguments: bytes) -> None:
        """Take words with their checksums; all of them must be right."""
        chunks = [arguments[place : place + 3] for place in range(0, len(arguments), 3)]
        if not all(len(chunk) == 3 and crc8(chunk[:2]) == chunk[2] for chunk in chunks):
            return
        words = [int.from_bytes(chunk[:2], "big") for chunk in chunks]
        if code == SET_HUMIDITY and len(words) == 1:
            self.humidity = words[0]
        elif code == SET_BASELINE and len(words) == 2:
            # They are given back in the order eCO2, TVOC and taken in the other (6.3).
            self._baseline = words[1], words[0]


def _with_crc(word: int) -> bytes:
    raw = word.to_bytes(2, "big")
    return raw + bytes((crc8(raw),))


PART = Sgp30
