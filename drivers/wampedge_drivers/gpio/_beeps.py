"""Beeps of a load: so many pulses, a period apart, until another order comes."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from wampedge.devices.driver import DriverContext
from wampedge.devices.fields import Duration, Field, Integer
from wampedge.errors import RefusedError

__all__ = ["BEEP_ARGUMENTS", "Beeps"]

_TIME: Final = Duration(minimum_s=0.01, maximum_s=60.0, default=0.1)
BEEP_ARGUMENTS: Final[Mapping[str, Field]] = {
    "count": Integer(1, 100, default=1),
    "on_time": _TIME,
    "off_time": _TIME,
}


class Beeps:
    """The beeps of one driver that are still to come; owned by it.

    Args:
        context: of the driver.
    """

    def __init__(self, context: DriverContext) -> None:
        self._context = context
        self._cancel: Callable[[], None] | None = None

    async def begin(self, count: int, period_s: float, beep: Callable[[], Awaitable[None]]) -> None:
        """Run *beep* now and again each *period_s*, *count* times in all; raises DeviceError."""
        await beep()
        self._go_on(count - 1, period_s, beep)

    def forget(self) -> None:
        """Beep no more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _go_on(self, left: int, period_s: float, beep: Callable[[], Awaitable[None]]) -> None:
        """Beep *left* times more, one a period; a beep that is refused is left out."""
        if not left:
            return

        async def next_beep() -> None:
            self._cancel = None
            with contextlib.suppress(RefusedError):
                await beep()
            self._go_on(left - 1, period_s, beep)

        self._cancel = self._context.later(period_s, next_beep)
