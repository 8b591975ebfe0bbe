"""Retained events of clients, so that they are there again when the router starts anew.

They come back as they were: the bytes of the payload, who published them, when. What the node says
itself is not among them: after a restart it is not known to be true (see ``retained_readings``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wampedge.errors import LocalProtocolError, ProtocolError
from wampedge.router.audience import has_session_lists
from wampedge.router.publication import Publication
from wampedge.wamp.messages import Publish
from wampedge.wamp.payload import Payload
from wampedge.wamp.retaining import RESTORED_DETAIL, TIME_DETAIL
from wampedge.wamp.stored_payload import StoredPayload

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.store import Store

__all__ = ["RetainedEvents"]

log = logging.getLogger(__name__)

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS retained (
    topic TEXT NOT NULL, place INTEGER NOT NULL, id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    told_as TEXT NOT NULL, told BLOB NOT NULL,
    serializer TEXT NOT NULL, elements INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (topic, place)
) WITHOUT ROWID
"""
_READ: Final = "SELECT * FROM retained ORDER BY topic, place"
_DELETE: Final = "DELETE FROM retained WHERE topic = ?"
_WRITE: Final = "INSERT OR REPLACE INTO retained VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"

Publications = Sequence[Publication]


class RetainedEvents:
    """The log of a ``Retention``: a section of the store, joined by whoever makes the router.

    It holds no more than the retention does, whose limits bound it.

    Args:
        store: where they are kept.
        within_s: when a change is on disk at the latest, in seconds.

    Attributes:
        everything: yields what is retained now, by topic; set by who knows the retention.
    """

    tables: Sequence[str] = (_TABLE,)

    def __init__(self, store: Store, within_s: float) -> None:
        self.everything: Callable[[], Iterable[Publications]] = tuple
        self._store, self._within_s = store, within_s
        self._found: list[tuple[Any, ...]] = []
        self._unsafe: dict[str, Publications] = {}
        self._stored: set[str] = set()
        """Topics that have rows, or will have when the batch under way is written."""

    def restored(self) -> Iterable[Publication]:
        """Yield what was found on disk, each topic in its order; once."""
        found, self._found = self._found, []
        for row in found:
            try:
                yield _publication(row)
            except (ProtocolError, LookupError, TypeError, ValueError, AttributeError) as error:
                log.warning("the retained event of %.200r cannot be read: %s", row[0], error)

    def write(self, topic: str, publications: Publications) -> None:
        """Note what is retained for *topic* now."""
        lasting = [each for each in publications if _is_lasting(each)]
        if not lasting and topic not in self._stored:
            self._unsafe.pop(topic, None)
            return
        self._unsafe[topic] = lasting
        self._store.plan(self._within_s)

    def load(self, connection: sqlite3.Connection) -> None:
        """Read every event."""
        self._found = connection.execute(_READ).fetchall()
        self._stored = {row[0] for row in self._found}

    def take(self) -> _Group | None:
        """Return what is not safe yet."""
        if not self._unsafe:
            return None
        unsafe, self._unsafe = self._unsafe, {}
        for topic, publications in unsafe.items():
            if publications:
                self._stored.add(topic)
            else:
                self._stored.discard(topic)
        return _Group(self, unsafe)

    def forget(self) -> None:
        """Write everything again."""
        self._stored = set()
        for publications in self.everything():
            self.write(publications[0].topic, publications)

    def return_unsafe(self, unsafe: Mapping[str, Publications]) -> None:
        """Take *unsafe* again with the next group, where nothing newer came meanwhile."""
        self._stored.update(unsafe)
        self._unsafe = {**unsafe, **self._unsafe}


class _Group:
    """Topics written together."""

    def __init__(self, events: RetainedEvents, unsafe: Mapping[str, Publications]) -> None:
        self._events, self._unsafe = events, unsafe
        self._rows = [
            _row(place, publication)
            for publications in unsafe.values()
            for place, publication in enumerate(publications)
        ]

    def apply(self, connection: sqlite3.Connection) -> None:
        connection.executemany(_DELETE, [(topic,) for topic in self._unsafe])
        connection.executemany(_WRITE, self._rows)

    def written(self) -> None:
        pass

    def failed(self, error: Exception) -> None:
        self._events.return_unsafe(self._unsafe)


def _is_lasting(publication: Publication) -> bool:
    """Tell whether an event means the same after a restart.

    The node says anew what it has to say, and session ids say nothing about later sessions.
    """
    return not publication.is_own and not has_session_lists(publication.lists)


def _row(place: int, publication: Publication) -> tuple[Any, ...]:
    told = StoredPayload(Payload([publication.details, publication.lists]))
    told_as, _, told_content = told.parts
    payload = publication.payload.parts
    return (
        publication.topic, place, publication.id, publication.time_ms, told_as, told_content,
        *payload,
    )  # fmt: skip


def _publication(row: tuple[Any, ...]) -> Publication:
    """Return the event of one row; raises whatever a row of another making brings about."""
    topic, _, publication_id, time_ms, told_as, told, *parts = row
    details, lists = StoredPayload.of_parts(told_as, 1, told).restore().args
    if not isinstance(details, dict) or not isinstance(lists, dict) or not isinstance(topic, str):
        raise LocalProtocolError("it is not as it was written")
    publish = Publish(1, lists, topic, StoredPayload.of_parts(*parts).restore())
    told_of_it = {TIME_DETAIL: time_ms / 1_000, **details, RESTORED_DETAIL: True}
    return Publication(publication_id, publish, details=told_of_it, time_ms=int(time_ms))
