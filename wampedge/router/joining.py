"""What a HELLO must hold for its peer to be let in, and what WELCOME tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from wampedge.errors import AbortError, RemoteProtocolError
from wampedge.router.names import AUTHENTICATION_FAILED, NO_MATCHING_AUTH_METHOD
from wampedge.router.session import RouterSession
from wampedge.router.settings import Admission, RealmSettings
from wampedge.router.users import Users
from wampedge.wamp.auth_proofs.cryptosign import announced_key
from wampedge.wamp.features import ROUTER_ROLES
from wampedge.wamp.messages import Hello, Welcome

__all__ = ["Offer", "announced_roles", "anonymous_role", "offer_in", "router_roles", "welcome"]

_NOTHING: Mapping[str, Any] = {}

_MAX_AUTHID_LENGTH = 256
"""Some proofs look at each character of a name, which may not hold up everybody else for long."""

_MAX_FEATURES = 64
"""Features of one role that are looked at, and characters of their names."""

_CLIENT_ROLES = ("caller", "callee", "publisher", "subscriber")
_IDENTIFICATION = ("caller_identification", "publisher_identification")
_TRUST = ("call_trustlevels", "publication_trustlevels")


def announced_roles(hello: Hello) -> Mapping[str, Any]:
    """Return what a client announced in its HELLO, as much of it as anybody asks for.

    It is kept for as long as the session, and a HELLO may be 64 KiB long.

    Raises:
        RemoteProtocolError: there is none of the four (specification, "Role and Feature
            Announcement").
    """
    roles: Mapping[str, Any] = hello.details.get("roles") or {}
    if not any(role in roles for role in _CLIENT_ROLES):
        raise RemoteProtocolError(f"HELLO announces none of the roles {', '.join(_CLIENT_ROLES)}")
    return {role: _known_part(roles[role]) for role in _CLIENT_ROLES if role in roles}


def _known_part(announced: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the features that are announced for one role, if there are any."""
    features = announced.get("features") if announced else None
    if not features or not isinstance(features, dict):
        return _NOTHING
    if len(features) > _MAX_FEATURES:
        features = dict(islice(features.items(), _MAX_FEATURES))
    names = [name for name in features if features[name] is True and len(name) <= _MAX_FEATURES]
    return {"features": dict.fromkeys(names, True)}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a peer offers to prove who it is; nothing at all when it is anonymous.

    Args:
        authid: who it says it is; empty where the connection has to tell.
        methods: ways it can be asked for that the realm has, in the order of the peer.
        unasked: ways that need no answer, in the order of the peer.
        authextra: what HELLO has besides.
    """

    authid: str = ""
    methods: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    authextra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def offer_in(hello: Hello, admission: Admission, users: Users, *, has_cookies: bool) -> Offer:
    """Return what the peer offers of the ways its realm has.

    A peer that names itself and no method, or a method and not itself, is anonymous, unless its
    connection or public key names it; so is one that would rather be, where its listener lets it.

    Raises:
        AbortError: the name is longer than any.
    """
    if admission.is_trusted:
        return Offer()
    authextra: Mapping[str, Any] = hello.details.get("authextra") or {}
    authid: str = hello.details.get("authid") or ""
    if len(authid) > _MAX_AUTHID_LENGTH:
        text = f"an authid has at most {_MAX_AUTHID_LENGTH} characters"
        raise AbortError(AUTHENTICATION_FAILED, text)
    key = announced_key(authextra) if not authid.strip() else None
    evidence = admission.evidence
    has_evidence = {
        "tls": evidence.certificate is not None,
        "cookie": has_cookies and evidence.cookie is not None,
    }
    methods: list[str] = []
    unasked: list[str] = []
    for method in dict.fromkeys(hello.details.get("authmethods") or ()):
        if method == "anonymous" and not methods and admission.anonymous_role is not None:
            break
        if has_evidence.get(method):
            unasked.append(method)
        elif method in users.methods and (authid.strip() or (key and method == "cryptosign")):
            methods.append(method)
    if key is not None and methods:
        authid = users.owner_of(key) or key.hex()
    return Offer(authid.strip() and authid, tuple(methods), tuple(unasked), authextra)


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
    withheld = set() if settings.may_disclose else set(_IDENTIFICATION)
    if not settings.history:
        withheld.add("event_history")
    if not settings.trustlevel_by_role:
        withheld.update(_TRUST)
    return {
        role: {"features": {name: True for name in announced["features"] if name not in withheld}}
        for role, announced in ROUTER_ROLES.items()
    }


def welcome(
    session: RouterSession,
    *,
    realm: str,
    roles: Mapping[str, Any],
    authextra: Mapping[str, Any] = _NOTHING,
) -> Welcome:
    """Make the WELCOME for *session*, which has just joined."""
    details: dict[str, Any] = {
        "roles": dict(roles),
        "realm": realm,
        "authid": session.authid,
        "authrole": session.authrole,
        "authmethod": session.authmethod,
        "authprovider": session.authprovider,
        "agent": "wampedge",
    }
    if authextra:
        details["authextra"] = dict(authextra)
    return Welcome(session.id, details)
