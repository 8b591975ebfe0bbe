"""The channels of one device: what its driver gives becomes readings, and news is handed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from wampedge.config.model import ChannelConfig, DeviceConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.readings import Reading
from wampedge.devices.units import duration_text
from wampedge.devices.values import Value
from wampedge.runtime.readings import Readings

__all__ = ["Channels"]

OnNews = Callable[[ChannelConfig, Reading], None]


class Place(Protocol):
    """What the channels of a device need of where it sits; see ``Mounting``."""

    @property
    def clock(self) -> Clock:
        """The node's clock."""
        ...

    @property
    def last(self) -> Mapping[str, Reading]:
        """What was known before the restart, by channel."""
        ...


class Channels:
    """Owned by the runner of the device, until ``close``; used on the event loop.

    Args:
        config: the device.
        place: has the node's clock, and what was known before the restart.
        on_news: told of every reading that is news.
    """

    def __init__(self, config: DeviceConfig, place: Place, on_news: OnNews) -> None:
        self._config = config
        self._on_news = on_news
        self._readings = Readings(place.clock, on_news)
        if place.last and config.is_enabled:
            for channel in config.channels.values():
                self._readings.begin_with(channel, place.last.get(channel.name))
        self._staleness = None
        if config.stale_after_s is not None and config.is_enabled:
            from wampedge.runtime.staleness import Staleness  # noqa: PLC0415 # only where it is asked for

            self._staleness = Staleness(config.channels, config.stale_after_s, self._take_stale)

    def newest(self, channel: ChannelConfig, reason: str | None) -> Reading:
        """Return the newest reading, or one that is bad for *reason* where there is none yet."""
        return self._readings.newest(channel, reason)

    def take(self, values: Mapping[str, Value]) -> None:
        """Take *values* by the driver's names of the channels."""
        for channel in self._config.channels.values():
            if channel.source in values:
                value = values[channel.source]
                is_fresh = value is not None or channel.spec.may_be_empty
                if self._staleness is not None and is_fresh:
                    self._staleness.note_fresh(channel.name)
                self._tell(channel, self._readings.take(channel, value))

    def take_bad(self, sources: Sequence[str] | None, reason: str) -> None:
        """Note that channels have no good value, by the driver's names; None: no channel has."""
        for channel in self._config.channels.values():
            if sources is None or channel.source in sources:
                self._tell(channel, self._readings.take_bad(channel, reason))

    def close(self) -> None:
        """Tell nothing any more because of the time."""
        self._readings.close()
        if self._staleness is not None:
            self._staleness.close()

    def _take_stale(self, names: list[str]) -> None:
        assert self._config.stale_after_s is not None, "nothing is stale otherwise"
        reason = f"no fresh value for {duration_text(self._config.stale_after_s)}"
        for name in names:
            channel = self._config.channels[name]
            newest = self._readings.newest(channel, None)
            if newest.quality == "bad" and newest.seq:
                continue  # it says why there is no value, which is more than its age
            self._tell(channel, self._readings.take_bad(channel, reason, quality="stale"))

    def _tell(self, channel: ChannelConfig, reading: Reading | None) -> None:
        if reading is not None:
            self._on_news(channel, reading)
