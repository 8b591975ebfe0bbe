"""The contract of all on/off loads behind one output pin; its logic is in ``Switch``."""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.contracts import OutputPin
from wampedge.devices.driver import Driver, command, output_pin, param, setting
from wampedge.devices.fields import Choice, Duration
from wampedge.devices.values import Value
from wampedge_drivers.gpio._switch import Switch, level_of

__all__ = ["OnOffLoad"]


class OnOffLoad(Driver):
    """One on/off load. Channel ``state``; commands on, off, toggle, pulse."""

    pin = output_pin(doc="the pin that drives it")
    active: str = param(Choice(("high", "low")), "high", doc="the level that means on")
    state = setting(doc="true while it is on")

    _switch: Switch | None = None

    def initial_level(self, pin: str) -> bool:
        """Return the level of the state it starts with, or took over; off where there is none."""
        is_on = self._switch is not None and self._switch.is_on
        return level_of(is_on, active=self.active)

    def active_level(self, pin: str) -> bool:
        """Return the level that means on."""
        return level_of(True, active=self.active)

    def start_with(self, value: Value) -> None:
        """Start on or off."""
        self._switch = Switch(
            self.context, active=self.active, is_on=bool(value), on_order=self.forget_plans
        )

    def take_over(self, before: Driver) -> None:
        """Keep the state; a pulse under way ends, as only the driver before could end it."""
        if isinstance(before, OnOffLoad) and before._switch is not None:
            is_on = before._switch.is_kept_on
            self.start_with(is_on)

    async def setup(self) -> None:
        """Take the pin; after a failure drive what was last asked for."""
        if self._switch is None:
            self.start_with(False)
        await self._own.setup(self.load_pin())
        self.context.publish({"state": self._own.is_on})

    def load_pin(self) -> OutputPin:
        """Return what switches the load."""
        pin: OutputPin = self.pin
        return pin

    def forget_plans(self) -> None:
        """Forget what the driver was about to do by itself: an order is carried out, or it ends."""

    async def read_back(self) -> Mapping[str, Value]:
        """Read the level of the pin; raises BadReadingError when it is not the one driven."""
        return {"state": await self._own.read_back()}

    async def set_state(self, value: bool) -> bool:
        """Switch on or off."""
        return await self._own.set(value)

    @command()
    async def on(self) -> bool:
        """Switch on."""
        return await self._own.switch(True)

    @command()
    async def off(self) -> bool:
        """Switch off."""
        return await self._own.switch(False)

    @command()
    async def toggle(self) -> bool:
        """Switch over to the other state."""
        return await self._own.switch(not self._own.is_on)

    @command({"duration": Duration(minimum_s=0.001)})
    async def pulse(self, duration: float) -> bool:
        """Switch on, and off again after the duration."""
        return await self._own.pulse(duration)

    async def safe(self) -> None:
        """Switch off."""
        await self._own.rest()

    async def set_inactive(self) -> None:
        """Switch off now."""
        await self._own.rest()
        self.context.publish({"state": False})

    async def keep(self) -> None:
        """Stay as it is, but for a pulse."""
        await self._own.keep()

    @property
    def _own(self) -> Switch:
        assert self._switch is not None, "the runtime awaits setup before anything else"
        return self._switch
