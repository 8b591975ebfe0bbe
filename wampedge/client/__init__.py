"""The WAMP client: ``Session`` for one session, ``Connection`` for one that always comes back."""

from wampedge.client.backoff import Backoff
from wampedge.client.call_input import CallInput
from wampedge.client.component import Component
from wampedge.client.connection import Connection
from wampedge.client.declarations import on_join, on_leave, procedure, topic
from wampedge.client.identities import certificate_identity, key_identity, password_identity
from wampedge.client.passthru import Passthru
from wampedge.client.registration import Registration, Subscription
from wampedge.client.results import CallDetails, CallResult, EventDetails
from wampedge.client.session import Session
from wampedge.client.status import ConnectionState, ConnectionStatus
from wampedge.client.streams import OpenCall, ResultStream
from wampedge.client.wishes import RegistrationWish, SubscriptionWish

__all__ = [
    "Backoff",
    "CallDetails",
    "CallInput",
    "CallResult",
    "Component",
    "Connection",
    "ConnectionState",
    "ConnectionStatus",
    "EventDetails",
    "OpenCall",
    "Passthru",
    "Registration",
    "RegistrationWish",
    "ResultStream",
    "Session",
    "Subscription",
    "SubscriptionWish",
    "certificate_identity",
    "key_identity",
    "on_join",
    "on_leave",
    "password_identity",
    "procedure",
    "topic",
]
