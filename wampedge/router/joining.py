"""What a HELLO must hold for its peer to be let in, and what WELCOME tells it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from wampedge.errors import AbortError, RemoteProtocolError
from wampedge.router.names import NO_MATCHING_AUTH_METHOD
from wampedge.router.session import RouterSession
from wampedge.router.settings import Admission, RealmSettings
from wampedge.wamp.features import ROUTER_ROLES
from wampedge.wamp.messages import Hello, Welcome

__all__ = [
    "SessionIds",
    "announced_roles",
    "anonymous_role",
    "offered_proofs",
    "router_roles",
    "welcome",
]

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


def offered_proofs(hello: Hello, admission: Admission, methods: Collection[str]) -> tuple[str, ...]:
    """Return the ways of *methods* in which the peer will prove who it is; none if anonymous.

    A peer that names itself and no method, or a method and not itself, is anonymous; so is one
    that would rather be, where its listener lets it. The order of the peer decides.
    """
    authid = hello.details.get("authid")
    if admission.is_trusted or not authid or not authid.strip():
        return ()
    offered: list[str] = []
    for method in hello.details.get("authmethods") or ():
        if method == "anonymous" and not offered and admission.anonymous_role is not None:
            return ()
        if method in methods:
            offered.append(method)
    return tuple(offered)


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
        text = "the router offers none of these ways to authenticate, or the authid is missing"
        raise AbortError(NO_MATCHING_AUTH_METHOD, text)
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
        "authmethod": session.authmethod,
        "authprovider": "static",
        "agent": "wampedge",
    }
    return Welcome(session.id, details)


class SessionIds:
    """The ids of one realm that has users: random ones, but for the one a challenge promised.

    Specification, "WAMP-CRA": the challenge holds the id that the session will have.

    Args:
        random_id: gives an id of the global scope.
    """

    __slots__ = ("_promised", "_random_id")

    def __init__(self, random_id: Callable[[], int]) -> None:
        self._random_id = random_id
        self._promised = 0

    def give_next(self, session_id: int) -> None:
        """Give *session_id* as the next id."""
        self._promised = session_id

    def __call__(self) -> int:
        """Return the next id."""
        if self._promised:
            promised, self._promised = self._promised, 0
            return promised
        return self._random_id()
