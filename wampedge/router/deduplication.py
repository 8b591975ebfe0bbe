"""Which marked events came before: the highest number of each stream.

A node that never heard that its event was taken sends it again after the next join, so that events
come at least once; with this they are passed on once. A stream is of one user, one node, one lane
and one epoch, a random number that nobody else is told: who does not know it cannot keep the
events of others away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from wampedge.router.session import RouterSession
    from wampedge.wamp.marking import Mark

__all__ = ["MAX_STREAMS", "Deduplication", "Stream", "StreamLog"]

MAX_STREAMS: Final = 10_000
"""Streams that are remembered; beyond them the one that was silent longest is forgotten."""

_WINDOW: Final = 256
"""How far behind the highest number one may come for the first time: a node sends fewer events
before it hears of the first, so that one that was refused can come again behind the others."""
_ALL_SEEN: Final = (1 << _WINDOW) - 1


class Stream(NamedTuple):
    """Where events come from.

    Attributes:
        owner: authid of the publisher; of an anonymous one, whose authid changes, the role.
        node: the name of its node.
        epoch: the epoch of its store.
        lane: the lane.
    """

    owner: str
    node: str
    epoch: int
    lane: int


class StreamLog(Protocol):
    """Where the highest numbers are written so that they outlive the router.

    ``Deduplication.restore`` takes them back. Nothing here may block: what is slow is for a thread.
    """

    def write(self, stream: Stream, seq: int) -> None:
        """Hear that events up to *seq* were taken of *stream*."""
        ...

    def forget_stream(self, stream: Stream) -> None:
        """Hear that nothing is known of *stream* any more."""
        ...


class _NoLog:
    """Writes nothing: what is known lasts as long as the router."""

    def write(self, stream: Stream, seq: int) -> None:
        """Forget it."""

    def forget_stream(self, stream: Stream) -> None:
        """Forget it."""


class _Known:
    """What came of one stream.

    Attributes:
        highest: the highest number.
        seen: bit n says whether the number n below it came, too; all before these did.
    """

    __slots__ = ("highest", "seen")

    def __init__(self, highest: int, seen: int) -> None:
        self.highest = highest
        self.seen = seen

    def has(self, seq: int) -> bool:
        """Tell whether number *seq* came."""
        behind = self.highest - seq
        return behind >= 0 and (behind >= _WINDOW or bool(self.seen >> behind & 1))

    def add(self, seq: int) -> None:
        """Note that number *seq* came."""
        ahead = seq - self.highest
        if ahead <= 0:
            self.seen |= 1 << -ahead
            return
        self.highest = seq
        self.seen = 1 if ahead >= _WINDOW else (self.seen << ahead | 1) & _ALL_SEEN


class Deduplication:
    """The streams of one realm; owned by its broker.

    Args:
        log: hears of each change.
        max_streams: how many are remembered.
    """

    def __init__(self, log: StreamLog | None = None, max_streams: int = MAX_STREAMS) -> None:
        self.dropped = 0
        """Events that came before."""
        self._log = log or _NoLog()
        self._max_streams = max_streams
        self._known_by_stream: dict[Stream, _Known] = {}

    def __len__(self) -> int:
        return len(self._known_by_stream)

    def restore(self, streams: Iterable[tuple[Stream, int]]) -> None:
        """Take back what a log wrote, the stream that was silent longest first."""
        for stream, highest in streams:
            self._known_by_stream[stream] = _Known(highest, _ALL_SEEN)
            self._make_room()

    def is_known(self, session: RouterSession, mark: Mark) -> bool:
        """Tell whether the event of *session* with *mark* was taken before."""
        known = self._known_by_stream.get(_stream_of(session, mark))
        return known is not None and known.has(mark.seq)

    def take(self, session: RouterSession, mark: Mark) -> None:
        """Note that the event was taken."""
        stream = _stream_of(session, mark)
        # Taken out and put in again: the streams stand in the order of their last event.
        known = self._known_by_stream.pop(stream, None)
        is_new = known is None
        if known is None:
            known = _Known(mark.seq, 0)
        before = known.highest
        known.add(mark.seq)
        self._known_by_stream[stream] = known
        if is_new:
            self._make_room()
        if is_new or known.highest > before:
            self._log.write(stream, known.highest)

    def _make_room(self) -> None:
        if len(self._known_by_stream) > self._max_streams:
            oldest = next(iter(self._known_by_stream))
            del self._known_by_stream[oldest]
            self._log.forget_stream(oldest)


def _stream_of(session: RouterSession, mark: Mark) -> Stream:
    """Return the stream of an event with *mark* that *session* published."""
    has_name = session.authmethod != "anonymous" or session.admission.authid
    owner = f"authid:{session.authid}" if has_name else f"role:{session.authrole}"
    return Stream(owner, mark.node, mark.epoch, mark.lane)
