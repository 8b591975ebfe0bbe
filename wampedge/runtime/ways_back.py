"""Settings made for a while (``for_``): each knows the value it goes back to, and does go back.

A way back that fails is tried again until it succeeds: a valve that was opened for five minutes
must not stay open because its bus had a bad moment at the end of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from wampedge.devices.values import Value
from wampedge.errors import DeviceError, InvalidValueError
from wampedge.records import Record

__all__ = ["WaysBack"]

_RETRY_FIRST_S = 1.0
_RETRY_LAST_S = 60.0


class _WayBack(Record):
    value: Value
    task: asyncio.Task[None]


class WaysBack:
    """The pending ways back of one device, at most one a channel; owned by its runner.

    Args:
        set_back: awaited with the public channel name and the value to set; raises DeviceError.
    """

    def __init__(self, set_back: Callable[[str, Value], Awaitable[None]]) -> None:
        self._set_back = set_back
        self._way_by_channel: dict[str, _WayBack] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is pending."""
        return not self._way_by_channel

    def target(self, channel: str, otherwise: Value) -> Value:
        """Return what *channel* goes back to, *otherwise* when it is not set for a while.

        A setting that is prolonged goes back to where the first one began, not to itself.
        """
        way = self._way_by_channel.get(channel)
        return otherwise if way is None else way.value

    def plan(self, channel: str, value: Value, after_s: float) -> None:
        """Let *channel* go back to *value* in so many seconds, instead of what was planned."""
        self.forget(channel)
        task = asyncio.get_running_loop().create_task(
            self._go_back(channel, value, after_s), name=f"way back of {channel}"
        )
        self._way_by_channel[channel] = _WayBack(value, task)

    def forget(self, channel: str) -> None:
        """Let *channel* stay as it is."""
        way = self._way_by_channel.pop(channel, None)
        if way is not None:
            way.task.cancel()

    def forget_all(self) -> None:
        """Let every channel stay as it is."""
        for channel in list(self._way_by_channel):
            self.forget(channel)

    async def _go_back(self, channel: str, value: Value, after_s: float) -> None:
        await asyncio.sleep(after_s)
        pause_s = _RETRY_FIRST_S
        while True:
            try:
                await self._set_back(channel, value)
                break
            except InvalidValueError:
                break  # the driver will never take it; more tries change nothing
            except DeviceError:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _RETRY_LAST_S)
        self._way_by_channel.pop(channel, None)
