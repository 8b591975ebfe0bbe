"""Who gives an order: for access by role, and for sessions that control a device."""

from __future__ import annotations

from typing import Any, Final

from wampedge.client import CallDetails
from wampedge.config.model import DeviceConfig
from wampedge.errors import ApplicationError
from wampedge.records import Record

__all__ = ["UPSTREAM", "UPSTREAM_ROLE", "Caller", "caller_of", "check_access"]

UPSTREAM_ROLE: Final = "upstream"
"""Role of whoever calls through the link upstream; the router there knows them better."""
UPSTREAM: Final = 0
"""Stands for the session of all of them: it ends with the link."""
_NOT_AUTHORIZED: Final = "wamp.error.not_authorized"


class Caller(Record):
    """A session that calls, and its role; None in place of one: the node itself."""

    session: int
    role: str


def caller_of(details: CallDetails, own_session: int) -> Caller:
    """Return who is behind an invocation.

    Args:
        details: of the invocation; the router tells the node's own session always.
        own_session: the node's own session, which passes on calls from upstream.
    """
    if details.caller is None or details.caller == own_session:
        return Caller(UPSTREAM, UPSTREAM_ROLE)
    return Caller(details.caller, details.caller_authrole or "")


def check_access(
    device: DeviceConfig, action: Any, caller: Caller, *, channel: str | None = None
) -> None:
    """Raise ApplicationError unless *caller* may *action* (``set``, ``get``) the device.

    Where a channel says itself who may, the device is not asked.
    """
    access = device.access
    own = device.channels[channel].access if channel is not None else None
    if own is not None and (own.set if action == "set" else own.get) is not None:
        access = own
    if access.allows(action, caller.role):
        return
    what = f"{device.name}.{channel}" if channel else device.name
    text = f"role {caller.role} may not {action} {what}"
    raise ApplicationError(_NOT_AUTHORIZED, [text], {"device": device.name, "reason": text})
