"""Values that move at a bounded rate (``slew``): for drivers of motors, servos and dimmers."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

from wampedge.devices.driver import DriverContext

__all__ = ["STEP_S", "Ramp"]

STEP_S = 0.02
"""How far apart the steps of a ramp are, in seconds."""


class Ramp:
    """Brings one value to its target in steps; owned by one driver.

    The device moves on the node's clock while its unit has long ended. Each step is asked for and
    noted by *drive*, like any other move; one that fails or is refused ends the ramp where it is.

    Args:
        context: of the driver that owns it.
        drive: awaited with each value; it moves the part.
    """

    def __init__(self, context: DriverContext, drive: Callable[[float], Awaitable[None]]) -> None:
        self.value = 0.0
        self.target = 0.0
        self._context = context
        self._drive = drive
        self._cancel: Callable[[], None] | None = None
        self._last_s = -math.inf

    @property
    def is_moving(self) -> bool:
        """Whether steps are still to come."""
        return self._cancel is not None

    async def go(self, target: float) -> None:
        """Begin to move to *target*: one step now, the others later; raises DeviceError."""
        rate = self._context.guard.policy.slew_per_s
        if rate is None:
            await self.jump(target)
            return
        self._forget()
        self.target = target
        await self._step(rate)

    async def jump(self, value: float) -> None:
        """Take *value* at once and forget the ramp: for a stop, or where nothing is bounded."""
        self._forget()
        await self._drive(value)
        self.value = self.target = value
        self._last_s = self._context.clock.monotonic()

    async def jump_to_rest(self, rest: Callable[[], Awaitable[None]]) -> None:
        """Forget the ramp and await *rest*, for a part whose rest is no value of the ramp."""
        self._forget()
        await rest()

    def begin_at(self, value: float) -> None:
        """Note that the part has *value* already."""
        self.value = self.target = value

    async def _step(self, rate: float) -> None:
        """Move as far as the time since the last step allows, one step at most."""
        now_s = self._context.clock.monotonic()
        passed_s = min(now_s - self._last_s, STEP_S)
        far = rate * passed_s
        value = self.value + max(-far, min(far, self.target - self.value))
        if abs(self.target - value) < 1e-9:
            value = self.target
        await self._drive(value)
        self.value, self._last_s = value, now_s
        if value != self.target:
            self._cancel = self._context.later(STEP_S, self._next)

    async def _next(self) -> None:
        self._cancel = None
        rate = self._context.guard.policy.slew_per_s
        if rate is None:
            await self.jump(self.target)
        else:
            await self._step(rate)

    def _forget(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
