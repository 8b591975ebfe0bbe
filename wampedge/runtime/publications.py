"""What the node says, on its own router and upstream, and what it ceases to say.

The newest event of a state topic stays with both routers until the topic is gone: then it has to be
cleared, or whoever comes late hears of a device, rule or value that is no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from wampedge.client import Session
from wampedge.config.model import DeviceConfig, SiteConfig
from wampedge.devices.contracts import Clock
from wampedge.runtime.clock_state import ClockState
from wampedge.runtime.links import Links
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.retaining import CLEAR_OPTION

__all__ = ["GONE", "Publications", "state_topics"]

GONE: Final = "the device file does not have it any more"
"""The last reason that is told of what a reload took away."""

_RETAINED: Final = {"retain": True}
_UNSYNCED: Final = {"clock": "unsynced"}
"""Rides with events of a time when the clock was not set yet."""
_FORGOTTEN: Final = {CLEAR_OPTION: True, "eligible": []}
"""Options that end a state; nobody is sent an event for it."""


class Publications:
    """Owned by the node; what is published before it has a ``session`` is dropped.

    While the clock is not set, each event says so.

    Args:
        upstream: the link upstream, if there is one now.
        clock: the node's clock.
    """

    def __init__(self, upstream: Links, clock: Clock) -> None:
        self.session: Session | None = None
        self.clock_state = ClockState(clock)
        self._upstream, self._clock = upstream, clock

    def publish(
        self, topic: str, value: Any, details: Mapping[str, Any], *, is_state: bool
    ) -> None:
        """Publish one event on the local router, and upstream where there is one."""
        if self.session is None or not self.session.is_joined:
            return
        if not self.clock_state.is_synced:
            details = {**details, **_UNSYNCED}
        payload = Payload((value,), details)
        self.session.publish_payload(topic, payload, options=_RETAINED if is_state else {})
        self._upstream.publish(topic, payload, is_state=is_state)

    def publish_here(self, topic: str, value: Any, details: Mapping[str, Any]) -> None:
        """Publish how things are on the local router only, which retains it."""
        if self.session is not None and self.session.is_joined:
            self.session.publish_payload(topic, Payload((value,), details), options=_RETAINED)

    def forget(self, topic: str) -> None:
        """Let nobody hear any more what was said last on *topic*, and on topics below it."""
        self._keep_only(topic, ())

    def follow(self, config: SiteConfig, devices: Iterable[str]) -> None:
        """Forget what *devices*, removed or changed, say no more as *config* has them."""
        prefix = config.node.uri_prefix
        for name in devices:
            device = config.devices.get(name)
            topics = () if device is None else state_topics(device, prefix)
            self._keep_only(f"{prefix}.{name}", topics)

    def _keep_only(self, base: str, topics: Iterable[str]) -> None:
        for topic, payload in self._upstream.keep_states(base, topics).items():
            if payload.value == "raised":
                self._end_alarm(topic, payload)
            if self.session is not None and self.session.is_joined:
                # Behind all that was published before.
                self.session.publish_payload(topic, EMPTY, options=_FORGOTTEN)

    def _end_alarm(self, topic: str, payload: Payload) -> None:
        """Tell that an alarm is over, for whoever heard that it was raised."""
        ended = {"time": self._clock.time(), "reason": GONE}
        details = {k: v for k, v in payload.kwargs.items() if k in ("reading", "unit")} | ended
        self.publish(topic, "cleared", details, is_state=False)


def state_topics(device: DeviceConfig, prefix: str) -> list[str]:
    """Return the topics on which *device* says how things are, below the node's *prefix*."""
    base = f"{prefix}.{device.name}"
    channels = device.channels.items()
    alarms = [f"{base}.{name}.alarm" for name, channel in channels if channel.alarm is not None]
    readings = [base] if device.bundle.is_used else [f"{base}.{name}" for name in device.channels]
    return [f"{base}.status", *readings, *alarms]
