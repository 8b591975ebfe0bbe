from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.router.site import ALL_ROLES, Peer, Site
from wampedge.errors import ConfigError
from wampedge.router import Admission, RealmSettings, Router, SessionState, User
from wampedge.router.users import Users
from wampedge.wamp.auth import WampCraAuthenticator, derive_wampcra_key, sign_ticket
from wampedge.wamp.auth_proofs import SaltedWampCraProof, TicketProof, WampCraProof
from wampedge.wamp.messages import (
    Abort,
    Authenticate,
    Call,
    Challenge,
    Goodbye,
    Hello,
    Message,
    Subscribe,
    Welcome,
)

KEY = derive_wampcra_key("pass", "00ff00ff", iterations=2, key_length=32)
USERS = (
    User("tom", "gardener", TicketProof("tomato")),
    User("ann", "operator", WampCraProof("apple")),
    User("sue", "operator", SaltedWampCraProof(KEY, "00ff00ff", 2)),
)
FAILED = "wamp.error.authentication_failed"
NO_METHOD = "wamp.error.no_matching_auth_method"
BOTH = ["wampcra", "ticket"]


def site_with_users(*, random_id: Callable[[], int] | None = None) -> Site:
    return Site([RealmSettings("edge", users=USERS)], random_id=random_id)


def hello(authid: str | None, methods: list[str] | None) -> Hello:
    return Hello("edge", {"roles": ALL_ROLES, "authid": authid, "authmethods": methods})


def challenged(peer: Peer, authid: str, methods: list[str]) -> Challenge:
    challenge = peer.ask(hello(authid, methods))
    assert isinstance(challenge, Challenge)
    return challenge


def test_a_user_with_the_ticket_joins_as_who_it_is() -> None:
    """Specification, "Ticket-based Authentication"."""
    peer = site_with_users().connect()

    assert challenged(peer, "tom", ["ticket"]) == Challenge("ticket", {})
    welcome = peer.ask(sign_ticket("tomato"))

    assert isinstance(welcome, Welcome)
    told = [welcome.details[f"auth{key}"] for key in ("id", "role", "method", "provider")]
    assert told == ["tom", "gardener", "ticket", "static"]
    assert peer.session.authid == "tom"
    assert peer.session.is_established


@pytest.mark.parametrize(("authid", "password"), [("ann", "apple"), ("sue", "pass")])
def test_a_user_that_signs_the_challenge_joins(authid: str, password: str) -> None:
    """Specification, "WAMP-CRA": the session has the id its challenge promised."""
    peer = site_with_users().connect()
    challenge = challenged(peer, authid, ["wampcra"])
    promised = json.loads(challenge.extra["challenge"])["session"]

    welcome = peer.ask(WampCraAuthenticator(password).authenticate(challenge))

    assert isinstance(welcome, Welcome)
    assert welcome.session_id == promised == peer.session.id
    assert welcome.details["authmethod"] == "wampcra"


def test_a_promised_id_goes_to_no_other_session() -> None:
    site = site_with_users()
    peer = site.connect()
    challenge = challenged(peer, "ann", ["wampcra"])

    others = {site.join().session.id for _ in range(20)}
    peer.send(WampCraAuthenticator("apple").authenticate(challenge))

    assert peer.session.id not in others
    assert site.join().session.id != peer.session.id


def test_a_challenge_says_when_it_was_made() -> None:
    ids = itertools.count(1)
    settings = RealmSettings("edge", users=USERS)
    router = Router(
        [settings], random_id=lambda: next(ids), monotonic_s=lambda: 0.0, time_s=lambda: 86_400.0
    )
    session = router.attach(transport={}, auth=Admission(None))

    (send,) = router.receive(session, hello("ann", ["wampcra"]))

    text = send.message.extra["challenge"]  # type: ignore[union-attr] # it is a CHALLENGE
    assert json.loads(text)["timestamp"] == "1970-01-02T00:00:00.000Z"


def test_no_two_challenges_are_the_same() -> None:
    site = site_with_users()

    texts = {challenged(site.connect(), "ann", BOTH).extra["challenge"] for _ in range(50)}

    assert len(texts) == 50


@pytest.mark.parametrize("authid", ["tom", "ann", "sue", "nobody", "root"])
def test_a_wrong_proof_and_an_unknown_user_are_answered_alike(authid: str) -> None:
    """Nobody finds out which users there are."""
    peer = site_with_users().connect()
    challenged(peer, authid, BOTH)

    abort = peer.ask(Authenticate("wrong", {}))

    assert abort == Abort({"message": "this user does not exist, or the proof is wrong"}, FAILED)
    assert peer.session.is_closed
    assert peer.session.authid == ""


def test_a_user_asked_for_another_method_than_its_own_is_like_an_unknown_one() -> None:
    peer = site_with_users().connect()

    assert challenged(peer, "ann", ["ticket"]) == Challenge("ticket", {})
    assert peer.aborted(sign_ticket("apple")) == FAILED


def test_an_unknown_user_is_asked_the_same_way_each_time() -> None:
    """A salt or method that changes would tell an invented user from a real one."""
    site = site_with_users()
    for name in map(str, range(30)):
        shapes = [
            (challenge.method, challenge.extra.get("salt"))
            for challenge in (challenged(site.connect(), name, BOTH) for _ in range(3))
        ]
        assert len(set(shapes)) == 1


