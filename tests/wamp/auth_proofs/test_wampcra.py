from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from wampedge.errors import ConfigError
from wampedge.wamp.auth import WampCraAuthenticator, derive_wampcra_key, sign_wampcra
from wampedge.wamp.auth_proofs import (
    Circumstances,
    Proof,
    SaltedWampCraProof,
    WampCraProof,
)
from wampedge.wamp.messages import Authenticate

PETER = Circumstances(
    authid="peter",
    authrole="user",
    session_id=3251278072152162,
    nonce="LHRTC9zeOIrt_9U3",
    time_s=1403454985.448,
)
KEY = derive_wampcra_key("hunter2", "a1b2c3d4", iterations=1000, key_length=32)
SALTED = SaltedWampCraProof(KEY, "a1b2c3d4", 1000)
NOISE = bytes(range(64))


def answer(signature: str) -> Authenticate:
    return Authenticate(signature, {})


@pytest.mark.parametrize("proof", [WampCraProof("hunter2"), SALTED])
def test_a_challenge_holds_all_the_specification_wants(proof: Proof) -> None:
    """Specification, "WAMP-CRA": seven keys MUST be there."""
    extra = proof.ask(PETER).challenge.extra

    assert json.loads(extra["challenge"]) == {
        "authid": "peter",
        "authrole": "user",
        "authmethod": "wampcra",
        "authprovider": "static",
        "session": 3251278072152162,
        "nonce": "LHRTC9zeOIrt_9U3",
        "timestamp": "2014-06-22T16:36:25.448Z",
    }


def test_a_salted_challenge_tells_how_to_derive_the_key() -> None:
    extra = SALTED.ask(PETER).challenge.extra

    told = {key: extra[key] for key in ("salt", "keylen", "iterations")}
    assert told == {"salt": "a1b2c3d4", "keylen": 32, "iterations": 1000}


@pytest.mark.parametrize("proof", [WampCraProof("hunter2"), SALTED])
def test_a_client_with_the_password_is_accepted_and_no_other(proof: Proof) -> None:
    question = proof.ask(PETER)
    right, wrong = (
        WampCraAuthenticator(password).authenticate(question.challenge)
        for password in ("hunter2", "hunter3")
    )

    assert question.judge(right) == {}
    assert question.judge(wrong) is None
    assert question.judge(answer("")) is None


def test_a_signature_over_another_challenge_is_refused() -> None:
    """PEERS: a router took a signature over any challenge."""
    proof = WampCraProof("hunter2")

    assert proof.ask(PETER).judge(answer(sign_wampcra("hunter2", "{}"))) is None


@pytest.mark.parametrize("proof", [WampCraProof("hunter2"), SALTED])
def test_a_decoy_looks_like_its_model_and_takes_no_answer_of_it(proof: Proof) -> None:
    decoy = proof.decoy(NOISE)
    extra = decoy.ask(PETER).challenge.extra
    lengths = {key: len(value) for key, value in extra.items() if isinstance(value, str)}
    model = proof.ask(PETER).challenge.extra

    assert decoy.method == proof.method
    assert extra.keys() == model.keys()
    assert lengths == {key: len(value) for key, value in model.items() if isinstance(value, str)}
    assert decoy.ask(PETER).challenge == proof.decoy(NOISE).ask(PETER).challenge
    right = WampCraAuthenticator("hunter2").authenticate(decoy.ask(PETER).challenge)
    assert decoy.ask(PETER).judge(right) is None


def test_a_salted_decoy_has_a_salt_of_its_own() -> None:
    salts = {SALTED.salt, SALTED.decoy(NOISE).salt, SALTED.decoy(NOISE[::-1]).salt}

    assert len(salts) == 3
    assert all(len(salt) == 8 and not set(salt) - set("0123456789abcdef") for salt in salts)


@pytest.mark.parametrize(
    ("key", "iterations"),
    [
        ("hunter2", 1000),
        ("", 1000),
        ("ä", 1000),
        (base64.b64encode(bytes(65)).decode(), 1000),
        (KEY, 0),
        (KEY, 100_001),
    ],
)
def test_a_key_that_no_client_can_derive_is_refused(key: str, iterations: int) -> None:
    with pytest.raises(ConfigError):
        SaltedWampCraProof(key, "a1b2", iterations)


@pytest.mark.parametrize("proof", [WampCraProof("hunter2"), SALTED])
def test_a_secret_is_never_shown(proof: Any) -> None:
    assert "hunter2" not in repr(proof)
    assert KEY not in repr(proof)
