"""Sensirion SHT30, SHT31, SHT35: temperature and humidity, I2C 0x44 or 0x45.

From the datasheet "SHT3x-DIS" of December 2022: commands (4.3 to 4.12), CRC (4.12), conversion
(4.13), longest measurement times at 2.4 to 5.5 V (table 4). Limits of the alert output as in the
application note "Alert Mode of SHT3x-DIS": commands, words, values after a reset; the output itself
is not there.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import CommandTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Sht3x"]

HIGH_S, MEDIUM_S, LOW_S = 0.015, 0.006, 0.004
RESET_S = 0.0015
SINGLE_SHOT_S = {0x2400: HIGH_S, 0x240B: MEDIUM_S, 0x2416: LOW_S}
STRETCHED_S = {0x2C06: HIGH_S, 0x2C0D: MEDIUM_S, 0x2C10: LOW_S}
PERIODIC = {
    0x2032: (2.0, HIGH_S),
    0x2024: (2.0, MEDIUM_S),
    0x202F: (2.0, LOW_S),
    0x2130: (1.0, HIGH_S),
    0x2126: (1.0, MEDIUM_S),
    0x212D: (1.0, LOW_S),
    0x2236: (0.5, HIGH_S),
    0x2220: (0.5, MEDIUM_S),
    0x222B: (0.5, LOW_S),
    0x2334: (0.25, HIGH_S),
    0x2322: (0.25, MEDIUM_S),
    0x2329: (0.25, LOW_S),
    0x2737: (0.1, HIGH_S),
    0x2721: (0.1, MEDIUM_S),
    0x272A: (0.1, LOW_S),
    0x2B32: (0.25, HIGH_S),
}
"""Command to period and measurement time; the last one is ART."""
FETCH, BREAK, SOFT_RESET = 0xE000, 0x3093, 0x30A2
HEATER_ON, HEATER_OFF = 0x306D, 0x3066
READ_STATUS, CLEAR_STATUS = 0xF32D, 0x3041
STATUS_RESET_DETECTED, STATUS_HEATER, STATUS_ALERT = 1 << 4, 1 << 13, 1 << 15
LIMITS = {0x611D: (60.0, 80.0), 0x6116: (58.0, 79.0), 0x610B: (-9.0, 22.0), 0x6100: (-10.0, 20.0)}
"""Command that writes a limit to its temperature and humidity after a reset."""
READ_LIMITS = {0xE11F: 0x611D, 0xE114: 0x6116, 0xE109: 0x610B, 0xE102: 0x6100}
SETTINGS = {BREAK, SOFT_RESET, HEATER_ON, HEATER_OFF, READ_STATUS, CLEAR_STATUS, FETCH}


class Sht3x(Part):
    """The chip; while it measures it acknowledges nothing, as the real one."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(18.0, 6.0, 0.05), -45.0, 130.0, "°C"),
        "humidity": Quantity(Curve(65.0, -15.0, 0.3), 0.0, 100.0, "%RH"),
    }
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "bad_crc": "the checksum of the first word read is wrong",
        "late": "the next measurement takes ten times as long as it may",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target = CommandTarget(self)
        self.power_up()

    def power_up(self) -> None:
        """Forget measurements and settings."""
        self._status = STATUS_ALERT | STATUS_RESET_DETECTED
        self._limits = {code: _limit_word(*limit) for code, limit in LIMITS.items()}
        self._answer: bytes | None = None
        self._busy_until = 0.0
        self._ready_at: float | None = None
        self._period_s: float | None = None
        self._is_stretching = False
        self._is_fetched = False

    def is_ready(self, is_read: bool) -> bool:
        """Return whether the address is acknowledged: not while measuring, not without data."""
        now = self.bench.now()
        if is_read and self._is_stretching and self._ready_at is not None:
            self.target.stretch_s = max(0.0, self._ready_at - now)
            return True
        if now < self._busy_until:
            return False
        return not is_read or self._answer is not None or self._has_measured(now)

    def accepts(self, code: int) -> bool:
        """Return whether *code* is a command; in periodic mode only some are."""
        if code in SETTINGS or code in LIMITS or code in READ_LIMITS:
            return True
        is_measurement = code in SINGLE_SHOT_S or code in STRETCHED_S or code in PERIODIC
        return is_measurement and self._period_s is None

    def command(self, code: int, arguments: bytes) -> None:
        """Begin a measurement or change a setting."""
        self._answer = None
        self._is_fetched = code == FETCH
        if code in SINGLE_SHOT_S or code in STRETCHED_S:
            self._measure(SINGLE_SHOT_S.get(code) or STRETCHED_S[code], code in STRETCHED_S)
        elif code in PERIODIC:
            self._period_s, took_s = PERIODIC[code]
            self._ready_at = self.bench.after(took_s)
        elif code == BREAK:
            self._period_s = self._ready_at = None
        elif code == SOFT_RESET:
            self.power_up()
            self._busy_until = self.bench.after(RESET_S)
        elif code == READ_STATUS:
            self._answer = self._with_crc(self._status)
        elif code in READ_LIMITS:
            self._answer = self._with_crc(self._limits[READ_LIMITS[code]])
        elif code in LIMITS:
            self._set_limit(code, arguments)
        else:
            self._set_status(code)

    def answer(self) -> bytes:
        """Return the status asked for, or the measurement, which is then gone."""
        if self._answer is not None:
            answer, self._answer = self._answer, None
            return answer
        age_s = self._take_measurement()
        sample = self.sample(age_s)
        temperature = round((sample["temperature"] + 45.0) / 175.0 * 65535.0)
        humidity = round(sample["humidity"] / 100.0 * 65535.0)
        first = self._with_crc(temperature)
        if self.faults.take("bad_crc"):
            first = first[:2] + bytes([first[2] ^ 0xFF])
        return first + self._with_crc(humidity)

    def _measure(self, took_s: float, is_stretching: bool) -> None:
        if self.faults.take("late"):
            took_s *= 10
        self._ready_at = self.bench.after(took_s)
        self._is_stretching = is_stretching
        self._busy_until = 0.0 if is_stretching else self._ready_at

    def _has_measured(self, now: float) -> bool:
        is_wanted = self._period_s is None or self._is_fetched
        return is_wanted and self._ready_at is not None and now >= self._ready_at

    def _take_measurement(self) -> float:
        """Take the newest measurement away and return how old it is, in seconds."""
        now, ready_at = self.bench.now(), self._ready_at
        assert ready_at is not None, "is_ready has said that there is one"
        self._is_stretching = False
        if self._period_s is None:
            self._ready_at = None
            return max(0.0, now - ready_at)
        newest = ready_at + (now - ready_at) // self._period_s * self._period_s
        self._ready_at = round(newest + self._period_s, 9)
        return now - newest

    def _set_status(self, code: int) -> None:
        if code == HEATER_ON:
            self._status |= STATUS_HEATER
        elif code == HEATER_OFF:
            self._status &= ~STATUS_HEATER
        elif code == CLEAR_STATUS:
            self._status &= STATUS_HEATER

    def _set_limit(self, code: int, arguments: bytes) -> None:
        """Take a word with the right checksum; another one is ignored."""
        if len(arguments) == 3 and crc8(arguments[:2]) == arguments[2]:
            self._limits[code] = int.from_bytes(arguments[:2], "big")

    @staticmethod
    def _with_crc(word: int) -> bytes:
        raw = word.to_bytes(2, "big")
        return raw + bytes([crc8(raw)])


PART = Sht3x


def _limit_word(temperature: float, humidity: float) -> int:
    """Return a limit: the upper 7 bits of a humidity word, then the upper 9 of a temperature."""
    temperature_word = round((temperature + 45.0) / 175.0 * 65535.0)
    return round(humidity / 100.0 * 65535.0) & 0xFE00 | temperature_word >> 7


def crc8(raw: bytes) -> int:
    """Return the checksum of a word: polynomial 0x31, start 0xFF, not reflected."""
    crc = 0xFF
    for byte in raw:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc
