"""Turns what devices say into WAMP events: state topics, status topics, momentary events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from wampedge.config.model import ChannelConfig
from wampedge.devices.publishing import PublishGate
from wampedge.devices.readings import Reading
from wampedge.devices.values import Value
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.publications import GONE

if TYPE_CHECKING:
    from wampedge.runtime.alarms import Alarms
    from wampedge.runtime.bundles import Bundler
    from wampedge.runtime.history import History

__all__ = ["Announcer", "OnReading", "Outlet"]

OnReading = Callable[[str, str, Reading], None]
"""Told of every reading: device, channel, reading; before it is known whether it is published."""


class Outlet(Protocol):
    """Where events go: the local router and, through the uplink, the router upstream."""

    def __call__(
        self, topic: str, value: Any, details: Mapping[str, Any], *, is_state: bool
    ) -> None:
        """Publish one event; *is_state* marks a topic whose newest value stays true."""
        ...


class Announcer:
    """Implements ``DeviceWatcher``: applies the publication policy and names the topics.

    Args:
        prefix: URI prefix of the node.
        outlet: takes each event.
    """

    def __init__(self, prefix: str, outlet: Outlet) -> None:
        self.listener: OnReading | None = None
        self.keeper: OnReading | None = None
        self.history: History | None = None
        """Keeps what is published; set by the node where a channel has a history."""
        self._prefix = prefix
        self._outlet = outlet
        self._gates: dict[tuple[str, str], tuple[str, PublishGate]] = {}
        self._bundlers: dict[str, Bundler] = {}
        self._alarms: Alarms | None = None
        self._watchers: dict[tuple[str, str], list[Callable[[Reading], None]]] = {}

    def watch(
        self, device: str, channel: str, hear: Callable[[Reading], None]
    ) -> Callable[[], None]:
        """Call *hear* with each reading of a channel; return a function that ends it."""
        watchers = self._watchers.setdefault((device, channel), [])
        watchers.append(hear)

        def end() -> None:
            if hear in watchers:
                watchers.remove(hear)

        return end

    def on_reading(self, device: DeviceRunner, channel: ChannelConfig, reading: Reading) -> None:
        """Publish ``P.D.C`` when the channel's policy says the reading is worth it."""
        bundle = device.config.bundle
        if self.keeper is not None:
            self.keeper(device.name, channel.name, reading)
        if self._watchers:
            for hear in tuple(self._watchers.get((device.name, channel.name), ())):
                hear(reading)
        if channel.alarm is not None:
            self._watch_alarm(device, channel, reading)
        if bundle.is_used:
            self._bundler(device).take(channel, reading)
            if self.listener is not None:
                self.listener(device.name, channel.name, reading)
            return
        self.announce(device.name, channel, reading)

    def announce(self, device: str, channel: ChannelConfig, reading: Reading) -> None:
        """Publish the reading of one *channel* of *device* by its policy; tell the listener."""
        key = device, channel.name
        known = self._gates.get(key)
        if known is None:
            topic = f"{self._prefix}.{device}.{channel.name}"
            known = self._gates[key] = topic, PublishGate(channel.publish)
        topic, gate = known
        if gate.passes(reading):
            self._outlet(topic, reading.value, reading.details(), is_state=True)
            if channel.history_s is not None and self.history is not None:
                self.history.note(device, channel, reading)
        if self.listener is not None:
            self.listener(device, channel.name, reading)

    def on_event(self, device: DeviceRunner, event: str, details: Mapping[str, Value]) -> None:
        """Publish ``P.D.event``."""
        keywords = {**details, "time": device.now()}
        self._outlet(f"{self._prefix}.{device.name}.event", event, keywords, is_state=False)

    def on_status(self, device: DeviceRunner) -> None:
        """Publish ``P.D.status``."""
        topic = f"{self._prefix}.{device.name}.status"
        self._outlet(topic, device.health.state, device.health.details(), is_state=True)

    def on_removed(self, device: DeviceRunner) -> None:
        """Publish that *device* is served no more, and forget what was published for it."""
        details = {"since": device.now(), "reason": GONE}
        topic = f"{self._prefix}.{device.name}.status"
        self._outlet(topic, "disabled", details, is_state=True)
        self.forget(device)

    def forget(self, device: DeviceRunner) -> None:
        """Forget what was published for *device*, which is about to be replaced."""
        self.forget_channels(device.name)
        bundler = self._bundlers.pop(device.name, None)
        if bundler is not None:
            bundler.close()
        if self._alarms is not None:
            self._alarms.forget(device.name)

    def forget_channels(self, device: str) -> None:
        """Forget what was published of the channels of *device*."""
        for key in [key for key in self._gates if key[0] == device]:
            del self._gates[key]

    def forget_channel(self, device: str, channel: str) -> None:
        """Forget what was published of one *channel* of *device*."""
        self._gates.pop((device, channel), None)

    def _bundler(self, device: DeviceRunner) -> Bundler:
        bundler = self._bundlers.get(device.name)
        if bundler is None:
            from wampedge.runtime.bundles import Bundler  # noqa: PLC0415 # only files that have them

            topic = f"{self._prefix}.{device.name}"
            loop = asyncio.get_running_loop()
            bundler = Bundler(topic, device.config, self._outlet, loop, self._keep)
            self._bundlers[device.name] = bundler
        return bundler

    def _keep(self, device: str, channel: ChannelConfig, reading: Reading) -> None:
        """Keep a *reading* that a bundle published."""
        if channel.history_s is not None and self.history is not None:
            self.history.note(device, channel, reading)

    def _watch_alarm(self, device: DeviceRunner, channel: ChannelConfig, reading: Reading) -> None:
        if self._alarms is None:
            from wampedge.runtime.alarms import Alarms  # noqa: PLC0415 # only files that have them

            self._alarms = Alarms(self._prefix, self._outlet)
        self._alarms.take(device, channel, reading)
