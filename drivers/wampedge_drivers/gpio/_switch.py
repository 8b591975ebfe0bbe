"""What relays, lamps and other on/off loads have in common: one output pin with a polarity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wampedge.devices.contracts import OutputPin
from wampedge.devices.driver import DriverContext
from wampedge.errors import BadReadingError, LimitError

__all__ = ["Switch", "level_of"]

_RETRY_S = 1.0


def level_of(is_on: bool, *, active: str) -> bool:
    """Return the electrical level that means on or off for a load that is *active* high or low."""
    return is_on == (active == "high")


class Switch:
    """The state of one load: what was last asked for, and a pulse that may be under way.

    Owned by one driver. The runtime runs one unit of a device at a time, so nothing here races.
    A load that could not be switched off is still wanted off, one that could not be switched on is
    not wanted on: whenever the runtime sets the device up again, nothing begins to run by itself.
    An order that its guard refuses changes nothing.

    Args:
        context: of the driver that owns it.
        active: ``high`` or ``low``, the level that means on.
        is_on: the state the pin was opened with.
        on_order: called with each order that is carried out, before the state is published.
    """

    def __init__(
        self,
        context: DriverContext,
        *,
        active: str,
        is_on: bool,
        on_order: Callable[[], None] = lambda: None,
    ) -> None:
        self.is_on = is_on
        self._context = context
        self._active = active
        self._on_order = on_order
        self._cancel_pulse: Callable[[], None] | None = None

    async def setup(self, pin: Any) -> None:
        """Drive *pin* as last asked for, also after the chip behind it lost its memory."""
        self._pin: OutputPin = pin
        await self._drive(self.is_on, is_kept=self._cancel_pulse is None)

    @property
    def is_kept_on(self) -> bool:
        """Whether the load is on for good, and not for a pulse that only this object would end."""
        return self.is_on and self._cancel_pulse is None

    async def set(self, is_on: bool) -> bool:
        """Switch, and forget a pulse under way; returns the new state; raises DeviceError."""
        await self._drive(is_on)
        self._forget_plans()
        return is_on

    async def read_back(self) -> bool:
        """Return the state when the pin has the level it was given; raises BadReadingError."""
        wanted = level_of(self.is_on, active=self._active)
        if await self._pin.read() != wanted:
            high, low = ("low", "high") if wanted else ("high", "low")
            raise BadReadingError(
                f"{self._pin.name} reads {high} though it is driven {low}"
                " (a short circuit, or another program uses the pin)"
            )
        return self.is_on

    async def switch(self, is_on: bool) -> bool:
        """Switch and publish the new state."""
        await self.set(is_on)
        self._publish()
        return is_on

    async def pulse(self, duration_s: float) -> bool:
        """Switch on now and off again in *duration_s*; returns at once with the new state."""
        await self._drive(True, is_kept=False)
        self._forget_plans()
        self._cancel_pulse = self._context.later(duration_s, self._end_pulse)
        self._publish()
        return True

    async def rest(self) -> None:
        """Switch off, whatever is under way; a pulse is forgotten even where that fails."""
        self._forget_plans()
        await self._drive(False)

    async def keep(self) -> None:
        """Stay as it is for good; a pulse under way is ended: nobody would be left to end it."""
        self._on_order()
        if self._cancel_pulse is not None:
            await self.rest()

    async def _end_pulse(self) -> None:
        self._cancel_pulse = None
        try:
            await self._drive(False)
        except LimitError as error:
            # A load that must stay on longer than its pulse stays on as long as it must.
            retry_s = error.retry_after_s or _RETRY_S
            self._cancel_pulse = self._context.later(retry_s, self._end_pulse)
            return
        self._publish()

    async def _drive(self, is_on: bool, *, is_kept: bool = True) -> None:
        await self._context.guard.enter(is_on)
        self.is_on = self.is_on and is_on
        await self._pin.write(level_of(is_on, active=self._active))
        self.is_on = is_on
        self._context.guard.noted(is_on, is_on and is_kept)

    def _forget_plans(self) -> None:
        self._on_order()
        if self._cancel_pulse is not None:
            self._cancel_pulse()
            self._cancel_pulse = None

    def _publish(self) -> None:
        self._context.publish({"state": self.is_on})
