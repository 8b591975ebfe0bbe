"""Events of a node that carry its mark: each has to come, once and in order, whatever is cut.

An event that is said again is the same event, which its number tells. It may come again only where
the router cannot know any more that it came before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from wampedge.wamp.marking import INGEST_PROCEDURE, MARK_OPTION
from wampedge.wamp.messages import Call, Publish
from wampedge.wamp.payload import Payload

__all__ = ["MarkedEvent", "MarkedEvents", "marked_in"]

_MOST_UNSURE = 10_000
_ARGUMENTS = 4


class MarkedEvent(NamedTuple):
    """One event as it was said.

    Attributes:
        epoch: of its stream.
        lane: of its stream.
        seq: its number there.
        topic: where it goes.
        payload: what it says.
    """

    epoch: int
    lane: int
    seq: int
    topic: str
    payload: Payload

    def is_like(self, topic: str, payload: Payload) -> bool:
        """Tell whether it is what came; whether it waited makes no difference."""
        return (
            self.topic == topic
            and list(self.payload.args) == list(payload.args)
            and _plain(self.payload.kwargs) == _plain(payload.kwargs)
        )


class MarkedEvents:
    """What has to come of one node."""

    def __init__(self) -> None:
        self._highest: dict[int, int] = {}
        self._epochs: dict[int, int] = {}
        self._expected: dict[int, deque[MarkedEvent]] = {}
        self._maybe: deque[MarkedEvent] = deque(maxlen=_MOST_UNSURE)
        """They may come, or not."""

    @property
    def waiting(self) -> int:
        """How many have to come yet."""
        return sum(map(len, self._expected.values()))

    def first_waiting(self) -> str:
        """Return the topic of one that has to come yet."""
        return next(each[0].topic for each in self._expected.values() if each)

    def said(self, event: MarkedEvent, *, is_sure: bool) -> None:
        """Note that the node said *event*, maybe again."""
        lane = event.lane
        expected = self._expected.setdefault(lane, deque())
        if event.seq <= self._highest.get(lane, 0):
            if event not in expected:
                self._maybe.append(event)
            return
        if self._epochs.get(lane, event.epoch) != event.epoch:
            # Another life of the node: what it had only in memory may be lost with the former.
            self._maybe.extend(expected)
            expected.clear()
        self._epochs[lane], self._highest[lane] = event.epoch, event.seq
        (expected if is_sure else self._maybe).append(event)

    def unsure(self) -> None:
        """Note that what was said may have come while nobody listened."""
        for expected in self._expected.values():
            self._maybe.extend(expected)
            expected.clear()

    def came(self, topic: str, payload: Payload) -> bool:
        """Take what came; tell whether it was the next one of a stream, or one that may come."""
        for expected in self._expected.values():
            if expected and expected[0].is_like(topic, payload):
                expected.popleft()
                return True
        for event in self._maybe:
            if event.is_like(topic, payload):
                self._maybe.remove(event)
                return True
        return False

    def skipped(self, topic: str, payload: Payload) -> tuple[int, str] | None:
        """Take what came out of order; return how many it overtook and the topic of the first."""
        for expected in self._expected.values():
            for index, event in enumerate(expected):
                if event.is_like(topic, payload):
                    first = expected[0].topic
                    for _ in range(index + 1):
                        expected.popleft()
                    return index, first
        return None


def marked_in(message: Publish | Call) -> Iterator[MarkedEvent]:
    """Yield the marked events that *message* of a node brings."""
    if isinstance(message, Publish):
        mark = message.options.get(MARK_OPTION)
        if isinstance(mark, dict):
            place = mark["epoch"], mark["lane"], mark["seq"]
            yield MarkedEvent(*place, message.topic, message.payload)
        return
    args = message.payload.args
    if message.procedure != INGEST_PROCEDURE or len(args) != _ARGUMENTS:
        return
    _, epoch, lane, entries = args
    for seq, topic, _, _, _, values, kwargs in entries:
        yield MarkedEvent(epoch, lane, seq, topic, _payload(values, kwargs))


def _payload(values: Sequence[Any] | bytes | str, kwargs: Mapping[str, Any] | None) -> Payload:
    if isinstance(values, bytes | str):
        return Payload.sealed(values)
    return Payload(values, kwargs)


def _plain(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if name != "historical"}
