from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import ALL_ROLES, Site
from wampedge.router import Admission, RealmSettings
from wampedge.wamp.messages import Abort, Hello, Welcome

FEATURES = {
    "broker": dict.fromkeys(
        (
            "event_retention",
            "pattern_based_subscription",
            "payload_passthru_mode",
            "publisher_exclusion",
            "publisher_identification",
            "session_meta_api",
            "subscriber_blackwhite_listing",
            "subscription_meta_api",
            "subscription_revocation",
            "x_wampedge_ingest",
        ),
        True,
    ),
    "dealer": dict.fromkeys(
        (
            "call_canceling",
            "call_timeout",
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
        True,
    ),
}


def hello(**details: Any) -> Hello:
    return Hello("edge", {"roles": ALL_ROLES, **details})


def test_welcome_tells_who_the_peer_is_and_what_the_router_does() -> None:
    peer = Site().connect(Admission("guest", authid="joe"))

    welcome = peer.ask(hello())

    assert welcome.details == {
        "roles": {role: {"features": names} for role, names in FEATURES.items()},
        "realm": "edge",
        "authid": "joe",
        "authrole": "guest",
        "authmethod": "anonymous",
        "authprovider": "static",
        "agent": "wampedge",
    }


def test_a_realm_that_discloses_nobody_does_not_announce_identification() -> None:
    peer = Site([RealmSettings("edge", may_disclose=False)]).connect()

    roles = peer.ask(hello()).details["roles"]

    assert "caller_identification" not in roles["dealer"]["features"]
    assert "publisher_identification" not in roles["broker"]["features"]
    assert roles["broker"]["features"]["publisher_exclusion"]


@pytest.mark.parametrize("authid", ["root", "", None])
def test_an_anonymous_peer_cannot_choose_its_authid(authid: str | None) -> None:
    """Whoever could would take over the procedures of others; PEERS: xconn sends ``""``."""
    ids = iter([0xABC, 5])
    peer = Site(random_id=lambda: next(ids)).connect(Admission("guest"))

    welcome = peer.ask(hello(authid=authid))

    assert welcome.details["authid"] == "anonymous-abc"


@pytest.mark.parametrize("methods", [None, [], ["anonymous"], ["ticket", "anonymous"]])
def test_a_peer_that_accepts_anonymous_is_let_in(methods: list[str] | None) -> None:
    """PEERS: autobahn-js and wampy name no methods at all."""
    peer = Site().connect()

    assert isinstance(peer.ask(hello(authmethods=methods)), Welcome)


def test_a_peer_that_insists_on_another_method_is_turned_away() -> None:
    """Specification, "Advanced Profile URIs", Authentication."""
    peer = Site().connect()

    reason = peer.aborted(hello(authmethods=["ticket", "wampcra"]))

    assert reason == "wamp.error.no_matching_auth_method"


def test_a_listener_without_anonymous_turns_everybody_away() -> None:
    peer = Site().connect(Admission(None))

    assert peer.ask(hello()) == Abort(
        {"message": "this listener lets nobody in without authentication"},
        "wamp.error.no_matching_auth_method",
    )
    assert peer.session.is_closed


@pytest.mark.parametrize("roles", [{}, {"gardener": {}}, None])
def test_a_peer_must_announce_a_role(roles: dict[str, Any] | None) -> None:
    """Specification, "Client: Role and Feature Announcement"; ROBUSTNESS P7."""
    peer = Site().connect()

    assert peer.aborted(Hello("edge", {"roles": roles})) == "wamp.error.protocol_violation"


def test_hello_without_roles_ends_the_connection() -> None:
    """ROBUSTNESS P7."""
    assert Site().connect().aborted(Hello("edge", {})) == "wamp.error.protocol_violation"


def test_one_role_is_enough_and_it_may_be_null() -> None:
    peer = Site().connect()

    assert isinstance(peer.ask(Hello("edge", {"roles": {"caller": None}})), Welcome)


def test_what_a_peer_announces_besides_takes_no_room() -> None:
    """It would be kept for as long as the session: two megabytes of 64 KiB."""
    many = {f"feature_{number}": True for number in range(1_000)}
    roles = {
        **{f"role{number}": {} for number in range(1_000)},
        "caller": {"features": {"call_canceling": True, "off": False, "one": 1, "x" * 65: True}},
        "callee": {"features": {"call_canceling": True, **many}, "more": many},
        "publisher": {"features": ["publisher_exclusion"]},
        "subscriber": {"features": None},
    }
    peer = Site().join(roles=roles)

    callee = peer.session.roles.pop("callee")  # type: ignore[attr-defined]  # a dict in truth
    assert len(callee["features"]) == 64
    assert callee["features"]["call_canceling"] is True
    assert peer.session.roles == {
        "caller": {"features": {"call_canceling": True}},
        "publisher": {},
        "subscriber": {},
    }


@pytest.mark.parametrize("details", [{"authmethods": "ticket"}, {"authid": 5}, {"authextra": []}])
def test_details_of_the_wrong_type_end_the_connection(details: dict[str, Any]) -> None:
    assert Site().connect().aborted(hello(**details)) == "wamp.error.protocol_violation"
