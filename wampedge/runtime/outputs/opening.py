"""Opening the pins of one output: their first level is what its policy says, and no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from wampedge.config.model import DeviceConfig, PinRef
from wampedge.devices.contracts import PinBank
from wampedge.devices.driver import Driver
from wampedge.devices.fields import Boolean
from wampedge.errors import InterlockError, LimitError, RefusedError
from wampedge.runtime.outputs.guard import DeviceGuard
from wampedge.runtime.outputs.outputs import Outputs
from wampedge.runtime.outputs.pins import GuardedOutput, GuardedPwm

__all__ = ["OutputOpening"]


class OutputOpening:
    """Begins one output; owned by the mounting of its device, used once for each runner.

    Args:
        device: the device.
        guard: its guard.
        outputs: all outputs of the node.
    """

    def __init__(self, device: DeviceConfig, guard: DeviceGuard, outputs: Outputs) -> None:
        self.is_handed_over = False
        """Whether the driver took over from one before: its state is the one to begin with."""
        self._device = device
        self._guard = guard
        self._outputs = outputs
        self._has_begun = False
        self._wished: Any = None

    async def begin(self, driver: Driver, banks: Mapping[str, PinBank]) -> None:
        """Let *driver* know what to begin with; called before its first pin is opened."""
        if self._has_begun:
            return
        if not self.is_handed_over:
            line = await self._line_is_active(driver, banks)
            if self._guard.is_active is None:
                self._guard.before_start(line)
            self._wished = self._guard.starting_value(line)
            driver.start_with(self._wished)
        await self._ask(driver)
        self._has_begun = True

    def after(self, driver: Driver) -> None:
        """Note the first state, and go on to what could not be; called when all pins are open."""
        for role, is_active in self._first_states(driver).items():
            self._guard.noted_pin(role, is_active)
        wished, self._wished = self._wished, None
        if wished is not None:
            self._outputs.start_later(self._device.name, wished)

    async def let_in(self, order: Callable[[], Awaitable[Any]]) -> Any:
        """Await *order*; where an interlock releases first, release and await it again.

        Raises:
            DeviceError: whatever went wrong, or forbids it.
        """
        name = self._device.name
        try:
            result = await order()
        except InterlockError as refusal:
            if not self._outputs.can_make_room(name, refusal):
                raise
            try:
                await self._outputs.make_room(name)
                result = await order()
            finally:
                self._outputs.withdraw(name)
        self._outputs.ordered(name)
        return result

    def guarded(self, role: str, pin: Any, driver: Driver) -> Any:
        """Return *pin* as the driver gets it: it asks the guard at every write."""
        active = driver.active_level(role)
        if active is None:
            return pin
        if self._device.driver.pins[role].direction == "output":
            return GuardedOutput(pin, self._guard, role, active=active)
        return GuardedPwm(pin, self._guard, role, rest=0.0 if active else 1.0)

    def was_set_up(self) -> None:
        """Note that a part without pins was set up, and begins as it was told."""
        if not self._has_pins and self._guard.is_active is None:
            self._guard.noted(False)

    async def _ask(self, driver: Driver) -> None:
        """Ask the guard for the first state; where it refuses, the output begins at rest."""
        if self._has_pins:
            begins_active = any(self._first_states(driver).values())
        else:
            begins_active = bool(self._wished)
        later = None
        if not begins_active and self._guard.rest_left_s() > 0.0 and self._is_switch:
            # It is on, and should not be: a pulse that ended with the driver before, or with the
            # process. Still it has to stay on as long as min_on says.
            driver.start_with(True)
            begins_active, later = True, False
        if begins_active:
            try:
                await self._guard.enter(True)
            except RefusedError as refusal:
                driver.start_with(None)
                if isinstance(refusal, LimitError) and refusal.retry_after_s is None:
                    # max_on was over before this start: it would begin anew, and at the next, too.
                    self._wished = None
                    self._guard.remember(None)
                return
        self._wished = later

    @property
    def _is_switch(self) -> bool:
        settable = [c for c in self._device.driver.channels.values() if c.is_settable]
        return len(settable) == 1 and isinstance(settable[0].field, Boolean)

    @property
    def _has_pins(self) -> bool:
        pins = self._device.driver.pins.values()
        return any(pin.direction in ("output", "pwm") for pin in pins)

    def _first_states(self, driver: Driver) -> dict[str, bool]:
        """Return for each pin that counts whether it begins active."""
        states = {}
        for role, pin in self._device.driver.pins.items():
            active = driver.active_level(role)
            if active is None or role not in self._device.pins:
                continue
            if pin.direction == "output":
                states[role] = driver.initial_level(role) == active
            elif pin.direction == "pwm":
                states[role] = driver.initial_duty(role) != (0.0 if active else 1.0)
        return states

    async def _line_is_active(self, driver: Driver, banks: Mapping[str, PinBank]) -> bool | None:
        """Return whether a line of the output is active before it is driven; None: unknown."""
        policy = self._device.output
        if policy.on_start not in ("keep", "restore") and not policy.min_on_s:
            return None
        known: list[bool] = []
        for role, pin in self._device.driver.pins.items():
            active = driver.active_level(role)
            ref: PinRef | None = self._device.pins.get(role)
            if pin.direction != "output" or active is None or ref is None:
                continue
            look = getattr(banks[role], "level_before", None)
            if look is None:
                return None  # the chip cannot tell
            known.append(await look(ref.line) == active)
        return any(known) if known else None
