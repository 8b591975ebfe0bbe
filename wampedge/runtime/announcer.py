"""Turns what devices say into WAMP events: state topics, status topics, momentary events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from wampedge.config.model import ChannelConfig
from wampedge.devices.publishing import PublishGate
from wampedge.devices.readings import Reading
from wampedge.runtime.device import DeviceRunner

__all__ = ["Announcer", "Outlet"]


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
        self._prefix = prefix
        self._outlet = outlet
        self._gates: dict[str, PublishGate] = {}

    def on_reading(self, device: DeviceRunner, channel: ChannelConfig, reading: Reading) -> None:
        """Publish ``P.D.C`` when the channel's policy says the reading is worth it."""
        topic = f"{self._prefix}.{device.name}.{channel.name}"
        gate = self._gates.get(topic)
        if gate is None:
            gate = self._gates[topic] = PublishGate(channel.publish)
        if gate.passes(reading):
            self._outlet(topic, reading.value, reading.details(), is_state=True)

    def on_event(self, device: DeviceRunner, event: str) -> None:
        """Publish ``P.D.event``."""
        details = {"time": device.now()}
        self._outlet(f"{self._prefix}.{device.name}.event", event, details, is_state=False)

    def on_status(self, device: DeviceRunner) -> None:
        """Publish ``P.D.status``."""
        topic = f"{self._prefix}.{device.name}.status"
        self._outlet(topic, device.health.state, device.health.details(), is_state=True)

    def on_removed(self, device: DeviceRunner) -> None:
        """Publish that *device* is served no more, and forget what was published for it."""
        details = {"since": device.now(), "reason": "the device file does not have it any more"}
        topic = f"{self._prefix}.{device.name}.status"
        self._outlet(topic, "disabled", details, is_state=True)
        self.forget(device)

    def forget(self, device: DeviceRunner) -> None:
        """Forget what was published for *device*, which is about to be replaced."""
        start = f"{self._prefix}.{device.name}."
        for topic in [topic for topic in self._gates if topic.startswith(start)]:
            del self._gates[topic]
