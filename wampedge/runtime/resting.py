"""What an output does last: what its policy says for the stop, or rest in spite of ``min_on``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wampedge.config.model import DeviceConfig
from wampedge.devices.driver import Driver

if TYPE_CHECKING:
    from wampedge.runtime.outputs.guard import DeviceGuard

__all__ = ["bring_to_rest", "leave_as_wanted"]


async def leave_as_wanted(driver: Driver, config: DeviceConfig, guard: DeviceGuard | None) -> None:
    """Unit: put a device that was set up into the state it is to stop in; raises DeviceError."""
    policy = config.output
    state = policy.safe if policy.on_stop == "safe" else policy.on_stop
    if not config.driver.is_output:
        await driver.safe()
    elif state == "off":
        await bring_to_rest(driver.safe, guard)
    elif state == "keep":
        await driver.keep()
    else:
        channel = next(c for c in config.channels.values() if c.spec.is_settable)
        await getattr(driver, f"set_{channel.source}")(state == "on" or state)


async def bring_to_rest(rest: Callable[[], Awaitable[None]], guard: DeviceGuard | None) -> None:
    """Unit: await *rest*, though ``min_on`` may not be over; raises DeviceError."""
    if guard is None:
        await rest()
        return
    guard.is_forced = True
    try:
        await rest()
    finally:
        guard.is_forced = False
