"""The newest reading of every channel of one device, numbered, in the units of the device file.

Order: the driver's value, the conversion to the public unit, the filters, the range. Flags and
filters alike see good values only; a bad one goes past them and resets them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.model import ChannelConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.readings import Reading
from wampedge.devices.values import Quality, Uncertain
from wampedge.runtime.values import fault_of, fault_of_kind, to_public

if TYPE_CHECKING:
    from wampedge.devices.filters.chain import FilterChain

__all__ = ["Readings"]

_UNSURE: Final = "made of an uncertain sample"
_RETRY_S: Final = 1e-4
"""How much later a filter is asked again whose time was not quite over."""

OnNews = Callable[[ChannelConfig, Reading], None]


class Readings:
    """Keeps one reading a channel; owned by the runner of the device, until ``close``.

    Args:
        clock: the node's clock.
        on_news: told of readings that filters bring out because of the time.
    """

    def __init__(self, clock: Clock, on_news: OnNews = lambda *_: None) -> None:
        self._clock = clock
        self._on_news = on_news
        self._newest: dict[str, Reading] = {}
        self._chains: dict[str, FilterChain] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._is_closed = False

    def newest(self, channel: ChannelConfig, reason: str | None) -> Reading:
        """Return the newest reading, or one that is bad for *reason* where there is none yet."""
        reading = self._newest.get(channel.name)
        if reading is not None:
            return reading
        why = reason or "no sample yet"
        return Reading(None, channel.unit, self._clock.time(), 0, "bad", why)

    def begin_with(self, channel: ChannelConfig, last: Reading | None) -> None:
        """Have *last* of before the restart until there is a sample, where it still fits."""
        if last is None or last.unit != channel.unit:
            return
        if not fault_of(channel, last.last):
            self._newest[channel.name] = last

    def take(self, channel: ChannelConfig, value: Any) -> Reading | None:
        """Keep what the driver gave for *channel*, maybe ``Uncertain``; return it if it is news."""
        reason = None
        if isinstance(value, Uncertain):
            value, reason = value.value, value.reason
        if value is None:
            return self._take_empty(channel, reason)
        public = to_public(channel, value)
        if channel.filters:
            return self._take_filtered(channel, public, reason)
        fault = fault_of(channel, public)
        if fault:
            return self.take_bad(channel, fault)
        return self._keep_good(channel, public, self._clock.time(), reason)

    def take_bad(
        self, channel: ChannelConfig, reason: str, *, quality: Quality = "bad"
    ) -> Reading | None:
        """Keep a reading that is bad or stale; the same news twice in a row is no news."""
        if channel.filters:
            chain = self._chains.get(channel.name)
            if chain is not None:
                chain.reset()
                self._watch(channel, chain)
        return self._keep_bad(channel, reason, quality)

    def close(self) -> None:
        """Let no filter bring out anything any more."""
        self._is_closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _take_empty(self, channel: ChannelConfig, unsure: str | None) -> Reading | None:
        """Keep that there is nothing: no measurement, or a good reading where that can be."""
        if not channel.spec.may_be_empty:
            return self.take_bad(channel, "the part gave no measurement")
        chain = self._chains.get(channel.name)
        if chain is not None:
            chain.reset()
            self._watch(channel, chain)
        return self._keep_good(channel, None, self._clock.time(), unsure)

    def _take_filtered(
        self, channel: ChannelConfig, value: Any, reason: str | None
    ) -> Reading | None:
        fault = fault_of_kind(value)
        if fault:
            return self.take_bad(channel, fault)
        chain = self._chains.get(channel.name) or self._chain(channel)
        now_s = self._clock.monotonic()
        out = chain.take(value, now_s, is_uncertain=reason is not None)
        due_s = chain.due_s
        if due_s is not None or self._timers:
            self._watch(channel, chain)
        return self._conclude(channel, chain, out, self._clock.time(), reason)

    def _conclude(
        self, channel: ChannelConfig, chain: FilterChain, out: Any, at: float, reason: str | None
    ) -> Reading | None:
        """Make a reading of what came out of the filters."""
        from wampedge.devices.filters.base import HELD, Bad  # noqa: PLC0415 # only with filters

        if out is HELD:
            return None
        if type(out) is Bad:
            return self._keep_bad(channel, out.reason, "stale" if out.is_stale else "bad")
        fault = fault_of(channel, out)
        if fault:
            return self._keep_bad(channel, fault, "bad")
        unsure = (reason or _UNSURE) if chain.is_uncertain else None
        return self._keep_good(channel, out, at, unsure)

    def _chain(self, channel: ChannelConfig) -> FilterChain:
        from wampedge.devices.filters.chain import FilterChain  # noqa: PLC0415 # only with filters

        chain = self._chains[channel.name] = FilterChain(channel.filters)
        return chain

    def _watch(self, channel: ChannelConfig, chain: FilterChain) -> None:
        """Look at *chain* again when its time comes."""
        timer = self._timers.pop(channel.name, None)
        if timer is not None:
            timer.cancel()
        due_s = chain.due_s
        if due_s is not None and not self._is_closed:
            delay_s = max(due_s - self._clock.monotonic(), _RETRY_S)
            loop = asyncio.get_running_loop()
            self._timers[channel.name] = loop.call_later(delay_s, self._on_due, channel, chain)

    def _on_due(self, channel: ChannelConfig, chain: FilterChain) -> None:
        del self._timers[channel.name]
        now_s = self._clock.monotonic()
        out = chain.expire(now_s)
        self._watch(channel, chain)
        sampled_at = self._clock.time() - max(now_s - chain.sample_s, 0.0)
        reading = self._conclude(channel, chain, out, sampled_at, None)
        if reading is not None:
            self._on_news(channel, reading)

    def _keep_good(
        self, channel: ChannelConfig, value: Any, at: float, unsure: str | None
    ) -> Reading:
        name = channel.name
        before = self._newest.get(name)
        seq = 1 if before is None else before.seq + 1
        quality: Quality = "good" if unsure is None else "uncertain"
        reading = self._newest[name] = Reading(value, channel.unit, at, seq, quality, unsure)
        return reading

    def _keep_bad(self, channel: ChannelConfig, reason: str, quality: Quality) -> Reading | None:
        before = self._newest.get(channel.name)
        if before is not None and before.quality == quality and before.reason == reason:
            return None
        last = None if before is None else before.last if before.value is None else before.value
        now, seq = self._clock.time(), 1 if before is None else before.seq + 1
        reading = Reading(None, channel.unit, now, seq, quality, reason, last)
        self._newest[channel.name] = reading
        return reading
