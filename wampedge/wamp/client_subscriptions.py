"""Which local listeners share which subscription of the router, and when one may be given up.

A router answers SUBSCRIBE for a topic this session already has with the same subscription id, and
drops that subscription with the first UNSUBSCRIBE. So this side counts its listeners, and sends
UNSUBSCRIBE only for the last of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.effects import Request
from wampedge.wamp.recent_ids import RecentIds

__all__ = ["ClientSubscriptions"]


@dataclass(slots=True, eq=False, repr=False)
class _Shared:
    """One subscription of the router; *key* is its topic and matching policy."""

    key: tuple[str, str]
    listeners: tuple[Any, ...] = ()
    is_ending: bool = False


class ClientSubscriptions:
    """The subscriptions of one session; owned by its ``ClientProtocol``."""

    __slots__ = ("_pending", "_recent", "_shared_by_id")

    def __init__(self) -> None:
        self._shared_by_id: dict[int, _Shared] = {}
        self._pending: dict[tuple[str, str], int] = {}
        self._recent = RecentIds()

    def listeners(self, subscription_id: int) -> tuple[Any, ...] | None:
        """Return who hears *subscription_id*, or None when the router never gave us that id."""
        shared = self._shared_by_id.get(subscription_id)
        if shared is not None:
            return shared.listeners
        return () if subscription_id in self._recent else None

    def asked(self, request: Request) -> None:
        """Note that SUBSCRIBE *request* goes out."""
        key = (request.uri, request.match)
        self._pending[key] = self._pending.get(key, 0) + 1

    def accepted(self, request: Request, subscription_id: int) -> int:
        """Add the listener of *request*.

        Returns:
            The id to unsubscribe because nobody wants it any more, or 0.
        """
        self._settle(request)
        shared = self._shared_by_id.setdefault(
            subscription_id, _Shared((request.uri, request.match))
        )
        self._recent.discard(subscription_id)
        if not request.is_abandoned:
            shared.listeners = (*shared.listeners, request.context)
            shared.is_ending = False
        return self._orphan(shared, subscription_id)

    def refused(self, request: Request) -> int:
        """Forget *request*, which failed; returns an id to unsubscribe, or 0."""
        self._settle(request)
        key = (request.uri, request.match)
        for subscription_id, shared in self._shared_by_id.items():
            if shared.key == key:
                return self._orphan(shared, subscription_id)
        return 0

    def remove(self, subscription_id: int, listener: Any) -> bool:
        """Take *listener* off; returns whether UNSUBSCRIBE is to be sent now."""
        shared = self._shared_by_id.get(subscription_id)
        if shared is None:
            return False
        shared.listeners = tuple(each for each in shared.listeners if each is not listener)
        return self._orphan(shared, subscription_id) != 0

    def ended(self, subscription_id: int) -> tuple[Any, ...]:
        """Forget a subscription the router ended; returns who heard it.

        Raises:
            RemoteProtocolError: there was no such subscription lately.
        """
        shared = self._shared_by_id.pop(subscription_id, None)
        if shared is None and subscription_id not in self._recent:
            raise RemoteProtocolError(f"UNSUBSCRIBED for unknown subscription {subscription_id}")
        self._recent.add(subscription_id)
        return shared.listeners if shared is not None else ()

    def _settle(self, request: Request) -> None:
        key = (request.uri, request.match)
        self._pending[key] -= 1
        if not self._pending[key]:
            del self._pending[key]

    def _orphan(self, shared: _Shared, subscription_id: int) -> int:
        """Return *subscription_id* once when nobody hears it and nobody is about to, else 0.

        With a SUBSCRIBE for the same topic under way, UNSUBSCRIBE would end the subscription the
        router is just handing to the new listener.
        """
        if shared.listeners or shared.is_ending or shared.key in self._pending:
            return 0
        shared.is_ending = True
        return subscription_id
