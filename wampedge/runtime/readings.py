"""The newest reading of every channel of one device, numbered, in the units of the device file."""

from __future__ import annotations

from wampedge.config.model import ChannelConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.readings import Reading
from wampedge.devices.values import Value
from wampedge.runtime.values import fault_of, to_public

__all__ = ["Readings"]


class Readings:
    """Keeps one reading a channel; owned by the runner of the device.

    Args:
        clock: the node's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._newest: dict[str, Reading] = {}

    def newest(self, channel: ChannelConfig, reason: str | None) -> Reading:
        """Return the newest reading, or one that is bad for *reason* where there is none yet."""
        reading = self._newest.get(channel.name)
        if reading is not None:
            return reading
        why = reason or "no sample yet"
        return Reading(None, channel.unit, self._clock.time(), 0, "bad", why)

    def take(self, channel: ChannelConfig, value: Value) -> Reading | None:
        """Keep what the driver gave for *channel*; return the reading if it is news."""
        if value is None:
            return self.take_bad(channel, "the part gave no measurement")
        public = to_public(channel, value)
        fault = fault_of(channel, public)
        if fault:
            return self.take_bad(channel, fault)
        return self._keep(
            channel, Reading(public, channel.unit, self._clock.time(), self._next_seq(channel))
        )

    def take_bad(self, channel: ChannelConfig, reason: str) -> Reading | None:
        """Keep a bad reading; the same news twice in a row is no news."""
        before = self._newest.get(channel.name)
        if before is not None and before.quality == "bad" and before.reason == reason:
            return None
        last = None if before is None else before.last if before.value is None else before.value
        now, seq = self._clock.time(), self._next_seq(channel)
        return self._keep(channel, Reading(None, channel.unit, now, seq, "bad", reason, last))

    def _keep(self, channel: ChannelConfig, reading: Reading) -> Reading:
        self._newest[channel.name] = reading
        return reading

    def _next_seq(self, channel: ChannelConfig) -> int:
        before = self._newest.get(channel.name)
        return 1 if before is None else before.seq + 1
