"""How an exception of an endpoint becomes an ERROR for its caller.

The table below is the whole rule. What stands in no row is a bug of the endpoint: its caller gets
``wamp.error.runtime_error`` with the name of the exception and no more, and the traceback goes to
the local log. Peers never see paths, tracebacks or the text of an unexpected exception.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from wampedge.errors import (
    ApplicationError,
    BusBusyError,
    BusError,
    BusTimeoutError,
    CallTimeoutError,
    DeviceError,
    ExpiredError,
    InterlockError,
    InvalidValueError,
    RefusedError,
    SessionError,
    TransportError,
)
from wampedge.wamp.payload import Payload

__all__ = ["describe_failure", "misfit_of"]

_URI_BY_ERROR: tuple[tuple[type[BaseException], str], ...] = (
    # First match wins: derived classes stand before their bases.
    (InvalidValueError, "wamp.error.invalid_argument"),
    (BusTimeoutError, "wampedge.error.timeout"),
    (BusBusyError, "wampedge.error.busy"),
    (BusError, "wampedge.error.bus"),
    (DeviceError, "wampedge.error.not_ready"),
    (CallTimeoutError, "wamp.error.timeout"),
    (SessionError, "wampedge.error.offline"),
    (TransportError, "wampedge.error.offline"),
    (asyncio.CancelledError, "wamp.error.canceled"),
)


def describe_failure(error: BaseException) -> tuple[str, Payload] | None:
    """Return the URI and the arguments that tell a caller of *error*.

    Returns:
        None when *error* is no failure an endpoint ends with on purpose.
    """
    if isinstance(error, ApplicationError):
        return error.uri, Payload(error.arguments, error.keywords)
    if isinstance(error, RefusedError):
        return error.uri, _facts_of(error)
    for kind, uri in _URI_BY_ERROR:
        if isinstance(error, kind):
            return uri, _facts_of(error)
    return None


def misfit_of(endpoint: Callable[..., Any], payload: Payload) -> str | None:
    """Return why the arguments of a call do not fit *endpoint*, None when they do.

    For use after a TypeError only, because reading a signature is slow.
    """
    try:
        signature = inspect.signature(endpoint)
    except (TypeError, ValueError):
        return None
    try:
        signature.bind(*payload.args, **payload.kwargs)
    except TypeError as misfit:
        return str(misfit)
    return None


def _facts_of(error: BaseException) -> Payload:
    """Return the text of *error*, and for a device which one, why, and which argument."""
    if not isinstance(error, DeviceError):
        text = str(error)
        return Payload((text,) if text else ())
    facts: dict[str, Any] = {"device": error.device, "reason": error.reason}
    if isinstance(error, InvalidValueError):
        facts["field"] = error.field
    if isinstance(error, RefusedError):
        facts["retry_after"] = error.retry_after_s
    if isinstance(error, ExpiredError):
        facts.update(reason=error.why, late_by=error.late_by_s)
    if isinstance(error, InterlockError):
        facts.update(holder=error.holder, group=error.group)
    return Payload((str(error),), {key: fact for key, fact in facts.items() if fact is not None})
