"""What a HELLO must hold for its peer to be let in, and what WELCOME tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.errors import AbortError, RemoteProtocolError
from wampedge.router.names import NO_MATCHING_AUTH_METHOD
from wampedge.router.session import RouterSession
from wampedge.router.settings import Admission, RealmSettings
from wampedge.wamp.features import ROUTER_ROLES
from wampedge.wamp.messages import Hello, Welcome

__all__ = ["announced_roles", "anonymous_role", "router_roles", "welcome"]

_CLIENT_ROLES = ("caller", "callee", "publisher", "subscriber")
_IDENTIFICATION = ("caller_identification", "publisher_identification")


def announced_roles(hello: Hello) -> Mapping[str, Any]:
    """Return the roles a client announced in its HELLO.

    Raises:
        RemoteProtocolError: there is none of the four (specification, "Role and Feature
            Announcement").
    """
    roles: Mapping[str, Any] = hello.details.get("roles") or {}
    if not any(role in roles for role in _CLIENT_ROLES):
        raise RemoteProtocolError(f"HELLO announces none of the roles {', '.join(_CLIENT_ROLES)}")
    return roles


def anonymous_role(hello: Hello, admission: Admission) -> str:
    """Return the role of a peer that proves nothing; naming no method means anonymous.

    Raises:
        AbortError: its listener lets no such peer in, or the peer insists on proving who it is.
    """
    if admission.anonymous_role is None:
        text = "this listener lets nobody in without authentication"
        raise AbortError(NO_MATCHING_AUTH_METHOD, text)
    methods = hello.details.get("authmethods")
    if methods and "anonymous" not in methods:
        raise AbortError(NO_MATCHING_AUTH_METHOD, "anonymous is all this listener accepts")
    return admission.anonymous_role


def router_roles(settings: RealmSettings) -> dict[str, Any]:
    """Return what the router announces in a realm: only what works there."""
    withheld = () if settings.may_disclose else _IDENTIFICATION
    return {
        role: {"features": {name: True for name in announced["features"] if name not in withheld}}
        for role, announced in ROUTER_ROLES.items()
    }


def welcome(session: RouterSession, *, realm: str, roles: Mapping[str, Any]) -> Welcome:
    """Make the WELCOME for *session*, which has just joined."""
    details = {
        "roles": dict(roles),
        "realm": realm,
        "authid": session.authid,
        "authrole": session.authrole,
        "authmethod": "anonymous",
        "authprovider": "static",
        "agent": "wampedge",
    }
    return Welcome(session.id, details)
