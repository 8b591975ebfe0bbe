"""ams AS3935: lightning sensor, I2C 0x01 to 0x03, with its IRQ line.

From the datasheet v1-04: register map with its defaults (table 9), direct commands (8.12),
interrupt sources (table 18; the line falls when register 3 is read, and 2 ms must pass before),
energy and distance (8.9), calibration status of the clocks (8.11).
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "As3935"]

DEFAULTS = {0x00: 0x24, 0x01: 0x22, 0x02: 0xC2, 0x03: 0x00, 0x07: 0x3F}
INTERRUPT, ENERGY, DISTANCE = 0x03, 0x04, 0x07
CLOCK_STATES = (0x3A, 0x3B)
PRESET, CALIBRATE, GO = 0x3C, 0x3D, 0x96
NOISY, DISTURBED, STRUCK = 0x1, 0x4, 0x8
MASKS_DISTURBERS = 0x20
OUT_OF_RANGE = 0x3F
KILOMETRES = (1, 5, 6, 8, 10, 12, 14, 17, 20, 24, 27, 31, 34, 37, 40)
"""The distances the chip tells; 1 stands for overhead."""
READABLE_AFTER_S = 0.002


class As3935(Part):
    """The chip; to set its ``distance`` or ``energy`` is a lightning there."""

    quantities: ClassVar = {
        "distance": Quantity(Curve(20.0), 0.0, 40.0, "km"),
        "energy": Quantity(Curve(100_000.0), 0.0, 0x1FFFFF, ""),
    }
    fault_kinds: ClassVar = {
        **{kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"},
        "noise": "there is too much noise, at once",
        "disturber": "a motor nearby makes a spark, at once",
        "far": "the next lightning is out of range",
        "no_antenna": "the clocks cannot be calibrated",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self)
        self._line = self.net("interrupt") if "interrupt" in wired.pins else None
        self.power_up()

    def step(self, channel: str) -> float:
        """Return how finely it tells *channel*: there are 15 distances only."""
        return 2.5 if channel == "distance" else 1.0

    def power_up(self) -> None:
        """Listen with the defaults."""
        self._registers = bytearray(256)
        for register, value in DEFAULTS.items():
            self._registers[register] = value
        self._reason, self._readable_at = 0, 0.0
        self._drive()

    def set(self, channel: str, value: object) -> None:
        """Let a lightning strike; raises InvalidValueError."""
        super().set(channel, value)
        sample = self.sample()
        energy = round(sample["energy"])
        self._registers[ENERGY : ENERGY + 3] = energy.to_bytes(3, "little")
        is_far = self.faults.take("far")
        self._registers[DISTANCE] = OUT_OF_RANGE if is_far else told(sample["distance"])
        self._interrupt(STRUCK)

    def begin_fault(self, kind: str, count: int | None) -> None:
        """Make noise or a spark at once, or begin a fault; raises InvalidValueError."""
        if kind == "noise":
            self._interrupt(NOISY)
        elif kind == "disturber":
            if not self._registers[INTERRUPT] & MASKS_DISTURBERS:
                self._interrupt(DISTURBED)
        else:
            super().begin_fault(kind, count)

    def refresh(self) -> None:
        """Do nothing: it tells of things when they happen."""

    def peek(self, register: int) -> int:
        """Return a register; reading the reason of an interrupt lets the line fall."""
        if register != INTERRUPT:
            return self._registers[register]
        if self.bench.now() < self._readable_at:
            return self._registers[INTERRUPT]
        reason, self._reason = self._reason, 0
        self._drive()
        return self._registers[INTERRUPT] | reason

    def poke(self, register: int, value: int) -> None:
        """Write a setting, or give a direct command."""
        if register == PRESET and value == GO:
            self.power_up()
        elif register == CALIBRATE and value == GO:
            state = 0x40 if self.faults.take("no_antenna") else 0x80
            for clock in CLOCK_STATES:
                self._registers[clock] = state
        elif register == INTERRUPT:
            self._registers[INTERRUPT] = value & 0xF0
        elif register <= 0x02 or register == 0x08:
            self._registers[register] = value

    def _interrupt(self, reason: int) -> None:
        self._reason = reason
        self._readable_at = self.bench.after(READABLE_AFTER_S)
        self._drive()

    def _drive(self) -> None:
        if self._line is not None:
            self._line.drive(self.name, bool(self._reason))


PART = As3935


def told(kilometres: float) -> int:
    """Return the distance the chip gives for a storm that is *kilometres* away."""
    return min(KILOMETRES, key=lambda each: abs((0 if each == 1 else each) - kilometres))
