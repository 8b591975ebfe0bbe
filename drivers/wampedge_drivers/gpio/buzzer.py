"""Buzzer, siren or beacon on one pin: on, off, and a number of beeps.

Chip: none; a pin of the header or of a port expander. For buzzers with a sound of their own; a bare
piezo disc or a speaker wants a tone, which the driver ``piezo`` gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.driver import DriverContext, command
from wampedge_drivers.gpio._beeps import BEEP_ARGUMENTS, Beeps
from wampedge_drivers.gpio._load import OnOffLoad

__all__ = ["Buzzer"]


class Buzzer(OnOffLoad, title="Buzzer, siren or beacon on one pin"):
    """One buzzer. Channel ``state``; commands on, off, toggle, pulse, beep."""

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._beeps = Beeps(context)

    @command(BEEP_ARGUMENTS)
    async def beep(self, count: int, on_time: float, off_time: float) -> int:
        """Beep so many times; any other order ends it."""

        async def once() -> None:
            await self._own.pulse(on_time)

        await self._beeps.begin(count, on_time + off_time, once)
        return count

    def forget_plans(self) -> None:
        """Beep no more."""
        self._beeps.forget()
