"""What the meta API tells about a session, a subscription and a registration.

Specification, "WAMP Meta API": ``SessionDetails``, ``SubscriptionDetails``,
``RegistrationDetails``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wampedge.router.broker import Subscription
    from wampedge.router.registration import Registration
    from wampedge.router.session import RouterSession

__all__ = ["iso_time", "registration_facts", "session_facts", "subscription_facts"]


def iso_time(time_s: float) -> str:
    """Write a time in seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    stamp = datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
    return stamp.replace("+00:00", "Z")


def session_facts(session: RouterSession) -> dict[str, Any]:
    """Describe *session*, which has joined."""
    return {
        "session": session.id,
        "authid": session.authid,
        "authrole": session.authrole,
        "authmethod": session.authmethod,
        "authprovider": session.authprovider,
        "transport": dict(session.transport),
    }


def subscription_facts(subscription: Subscription) -> dict[str, Any]:
    """Describe *subscription*."""
    return {
        "id": subscription.id,
        "created": iso_time(subscription.created_s),
        "uri": subscription.topic,
        "match": subscription.policy,
    }


def registration_facts(registration: Registration) -> dict[str, Any]:
    """Describe *registration*."""
    return {
        "id": registration.id,
        "created": iso_time(registration.created_s),
        "uri": registration.procedure,
        "match": registration.policy,
        "invoke": registration.invoke,
    }
