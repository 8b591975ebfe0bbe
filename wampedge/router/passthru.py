"""Payloads that only the end points can read, and the options that tell them how.

Specification, "Payload Passthru Mode": the router looks at ``ppt_scheme`` alone, and passes the
payload and all four options on as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.errors import ApplicationError, RemoteProtocolError
from wampedge.router.names import FEATURE_NOT_SUPPORTED
from wampedge.router.session import RouterSession

__all__ = ["can_unseal", "check_may_seal", "check_unseals", "seal_of"]

_FEATURE = "payload_passthru_mode"
_OPTIONS = ("ppt_scheme", "ppt_serializer", "ppt_cipher", "ppt_keyid")


def seal_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *options* that travel with a sealed payload; none if it is not sealed."""
    if not options.get("ppt_scheme"):
        return {}
    return {name: options[name] for name in _OPTIONS if options.get(name) is not None}


def can_unseal(session: RouterSession, role: str) -> bool:
    """Tell whether *session* announced for *role* that it takes sealed payloads."""
    return session.supports(role, _FEATURE)


def check_may_seal(session: RouterSession, role: str, options: Mapping[str, Any]) -> None:
    """Refuse a sealed payload of a session that did not announce it would send such.

    Raises:
        RemoteProtocolError: *session* announced nothing for *role*.
    """
    if options.get("ppt_scheme") and not can_unseal(session, role):
        raise RemoteProtocolError(f"option ppt_scheme: the {role} did not announce {_FEATURE}")


def check_unseals(callee: RouterSession) -> None:
    """Refuse a sealed payload for a *callee* that would take it for an ordinary one.

    Raises:
        ApplicationError: with the URI ``wamp.error.feature_not_supported``.
    """
    if not can_unseal(callee, "callee"):
        text = f"the callee did not announce {_FEATURE}"
        raise ApplicationError(FEATURE_NOT_SUPPORTED, [text])
