"""Acknowledgements that wait until what they acknowledge is safe.

A session that stores events (the link upstream of a node) says which topics it stores. A publisher
that asks to be acknowledged for one of those gets its PUBLISHED when that session says that the
event is safe, an ERROR when it is not; subscribers get the event at once in any case. How the event
is stored is none of the router's business.

What a node sends up from its own store (``deduplication``) waits in the same way, and goes on being
waited for when nobody does any more: the node drops it only when it is acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from wampedge.router.deadlines import Deadlines
from wampedge.router.names import LIMIT, NOT_STORED
from wampedge.router.sends import NOTHING, Send, Sends, error_to
from wampedge.wamp.messages import Publish, Published

__all__ = ["HOLD_LIMIT_S", "MARKED_LIMIT_S", "MAX_HELD", "MAX_HELD_MARKED", "Holding", "Stores"]

HOLD_LIMIT_S: Final = 30.0
"""How long a publisher waits at most; then it is told that nobody knows."""
MARKED_LIMIT_S: Final = 15.0
"""The same for nodes, which begin anew where they hear nothing for 30 s."""
MAX_HELD: Final = 10_000
MAX_HELD_MARKED: Final = 65_536
"""The same with what nodes send up from their stores, which comes in batches."""

Stores = Callable[[str], bool]
"""Tells whether events of a topic are stored."""
OnVerdict = Callable[[bool], Sends]
"""Hears whether an event is safe, once; returns who is to be told."""


class _Held:
    """One event that is being stored."""

    __slots__ = ("count", "has_batch", "waiting")

    def __init__(self, count: int) -> None:
        self.count = count
        self.has_batch = False
        self.waiting: list[OnVerdict] = []


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

    def hold(self, topic: str, sends: Iterable[Send], publication_id: int) -> bool:
        """Wait for all that store an event; tell whether there are any.

        Args:
            topic: what was published to.
            sends: the events for all that get it.
            publication_id: its id.
        """
        count = self._count(topic, sends) if self._stores_by_session else 0
        if count:
            self._held_by_publication[publication_id] = _Held(count)
        return bool(count)

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
        is_full = len(self._held_by_publication) >= MAX_HELD
        if not self.hold(topic, sends, publication_id):
            return (published,)
        if is_full:
            del self._held_by_publication[publication_id]
            return (_refusal(published, LIMIT, f"{MAX_HELD} events wait to be stored already"),)
        self.answer_when_safe(published, publication_id, on_end=partial(self._drop, publication_id))
        return NOTHING

    def answer_when_safe(
        self,
        published: Send,
        publication_id: int,
        *,
        within_s: float = HOLD_LIMIT_S,
        accepts_loss: bool = False,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        """Let a publisher wait for an event that is held.

        Args:
            published: its answer.
            publication_id: which event.
            within_s: how long it waits.
            accepts_loss: it need not hear of one that is lost, which is told in another way.
            on_end: called when it has waited for too long.
        """
        waiting = True

        def expire() -> Sends:
            nonlocal waiting
            waiting = False
            on_end()
            return _told(published, is_safe=False)

        def settle(is_safe: bool) -> Sends:  # what the holding calls it with
            if not waiting:
                return NOTHING
            deadline.cancel()
            return _told(published, is_safe=is_safe or accepts_loss)

        deadline = self._deadlines.after(within_s, expire)
        self.wait(publication_id, settle)

    def wait(self, publication_id: int, on_verdict: OnVerdict, *, in_batch: bool = False) -> None:
        """Call *on_verdict* when it is known whether an event that is held is safe.

        Args:
            publication_id: which event.
            on_verdict: is called once.
            in_batch: many others are waited for together with it, so it is worth a write.
        """
        held = self._held_by_publication[publication_id]
        held.waiting.append(on_verdict)
        held.has_batch = held.has_batch or in_batch

    def has(self, publication_id: int) -> bool:
        """Tell whether somebody waits to hear that a publication is safe."""
        return publication_id in self._held_by_publication

    def has_batch(self, publication_id: int) -> bool:
        """Tell whether a whole batch waits for a publication."""
        held = self._held_by_publication.get(publication_id)
        return held is not None and held.has_batch

    def settle(self, publication_id: int, *, is_safe: bool) -> Sends:
        """Hear of one who stores a publication whether it is safe; return who is to be told."""
        held = self._held_by_publication.get(publication_id)
        if held is None:
            return NOTHING
        held.count -= 1
        if is_safe and held.count:
            return NOTHING
        del self._held_by_publication[publication_id]
        return [send for on_verdict in held.waiting for send in on_verdict(is_safe)]

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

    def _drop(self, publication_id: int) -> None:
        self._held_by_publication.pop(publication_id, None)


def _told(published: Send, *, is_safe: bool) -> Sends:
    """Return the answer to a publisher, if it is still there."""
    if not published.recipients[0].is_established:
        return NOTHING
    if is_safe:
        return (published,)
    return (_refusal(published, NOT_STORED, "the event was published, and is not stored"),)


def _refusal(published: Send, uri: str, text: str) -> Send:
    assert isinstance(published.message, Published), "only these are held"
    request_id = published.message.request_id
    return error_to(published.recipients[0], Publish.TYPE, request_id, uri=uri, text=text)
