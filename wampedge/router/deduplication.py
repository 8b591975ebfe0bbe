"""Which marked events came before: the highest number of each stream.

A node that never heard that its event was taken sends it again after the next join, so that events
come at least once; with this they are passed on once. A stream is of one user, one node, one lane
and one epoch, a random number that nobody else is told: who does not know it cannot keep the
events of others away.

What is being stored here (``holding``) is not written to the log before it is safe: after a power
cut it has to come again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
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

    def write(self, stream: Stream, seq: int, seen: int) -> None:
        """Hear which events were taken of *stream*, and are safe.

        Args:
            stream: where they come from.
            seq: the highest of them.
            seen: bit n says whether number *seq* - n is among them; all before these bits are.
        """
        ...

    def forget_stream(self, stream: Stream) -> None:
        """Hear that nothing is known of *stream* any more."""
        ...


class _NoLog:
    """Writes nothing: what is known lasts as long as the router."""

    def write(self, stream: Stream, seq: int, seen: int) -> None:
        """Forget it."""

    def forget_stream(self, stream: Stream) -> None:
        """Forget it."""


class _Known:
    """What came of one stream.

    Attributes:
        highest: the highest number.
        seen: bit n says whether the number n below it came, too; all before these did.
        unsafe: bit n says whether the number n below it came, and is not known to be safe.
        publication_by_unsafe: what these are being stored as.
    """

    __slots__ = ("highest", "publication_by_unsafe", "seen", "unsafe")

    def __init__(self, highest: int, seen: int) -> None:
        self.highest = highest
        self.seen = seen
        self.unsafe = 0
        self.publication_by_unsafe: dict[int, int] = {}

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
        self.unsafe = 0 if ahead >= _WINDOW else (self.unsafe << ahead) & _ALL_SEEN

    def doubt(self, seq: int, publication_id: int) -> None:
        """Note that number *seq*, which came, is being stored as *publication_id*."""
        self.publication_by_unsafe[seq] = publication_id
        self.unsafe |= 1 << self.highest - seq

    def trust(self, seq: int) -> bool:
        """Note that number *seq* is safe; tell whether that is new."""
        if self.publication_by_unsafe.pop(seq, None) is None:
            return False
        self.unsafe &= ~(1 << self.highest - seq)
        return True


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

    def restore(self, streams: Iterable[tuple[Stream, int, int]]) -> None:
        """Take back what a log wrote, the stream that was silent longest first."""
        for stream, highest, seen in streams:
            self._known_by_stream[stream] = _Known(highest, seen & _ALL_SEEN)
            self._make_room()

    def is_known(self, session: RouterSession, mark: Mark) -> bool:
        """Tell whether the event of *session* with *mark* was taken before."""
        known = self._known_by_stream.get(_stream_of(session, mark))
        return known is not None and known.has(mark.seq)

    def unsafe_publication(self, session: RouterSession, mark: Mark) -> int | None:
        """Return the publication of an event that came and is not known to be safe yet."""
        known = self._known_by_stream.get(_stream_of(session, mark))
        return None if known is None else known.publication_by_unsafe.get(mark.seq)

    def take(
        self, session: RouterSession, mark: Mark, publication_id: int | None = None
    ) -> Callable[[bool], tuple[()]]:
        """Note that the event was taken.

        Args:
            session: who published it.
            mark: its mark.
            publication_id: what it is being stored as; None where nobody stores it.

        Returns:
            What has to be called, where somebody stores it, when it is known whether it is safe.
            One that is lost was dropped by who stores it, and counted there: it need not come
            again.
        """
        stream = _stream_of(session, mark)
        # Taken out and put in again: the streams stand in the order of their last event.
        known = self._known_by_stream.pop(stream, None)
        is_new = known is None
        if known is None:
            known = _Known(mark.seq, 0)
        known.add(mark.seq)
        self._known_by_stream[stream] = known
        if is_new:
            self._make_room()
        if publication_id is None:
            self._write(stream, known)
        else:
            known.doubt(mark.seq, publication_id)
        return partial(self._on_verdict, stream, mark.seq)

    def _on_verdict(self, stream: Stream, seq: int, _is_safe: bool) -> tuple[()]:
        known = self._known_by_stream.get(stream)
        if known is not None and known.trust(seq):
            self._write(stream, known)
        return ()

    def _write(self, stream: Stream, known: _Known) -> None:
        self._log.write(stream, known.highest, known.seen & ~known.unsafe)

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
