"""ST VL53L1X: time-of-flight distance sensor, I2C 0x29, 16-bit register numbers.

From the datasheet DocID031281 (identification, 1.2 ms to boot, 4 m), and from UM2510 and what ST's
public API says of its registers: soft reset, firmware state, settings, timed mode, interrupt,
result block. How long a ranging takes is computed from the time-outs and the period of the laser in
the registers, as in UM2356: a macro period is 2304 periods of the clock times the laser period.

A chip whose block of settings was not written has no target, ever: its modulation is not set up.
Results stay until the interrupt is cleared, as those after an old interrupt do; the first ranging
after a start has nothing to be compared with.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Vl53l1x"]

RESET, FAST_CLOCK, POLARITY, STATUS = 0x0000, 0x0006, 0x0030, 0x0031
INTERRUPT_CONFIG, TIMEOUT_A, VCSEL_A, TIMEOUT_B, VCSEL_B = 0x0046, 0x005E, 0x0060, 0x0061, 0x0063
PERIOD, SEQUENCE, CLEAR, START, RESULT = 0x006C, 0x0081, 0x0086, 0x0087, 0x0089
SLOW_CLOCK, FIRMWARE, MODEL = 0x00DE, 0x00E5, 0x010F
SIZE = 0x0200
RESULT_SIZE = 17
FAST_CLOCK_WORD, SLOW_CLOCK_WORD = 0xBCCC, 0x0275
"""A clock of 4 MHz times 11.8, and 629 periods of the slow clock in about a millisecond."""
DEFAULTS = {FAST_CLOCK: FAST_CLOCK_WORD, SLOW_CLOCK: SLOW_CLOCK_WORD, MODEL: 0xEACC}
NEW_SAMPLE, ALL_STEPS, TIMED = 0x20, 0x9B, 0x40
BOOT_S, FIRST_RANGING_S, OVERHEAD_S = 0.0012, 0.040, 0.014
SIGNAL_FAIL, RANGE_COMPLETE = 4, 9
NOTHING_MM = 0xFFFF


class Vl53l1x(Part):
    """The chip; ``distance`` is that of the nearest target."""

    quantities: ClassVar = {"distance": Quantity(Curve(1500.0, 800.0, 8.0), 40.0, 4000.0, "mm")}
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "late": "the next ranging takes ten times as long as it may",
        "no_target": "there is nothing within 4 m of the sensor",
        "stall": "the next ranging never ends, and no other begins until the chip is reset",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, pointer_size=2)
        self.power_up()
        self._boots_until = 0.0  # the board has had its supply for long

    def power_up(self) -> None:
        """Software standby, with nothing set and nothing measured."""
        self._registers = bytearray(SIZE)
        for register, word in DEFAULTS.items():
            self._registers[register : register + 2] = word.to_bytes(2, "big")
        self._registers[STATUS] = 0x02
        self._ends_at: float | None = None
        self._stream_count = 0
        self._was_calibrated = self._is_stalled = self._is_held = self._has_result = False
        self._boots_until = self.bench.after(BOOT_S)

    @property
    def is_lit(self) -> bool:
        """Whether the chip ranges: the laser flashes."""
        return self._ends_at is not None

    def refresh(self) -> None:
        """Finish the rangings that are due; only the oldest of them is kept, until the clear."""
        now = self.bench.now()
        if self._ends_at is None or now < self._ends_at:
            return
        if not self._has_result:
            self._measure(now - self._ends_at)
        self._was_calibrated = True
        self._ends_at = self._next_end(self._ends_at, now)

    def peek(self, register: int) -> int:
        """Return a register; 0 while the chip is held in reset or boots."""
        if register == FIRMWARE:
            return 0x03 if self._is_up else 0x02
        if not self._is_up or register >= SIZE:
            return 0
        if register == STATUS:
            is_low_active = bool(self._registers[POLARITY] & 0x10)
            return self._registers[STATUS] & 0xFE | (self._has_result != is_low_active)
        return self._registers[register]

    def poke(self, register: int, value: int) -> None:
        """Write a register; some of them do something."""
        if register == RESET:
            self._hold(is_held=not value & 1)
        elif not self._is_up or register >= SIZE:
            return
        elif register == CLEAR:
            self._has_result &= not value & 1
        elif register == START:
            self._stream_count = 0
            self._ends_at = self._first_end() if value & TIMED else None
        elif not RESULT <= register < RESULT + RESULT_SIZE and register < SLOW_CLOCK:
            self._registers[register] = value

    @property
    def _is_up(self) -> bool:
        return not self._is_held and self.bench.now() >= self._boots_until

    def _hold(self, *, is_held: bool) -> None:
        """Hold the chip in reset, or let it boot."""
        if is_held:
            self.power_up()
        elif self._is_held:
            self._boots_until = self.bench.after(BOOT_S)
        self._is_held = is_held

    def _first_end(self) -> float | None:
        if self._is_stalled or self.faults.take("stall"):
            self._is_stalled = True
            return None
        took_s = self._ranging_s() + (0.0 if self._was_calibrated else FIRST_RANGING_S)
        return self.bench.after(took_s * (10 if self.faults.take("late") else 1))

    def _next_end(self, last: float, now: float) -> float | None:
        """Return when the first ranging after *now* ends, if one ended at *last*."""
        if self.faults.take("stall"):
            self._is_stalled = True
            return None
        took_s = self._ranging_s() * (10 if self.faults.take("late") else 1)
        clock = self._word(SLOW_CLOCK) & 0x3FF
        ticks = int.from_bytes(self._registers[PERIOD : PERIOD + 4], "big")
        period_s = max(took_s, ticks / clock / 1.065 / 1000)
        return round(last + (int((now - last) / period_s) + 1) * period_s, 9)

    def _ranging_s(self) -> float:
        """Return how long one ranging takes with the time-outs that are set."""
        clock_us = (1 << 30) / self._word(FAST_CLOCK) / (1 << 24)
        total_us = 0.0
        for timeout, vcsel in ((TIMEOUT_A, VCSEL_A), (TIMEOUT_B, VCSEL_B)):
            mantissa, exponent = self._registers[timeout + 1], self._registers[timeout] & 0x0F
            periods = (mantissa << exponent) + 1
            total_us += periods * clock_us * 2304 * ((self._registers[vcsel] + 1) << 1)
        return total_us / 1e6 + OVERHEAD_S

    def _measure(self, age_s: float) -> None:
        is_set = self._registers[SEQUENCE] == ALL_STEPS
        if not self._registers[INTERRUPT_CONFIG] & NEW_SAMPLE:
            return
        distance = round(self.sample(age_s)["distance"])
        is_seen = is_set and not self.faults.take("no_target")
        result = bytearray(RESULT_SIZE)
        result[0] = RANGE_COMPLETE if is_seen else SIGNAL_FAIL
        result[2] = self._stream_count
        result[13:15] = (distance if is_seen else NOTHING_MM).to_bytes(2, "big")
        self._registers[RESULT : RESULT + RESULT_SIZE] = result
        self._stream_count = self._stream_count + 1 if self._stream_count < 255 else 128
        self._has_result = True

    def _word(self, register: int) -> int:
        return int.from_bytes(self._registers[register : register + 2], "big")


PART = Vl53l1x
