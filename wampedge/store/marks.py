"""Which marked events of nodes came, so that a router that starts anew drops what comes again.

An event comes again when its node never heard that it was taken. What a router that was killed took
in its last seconds is not known here, so that of these a few may be heard twice. What had to be
safe first is never known here before it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from wampedge.router.deduplication import Stream
from wampedge.store.lazy import LazyTurn

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.store import Store

__all__ = ["StreamMarks"]

_WITHIN_S: Final = 10.0
"""A busy router would write the card every second for what hardly ever matters."""
# The epoch and the bits of what was seen do not fit into an integer of SQLite.
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS streams (
    owner TEXT NOT NULL, node TEXT NOT NULL, epoch TEXT NOT NULL, lane INTEGER NOT NULL,
    seq INTEGER NOT NULL, seen TEXT NOT NULL, UNIQUE (owner, node, epoch, lane)
)
"""
# A row that is replaced goes to the end.
_READ: Final = "SELECT owner, node, epoch, lane, seq, seen FROM streams ORDER BY rowid"
_WRITE: Final = "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?, ?, ?)"
_DELETE: Final = "DELETE FROM streams WHERE owner = ? AND node = ? AND epoch = ? AND lane = ?"
_DELETE_ALL: Final = "DELETE FROM streams"

_Known = tuple[int, int]
"""The highest number, and which of those before it came."""


class StreamMarks:
    """The log of a ``Deduplication``, which bounds it: a section of the store.

    Args:
        store: where they are kept.
    """

    tables: Sequence[str] = (_TABLE,)

    def __init__(self, store: Store) -> None:
        self._turn = LazyTurn(store, _WITHIN_S)
        self._known_by_stream: dict[Stream, _Known] = {}
        self._unsafe: dict[Stream, _Known | None] = {}
        """Streams that changed, with None for those that are forgotten."""
        self._is_anew = False

    def restored(self) -> Iterable[tuple[Stream, int, int]]:
        """Return what was found on disk, the stream that was silent longest first."""
        return [(stream, seq, seen) for stream, (seq, seen) in self._known_by_stream.items()]

    def write(self, stream: Stream, seq: int, seen: int) -> None:
        """Note how far *stream* is."""
        self._known_by_stream.pop(stream, None)
        self._known_by_stream[stream] = seq, seen
        self._change(stream, (seq, seen))

    def forget_stream(self, stream: Stream) -> None:
        """Note that nothing is known of *stream* any more."""
        self._known_by_stream.pop(stream, None)
        self._change(stream, None)

    def finish(self) -> None:
        """Let nothing wait any more: the store is about to be closed."""
        self._turn.finish()

    def load(self, connection: sqlite3.Connection) -> None:
        """Read every stream."""
        for owner, node, epoch, lane, seq, seen in connection.execute(_READ):
            self._known_by_stream[Stream(owner, node, int(epoch), lane)] = seq, int(seen, 16)

    def take(self) -> _Group | None:
        """Return what changed, when it is time."""
        if not self._turn.is_due():
            return None
        unsafe, self._unsafe = self._unsafe, {}
        is_anew, self._is_anew = self._is_anew, False
        return _Group(self, unsafe, is_anew=is_anew)

    def forget(self) -> None:
        """Write everything again."""
        self._unsafe, self._is_anew = dict(self._known_by_stream), True
        if self._unsafe:
            self._turn.want()

    def again(self, unsafe: Mapping[Stream, _Known | None], error: Exception) -> None:
        """Write *unsafe* later, where nothing newer came meanwhile."""
        self._unsafe = {**unsafe, **self._unsafe}
        self._turn.again(error)

    def _change(self, stream: Stream, known: _Known | None) -> None:
        self._unsafe.pop(stream, None)  # to the end
        self._unsafe[stream] = known
        self._turn.want()


class _Group:
    """Streams written together."""

    def __init__(
        self, marks: StreamMarks, unsafe: Mapping[Stream, _Known | None], *, is_anew: bool
    ) -> None:
        self._marks, self._unsafe, self._is_anew = marks, unsafe, is_anew

    def apply(self, connection: sqlite3.Connection) -> None:
        if self._is_anew:
            connection.execute(_DELETE_ALL)
        rows = [
            (*_key(stream), known[0], f"{known[1]:x}")
            for stream, known in self._unsafe.items()
            if known is not None
        ]
        gone = [_key(stream) for stream, known in self._unsafe.items() if known is None]
        connection.executemany(_DELETE, gone)
        connection.executemany(_WRITE, rows)

    def written(self) -> None:
        pass

    def failed(self, error: Exception) -> None:
        self._marks.again(self._unsafe, error)


def _key(stream: Stream) -> tuple[str, str, str, int]:
    return stream.owner, stream.node, str(stream.epoch), stream.lane
