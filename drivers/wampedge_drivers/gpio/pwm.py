"""Dimmable load on one pin: LED strip, fan, heater behind a transistor.

Chip: none; a pin of the GPIO header. The wave is made in software (lgpio), 0.1 Hz to 10 kHz, with a
jitter of some ten microseconds: fine for light and heat, too rough for sound and fast servos.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.driver import Driver, param, pwm_pin, setting
from wampedge.devices.fields import Number, Quantity
from wampedge.devices.ramp import Ramp
from wampedge.devices.values import Value

__all__ = ["Pwm"]


class Pwm(Driver, title="Dimmable load on one pin (pulse-width modulation)"):
    """One wave. Channel ``duty`` in percent."""

    slews: ClassVar[bool] = True

    pin = pwm_pin(doc="the pin that drives it")
    frequency: float = param(
        Quantity("Hz", minimum=0.1, maximum=10_000), 100.0, doc="periods a second"
    )
    duty = setting(Number(0, 100), unit="%", doc="share of each period the pin is high")

    _percent = 0.0
    _ramp: Ramp | None = None

    def initial_duty(self, pin: str) -> float:
        """Return the duty it starts with, or took over, as a share."""
        return self._percent / 100

    def start_with(self, value: Value) -> None:
        """Start with a duty in percent."""
        self._percent = float(value or 0.0)

    def take_over(self, before: Driver) -> None:
        """Keep the duty."""
        if isinstance(before, Pwm):
            self._percent = before._percent

    async def setup(self) -> None:
        """Drive what was last asked for, or what it starts with."""
        await self._drive(self._percent)
        self._own.begin_at(self._percent)
        self.context.publish({"duty": self._percent})

    async def set_duty(self, value: float) -> float:
        """Set the duty in percent; it gets there as fast as ``slew`` lets it."""
        await self._own.go(value)
        return value

    async def safe(self) -> None:
        """Take the duty 0 at once."""
        await self._own.jump(0.0)

    async def set_inactive(self) -> None:
        """Take the duty 0 at once, and say so."""
        await self.safe()
        self.context.publish({"duty": self._percent})

    @property
    def _own(self) -> Ramp:
        if self._ramp is None:
            self._ramp = Ramp(self.context, self._drive)
        return self._ramp

    async def _drive(self, percent: float) -> None:
        await self.context.guard.enter(percent > 0, percent)
        # A load that could not be turned down is still wanted down, and never the other way.
        self._percent = min(self._percent, percent)
        await self.pin.set_duty(percent / 100)
        self._percent = percent
        self.context.guard.noted(percent > 0, self._own.target if self._own.is_moving else percent)
