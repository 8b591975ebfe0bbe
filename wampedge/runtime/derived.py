"""Derived values: computed on the node from readings, published as ``P.derived.NAME``.

Inputs that change in one sample are taken together: a value is computed once the event loop has
nothing more of that sample, so that temperature and humidity of one moment belong together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wampedge.config.derived import DerivedConfig
from wampedge.config.model import ChannelConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.expressions import Expression, ExpressionError
from wampedge.devices.logic import DERIVED
from wampedge.devices.readings import Reading
from wampedge.devices.values import Uncertain
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.publications import GONE
from wampedge.runtime.readings import Readings

__all__ = ["DerivedValues", "Lookup", "unknown_input"]

Lookup = Callable[[str], Reading | None]
"""Returns the newest reading of ``device.channel``; None where there is no such channel."""


class DerivedValues:
    """Owned by the ``Logic`` of the node.

    Args:
        clock: the node's clock.
        announcer: publishes the values.
        lookup: returns readings, derived ones included.
    """

    def __init__(self, clock: Clock, announcer: Announcer, lookup: Lookup) -> None:
        self._announcer, self._lookup = announcer, lookup
        self._configs: dict[str, DerivedConfig] = {}
        self._readings: dict[str, Readings] = {}
        self._clock = clock
        self._functions: dict[str, Expression] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def configure(self, configs: Mapping[str, DerivedConfig]) -> list[str]:
        """Take the derived values of a device file; those that are the same go on.

        Returns:
            Those that were something else before, or are no more: what was published of them last
            is true no longer.
        """
        outdated = [n for n, config in self._configs.items() if configs.get(n) != config]
        for name in outdated:
            self._end(name, is_gone=name not in configs)
        for name, config in configs.items():
            if name not in self._functions:
                self._functions[name] = config.term.compiled()
                self._readings[name] = Readings(self._clock, self._on_news)
        self._configs = dict(configs)
        for name, config in self._configs.items():
            if config.every_s is not None and name not in self._timers:
                self._plan(name, config.every_s)
        return outdated

    @property
    def names(self) -> list[str]:
        """All derived values, each after those it is made of."""
        return list(self._configs)

    def channel_of(self, name: str) -> ChannelConfig:
        """Return how the derived value *name* is published; raises KeyError."""
        return self._configs[name].channel

    def reading_of(self, name: str) -> Reading | None:
        """Return the newest reading of the derived value *name*; None where there is none."""
        config = self._configs.get(name)
        return None if config is None else self._readings[name].newest(config.channel, None)

    def compute(self, changed: set[str]) -> set[str]:
        """Compute what is made of the names in *changed*; return these and all that was."""
        done = set(changed)
        for name, config in self._configs.items():
            if config.every_s is None and not done.isdisjoint(config.term.inputs):
                self._compute_one(config)
                done.add(f"{DERIVED}.{name}")
        return done

    def compute_one(self, name: str) -> None:
        """Compute the derived value *name* now."""
        self._compute_one(self._configs[name])

    def timed_of(self, names: Iterable[str]) -> list[str]:
        """Return those that wait for their time, of *names* and of what they are made of."""
        wanted = self._made_of(names)
        return [n for n, config in self._configs.items() if n in wanted and config.every_s]

    def devices_of(self, names: Iterable[str]) -> list[str]:
        """Return the devices that *names* are made of, in the end."""
        wanted = self._made_of(names)
        inputs = [each for name in wanted for each in self._configs[name].term.inputs]
        found = dict.fromkeys(each.partition(".")[0] for each in inputs)
        return [name for name in found if name != DERIVED]

    def close(self) -> None:
        """Compute no more."""
        for readings in self._readings.values():
            readings.close()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _made_of(self, names: Iterable[str]) -> list[str]:
        """Return *names* and the derived values they are made of."""
        wanted = [name for name in names if name in self._configs]
        for name in wanted:  # it grows on the way, and has an end: the file has no loops
            inputs = [n.partition(".") for n in self._configs[name].term.inputs]
            wanted += [n for of, _, n in inputs if of == DERIVED and n not in wanted]
        return wanted

    def _compute_one(self, config: DerivedConfig) -> None:
        reading = self._compute(config)
        if reading is not None:
            self._on_news(config.channel, reading)

    def _end(self, name: str, *, is_gone: bool) -> None:
        """Compute *name* no more as it was; tell those who follow it that it is gone."""
        config, readings = self._configs[name], self._readings.pop(name)
        if is_gone:
            reading = readings.take_bad(config.channel, GONE)
            if reading is not None:
                self._on_news(config.channel, reading)
        readings.close()
        del self._functions[name]
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        self._announcer.forget_channel(DERIVED, name)

    def _compute(self, config: DerivedConfig) -> Reading | None:
        readings = self._readings[config.channel.name]
        values: list[Any] = []
        unsure = None
        for name in config.term.inputs:
            reading = self._lookup(name)
            if reading is None or reading.value is None:
                return readings.take_bad(config.channel, unknown_input(name, reading))
            if reading.quality == "uncertain":
                unsure = f"{name}: {reading.reason}"
            values.append(reading.value)
        try:
            value = self._functions[config.channel.name](*values)
        except ExpressionError as error:
            return readings.take_bad(config.channel, str(error))
        if isinstance(value, bool):
            value = int(value)
        return readings.take(config.channel, Uncertain(value, unsure) if unsure else value)

    def _on_news(self, channel: ChannelConfig, reading: Reading) -> None:
        self._announcer.announce(DERIVED, channel, reading)

    def _plan(self, name: str, every_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(every_s, self._on_time, name, every_s)

    def _on_time(self, name: str, every_s: float) -> None:
        self._plan(name, every_s)
        self._compute_one(self._configs[name])


def unknown_input(name: str, reading: Reading | None) -> str:
    """Return why *name* has no value."""
    return f"{name}: {reading.reason if reading is not None else 'is gone'}"
