"""The router's side of WAMP-SCRAM; the vector is that of RFC 7677 section 3."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from wampedge.errors import AbortError, ConfigError
from wampedge.wamp.auth import Authenticator, ScramAuthenticator
from wampedge.wamp.auth_proofs import Circumstances, ScramProof
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Authenticate
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
KDF = Kdf("pbkdf2", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
PENCIL = ScramProof(ScramSecret.of("pencil", KDF))
CROSSBAR = ScramProof(ScramSecret.of("pencil", Kdf("argon2id-13", b"somesalt", 4, 1024)))
STANDARD = ScramProof(ScramSecret.of("pencil", Kdf("argon2id13", b"somesalt", 4, 1024)))
NOISE = bytes(range(64))
BOUND = Evidence(bindings={"tls-unique": b"finished"})


def about(
    *, evidence: Evidence = NO_EVIDENCE, authid: str = "user", **authextra: Any
) -> Circumstances:
    return Circumstances(
        authid=authid,
        authrole="guest",
        session_id=7,
        nonce=SERVER_NONCE,
        time_s=0.0,
        authextra={"nonce": NONCE, **authextra},
        evidence=evidence,
    )


def client(
    password: str, proof: ScramProof, *, binding: str | None = None, evidence: Evidence = BOUND
) -> Authenticator:
    scram = ScramAuthenticator(
        password, lambda _count: base64.b64decode(NONCE), proof.method, binding
    )
    return scram.begin("user", evidence)


def test_the_exchange_is_that_of_the_rfc() -> None:
    question = PENCIL.ask(about())

    told = question.judge(Authenticate("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", {}))

    assert question.challenge.method == "wamp-scram"
    assert question.challenge.extra == {
        "nonce": NONCE + SERVER_NONCE,
        "salt": "W22ZaJ0SNY7soEsUEjb6gQ==",
        "kdf": "pbkdf2",
        "iterations": 4096,
        "memory": None,
    }
    assert told == {"verifier": "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}


@pytest.mark.parametrize(
    "proof", [PENCIL, STANDARD, CROSSBAR], ids=["pbkdf2", "argon2", "crossbar"]
)
def test_both_sides_prove_that_they_know_the_password(proof: ScramProof) -> None:
    question = proof.ask(about())
    right, wrong = client("pencil", proof), client("pen", proof)

    told = question.judge(right.authenticate(question.challenge))

    assert told is not None
    right.check_welcome({"authextra": told})
    assert question.judge(wrong.authenticate(question.challenge)) is None
    assert question.judge(Authenticate("", {})) is None


def test_crossbar_clients_are_asked_in_their_own_words() -> None:
    """autobahn refuses a challenge with keys that it does not know."""
    challenge = CROSSBAR.ask(about()).challenge

    assert challenge.method == "scram"
    assert challenge.extra == {
        "nonce": NONCE + SERVER_NONCE,
        "salt": "c29tZXNhbHQ=",
        "kdf": "argon2id-13",
        "iterations": 4,
        "memory": 1024,
    }


@pytest.mark.parametrize("nonce", [None, "", 5, "a,b", "x" * 257])
def test_hello_has_to_have_a_nonce(nonce: object) -> None:
    """Specification, "SCRAM", Initial Client Authentication Message."""
    with pytest.raises(AbortError, match="needs a nonce"):
        PENCIL.ask(about(nonce=nonce))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": NONCE},
        {"nonce": None},
        {"channel_binding": "tls-unique"},
        {"cbind_data": "AQI="},
    ],
)
def test_an_answer_about_something_else_is_refused(changes: dict[str, Any]) -> None:
    """Specification, "SCRAM", Final Client Authentication Message: what the server SHALL check."""
    question = PENCIL.ask(about())
    told = client("pencil", PENCIL).authenticate(question.challenge)

    assert question.judge(Authenticate(told.signature, {**told.extra, **changes})) is None


def test_a_proof_can_be_bound_to_the_connection() -> None:
    """Specification, "SCRAM", Channel Binding."""
    question = PENCIL.ask(about(evidence=BOUND, channel_binding="tls-unique"))
    right = client("pencil", PENCIL, binding="tls-unique")
    elsewhere = client(
        "pencil",
        PENCIL,
        binding="tls-unique",
        evidence=Evidence(bindings={"tls-unique": b"of another connection"}),
    )

    told = question.judge(right.authenticate(question.challenge))

    assert told is not None
    right.check_welcome({"authextra": told})
    assert question.judge(elsewhere.authenticate(question.challenge)) is None
    assert question.judge(client("pencil", PENCIL).authenticate(question.challenge)) is None


@pytest.mark.parametrize(
    ("binding", "evidence"),
    [("tls-unique", NO_EVIDENCE), ("tls-server-end-point", BOUND), (5, BOUND), ([], BOUND)],
)
def test_a_binding_that_cannot_be_had_is_refused(binding: object, evidence: Evidence) -> None:
    """Specification, "SCRAM": ABORT for a binding the server does not support."""
    with pytest.raises(AbortError, match="no such channel binding"):
        PENCIL.ask(about(evidence=evidence, channel_binding=binding))


@pytest.mark.parametrize(
    "proof", [PENCIL, STANDARD, CROSSBAR], ids=["pbkdf2", "argon2", "crossbar"]
)
def test_a_decoy_is_asked_like_its_model_with_a_salt_of_its_own(proof: ScramProof) -> None:
    """Specification, "SCRAM": the salt of a mock CHALLENGE is always the same for an authid."""
    decoy = proof.decoy(NOISE)
    question, model = decoy.ask(about()), proof.ask(about()).challenge

    assert question.challenge == proof.decoy(NOISE).ask(about()).challenge
    assert question.challenge.extra != proof.decoy(NOISE[::-1]).ask(about()).challenge.extra
    assert {**question.challenge.extra, "salt": ""} == {**model.extra, "salt": ""}
    assert len(question.challenge.extra["salt"]) == len(model.extra["salt"])
    told = client("pencil", proof).authenticate(question.challenge)
    assert question.judge(told) is None


def test_nothing_secret_shows() -> None:
    text = repr(PENCIL) + repr(PENCIL.ask(about()))

    assert repr(PENCIL.secret.keys.stored_key) not in text
    assert "pencil" not in text


def test_a_weak_secret_is_no_secret() -> None:
    with pytest.raises(ConfigError):
        Kdf("pbkdf2", bytes(16), 1)
