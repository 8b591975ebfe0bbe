"""ST VL53L0X: time-of-flight distance sensor, I2C 0x29.

From the datasheet DocID029104 (identification registers, 33 ms for a ranging, state after reset),
and from what ST's public API says of its registers: start, sequence steps, calibrations, interrupt
status, result block, range status, soft reset. A ranging that is started while another is under way
is lost; one without calibration since the last reset gives "no target", as its laser is not tuned.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Vl53l0x"]

START, SEQUENCE, CLEAR, STATUS, RESULT, RESET = 0x00, 0x01, 0x0B, 0x13, 0x14, 0xBF
RESULT_SIZE = 12
PAGE = 0xFF
NVM_READY, NVM_DIODES = 0x83, 0x92
DIODES = {NVM_READY: 0x01, NVM_DIODES: 0x85}
"""What the pages beyond the first give: the memory is ready, five diodes with a hole are good."""
IDENTITY = {0xC0: 0xEE, 0xC1: 0xAA, 0xC2: 0x10}
DEFAULTS = {SEQUENCE: 0xFF, 0x84: 0x11, 0x89: 0x00, 0x51: 0x00, 0x52: 0x99}
VHV, PHASE, RANGING = 0x01, 0x02, 0xC0
RANGING_S, CALIBRATION_S, BOOT_S = 0.036, 0.01, 0.0012
RANGE_VALID, SIGNAL_FAIL = 11, 4
COMPLETE = 0x01
"""Of the first byte of a result: it is that of the ranging that was started last."""
OUT_OF_RANGE_MM = 8190


class Vl53l0x(Part):
    """The chip; ``distance`` is that of the nearest target."""

    quantities: ClassVar = {"distance": Quantity(Curve(600.0, 250.0, 4.0), 30.0, 2000.0, "mm")}
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "late": "the next ranging takes ten times as long as it may",
        "no_target": "there is nothing within 2 m of the sensor",
        "stall": "the next ranging never ends, and no other begins until the chip is reset",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self)
        self.power_up()
        self._boots_until = 0.0  # the board has had its supply for long

    def power_up(self) -> None:
        """Standby, with nothing measured and nothing calibrated."""
        self._registers = bytearray(256)
        for register, value in (DEFAULTS | IDENTITY).items():
            self._registers[register] = value
        self._page, self._hidden = 0, dict[tuple[int, int], int]()
        self._calibrated: set[int] = set()
        self._ends_at: float | None = None
        self._is_stalled = self._is_held = False
        self._boots_until = self.bench.after(BOOT_S)

    def refresh(self) -> None:
        """Finish what is due."""
        if self._ends_at is None or self.bench.now() < self._ends_at:
            return
        self._ends_at = None
        self._registers[STATUS] = self._registers[0x0A] & 0x07
        steps = self._registers[SEQUENCE]
        if steps in {VHV, PHASE}:
            self._calibrated.add(steps)
        elif steps & RANGING:
            self._measure()

    def peek(self, register: int) -> int:
        """Return a register; 0 while the chip is held in reset or boots."""
        if self._is_held or self.bench.now() < self._boots_until:
            return 0
        if self._page and register != PAGE:
            return DIODES.get(register, self._hidden.get((self._page, register), 0))
        return self._registers[register]

    def poke(self, register: int, value: int) -> None:
        """Write a register; some of them do something."""
        if register == RESET:
            self._hold(is_held=not value & 1)
        elif self._is_held or self.bench.now() < self._boots_until:
            return
        elif register == PAGE:
            self._page = value
        elif self._page:
            self._hidden[self._page, register] = value
        elif register == START:
            if value & 0x01:
                self._begin()
        elif register == CLEAR:
            self._registers[STATUS] = 0
        elif register not in IDENTITY and not STATUS <= register < RESULT + RESULT_SIZE:
            self._registers[register] = value

    def _hold(self, *, is_held: bool) -> None:
        """Hold the chip in reset, or let it boot."""
        if is_held:
            self.power_up()
        elif self._is_held:
            self._boots_until = self.bench.after(BOOT_S)
        self._is_held = is_held

    def _begin(self) -> None:
        if self._is_stalled or self._ends_at is not None:
            return
        if self.faults.take("stall"):
            self._is_stalled = True
            return
        is_calibration = self._registers[SEQUENCE] in {VHV, PHASE}
        took_s = CALIBRATION_S if is_calibration else RANGING_S
        if self.faults.take("late"):
            took_s *= 10
        self._registers[RESULT] &= ~COMPLETE
        self._ends_at = self.bench.after(took_s)

    def _measure(self) -> None:
        distance = round(self.sample()["distance"])
        is_seen = not self.faults.take("no_target") and self._calibrated >= {VHV, PHASE}
        status = RANGE_VALID if is_seen else SIGNAL_FAIL
        result = bytearray(RESULT_SIZE)
        result[0] = status << 3 | COMPLETE
        result[10:12] = (distance if is_seen else OUT_OF_RANGE_MM).to_bytes(2, "big")
        self._registers[RESULT : RESULT + RESULT_SIZE] = result


PART = Vl53l0x
