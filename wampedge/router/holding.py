"""Acknowledgements that wait until what they acknowledge is safe.

A session that stores events (the link upstream of a node) says which topics it stores. A publisher
that asks to be acknowledged for one of those gets its PUBLISHED when that session says that the
event is safe, an ERROR when it is not; subscribers get the event at once in any case. How the event
is stored is none of the router's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from wampedge.router.deadlines import Deadline, Deadlines
from wampedge.router.names import LIMIT, NOT_STORED
from wampedge.router.sends import NOTHING, Send, Sends, error_to
from wampedge.wamp.messages import Publish, Published

__all__ = ["HOLD_LIMIT_S", "MAX_HELD", "Holding", "Stores"]

HOLD_LIMIT_S: Final = 30.0
"""How long a publisher waits at most; then it is told that nobody knows."""
MAX_HELD: Final = 10_000

Stores = Callable[[str], bool]
"""Tells whether events of a topic are stored."""


class _Held:
    """One PUBLISHED that waits."""

    __slots__ = ("count", "deadline", "send")

    def __init__(self, send: Send, count: int, deadline: Deadline) -> None:
        self.send, self.count, self.deadline = send, count, deadline


class Holding:
    """The acknowledgements of one realm that wait; owned by it.

    Args:
        deadlines: where the router keeps what it does later.
    """

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._stores_by_session: dict[int, list[Stores]] = {}
        self._held_by_publication: dict[int, _Held] = {}

    def __len__(self) -> int:
        return len(self._held_by_publication)

    def keep(self, session_id: int, stores: Stores) -> None:
        """Wait for the session *session_id* with what it *stores* of the events it gets."""
        self._stores_by_session.setdefault(session_id, []).append(stores)

    def release(self, session_id: int, stores: Stores) -> None:
        """Wait for it no more."""
        known = self._stores_by_session.get(session_id, [])
        if stores in known:
            known.remove(stores)
        if not known:
            self._stores_by_session.pop(session_id, None)

    def answer(
        self, published: Send, topic: str, sends: Iterable[Send], publication_id: int
    ) -> Sends:
        """Return the answer to a publisher now, or keep it until the event is safe.

        Args:
            published: the answer.
            topic: what was published to.
            sends: the events for all that get it.
            publication_id: its id.
        """
        count = self._count(topic, sends) if self._stores_by_session else 0
        if not count:
            return (published,)
        if len(self._held_by_publication) >= MAX_HELD:
            return (_refusal(published, LIMIT, f"{MAX_HELD} events wait to be stored already"),)
        act = partial(self._expire, publication_id)
        deadline = self._deadlines.after(HOLD_LIMIT_S, act)
        self._held_by_publication[publication_id] = _Held(published, count, deadline)
        return NOTHING

    def has(self, publication_id: int) -> bool:
        """Tell whether somebody waits to hear that a publication is safe."""
        return publication_id in self._held_by_publication

    def settle(self, publication_id: int, *, is_safe: bool) -> Sends:
        """Hear of one who stores a publication whether it is safe; return who is to be told."""
        held = self._held_by_publication.get(publication_id)
        if held is None:
            return NOTHING
        held.count -= 1
        if is_safe and held.count:
            return NOTHING
        held.deadline.cancel()
        return self._answer(publication_id, is_safe=is_safe)

    def _count(self, topic: str, sends: Iterable[Send]) -> int:
        """Return how many store the event, of those that get it."""
        stores_by_session = self._stores_by_session
        sessions = {
            session.id: None
            for send in sends
            for session in send.recipients
            if session.id in stores_by_session
        }
        return sum(stores(topic) for each in sessions for stores in stores_by_session[each])

    def _expire(self, publication_id: int) -> Sends:
        return self._answer(publication_id, is_safe=False)

    def _answer(self, publication_id: int, *, is_safe: bool) -> Sends:
        published = self._held_by_publication.pop(publication_id).send
        if not published.recipients[0].is_established:
            return NOTHING
        if is_safe:
            return (published,)
        return (_refusal(published, NOT_STORED, "the event was published, and is not stored"),)


def _refusal(published: Send, uri: str, text: str) -> Send:
    assert isinstance(published.message, Published), "only these are held"
    request_id = published.message.request_id
    return error_to(published.recipients[0], Publish.TYPE, request_id, uri=uri, text=text)
