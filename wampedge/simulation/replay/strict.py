"""Strict replay: each part is asked for the same things in the same order, or the replay ends.

Time follows the trace: where the node asks earlier than it did on its board, whose threads and
other programs held it up, it gets its answer when it got it there. What a driver does every so
often may still fall to the poll before or after, as its board was some microseconds slower: reads
may change places with each other within the tolerance, and with what is written apart from them.
Writes never change places.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from itertools import islice
from typing import Final

from wampedge.hardware.recording.entries import Entry
from wampedge.simulation.replay.player import (
    Deliver,
    Difference,
    Lane,
    ReplayOverError,
    Request,
    Timeline,
    lane_of,
)
from wampedge.simulation.replay.trace import Trace

__all__ = ["DEFAULT_TOLERANCE_S", "StrictPlayer"]

DEFAULT_TOLERANCE_S: Final = 2.0

ANSWER_NS: Final = 5_000_000_000
"""What comes by itself so soon after a request is taken for its answer and moves with it."""
APART_NS: Final = 5_000_000
"""What is nearer to each other belongs together, as when a part is set up."""
SLACK_NS: Final = 1_000_000_000
"""What may be missing at the end of a trace that was cut."""


class StrictPlayer:
    """Answers in the order of the trace, each lane for itself.

    Args:
        trace: the trace.
        timeline: its time.
        muxed: I2C buses with multiplexers.
        tolerance_s: how far from its time in the trace a request may be, in seconds.

    Attributes:
        difference: the first one; None while there is none.
        over: set when there is nothing more to answer.
        made: requests that were as in the trace.
        largest_lag_ns: largest difference in time between request and trace.
    """

    def __init__(
        self,
        trace: Trace,
        timeline: Timeline,
        muxed: Collection[str],
        *,
        tolerance_s: float = DEFAULT_TOLERANCE_S,
    ) -> None:
        self.difference: Difference | None = None
        self.over = asyncio.Event()
        self.made = 0
        self.largest_lag_ns = 0
        self._timeline = timeline
        self._muxed = muxed
        self._tolerance_ns = round(tolerance_s * 1e9)
        stop = trace.mark("stop")
        self._stop_ns = None if stop is None or trace.mark("full") else stop.t
        self._end_ns = trace.end_ns
        self._queues: dict[Lane, _Queue] = {}
        for entry in sorted(trace.entries, key=lambda each: each.t):
            if entry.kind != "mark":
                lane = lane_of(entry.request, muxed)
                self._queues.setdefault(lane, _Queue()).entries.append(entry)
        for queue in self._queues.values():
            self._arm(queue)

    def answer(self, request: Request) -> Entry:
        """Return the entry that answers *request*; raises ReplayOverError."""
        if self.over.is_set():
            raise ReplayOverError
        queue = self._queues.get(lane_of(request, self._muxed), _NONE)
        while queue.next is not None and queue.next.is_stimulus:
            self._hand_out(queue)
        expected, now = queue.next, self._timeline.now()
        if expected is None and self._is_near_end(request, now):
            raise ReplayOverError
        found = self._matching(queue, request)
        if found is None or self._is_far(found, now) or (expected and self._is_far(expected, now)):
            self._differ(Difference(now, expected, request))
            raise ReplayOverError
        queue.take(found)
        early = max(0, found.t - now) if found is expected else 0
        queue.lag, queue.asked_at = max(0, now - found.t), found.t
        self.made += 1
        self.largest_lag_ns = max(self.largest_lag_ns, abs(now - found.t))
        self._arm(queue)
        return found._replace(ns=found.ns + early) if early else found

    def listen(self, lane: Lane, deliver: Deliver | None) -> None:
        """Hand what comes by itself on *lane* to *deliver* from now on; None: to nobody."""
        self._queues.setdefault(lane, _Queue()).deliver = deliver

    def finish(self) -> None:
        """End the replay; what was not asked for is a difference."""
        if self.over.is_set():
            return
        left = [
            entry
            for queue in self._queues.values()
            for entry in queue.left()
            if not entry.is_stimulus and not self._is_near_end(entry.request, entry.t)
        ]
        if left:
            first = min(left, key=lambda entry: (entry.t, entry.line))
            self._differ(Difference(self._timeline.now(), first, None))
        self.close()

    def close(self) -> None:
        """Answer nothing more and hand out nothing more."""
        self.over.set()
        for queue in self._queues.values():
            if queue.timer is not None:
                queue.timer.cancel()

    def _matching(self, queue: _Queue, request: Request) -> Entry | None:
        """Return what *request* is in the trace; None where nothing like it is due."""
        expected = queue.next
        if expected is None or expected.request == request:
            return expected
        passed: list[Entry] = []
        for entry in islice(queue.entries, queue.position, None):
            if entry.is_stimulus or entry.t >= expected.t + self._tolerance_ns:
                return None
            if entry.line in queue.taken:
                continue
            if entry.request == request:
                return entry if all(_may_swap(entry, each) for each in passed) else None
            passed.append(entry)
        return None

    def _is_near_end(self, request: Request, at_ns: int) -> bool:
        """Say whether a request may be missing here or there: the end fell into what was due."""
        if self._stop_ns is None:
            return at_ns > self._end_ns - SLACK_NS
        return _is_read(request) and 0 < self._tolerance_ns >= self._stop_ns - at_ns

    def _is_far(self, entry: Entry, now: int) -> bool:
        return abs(now - entry.t) > self._tolerance_ns

    def _differ(self, difference: Difference) -> None:
        self.difference = difference
        self.close()

    def _arm(self, queue: _Queue) -> None:
        """Plan what comes by itself next, unless something has to be asked for before."""
        if queue.timer is not None:
            queue.timer.cancel()
            queue.timer = None
        if queue.next is not None and queue.next.is_stimulus:
            due = queue.next.t + queue.lag_at(queue.next.t)
            queue.timer = self._timeline.call_at(due, partial(self._on_due, queue))

    def _on_due(self, queue: _Queue) -> None:
        self._hand_out(queue)
        self._arm(queue)

    def _hand_out(self, queue: _Queue) -> None:
        entry = queue.next
        assert entry is not None, "planned only where there is something"
        queue.position += 1
        if queue.deliver is not None:
            queue.deliver(entry, queue.lag_at(entry.t))


class _Queue:
    """One lane: what is in it, and how far it has come."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.position = 0
        self.taken: set[int] = set()
        """Lines after the position that were asked for before their turn."""
        self.lag = 0
        self.asked_at = 0
        self.deliver: Deliver | None = None
        self.timer: asyncio.TimerHandle | None = None

    @property
    def next(self) -> Entry | None:
        """What comes next; None at the end."""
        return self.entries[self.position] if self.position < len(self.entries) else None

    def take(self, entry: Entry) -> None:
        """Note that *entry* was asked for."""
        self.taken.add(entry.line)
        while self.next is not None and self.next.line in self.taken:
            self.taken.discard(self.next.line)
            self.position += 1

    def left(self) -> list[Entry]:
        """Return what was not asked for."""
        return [each for each in self.entries[self.position :] if each.line not in self.taken]

    def lag_at(self, at_ns: int) -> int:
        """Return by how much what came at *at_ns* is late now, as the answer to a request."""
        return self.lag if at_ns - self.asked_at <= ANSWER_NS else 0


def _may_swap(one: Entry, other: Entry) -> bool:
    """Say whether two entries of a part may come in another order than in the trace."""
    reads = _is_read(one.request), _is_read(other.request)
    return all(reads) or (any(reads) and abs(one.t - other.t) >= APART_NS)


def _is_read(request: Request) -> bool:
    """Say whether a request leaves the part as it is, as far as one can tell."""
    kind, _, _, _, sent = request
    if kind == "i2c":
        return any(isinstance(message, int) for message in sent)
    return kind == "modbus" and sent[:2] in _MODBUS_READS


_MODBUS_READS: Final = frozenset({"01", "02", "03", "04"})
_NONE: Final = _Queue()
"""A lane the trace does not have; nothing is ever put into it."""
