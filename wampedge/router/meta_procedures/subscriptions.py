"""``wamp.subscription.*``: who listens to what in the realm.

Specification, "Subscription Meta API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.errors import ApplicationError
from wampedge.router.broker import Broker, Subscription
from wampedge.router.meta_facts import subscription_facts
from wampedge.router.meta_procedures.arguments import Arguments, answering
from wampedge.router.meta_procedures.patterns import ids_by_policy, pattern_in
from wampedge.router.names import NO_SUCH_SUBSCRIPTION
from wampedge.wamp.payload import Payload

if TYPE_CHECKING:
    from wampedge.router.realm import Realm
    from wampedge.router.registration import BuiltIn

__all__ = ["subscription_procedures"]


def subscription_procedures(realm: Realm) -> Mapping[str, BuiltIn]:
    """Return the procedures by URI."""
    reading = _Reading(realm.broker)
    return {
        "wamp.subscription.list": answering(reading.list_ids),
        "wamp.subscription.lookup": answering(reading.lookup),
        "wamp.subscription.match": answering(reading.match),
        "wamp.subscription.get": answering(reading.get),
        "wamp.subscription.list_subscribers": answering(reading.list_subscribers),
        "wamp.subscription.count_subscribers": answering(reading.count_subscribers),
    }


class _Reading:
    """Answers who listens."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def list_ids(self, payload: Payload) -> dict[str, list[int]]:
        """List the ids by way to match."""
        Arguments(payload)
        return ids_by_policy(self._broker.subscription_by_id.values())

    def lookup(self, payload: Payload) -> int | None:
        """Find the subscription to this very pattern."""
        subscription = self._broker.lookup(*pattern_in(payload, "topic"))
        return None if subscription is None else subscription.id

    def match(self, payload: Payload) -> list[int] | None:
        """Find all subscriptions that get what is published to a topic; None if nobody does."""
        topic = Arguments(payload, "topic").text(0)
        return [each.id for each in self._broker.match(topic)] or None

    def get(self, payload: Payload) -> dict[str, Any]:
        """Describe one subscription."""
        return subscription_facts(self._named(payload))

    def list_subscribers(self, payload: Payload) -> list[int]:
        """List the ids of the subscribers."""
        return [session.id for session in self._named(payload).sessions]

    def count_subscribers(self, payload: Payload) -> int:
        """Count the subscribers."""
        return len(self._named(payload).sessions)

    def _named(self, payload: Payload) -> Subscription:
        subscription_id = Arguments(payload, "subscription").id(0)
        subscription = self._broker.subscription_by_id.get(subscription_id)
        if subscription is None:
            text = f"there is no subscription {subscription_id}"
            raise ApplicationError(NO_SUCH_SUBSCRIPTION, [text])
        return subscription
