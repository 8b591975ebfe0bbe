"""The WAMP client: ``Session`` for one session, ``Connection`` for one that always comes back."""

from wampedge.client.backoff import Backoff
from wampedge.client.connection import Connection
from wampedge.client.registration import Registration, Subscription
from wampedge.client.results import CallDetails, CallResult, EventDetails
from wampedge.client.session import Session
from wampedge.client.status import ConnectionState, ConnectionStatus
from wampedge.client.wishes import RegistrationWish, SubscriptionWish

__all__ = [
    "Backoff",
    "CallDetails",
    "CallResult",
    "Connection",
    "ConnectionState",
    "ConnectionStatus",
    "EventDetails",
    "Registration",
    "RegistrationWish",
    "Session",
    "Subscription",
    "SubscriptionWish",
]