def test_unknown_users_are_asked_in_all_the_ways_known_ones_are() -> None:
    site = site_with_users()

    challenges = [challenged(site.connect(), f"user{n}", BOTH) for n in range(60)]

    shapes = {(each.method, frozenset(each.extra)) for each in challenges}
    salted = frozenset({"challenge", "salt", "keylen", "iterations"})
    assert shapes == {
        ("ticket", frozenset()),
        ("wampcra", frozenset({"challenge"})),
        ("wampcra", salted),
    }


def test_another_router_invents_other_salts() -> None:
    """Whoever could work them out would know which are invented."""
    salts = set()
    for start in (1, 1000):
        site = site_with_users(random_id=itertools.count(start).__next__)
        found = [challenged(site.connect(), f"u{n}", ["wampcra"]) for n in range(20)]
        salts |= {each.extra.get("salt") for each in found} - {None}

    assert len(salts) > 10


@pytest.mark.parametrize("second", [Authenticate("tomato", {}), hello("tom", ["ticket"])])
def test_there_is_one_try_on_a_connection(second: Message) -> None:
    peer = site_with_users().connect()
    challenged(peer, "tom", ["ticket"])
    peer.ask(Authenticate("tomatoe", {}))

    peer.send(second)

    assert peer.read() == []
    assert peer.session.is_closed


@pytest.mark.parametrize(
    "message", [Call(1, {}, "a.b"), Subscribe(1, {}, "a.b"), hello("tom", None), Goodbye({}, "a.b")]
)
def test_nothing_but_the_proof_is_taken_while_it_is_waited_for(message: Message) -> None:
    peer = site_with_users().connect()
    challenged(peer, "tom", ["ticket"])

    assert peer.session.state is SessionState.PROVING
    assert peer.aborted(message) == "wamp.error.protocol_violation"


def test_a_proof_nobody_asked_for_ends_the_connection() -> None:
    site = site_with_users()

    assert site.connect().aborted(sign_ticket("tomato")) == "wamp.error.protocol_violation"
    assert site.join().aborted(sign_ticket("tomato")) == "wamp.error.protocol_violation"


def test_a_peer_may_give_up_or_vanish_while_it_is_challenged() -> None:
    site = site_with_users()
    one, other = site.connect(), site.connect()
    challenged(one, "tom", BOTH)
    challenged(other, "tom", BOTH)

    one.send(Abort({}, "wamp.error.authentication_failed"))
    other.lose()

    assert one.session.is_closed
    assert one.read() == []
    assert other.session not in site.router.sessions


def test_a_router_that_stops_turns_a_challenged_peer_away() -> None:
    site = site_with_users()
    peer = site.connect()
    challenged(peer, "tom", BOTH)

    site.deliver(site.router.close_all())

    assert peer.read_one().reason == "wamp.close.system_shutdown"
    assert peer.session.is_closed


@pytest.mark.parametrize(
    ("authid", "methods"),
    [
        ("tom", None),
        ("tom", []),
        ("tom", ["anonymous"]),
        ("tom", ["anonymous", "ticket"]),
        ("tom", ["cookie", "anonymous"]),
        ("", ["ticket", "anonymous"]),
        (" ", ["ticket", "anonymous"]),
        (None, ["ticket", "anonymous"]),
    ],
)
def test_who_names_no_method_or_no_name_is_anonymous(
    authid: str | None, methods: list[str] | None
) -> None:
    """PEERS: autobahn-js and wampy name no methods; xconn sends a blank authid."""
    welcome = site_with_users().connect(Admission("local")).ask(hello(authid, methods))

    assert isinstance(welcome, Welcome)
    assert welcome.details["authmethod"] == "anonymous"
    assert welcome.details["authrole"] == "local"
    assert welcome.details["authid"].startswith("anonymous-")


@pytest.mark.parametrize("methods", [["ticket", "anonymous"], ["wampcra", "anonymous", "ticket"]])
def test_the_order_of_the_peer_decides_between_proof_and_anonymous(methods: list[str]) -> None:
    assert challenged(site_with_users().connect(), "tom", methods).method in methods


def test_without_anonymous_a_proof_is_the_only_way_in() -> None:
    site = site_with_users()
    nobody = Admission(None)

    assert site.connect(nobody).aborted(hello(None, None)) == NO_METHOD
    assert site.connect(nobody).aborted(hello("tom", ["anonymous"])) == NO_METHOD
    assert site.connect(nobody).aborted(hello("", ["ticket"])) == NO_METHOD
    peer = site.connect(nobody)
    challenged(peer, "tom", ["anonymous", "ticket"])
    assert isinstance(peer.ask(sign_ticket("tomato")), Welcome)


def test_a_method_no_user_has_is_not_offered() -> None:
    assert site_with_users().connect().aborted(hello("tom", ["scram"])) == NO_METHOD


def test_the_node_itself_needs_no_proof() -> None:
    trusted = Admission("trusted", authid="node", is_trusted=True)

    for methods in (None, ["ticket", "anonymous"]):
        welcome = site_with_users().connect(trusted).ask(hello("tom", methods))
        assert isinstance(welcome, Welcome)
        assert welcome.details["authid"] == "node"


@pytest.mark.parametrize(("authid", "role"), [("", "r"), (" ", "r"), ("a", ""), ("a", "\t")])
def test_a_user_needs_a_name_and_a_role(authid: str, role: str) -> None:
    with pytest.raises(ConfigError, match="needs a name and a role"):
        User(authid, role, TicketProof("t"))


def test_two_users_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="tom is defined twice"):
        Users([USERS[0], USERS[0]], random_id=lambda: 1, time_s=lambda: 0.0)


def test_a_user_shows_no_secret() -> None:
    shown: Any = repr(USERS)

    assert "tomato" not in shown
    assert "apple" not in shown
