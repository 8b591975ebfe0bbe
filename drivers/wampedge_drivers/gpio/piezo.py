"""Piezo disc, passive buzzer or small speaker on one pin: tones and beeps.

Chip: none; a pin of the header that gives a wave, with a transistor before a speaker. The wave is
made in software (lgpio), 20 Hz to 10 kHz: fine for signals, too rough for music. On a PCA9685 all
pins have one frequency, so there it can sound at that one only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.contracts import OutputPin
from wampedge.devices.driver import DriverContext, command, param, pwm_pin
from wampedge.devices.fields import Duration, Number, Quantity
from wampedge_drivers.gpio._beeps import BEEP_ARGUMENTS, Beeps
from wampedge_drivers.gpio._load import OnOffLoad

__all__ = ["Piezo"]

_LOWEST_HZ, _HIGHEST_HZ = 20, 10_000
_FREQUENCY = Number(_LOWEST_HZ, _HIGHEST_HZ, doc="in hertz")
_USUAL = Number(
    _LOWEST_HZ, _HIGHEST_HZ, default=None, doc="in hertz; none: that of the device file"
)
SOUNDING_DUTY = 0.5


class Piezo(OnOffLoad, title="Piezo disc or speaker on one pin"):
    """One disc. Channel ``state``; commands on, off, toggle, pulse, tone, beep."""

    pin = pwm_pin(doc="the pin that drives it")
    frequency: float = param(
        Quantity("Hz", minimum=_LOWEST_HZ, maximum=_HIGHEST_HZ),
        2700.0,
        doc="how it sounds while it is on; most discs are loudest between 2 and 4 kHz",
    )

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._beeps = Beeps(context)
        self._next_hz = self.frequency

    def pwm_frequency_hz(self, pin: str) -> float:
        """Return ``frequency``."""
        return self.frequency

    def initial_duty(self, pin: str) -> float:
        """Return half for one that starts with its sound, or took it over."""
        return self._duty_of(self._switch is not None and self._switch.is_on)

    def load_pin(self) -> OutputPin:
        """Return what turns a level into a wave."""
        return _Sound(self)

    @command({"frequency": _FREQUENCY, "duration": Duration(0.001, 60.0, default=0.2)})
    async def tone(self, frequency: float, duration: float) -> float:
        """Sound at a frequency, and be silent after the duration; returns the frequency."""
        await self._pulse(frequency, duration)
        return frequency

    @command({**BEEP_ARGUMENTS, "frequency": _USUAL})
    async def beep(
        self, count: int, on_time: float, off_time: float, frequency: float | None
    ) -> int:
        """Beep so many times; any other order ends it."""

        async def once() -> None:
            await self._pulse(frequency or self.frequency, on_time)

        await self._beeps.begin(count, on_time + off_time, once)
        return count

    def forget_plans(self) -> None:
        """Beep no more."""
        self._beeps.forget()

    async def drive(self, is_on: bool) -> None:
        """Sound or be silent; raises DeviceError."""
        if is_on:
            await self.pin.set_frequency(self._next_hz)
        await self.pin.set_duty(self._duty_of(is_on))

    async def _pulse(self, frequency_hz: float, duration_s: float) -> None:
        self._next_hz = frequency_hz
        try:
            await self._own.pulse(duration_s)
        finally:
            self._next_hz = self.frequency

    def _duty_of(self, is_on: bool) -> float:
        silent = 0.0 if self.active == "high" else 1.0
        return SOUNDING_DUTY if is_on else silent


class _Sound:
    """The wave as an output pin: what makes it active makes it sound."""

    def __init__(self, piezo: Piezo) -> None:
        self.name = piezo.pin.name
        self._piezo = piezo
        self._level = False

    async def write(self, level: bool) -> None:
        """Sound or be silent; raises DeviceError."""
        await self._piezo.drive(level == self._piezo.active_level("pin"))
        self._level = level

    async def read(self) -> bool:
        """Return what was driven: a wave cannot be read back."""
        return self._level

    async def close(self) -> None:
        """Do nothing: the pin belongs to the driver."""
