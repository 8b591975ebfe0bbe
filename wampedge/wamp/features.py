"""What our client roles and our router roles announce in HELLO and WELCOME.

Only what works is announced: a feature is added here in the commit that completes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge import __version__
from wampedge.wamp.marking import INGEST_FEATURE

__all__ = ["AGENT", "CLIENT_ROLES", "ROUTER_ROLES", "has_feature", "is_wampedge"]

AGENT = f"wampedge-{__version__}"
"""Our ``agent`` in HELLO. Raw-socket peers are pinged only if they surely answer."""


def is_wampedge(details: Mapping[str, Any]) -> bool:
    """Tell whether a HELLO or WELCOME with these details is one of ours."""
    agent = details.get("agent")
    return isinstance(agent, str) and agent.startswith("wampedge")


def _roles(features_by_role: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Build the ``roles`` of HELLO or WELCOME; a role without features is an empty dict."""
    return {
        role: {"features": dict.fromkeys(features, True)} if features else {}
        for role, features in features_by_role.items()
    }


CLIENT_ROLES: dict[str, Any] = _roles(
    {
        "caller": (
            "call_canceling",
            "call_timeout",
            "caller_identification",
            "payload_passthru_mode",
            "progressive_call_invocations",
            "progressive_call_results",
        ),
        "callee": (
            "call_canceling",
            "call_timeout",
            "call_trustlevels",
            "caller_identification",
            "pattern_based_registration",
            "payload_passthru_mode",
            "progressive_call_invocations",
            "progressive_call_results",
            "registration_revocation",
            "shared_registration",
        ),
        "publisher": (
            "payload_passthru_mode",
            "publisher_exclusion",
            "publisher_identification",
            "subscriber_blackwhite_listing",
        ),
        "subscriber": (
            "pattern_based_subscription",
            "payload_passthru_mode",
            "publication_trustlevels",
            "publisher_identification",
            "subscription_revocation",
        ),
    }
)

ROUTER_ROLES: dict[str, Any] = _roles(
    {
        "broker": (
            "event_history",
            "event_retention",
            "pattern_based_subscription",
            "payload_passthru_mode",
            "publication_trustlevels",
            "publisher_exclusion",
            "publisher_identification",
            "session_meta_api",
            "subscriber_blackwhite_listing",
            "subscription_meta_api",
            "subscription_revocation",
            INGEST_FEATURE,
        ),
        "dealer": (
            "call_canceling",
            "call_timeout",
            "call_trustlevels",
            "caller_identification",
            "pattern_based_registration",
            "payload_passthru_mode",
            "progressive_call_invocations",
            "progressive_call_results",
            "registration_meta_api",
            "registration_revocation",
            "session_meta_api",
            "shared_registration",
            "testament_meta_api",
        ),
    }
)


def has_feature(roles: Any, role: str, feature: str) -> bool:
    """Tell whether the peer announced *feature* for *role*; any shape of *roles* is accepted.

    Args:
        roles: what the peer sent as ``roles`` in HELLO or WELCOME.
        role: such as ``callee``.
        feature: such as ``call_canceling``.
    """
    announced = roles.get(role) if isinstance(roles, dict) else None
    features = announced.get("features") if isinstance(announced, dict) else None
    return isinstance(features, dict) and features.get(feature) is True
