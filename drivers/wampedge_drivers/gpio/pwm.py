"""Dimmable load on one pin: LED strip, fan, heater behind a transistor.

Chip: none; a pin of the GPIO header. The wave is made in software (lgpio), 0.1 Hz to 10 kHz, with a
jitter of some ten microseconds: fine for light and heat, too rough for sound and fast servos.
"""

from __future__ import annotations

from wampedge.devices.driver import Driver, param, pwm_pin, setting
from wampedge.devices.fields import Number, Quantity

__all__ = ["Pwm"]


class Pwm(Driver, title="Dimmable load on one pin (pulse-width modulation)"):
    """One wave. Channel ``duty`` in percent."""

    pin = pwm_pin(doc="the pin that drives it")
    frequency: float = param(
        Quantity("Hz", minimum=0.1, maximum=10_000), 100.0, doc="periods a second"
    )
    on_start: float = param(Number(0, 100), 0, doc="duty when the node starts, in percent")
    on_stop: float = param(Number(0, 100), 0, doc="duty when the node stops, in percent")
    duty = setting(Number(0, 100), unit="%", doc="share of each period the pin is high")

    _percent: float | None = None

    def pwm_frequency_hz(self, pin: str) -> float:
        """Return ``frequency``."""
        return self.frequency

    def initial_duty(self, pin: str) -> float:
        """Return ``on_start`` as a share, or the duty taken over."""
        return (self.on_start if self._percent is None else self._percent) / 100

    def take_over(self, before: Driver) -> None:
        """Keep the duty."""
        if isinstance(before, Pwm):
            self._percent = before._percent

    async def setup(self) -> None:
        """Start with ``on_start``; after a failure take up what was last asked for."""
        await self._drive(self.on_start if self._percent is None else self._percent)
        self.context.publish({"duty": self._percent})

    async def set_duty(self, value: float) -> float:
        """Set the duty in percent."""
        await self._drive(value)
        return value

    async def safe(self) -> None:
        """Take the duty of ``on_stop``."""
        await self._drive(self.on_stop)

    async def _drive(self, percent: float) -> None:
        if self._percent is not None:
            # A load that could not be turned down is still wanted down, and never the other way.
            self._percent = min(self._percent, percent)
        await self.pin.set_duty(percent / 100)
        self._percent = percent
