"""What a part of the node has to do so that the store keeps something for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Batch", "Section"]


class Batch(Protocol):
    """Something to be written, together with the batches of other sections or not at all."""

    def apply(self, connection: sqlite3.Connection) -> None:
        """Write it, on the thread of the store and inside a transaction; may be called again."""
        ...

    def written(self) -> None:
        """Hear, on the event loop, that it is on the disk for good."""
        ...

    def failed(self, error: Exception) -> None:
        """Hear, on the event loop, that it is not on the disk: it has to be taken again."""
        ...


class Section(Protocol):
    """One kind of things the store keeps, in tables of its own.

    All but ``Batch.apply`` and what ``Store.read`` is given runs on the event loop. A section holds
    in memory what is not safe yet; where the store has no file it bounds that itself, as ``take``
    is never called.
    """

    @property
    def tables(self) -> Sequence[str]:
        """Statements that make its tables and indexes ``IF NOT EXISTS``."""
        ...

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what it needs from the file; not called where there is none yet."""
        ...

    def take(self) -> Batch | None:
        """Return all that is to be written; None where there is nothing.

        No second batch is taken before the first is ``written`` or has ``failed``.
        """
        ...

    def forget(self) -> None:
        """Hear that all that was written is lost: the file was damaged or removed.

        What is still in memory has to be written again.
        """
        ...
