"""Alarms of channels: ``P.D.C.alarm`` says ``raised`` or ``cleared``, and is retained."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from wampedge.config.model import ChannelConfig
from wampedge.devices.alarms import AlarmState
from wampedge.devices.readings import Reading

if TYPE_CHECKING:
    from wampedge.runtime.announcer import Outlet
    from wampedge.runtime.device import DeviceRunner

__all__ = ["Alarms"]

log = logging.getLogger(__name__)

_SLACK_S = 1e-4
"""How much later a waiting alarm is looked at: a timer may fire a trifle early."""


class Alarms:
    """Watches the channels that have alarms; owned by the announcer.

    Args:
        prefix: URI prefix of the node.
        outlet: takes each event.
    """

    def __init__(self, prefix: str, outlet: Outlet) -> None:
        self._prefix, self._outlet = prefix, outlet
        self._watches: dict[tuple[str, str], _Watch] = {}

    def take(self, device: DeviceRunner, channel: ChannelConfig, reading: Reading) -> None:
        """Look at a new *reading* of a channel that has an alarm."""
        key = device.name, channel.name
        watch = self._watches.get(key)
        if watch is None:
            topic = f"{self._prefix}.{device.name}.{channel.name}.alarm"
            watch = self._watches[key] = _Watch(topic, device, channel, self._outlet)
        watch.take(reading)

    def forget(self, device: str) -> None:
        """Watch the channels of *device* no more."""
        for key in [key for key in self._watches if key[0] == device]:
            self._watches.pop(key).close()


class _Watch:
    """Follows one channel."""

    def __init__(
        self, topic: str, device: DeviceRunner, channel: ChannelConfig, outlet: Outlet
    ) -> None:
        assert channel.alarm is not None, "only channels with alarms are watched"
        self._topic, self._device, self._channel = topic, device, channel
        self._outlet = outlet
        self._state = AlarmState(channel.alarm)
        self._is_told = False
        self._reading: Reading | None = None
        self._timer: asyncio.TimerHandle | None = None

    def take(self, reading: Reading) -> None:
        if isinstance(reading.value, int | float):
            self._reading = reading
            has_changed = self._state.take(reading.value, asyncio.get_running_loop().time())
            if has_changed or not self._is_told:
                self._tell(reading)
        else:
            self._state.lose()
        self._wait()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self.close()
        if self._state.due_s is not None:
            loop = asyncio.get_running_loop()
            delay_s = max(self._state.due_s - loop.time(), 0.0) + _SLACK_S
            self._timer = loop.call_later(delay_s, self._on_due)

    def _on_due(self) -> None:
        self._timer = None
        if self._state.expire(asyncio.get_running_loop().time()) and self._reading is not None:
            self._tell(self._reading)

    def _tell(self, reading: Reading) -> None:
        self._is_told = True
        side, policy = self._state.side, self._channel.alarm
        details: dict[str, Any] = {
            "reading": reading.value,
            "unit": reading.unit,
            "time": self._device.now(),
        }
        if side is not None and policy is not None:
            limit = policy.below if side == "below" else policy.above
            details |= {"side": side, "limit": limit}
            text = "%s.%s: alarm: %g %s is %s %g"
            name = self._device.name
            log.warning(text, name, self._channel.name, reading.value, reading.unit, side, limit)
        self._outlet(self._topic, "cleared" if side is None else "raised", details, is_state=True)
