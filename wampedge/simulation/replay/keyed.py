"""Keyed replay: each request gets the answer the trace has for its place, register and time.

For code that was changed: what the node asks for may come in another order, at other times, or not
at all. What the trace has no answer for, and what is written that it does not have, is noted.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Collection
from functools import partial
from typing import Any, Final, NamedTuple

from wampedge.hardware.recording.entries import Entry
from wampedge.simulation.replay.player import (
    Deliver,
    Lane,
    ReplayOverError,
    Request,
    Timeline,
    lane_of,
)
from wampedge.simulation.replay.trace import Trace

__all__ = ["KeyedPlayer", "Strange"]

Key = tuple[Any, ...]
_NACK: Final = 121
"""errno of a part that is not there."""
_CALLED_BACK_NS: Final = 1_000_000_000
"""How soon after bytes were sent those come that are their answer."""
_CLOSE_NS: Final = 10_000_000
"""Times so near count as the same."""
MAX_KINDS: Final = 1000
"""Kinds of differences that are kept; a node that does nothing else needs no more."""


class Strange(NamedTuple):
    """Something the node did that the trace does not have."""

    request: Request
    at_ns: int
    """When for the first time, since the start of the trace."""
    is_unanswered: bool
    """Whether it wanted an answer, and got an error."""


class KeyedPlayer:
    """Answers by place, register and time.

    Args:
        trace: the trace.
        timeline: its time.
        muxed: I2C buses with multiplexers.

    Attributes:
        over: set when there is nothing more to answer.
        made: requests that the trace has an answer for.
        strange: what the trace does not have, each once, with how often it was.
    """

    def __init__(self, trace: Trace, timeline: Timeline, muxed: Collection[str]) -> None:
        self.over = asyncio.Event()
        self.made = 0
        self.strange: dict[Request, Strange] = {}
        self.strange_counts: dict[Request, int] = {}
        self._timeline = timeline
        self._muxed = muxed
        self._context = _Context()
        self._index: dict[Key, list[Entry]] = {}
        self._unused: dict[Key, Entry] = {}
        self._listeners: dict[Lane, Deliver] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._came: dict[Lane, list[Entry]] = {}
        for entry in sorted(trace.entries, key=lambda each: each.t):
            self._take(entry)
        self._context = _Context()
        for lane, entries in self._came.items():
            for entry in entries:
                self._plan(entry.t, lane, entry)

    @property
    def missing(self) -> list[Entry]:
        """What the trace has and the node never asked for: the first of each kind."""
        return sorted(self._unused.values(), key=lambda entry: entry.line)

    def answer(self, request: Request) -> Entry:
        """Return the entry that answers *request*; raises ReplayOverError."""
        if self.over.is_set():
            raise ReplayOverError
        now = self._timeline.now()
        key, closer = self._context.keys(request)
        entries = self._index.get(closer) or self._index.get(key, [])
        found = _nearest(entries, now)
        answer = None if found is None else _fitted(found, request)
        if found is None or answer is None:
            return self._unknown(request, now)
        self.made += 1
        self._unused.pop(key, None)
        if request[:1] == ("serial",) and request[3] == "tx":
            self._answer_again(request, found, now)
        return answer

    def listen(self, lane: Lane, deliver: Deliver | None) -> None:
        """Hand what comes by itself on *lane* to *deliver* from now on; None: to nobody."""
        if deliver is None:
            self._listeners.pop(lane, None)
        else:
            self._listeners[lane] = deliver

    def finish(self) -> None:
        """End the replay."""
        self.close()

    def close(self) -> None:
        """Answer nothing more and hand out nothing more."""
        self.over.set()
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _take(self, entry: Entry) -> None:
        if entry.kind == "mark":
            return
        if entry.is_stimulus:
            self._came.setdefault(lane_of(entry.request, self._muxed), []).append(entry)
            if entry.op != "edge":
                return
            key: Key = ("pins", entry.bus, entry.at, "read", None)
        else:
            key, closer = self._context.keys(entry.request)
            self._unused.setdefault(key, entry)
            if closer != key:
                self._index.setdefault(closer, []).append(entry)
        self._index.setdefault(key, []).append(entry)

    def _unknown(self, request: Request, now: int) -> Entry:
        """Note a request the trace does not have; raises what a missing part gives."""
        is_unanswered, frozen = _wants_answer(request), _frozen(request)
        if frozen in self.strange or len(self.strange) < MAX_KINDS:
            self.strange.setdefault(frozen, Strange(request, now, is_unanswered))
            self.strange_counts[frozen] = self.strange_counts.get(frozen, 0) + 1
        kind, bus, at, op, sent = request
        if not is_unanswered:
            return Entry(now, kind, bus, at, op, sent)
        text = "BusError: the trace has no answer to this"
        return Entry(now, kind, bus, at, op, sent, errno=_NACK, error=text)

    def _answer_again(self, request: Request, found: Entry, now: int) -> None:
        """Let what came after bytes were sent come after they are sent now."""
        shift = now - found.t
        if abs(shift) <= _CLOSE_NS:
            return
        lane = lane_of(request, self._muxed)
        for entry in self._came.get(lane, ()):
            if found.t <= entry.t <= found.t + _CALLED_BACK_NS:
                self._plan(entry.t + shift, lane, entry)

    def _plan(self, at_ns: int, lane: Lane, entry: Entry) -> None:
        def hand_out() -> None:
            self._timers.discard(timer)
            deliver = self._listeners.get(lane)
            if deliver is not None:
                deliver(entry, at_ns - entry.t)

        timer = self._timeline.call_at(at_ns, partial(hand_out))
        self._timers.add(timer)


class _Context:
    """What a part was told last, on which depends what it says next."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], str] = {}

    def keys(self, request: Request) -> tuple[Key, Key]:
        """Return what stands for a request wherever the trace has the same one.

        The second one counts in what the part was told before, such as the channel to measure.
        """
        kind, bus, at, op, sent = request
        if kind != "i2c":
            key: Key = (kind, bus, at, op, sent)
            return key, key
        written = "".join(message for message in sent if isinstance(message, str))
        told = self._told.get((bus, at), "")
        if all(isinstance(message, str) for message in sent):
            self._told[bus, at] = written
            key = (kind, bus, at, "write", tuple(sent))
            return key, key
        key = (kind, bus, at, "read", written or f"after {told}")
        return key, (*key, told)


def _nearest(entries: Any, now: int) -> Entry | None:
    """Return what was last before *now*, or the first there is; None where there is nothing."""
    if not entries:
        return None
    place = bisect_right(entries, now + _CLOSE_NS, key=lambda entry: entry.t)
    found: Entry = entries[max(0, place - 1)]
    return found


def _fitted(found: Entry, request: Request) -> Entry | None:
    """Return *found* as the answer to *request*; None where it has too few bytes."""
    kind, _, _, _, sent = request
    if kind != "i2c" or found.error:
        return found
    wanted = 2 * sum(message for message in sent if isinstance(message, int))
    read = found.r or ""
    return found._replace(r=read[:wanted]) if len(read) >= wanted else None


def _wants_answer(request: Request) -> bool:
    kind, _, _, op, sent = request
    if kind == "i2c":
        return any(isinstance(message, int) for message in sent)
    return kind in {"spi", "modbus"} or op in {"read", "names", "before"}


def _frozen(request: Request) -> Request:
    kind, bus, at, op, sent = request
    return kind, bus, at, op, tuple(sent) if isinstance(sent, list) else sent
