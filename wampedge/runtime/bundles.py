"""One event for several readings: all channels of a sample, or several samples, on ``P.D``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wampedge.config.model import ChannelConfig, DeviceConfig
from wampedge.devices.publishing import PublishGate
from wampedge.devices.readings import Reading
from wampedge.devices.values import Quality

if TYPE_CHECKING:
    from wampedge.runtime.announcer import Outlet

__all__ = ["Bundler"]

_RANK: Mapping[Quality, int] = {"good": 0, "uncertain": 1, "stale": 2, "bad": 3}


class Bundler:
    """Bundles the readings of one device; owned by the announcer, until ``close``.

    A sample is what a device tells without letting the event loop go on in between.

    Args:
        topic: ``P.D``.
        config: the device.
        outlet: takes each event.
        loop: where a sample ends.
        on_published: told of each reading that goes into an event.
    """

    def __init__(
        self,
        topic: str,
        config: DeviceConfig,
        outlet: Outlet,
        loop: asyncio.AbstractEventLoop,
        on_published: Callable[[str, ChannelConfig, Reading], None] = lambda *_: None,
    ) -> None:
        self._config, self._on_published = config, on_published
        self._topic, self._outlet, self._loop = topic, outlet, loop
        self._size = config.bundle.batch
        self._gates = {n: PublishGate(c.publish) for n, c in config.channels.items()}
        self._sample: dict[str, Reading] = {}
        self._newest: dict[str, Reading] = {}
        self._batch: list[tuple[dict[str, Any], float]] = []
        self._worst: Quality = "good"
        self._reasons: dict[str, str] = {}
        self._end: asyncio.Handle | None = None
        self._seq = 0

    def take(self, channel: ChannelConfig, reading: Reading) -> None:
        """Add the *reading* of one channel to the sample under way."""
        self._sample[channel.name] = reading
        if self._end is None:
            self._end = self._loop.call_soon(self._on_sample)

    def close(self) -> None:
        """Publish no more."""
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def _on_sample(self) -> None:
        self._end = None
        sample, self._sample = self._sample, {}
        self._newest.update(sample)
        if self._size > 1:
            self._add(sample)
            return
        # Every gate has to see its reading; ``any`` of a generator would stop at the first.
        worth = [self._gates[name].passes(reading) for name, reading in sample.items()]
        if any(worth):
            self._tell_published(sample)
            for reading in self._newest.values():
                self._note_quality(reading)
            self._note_reasons(self._newest)
            values = {name: reading.value for name, reading in self._newest.items()}
            self._publish(values, next(iter(sample.values())).time)

    def _tell_published(self, sample: Mapping[str, Reading]) -> None:
        for name, reading in sample.items():
            self._on_published(self._config.name, self._config.channels[name], reading)

    def _add(self, sample: dict[str, Reading]) -> None:
        self._tell_published(sample)
        for reading in sample.values():
            self._note_quality(reading)
        self._note_reasons(sample)
        values = {name: reading.value for name, reading in sample.items()}
        self._batch.append((values, next(iter(sample.values())).time))
        if len(self._batch) >= self._size:
            batch, self._batch = self._batch, []
            self._publish([list(each) for each in batch], batch[-1][1])

    def _note_quality(self, reading: Reading) -> None:
        if _RANK[reading.quality] > _RANK[self._worst]:
            self._worst = reading.quality

    def _note_reasons(self, readings: Mapping[str, Reading]) -> None:
        for name, reading in readings.items():
            if reading.reason is not None:
                self._reasons[name] = reading.reason

    def _publish(self, value: Any, time: float) -> None:
        self._seq += 1
        details: dict[str, Any] = {"time": time, "quality": self._worst, "seq": self._seq}
        if self._reasons:
            details["reasons"] = self._reasons
        self._worst, self._reasons = "good", {}
        self._outlet(self._topic, value, details, is_state=True)
