"""NXP PCA9685: 16 outputs with 12-bit pulse-width modulation, I2C 0x40 to 0x7F.

From the datasheet PCA9685 rev. 4: registers (table 4), MODE1 with sleep, restart and
auto-increment (7.3.1), MODE2 (7.3.2), counts of the outputs with full on and full off (7.3.3), all
outputs at once (7.3.4), prescaler, which can be written during sleep only (7.3.5).
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.nets import Wave
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Pca9685"]

MODE1, MODE2 = 0x00, 0x01
LED0_ON_L, LED15_OFF_H = 0x06, 0x45
ALL_LED_ON_L, ALL_LED_OFF_H = 0xFA, 0xFD
PRE_SCALE = 0xFE
RESTART, EXTERNAL_CLOCK, AUTO_INCREMENT, SLEEP = 0x80, 0x40, 0x20, 0x10
INVERTED = 0x10
ALWAYS = 0x10
"""In the high byte of a count: on all the time, or off all the time."""
CLOCK_HZ = 25e6
CHANNELS = 16


class Pca9685(Part):
    """The chip; each output drives a net of the board."""

    fault_kinds: ClassVar = {kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"}
    lines: ClassVar = CHANNELS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, following=self._following)
        self._nets = tuple(bench.nets.bank(wired.name))
        self._registers = bytearray(256)
        self.power_up()

    def power_up(self) -> None:
        """Sleep with every output off, at 200 Hz."""
        self._registers = bytearray(256)
        self._registers[MODE1] = SLEEP | 0x01
        self._registers[MODE2] = 0x04
        for channel in range(CHANNELS):
            self._registers[LED0_ON_L + 4 * channel + 3] = ALWAYS
        self._registers[PRE_SCALE] = 0x1E
        self._drive_all()

    @property
    def frequency_hz(self) -> float:
        """Frequency of all outputs."""
        return CLOCK_HZ / 4096 / (self._registers[PRE_SCALE] + 1)

    def duty(self, channel: int) -> float:
        """Return the share of the time an output is on, 0.0 to 1.0."""
        on_low, on_high, off_low, off_high = self._registers[
            LED0_ON_L + 4 * channel : LED0_ON_L + 4 * channel + 4
        ]
        if off_high & ALWAYS:
            return 0.0
        if on_high & ALWAYS:
            return 1.0
        if self._registers[MODE1] & SLEEP:
            return 0.0
        on, off = (on_high & 0x0F) << 8 | on_low, (off_high & 0x0F) << 8 | off_low
        return (off - on) % 4096 / 4096

    @property
    def shown(self) -> list[float]:
        """What 16 meters at the outputs show: the share of the time each is on, in percent."""
        return [round(100 * self.duty(channel), 3) for channel in range(CHANNELS)]

    def refresh(self) -> None:
        """Do nothing: the outputs follow the registers at once."""

    def peek(self, register: int) -> int:
        """Return a register; those for all outputs read 0."""
        return self._registers[register]

    def poke(self, register: int, value: int) -> None:
        """Write a register and let its effect reach the outputs."""
        if register == MODE1:
            # The restart flag is cleared by writing a 1 to it; clearing sleep does the rest.
            self._registers[MODE1] = value & ~RESTART
        elif register == PRE_SCALE:
            if self._registers[MODE1] & SLEEP:
                self._registers[PRE_SCALE] = max(value, 3)
        elif ALL_LED_ON_L <= register <= ALL_LED_OFF_H:
            for channel in range(CHANNELS):
                self._registers[LED0_ON_L + 4 * channel + register - ALL_LED_ON_L] = value & 0x1F
        elif register <= LED15_OFF_H:
            self._registers[register] = value
        self._drive_all()

    def _following(self, register: int) -> int:
        if not self._registers[MODE1] & AUTO_INCREMENT:
            return register
        return 0 if register in {LED15_OFF_H, 0xFF} else register + 1

    def _drive_all(self) -> None:
        is_inverted = bool(self._registers[MODE2] & INVERTED)
        for channel, net in enumerate(self._nets):
            duty = self.duty(channel)
            high = 1.0 - duty if is_inverted else duty
            net.drive(
                self.name, bool(high) if high in {0.0, 1.0} else Wave(self.frequency_hz, high)
            )


PART = Pca9685
