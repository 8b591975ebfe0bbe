"""What a reconnecting client tells about itself, and how it judges a failure."""

from __future__ import annotations

import enum
import ssl

from wampedge.client.backoff import Failure
from wampedge.errors import AbortError, ConfigError, ConnectError, TransportError, WampedgeError
from wampedge.records import Record

__all__ = ["REJECTIONS", "ConnectionState", "ConnectionStatus", "failure_of"]

REJECTIONS = frozenset(
    f"wamp.error.{name}"
    for name in (
        "authentication_denied",
        "authentication_failed",
        "authentication_required",
        "authorization_failed",
        "no_auth_method",
        "no_matching_auth_method",
        "no_such_principal",
        "no_such_realm",
        "no_such_role",
        "not_authorized",
    )
)
"""Reasons of an ABORT that heal only when somebody changes something."""

_QUICK_REFUSAL_S = 0.25


class ConnectionState(enum.Enum):
    """Where a connection is; the transitions stand in ``wampedge.client.connection``."""

    CONNECTING = "connecting"
    JOINED = "joined"
    WAITING = "waiting"
    STOPPED = "stopped"


class ConnectionStatus(Record, kw_only=True):
    """What a connection can tell about itself.

    Args:
        state: where it is.
        session_id: id of the present session, 0 when there is none.
        joins: how often it has joined.
        failures: attempts that failed since it was joined last.
        error: why it is not joined, or why the last session ended; None at first.
        is_rejected: the router does not want us; somebody has to change something.
        retry_in_s: the delay chosen when it went to WAITING.
        router: the one it is at, or tried last; the address, where it was given one.
    """

    state: ConnectionState = ConnectionState.STOPPED
    session_id: int = 0
    joins: int = 0
    failures: int = 0
    error: WampedgeError | None = None
    is_rejected: bool = False
    retry_in_s: float = 0.0
    router: str = ""


def failure_of(error: BaseException, elapsed_s: float) -> Failure:
    """Tell what kind of failure ended an attempt to join that took *elapsed_s*."""
    if isinstance(error, ConfigError):
        return Failure.REJECTED
    if isinstance(error, AbortError):
        return Failure.REJECTED if error.reason in REJECTIONS else Failure.FAILED
    cause = error.__cause__
    if (
        isinstance(error, ConnectError)
        and isinstance(cause, OSError)
        and not isinstance(cause, TimeoutError | TransportError | ssl.SSLError)
        and elapsed_s < _QUICK_REFUSAL_S
    ):
        return Failure.REFUSED
    return Failure.FAILED
