"""Users that a procedure of a client knows: the dynamic authenticator.

The specification, "Dynamic Authentication API", leaves its form open; it is that of Crossbar.io.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.guests import come, hello, site_of
from tests.router.site import Peer, Site
from wampedge.errors import ConfigError
from wampedge.router import RealmSettings, SessionState, User
from wampedge.router.authenticator import DynamicAuthentication, default_models, user_from
from wampedge.wamp import ed25519
from wampedge.wamp.auth import (
    CryptosignAuthenticator,
    ScramAuthenticator,
    WampCraAuthenticator,
    derive_wampcra_key,
    sign_ticket,
)
from wampedge.wamp.auth_proofs import TicketProof
from wampedge.wamp.evidence import NO_EVIDENCE
from wampedge.wamp.messages import (
    Abort,
    Authenticate,
    Challenge,
    Error,
    Invocation,
    Message,
    Register,
    Registered,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import Payload
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

URI = "site.auth.check"
DYNAMIC = DynamicAuthentication(URI, frozenset({"guard"}), reserved=frozenset({"local"}))
TOM = User("tom", "gardener", TicketProof("tomato"))
EDGE = RealmSettings("edge", users=(TOM,), authenticator=DYNAMIC)
FAILED = "wamp.error.authentication_failed"
WRONG = Abort({"message": "this user does not exist, or the proof is wrong"}, FAILED)
SEED = bytes(range(32))
PUBKEY = ed25519.public_key(SEED).hex()
KDF = Kdf("pbkdf2", bytes(range(16)), 4096)
SECRET = ScramSecret.of("pencil", KDF)


def guarded() -> tuple[Site, Peer]:
    """Return a site and the session that knows its users."""
    site = site_of(EDGE)
    guard = site.join(authrole="guard")
    assert isinstance(guard.ask(Register(1, {}, URI)), Registered)
    return site, guard


def asked(guard: Peer) -> Invocation:
    invocation = guard.read_one()
    assert isinstance(invocation, Invocation)
    return invocation


def reply(guard: Peer, value: Any) -> None:
    guard.send(Yield(asked(guard).request_id, {}, Payload((value,))))


def refuse(guard: Peer, uri: str = "com.example.no_such_user") -> None:
    guard.send(Error(Invocation.TYPE, asked(guard).request_id, {}, uri))


def test_a_ticket_is_compared_by_the_procedure() -> None:
    site, guard = guarded()
    peer = come(site)
    assert peer.ask(hello("ticket", authid="ann", color="red")) == Challenge("ticket", {})

    peer.send(sign_ticket("apple"))
    call = asked(guard)
    guard.send(Yield(call.request_id, {}, Payload(({"role": "cook", "extra": {"a": 1}},))))
    welcome = peer.read_one()

    assert list(call.payload.args) == [
        "edge",
        "ann",
        {
            "authmethod": "ticket",
            "authid": "ann",
            "authextra": {"color": "red"},
            "transport": {"peer": "tcp:10.0.0.7:50412"},
            "ticket": "apple",
        },
    ]
    told = [welcome.details[f"auth{key}"] for key in ("id", "role", "method", "provider", "extra")]
    assert told == ["ann", "cook", "ticket", "dynamic", {"a": 1}]


def test_a_role_alone_is_enough_and_the_authid_may_change() -> None:
    site, guard = guarded()
    for value, authid in (("cook", "ann"), ({"role": "cook", "authid": "ann.1"}, "ann.1")):
        peer = come(site)
        peer.ask(hello("ticket", authid="ann"))
        peer.send(sign_ticket("apple"))
        reply(guard, value)
        assert peer.read_one().details["authid"] == authid


def test_a_refused_ticket_is_like_any_wrong_proof_and_counted() -> None:
    site, guard = guarded()
    for _ in range(3):
        peer = come(site)
        peer.ask(hello("ticket", authid="ann"))
        peer.send(sign_ticket("apple"))
        refuse(guard)
        assert peer.read_one() == WRONG

    assert (
        "too many wrong proofs" in come(site).ask(hello("ticket", authid="ann")).details["message"]
    )


def test_a_session_that_is_checked_waits_and_nobody_else_does() -> None:
    site, guard = guarded()
    peer, other = come(site), come(site)
    peer.send(hello("wampcra", authid="ann"))

    other.ask(hello("ticket", authid="tom"))
    assert isinstance(other.ask(sign_ticket("tomato")), Welcome)
    assert peer.session.state is SessionState.PROVING
    assert peer.read() == []
    reply(guard, {"role": "cook", "secret": "apple"})
    challenge = peer.read_one()

    assert isinstance(peer.ask(WampCraAuthenticator("apple").authenticate(challenge)), Welcome)


def answers(method: str) -> tuple[Any, dict[str, Any]]:
    """Return what proves a user by *method*, and what the procedure has to know of it."""
    if method == "wampcra":
        key = derive_wampcra_key("apple", "00ff00ff", iterations=5, key_length=32)
        return WampCraAuthenticator("apple"), {"secret": key, "salt": "00ff00ff", "iterations": 5}
    if method == "cryptosign":
        return CryptosignAuthenticator(SEED), {"pubkey": PUBKEY}
    session = ScramAuthenticator("pencil", bytes, method).begin("ann", NO_EVIDENCE)
    return session, {"secret": SECRET.to_text()}


@pytest.mark.parametrize("method", ["wampcra", "cryptosign", "wamp-scram"])
def test_secrets_of_other_methods_come_from_the_procedure(method: str) -> None:
    site, guard = guarded()
    client, known = answers(method)
    right, wrong = come(site), come(site)

    for peer in (right, wrong):
        peer.send(hello(method, authid="ann", **client.authextra))
        reply(guard, {"role": "cook", "extra": {"a": 1}, **known})
    answer = client.authenticate(right.read_one())
    welcome = right.ask(answer)

    assert isinstance(welcome, Welcome)
    assert welcome.details["authrole"] == "cook"
    assert welcome.details["authextra"]["a"] == 1
    client.check_welcome(welcome.details)
    assert isinstance(wrong.read_one(), Challenge)
    assert wrong.ask(Authenticate("wrong", {})) == WRONG


@pytest.mark.parametrize("method", ["wampcra", "cryptosign", "wamp-scram", "scram"])
def test_a_user_the_procedure_does_not_know_is_asked_all_the_same(method: str) -> None:
    """Specification, "SCRAM": a mock CHALLENGE keeps secret which users there are."""
    site, guard = guarded()
    peer = come(site)
    peer.send(hello(method, authid="eve", nonce="abcd", pubkey=PUBKEY))

    refuse(guard)
    challenge = peer.read_one()

    assert isinstance(challenge, Challenge)
    assert challenge.method == method
    assert peer.ask(Authenticate("wrong", {})) == WRONG


def test_once_one_user_is_known_the_unknown_are_asked_like_it() -> None:
    site, guard = guarded()
    for number in range(2):
        peer = come(site)
        peer.send(hello("wampcra", authid=f"ann{number}"))
        reply(guard, {"role": "cook", "secret": "YQ==", "salt": "00ff", "iterations": 7 + number})
    peer = come(site)
    peer.send(hello("wampcra", authid="eve"))
    refuse(guard)

    assert peer.read_one().extra["iterations"] == 7


def test_users_of_the_device_file_come_first_and_the_node_itself_never_comes() -> None:
    site, guard = guarded()

    assert come(site).ask(hello("ticket", authid="tom")) == Challenge("ticket", {})
    local = come(site)
    local.ask(hello("ticket", authid="local"))
    assert local.ask(sign_ticket("")) == WRONG
    peer = come(site)
    peer.ask(hello("ticket", authid="ann"))
    peer.send(sign_ticket("apple"))
    reply(guard, {"role": "cook", "authid": "local"})

    assert peer.read_one() == WRONG
    assert guard.read() == []


@pytest.mark.parametrize("method", ["ticket", "wampcra"])
def test_an_authenticator_that_is_not_there_lets_nobody_in(method: str) -> None:
    site = site_of(EDGE)
    peer = come(site)
    message = peer.ask(hello(method, authid="ann"))
    if method == "ticket":
        message = peer.ask(sign_ticket("apple"))

    assert message == Abort({"message": "the authenticator does not answer"}, FAILED)


def test_an_authenticator_that_does_not_answer_in_five_seconds_lets_nobody_in() -> None:
    site, _guard = guarded()
    peer = come(site)
    peer.send(hello("wampcra", authid="ann"))
    site.wait(4.9)
    assert peer.read() == []
    site.wait(0.1)

    assert peer.read_one() == Abort({"message": "the authenticator does not answer"}, FAILED)


@pytest.mark.parametrize("is_lost", [True, False])
def test_an_answer_for_a_session_that_is_gone_is_dropped(is_lost: bool) -> None:
    site, guard = guarded()
    peer = come(site)
    peer.send(hello("wampcra", authid="ann"))
    if is_lost:
        peer.lose()
    else:
        peer.send(Abort({}, "x.y"))

    reply(guard, {"role": "cook", "secret": "apple"})

    assert peer.read() == []


def test_an_answer_that_makes_no_sense_lets_nobody_in() -> None:
    site, guard = guarded()
    peer = come(site)
    peer.send(hello("wampcra", authid="ann"))

    reply(guard, {"role": "cook"})

    text = "the authenticator gave no usable answer"
    assert peer.read_one() == Abort({"message": text}, FAILED)


def test_a_secret_of_the_other_scram_lets_nobody_in() -> None:
    site, guard = guarded()
    peer = come(site)
    peer.send(hello("scram", authid="ann", nonce="abcd"))

    reply(guard, {"role": "cook", "secret": SECRET.to_text()})

    text = "the authenticator names another method"
    assert peer.read_one() == Abort({"message": text}, FAILED)


NOT_AUTHORIZED = "wamp.error.not_authorized"


@pytest.mark.parametrize(
    ("options", "uri"),
    [({}, URI), ({"match": "prefix"}, "site."), ({"match": "wildcard"}, "site..check")],
)
def test_only_who_is_named_may_become_the_authenticator(options: dict[str, Any], uri: str) -> None:
    """Whoever registers it decides who everybody is: no other right includes this one."""
    site = site_of(EDGE)

    assert site.join(authrole="local").refused(Register(1, options, uri)) == NOT_AUTHORIZED
    assert isinstance(site.join(authrole="guard").ask(Register(1, options, uri)), Registered)


def test_the_node_itself_may_be_the_authenticator_and_other_names_are_free() -> None:
    site = site_of(EDGE)

    assert isinstance(site.join(is_trusted=True).ask(Register(1, {}, URI)), Registered)
    assert isinstance(site.join(authrole="local").ask(Register(1, {}, "site.other")), Registered)


HEX_KEYS = {
    "kdf": "pbkdf2",
    "salt": KDF.salt.hex(),
    "iterations": 4096,
    "memory": -1,
    "stored-key": SECRET.keys.stored_key.hex(),
    "server-key": SECRET.keys.server_key.hex(),
}


def test_keys_of_scram_may_come_as_crossbar_has_them() -> None:
    payload = Payload(({"role": "cook", **HEX_KEYS},))
    argon2 = {**HEX_KEYS, "kdf": "argon2id-13", "memory": 512}

    assert user_from(payload, "ann", "wamp-scram").method == "wamp-scram"
    assert user_from(Payload(({"role": "cook", **argon2},)), "ann", "scram").method == "scram"


@pytest.mark.parametrize("key", ["pubkeys", "authorized_keys"])
def test_a_user_may_have_several_keys(key: str) -> None:
    payload = Payload(({"role": "cook", key: [PUBKEY, "00" * 32]},))

    assert user_from(payload, "ann", "cryptosign").method == "cryptosign"


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("ticket", None),
        ("ticket", 5),
        ("ticket", ""),
        ("ticket", {}),
        ("ticket", {"role": 5}),
        ("ticket", {"role": "cook", "authid": 5}),
        ("wampcra", {"role": "cook", "secret": 5}),
        ("wampcra", {"role": "cook", "secret": "no key", "salt": "00"}),
        ("wampcra", {"role": "cook", "secret": "YQ==", "salt": 5}),
        ("wampcra", {"role": "cook", "secret": "YQ==", "salt": "00", "iterations": "5"}),
        ("wamp-scram", {"role": "cook", "secret": "no secret"}),
        ("wamp-scram", {"role": "cook", **HEX_KEYS, "kdf": None}),
        ("wamp-scram", {"role": "cook", **HEX_KEYS, "salt": "x"}),
        ("wamp-scram", {"role": "cook", **HEX_KEYS, "iterations": True}),
        ("wamp-scram", {"role": "cook", **HEX_KEYS, "memory": "5"}),
        ("wamp-scram", {"role": "cook", **HEX_KEYS, "server-key": "00"}),
        ("cryptosign", {"role": "cook"}),
        ("cryptosign", {"role": "cook", "pubkey": "00"}),
        ("cryptosign", {"role": "cook", "pubkeys": "00"}),
        ("cryptosign", {"role": "cook", "pubkeys": [5]}),
    ],
)
def test_what_is_no_user_is_refused(method: str, value: Any) -> None:
    with pytest.raises(ConfigError):
        user_from(Payload((value,)), "ann", method)


def test_no_result_at_all_is_no_user_and_odd_extras_are_dropped() -> None:
    with pytest.raises(ConfigError, match="neither a role nor a dictionary"):
        user_from(Payload(), "ann", "ticket")
    assert user_from(Payload(({"role": "cook", "extra": 5},)), "ann", "ticket").extra == {}


def test_a_salt_of_wampcra_means_1000_rounds_unless_it_says_otherwise() -> None:
    proof: Any = user_from(
        Payload(({"role": "cook", "secret": "YQ==", "salt": "00ff"},)), "ann", "wampcra"
    ).proof

    assert proof.iterations == 1000


def test_without_pynacl_nobody_is_asked_for_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = {model.method for model in default_models()}
    monkeypatch.setattr(ed25519, "is_available", lambda: False)

    assert with_it - {model.method for model in default_models()} == {"cryptosign"}


def test_the_methods_of_the_procedure_are_offered_without_any_static_user() -> None:
    site = site_of(RealmSettings("edge", authenticator=DYNAMIC))
    message: Message = come(site).ask(hello("ticket", authid="ann"))

    assert message == Challenge("ticket", {})
