"""Buzzer, siren or beacon on one pin: on, off, and a number of beeps.

Chip: none; a pin of the header or of a port expander. For buzzers with a sound of their own; a bare
piezo disc wants a tone, which a ``pwm`` device gives it: this one has no ``tone``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from wampedge.devices.driver import command
from wampedge.devices.fields import Duration, Integer
from wampedge.errors import RefusedError
from wampedge_drivers.gpio._load import OnOffLoad

__all__ = ["Buzzer"]

_TIME = Duration(minimum_s=0.01, maximum_s=60.0, default=0.1)


class Buzzer(OnOffLoad, title="Buzzer, siren or beacon on one pin"):
    """One buzzer. Channel ``state``; commands on, off, toggle, pulse, beep."""

    _cancel: Callable[[], None] | None = None

    @command({"count": Integer(1, 100, default=1), "on_time": _TIME, "off_time": _TIME})
    async def beep(self, count: int, on_time: float, off_time: float) -> int:
        """Beep so many times; any other order ends it."""
        await self._own.pulse(on_time)
        self._forget()
        self._go_on(count - 1, on_time, on_time + off_time)
        return count

    async def set_state(self, value: bool) -> bool:
        """Switch on or off."""
        return self._ended(await super().set_state(value))

    @command()
    async def on(self) -> bool:
        """Switch on."""
        return self._ended(await super().on())

    @command()
    async def off(self) -> bool:
        """Switch off."""
        self._forget()
        return await super().off()

    @command()
    async def toggle(self) -> bool:
        """Switch over to the other state."""
        return self._ended(await super().toggle())

    @command({"duration": Duration(minimum_s=0.001)})
    async def pulse(self, duration: float) -> bool:
        """Switch on, and off again after the duration."""
        return self._ended(await super().pulse(duration))

    async def safe(self) -> None:
        """Be silent."""
        self._forget()
        await super().safe()

    async def set_inactive(self) -> None:
        """Be silent now."""
        self._forget()
        await super().set_inactive()

    async def keep(self) -> None:
        """Stay as it is, but for beeps."""
        self._forget()
        await super().keep()

    def _go_on(self, left: int, on_s: float, period_s: float) -> None:
        """Beep *left* times more, one a period; a beep that is refused is left out."""
        if not left:
            return

        async def beep() -> None:
            self._cancel = None
            with contextlib.suppress(RefusedError):
                await self._own.pulse(on_s)
            self._go_on(left - 1, on_s, period_s)

        self._cancel = self.context.later(period_s, beep)

    def _ended(self, state: bool) -> bool:
        """Forget the beeps, once another order was carried out."""
        self._forget()
        return state

    def _forget(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
