"""The client's side of WAMP-SCRAM; the vector is that of RFC 7677 section 3."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from wampedge.errors import ConfigError, RemoteProtocolError
from wampedge.wamp.auth import Authenticator, ScramAuthenticator
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Authenticate, Challenge
from wampedge.wamp.scram_kdf import Kdf

# 15 bytes whose base64 is the nonce of the RFC.
NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
VERIFIER = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
CHALLENGE: dict[str, Any] = {
    "nonce": NONCE + SERVER_NONCE,
    "salt": "W22ZaJ0SNY7soEsUEjb6gQ==",
    "kdf": "pbkdf2",
    "iterations": 4096,
    "memory": None,
}


def rfc_bytes(_count: int) -> bytes:
    return base64.b64decode(NONCE)


def begun(
    password: str = "pencil",
    *,
    method: str = "wamp-scram",
    random_bytes: Callable[[int], bytes] = rfc_bytes,
) -> Authenticator:
    return ScramAuthenticator(password, random_bytes, method).begin("user", NO_EVIDENCE)


def answer(session: Authenticator, **changes: Any) -> Authenticate:
    return session.authenticate(Challenge("wamp-scram", {**CHALLENGE, **changes}))


def test_the_proof_is_that_of_the_rfc() -> None:
    session = begun()

    assert session.method == "wamp-scram"
    assert session.authextra == {"nonce": NONCE}
    assert answer(session) == Authenticate(
        PROOF, {"nonce": NONCE + SERVER_NONCE, "channel_binding": None, "cbind_data": None}
    )


@pytest.mark.parametrize("verifier", [VERIFIER, f"v={VERIFIER}"])
def test_a_router_that_knows_the_password_is_trusted(verifier: str) -> None:
    """Specification, "SCRAM", Final Server Authentication Message: text and example differ."""
    session = begun()
    answer(session)

    session.check_welcome({"authextra": {"verifier": verifier}})


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"authextra": None},
        {"authextra": {}},
        {"authextra": {"verifier": 5}},
        {"authextra": {"verifier": PROOF}},
        {"authextra": {"verifier": "\ud800"}},
        {"authextra": {"scram_server_signature": VERIFIER}},
    ],
)
def test_a_router_that_does_not_is_left(details: dict[str, Any]) -> None:
    session = begun()
    answer(session)

    with pytest.raises(RemoteProtocolError, match="did not prove") as caught:
        session.check_welcome(details)
    assert caught.value.reason == "wamp.error.authentication_failed"


def test_an_empty_verifier_is_none_even_before_the_challenge() -> None:
    with pytest.raises(RemoteProtocolError):
        begun().check_welcome({"authextra": {"verifier": ""}})


def test_each_session_has_a_nonce_of_18_random_bytes() -> None:
    counts: list[int] = []

    def draw(count: int) -> bytes:
        counts.append(count)
        return bytes([len(counts)]) * count

    scram = ScramAuthenticator("pencil", draw)
    nonces = {scram.begin("user", NO_EVIDENCE).authextra["nonce"] for _ in range(3)}

    assert counts == [18, 18, 18]
    assert len(nonces) == 3
    assert all(len(nonce) == 24 and "=" not in nonce for nonce in nonces)


def test_both_dialects_of_one_session_share_its_nonce() -> None:
    """HELLO has one place for it, and the router chooses the dialect."""
    draws = iter(range(10))
    standard = ScramAuthenticator("pencil", lambda count: bytes([next(draws)]) * count)
    crossbar = standard.for_crossbar()

    nonces = [
        [each.begin("user", NO_EVIDENCE).authextra["nonce"] for each in (standard, crossbar)]
        for _ in range(3)
    ]
    alone = [standard.begin("user", NO_EVIDENCE).authextra["nonce"] for _ in range(2)]

    assert crossbar.method == "scram"
    assert all(one == other for one, other in nonces)
    assert len({pair[0] for pair in nonces} | set(alone)) == 5


def test_the_key_of_a_salt_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Kdf] = []
    derive = Kdf.derive

    def derive_and_count(self: Kdf, password: str) -> bytes:
        made.append(self)
        return derive(self, password)

    monkeypatch.setattr(Kdf, "derive", derive_and_count)
    scram = ScramAuthenticator("pencil", rfc_bytes)
    for _ in range(3):
        answer(scram.begin("user", NO_EVIDENCE))
    for salt in range(5):
        kdf = Kdf("pbkdf2", bytes([salt]) * 8, 4096)
        scram.salted_password(kdf)

    assert len(made) == 6
    assert len(scram._salted_by_kdf) == 2


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"nonce": None}, "must begin with ours"),
        ({"nonce": "x" + NONCE}, "must begin with ours"),
        ({"nonce": NONCE + ","}, "must begin with ours"),
        ({"nonce": NONCE}, "must add to ours"),
        ({"salt": None}, "needs kdf, salt and iterations"),
        ({"kdf": 5}, "needs kdf, salt and iterations"),
        ({"iterations": True}, "needs kdf, salt and iterations"),
        ({"salt": "*"}, "must be in base64"),
        ({"kdf": "scrypt"}, "kdf must be one of"),
        ({"iterations": 100}, "must be 4096"),
        ({"iterations": 10**9}, "must be 4096"),
        ({"kdf": "argon2id13"}, "memory of argon2"),
        ({"kdf": "argon2id13", "memory": 10**9}, "memory of argon2"),
    ],
)
def test_challenges_that_are_weak_or_costly_or_broken_are_refused(
    changes: dict[str, Any], wanted: str
) -> None:
    """Specification, "SCRAM", Initial Server Authentication Message."""
    with pytest.raises(RemoteProtocolError, match=wanted):
        answer(begun(), **changes)


def test_pbkdf2_has_no_memory_whatever_crossbar_fills_in() -> None:
    assert answer(begun(), memory=-1).signature == PROOF


def test_argon2_is_answered_too() -> None:
    changes = {"kdf": "argon2id13", "iterations": 4, "memory": 1024}

    assert answer(begun(), **changes).signature != PROOF


def test_crossbar_is_answered_in_its_own_words() -> None:
    session = begun(method="scram")

    told = answer(session)

    assert session.method == "scram"
    assert told.extra == {}
    assert told.signature != PROOF
    with pytest.raises(RemoteProtocolError, match="did not prove"):
        session.check_welcome({"authextra": {"scram_server_signature": VERIFIER}})


def test_a_session_needs_a_name() -> None:
    with pytest.raises(ConfigError, match="needs an authid"):
        ScramAuthenticator("pencil", rfc_bytes).begin(None, NO_EVIDENCE)


def test_a_proof_can_be_bound_to_the_connection() -> None:
    """Specification, "SCRAM", Channel Binding."""
    scram = ScramAuthenticator("pencil", rfc_bytes, channel_binding="tls-unique")

    session = scram.begin("user", Evidence(bindings={"tls-unique": b"\x01\x02"}))
    told = answer(session)

    assert session.authextra == {"nonce": NONCE, "channel_binding": "tls-unique"}
    assert told.extra["channel_binding"] == "tls-unique"
    assert told.extra["cbind_data"] == "AQI="
    assert told.signature != PROOF


def test_a_binding_the_connection_has_not_is_refused() -> None:
    scram = ScramAuthenticator("pencil", rfc_bytes, channel_binding="tls-unique")

    with pytest.raises(ConfigError, match="has no tls-unique to bind to"):
        scram.begin("user", NO_EVIDENCE)
    with pytest.raises(ConfigError, match="the method scram has no channel binding"):
        ScramAuthenticator("pencil", rfc_bytes, "scram", "tls-unique")


def test_no_challenge_is_answered_before_hello() -> None:
    with pytest.raises(RemoteProtocolError, match="before HELLO"):
        ScramAuthenticator("pencil", rfc_bytes).authenticate(Challenge("wamp-scram", CHALLENGE))


def test_the_router_has_to_prove_itself_and_nothing_secret_shows() -> None:
    scram = ScramAuthenticator("pencil", rfc_bytes)
    scram.salted_password(Kdf("pbkdf2", bytes(8), 4096))

    assert scram.begin("user", NO_EVIDENCE).proves_router
    assert repr(scram) == "ScramAuthenticator(method='wamp-scram', channel_binding=None)"
