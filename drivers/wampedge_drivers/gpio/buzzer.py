"""Buzzer, siren or beacon on one pin: on, off, and a number of beeps.

Chip: none; a pin of the header or of a port expander. For buzzers with a sound of their own; a bare
piezo disc wants a tone, which a ``pwm`` device gives it.
"""

from __future__ import annotations

from collections.abc import Callable

from wampedge.devices.driver import command
from wampedge.devices.fields import Duration, Integer
from wampedge_drivers.gpio._load import OnOffLoad

__all__ = ["Buzzer"]

_TIME = Duration(minimum_s=0.01, maximum_s=60.0, default=0.1)


class Buzzer(OnOffLoad, title="Buzzer, siren or beacon on one pin"):
    """One buzzer. Channel ``state``; commands on, off, toggle, pulse, beep."""

    _beeps_left = 0
    _cancel: Callable[[], None] | None = None

    @command({"count": Integer(1, 100, default=1), "on_time": _TIME, "off_time": _TIME})
    async def beep(self, count: int, on_time: float, off_time: float) -> int:
        """Beep so many times; any other order ends it."""
        self._forget()
        self._beeps_left = count
        await self._beep(on_time, on_time + off_time)
        return count

    async def set_state(self, value: bool) -> bool:
        """Switch on or off."""
        self._forget()
        return await super().set_state(value)

    @command()
    async def on(self) -> bool:
        """Switch on."""
        self._forget()
        return await super().on()

    @command()
    async def off(self) -> bool:
        """Switch off."""
        self._forget()
        return await super().off()

    async def safe(self) -> None:
        """Be silent."""
        self._forget()
        await super().safe()

    async def set_inactive(self) -> None:
        """Be silent now."""
        self._forget()
        await super().set_inactive()

    async def _beep(self, on_s: float, period_s: float) -> None:
        self._beeps_left -= 1
        await self._own.pulse(on_s)
        if self._beeps_left:
            self._cancel = self.context.later(period_s, lambda: self._beep(on_s, period_s))

    def _forget(self) -> None:
        self._beeps_left = 0
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
