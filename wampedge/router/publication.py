"""One event as it is kept for sessions that come later: retained, or in the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.router.audience import Audience, lists_in
from wampedge.wamp.messages import Event
from wampedge.wamp.stored_payload import StoredPayload

if TYPE_CHECKING:
    from wampedge.router.session import RouterSession
    from wampedge.router.subscription import Subscription
    from wampedge.wamp.messages import Publish

__all__ = ["Publication"]

# What an event takes besides its payload and topic: its objects, its details, its places in the
# indexes; measured with tracemalloc, and the members of a list one by one.
_BOOKKEEPING_BYTES = 600
_LISTED_BYTES = 100


class Publication:
    """One event, who may get it, and when it was published; immutable.

    Args:
        publication_id: its id.
        publish: the PUBLISH, checked.
        details: of the EVENT, as for an exact subscription.
        time_ms: when it was published, in milliseconds since 1970.
        publisher_id: session id of who published it; 0 if that was in another life of the router.
        is_own: the node itself published it, so it is not held to limits.

    Raises:
        LocalProtocolError: the payload cannot be kept, as no serializer can write it.
    """

    __slots__ = (
        "_audience",
        "details",
        "excluded_id",
        "id",
        "is_own",
        "lists",
        "payload",
        "size_bytes",
        "time_ms",
        "topic",
    )

    def __init__(
        self,
        publication_id: int,
        publish: Publish,
        *,
        details: Mapping[str, Any],
        time_ms: int,
        publisher_id: int = 0,
        is_own: bool = False,
    ) -> None:
        self.id = publication_id
        self.topic = publish.topic
        self.details = details
        self.payload = StoredPayload(publish.payload)
        self.time_ms = time_ms
        self.is_own = is_own
        self.excluded_id = 0 if publish.options.get("exclude_me") is False else publisher_id
        """The session that does not get it, being its publisher; 0 for none."""
        self.lists = lists_in(publish.options)
        """The black and white lists of the publisher, by option."""
        self._audience = Audience(self.lists) if self.lists else None
        self.size_bytes = _BOOKKEEPING_BYTES + self.payload.size_bytes + len(self.topic)
        """What keeping it takes, roughly."""
        if self.lists:
            self.size_bytes += _LISTED_BYTES * sum(map(len, self.lists.values()))

    @property
    def is_for_all(self) -> bool:
        """Every subscriber may get it, but its publisher."""
        return self._audience is None

    def is_meant_for(self, session: RouterSession) -> bool:
        """Tell whether the lists of the publisher let *session* have the event."""
        return self._audience is None or self._audience.includes(session)

    def would_have_reached(self, session: RouterSession) -> bool:
        """Tell whether *session* would have got the event, had it been a subscriber then."""
        return session.id != self.excluded_id and self.is_meant_for(session)

    def event(self, subscription: Subscription, **more: Any) -> Event:
        """Return the EVENT for *subscription*, with *more* details."""
        details = {**self.details, **more}
        if not subscription.is_exact:
            details["topic"] = self.topic
        return Event(subscription.id, self.id, details, self.payload.restore())
