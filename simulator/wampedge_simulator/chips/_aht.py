"""What the AHT10 and the AHT20 share: commands of three bytes, and an answer with status first.

From the datasheets AHT10 V1.1 and AHT20 A0: commands (5.3), reading (5.4), conversion (6). A read
gives the answer at any time; its first byte says whether the measurement still runs, and then what
follows is the one before. Not calibrated until told, as a part may be; then it measures nothing.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips.sht3x import crc8
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["Aht"]

MEASURE, RESET, STATUS = 0xAC, 0xBA, 0x71
BUSY, CALIBRATED = 0x80, 0x08
MEASURING_S, RESET_S, CALIBRATING_S = 0.08, 0.02, 0.01
STEPS = 1 << 20


class Aht(Part):
    """The chip; it is its own face to the bus."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(19.0, 5.0, 0.05), -40.0, 85.0, "°C"),
        "humidity": Quantity(Curve(60.0, -12.0, 0.3), 0.0, 100.0, "%RH"),
    }
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "late": "the next measurement takes ten times as long as it may",
    }
    calibrate: ClassVar[int]
    """First byte of the command that loads the calibration."""
    has_checksum: ClassVar[bool]
    """Whether a checksum follows the answer."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target = self
        self.stretch_s = 0.0
        self.power_up()
        self._deaf_until = 0.0  # the board has had its supply for long

    def power_up(self) -> None:
        """Wait for a command, with nothing measured."""
        self._is_calibrated = False
        self._measured = bytes(5)
        self._received = bytearray()
        self._answer = b""
        self._busy_until = 0.0
        self._is_measuring = False
        self._deaf_until = self.bench.after(RESET_S)

    def start(self, is_read: bool) -> bool:
        """Prepare the answer; not acknowledged while a reset lasts."""
        self._obey()
        now = self.bench.now()
        if now < self._deaf_until:
            return False
        if self._is_measuring and now >= self._busy_until:
            self._is_measuring = False
            self._measured = self._packed(now - self._busy_until)
        if is_read:
            self._answer = self._status() + self._measured
            if self.has_checksum:
                self._answer += bytes((crc8(self._answer),))
        return True

    def write(self, byte: int) -> bool:
        """Take a byte of a command."""
        self._received.append(byte)
        return True

    def read(self) -> int:
        """Give the next byte of the answer; nothing holds the line after its end."""
        if not self._answer:
            return 0xFF
        byte, self._answer = self._answer[0], self._answer[1:]
        return byte

    def stop(self) -> None:
        """Obey the command that was written."""
        self._obey()

    def _obey(self) -> None:
        command, self._received = bytes(self._received), bytearray()
        if command[:1] == bytes((RESET,)):
            self.power_up()
        elif len(command) < 3 or self.bench.now() < self._busy_until:
            return
        elif command[0] == self.calibrate and command[1] & CALIBRATED:
            self._is_calibrated = True
            self._busy_until = self.bench.after(CALIBRATING_S)
        elif command[:3] == bytes((MEASURE, 0x33, 0x00)) and self._is_calibrated:
            took_s = MEASURING_S * (10 if self.faults.take("late") else 1)
            self._busy_until = self.bench.after(took_s)
            self._is_measuring = True

    def _status(self) -> bytes:
        is_busy = self.bench.now() < self._busy_until
        return bytes(((BUSY if is_busy else 0) | (CALIBRATED if self._is_calibrated else 0),))

    def _packed(self, age_s: float) -> bytes:
        """Return 20 bits of humidity and 20 of temperature."""
        sample = self.sample(age_s)
        humidity = min(round(sample["humidity"] / 100.0 * STEPS), STEPS - 1)
        temperature = min(round((sample["temperature"] + 50.0) / 200.0 * STEPS), STEPS - 1)
        return (humidity << 20 | temperature).to_bytes(5, "big")
