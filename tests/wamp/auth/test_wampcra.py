"""The client's side of WAMP-CRA.

Expected signatures were computed with OpenSSL's command line, from the challenge text of the
specification's WAMP-CRA section and a secret of our own::

    openssl dgst -sha256 -hmac secret1 -binary challenge | base64
    openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:secret1 -kdfopt salt:salt123 \\
        -kdfopt iter:1000 -binary PBKDF2 | base64
"""

from __future__ import annotations

from typing import Any

import pytest

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.auth import WampCraAuthenticator, derive_wampcra_key, sign_wampcra
from wampedge.wamp.messages import Authenticate, Challenge

CHALLENGE = (
    '{"nonce":"LHRTC9zeOIrt_9U3","authprovider":"userdb","authid":"peter",'
    '"timestamp":"2014-06-22T16:36:25.448Z","authrole":"user","authmethod":"wampcra",'
    '"session":3251278072152162}'
)
SALTED = {"challenge": CHALLENGE, "salt": "salt123"}


def test_plain_wampcra_signs_with_the_secret_itself() -> None:
    challenge = Challenge("wampcra", {"challenge": CHALLENGE})

    answer = WampCraAuthenticator("secret1").authenticate(challenge)

    assert answer == Authenticate("c6m/fH02rQoIaZctMoGK98fg0aotLGXc+c8nyfsdm9w=", {})


def test_salted_wampcra_signs_with_the_derived_key() -> None:
    extra = {**SALTED, "iterations": 1000, "keylen": 32}

    answer = WampCraAuthenticator("secret1").authenticate(Challenge("wampcra", extra))

    assert answer == Authenticate("YoYZFnhrMslRtzwL61peniVgag0dAbPOp0bvmputxQg=", {})


def test_salt_alone_means_1000_rounds_and_32_bytes() -> None:
    answer = WampCraAuthenticator("secret1").authenticate(Challenge("wampcra", SALTED))

    assert answer.signature == "YoYZFnhrMslRtzwL61peniVgag0dAbPOp0bvmputxQg="


def test_rounds_and_key_length_of_the_challenge_count() -> None:
    extra = {**SALTED, "iterations": 10, "keylen": 16}

    answer = WampCraAuthenticator("secret1").authenticate(Challenge("wampcra", extra))

    assert answer.signature == "hguq4em6uc0BpagjmBgDr4zgtkB9SDQu8GKjWzQMTfU="


def test_derived_keys_are_the_base64_of_pbkdf2() -> None:
    key = derive_wampcra_key("secret1", "salt123", iterations=1000, key_length=32)

    assert key == "64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc="
    assert sign_wampcra(key, CHALLENGE) == "YoYZFnhrMslRtzwL61peniVgag0dAbPOp0bvmputxQg="


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"challenge": 5},
        {"challenge": "x" * 16_385},
        {"challenge": "x", "salt": 5},
        {"challenge": "x", "salt": "s", "iterations": 0},
        {"challenge": "x", "salt": "s", "iterations": 100_001},
        {"challenge": "x", "salt": "s", "iterations": 2**62},
        {"challenge": "x", "salt": "s", "iterations": True},
        {"challenge": "x", "salt": "s", "iterations": "1000"},
        {"challenge": "x", "salt": "s", "keylen": 0},
        {"challenge": "x", "salt": "s", "keylen": 65},
    ],
    ids=repr,
)
def test_challenges_that_cannot_be_answered_are_the_routers_fault(extra: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError, match="wampcra challenge"):
        WampCraAuthenticator("secret1").authenticate(Challenge("wampcra", extra))


@pytest.mark.parametrize(("iterations", "key_length"), [(0, 32), (100_001, 32), (1, 0), (1, 65)])
def test_numbers_of_our_own_are_checked_too(iterations: int, key_length: int) -> None:
    with pytest.raises(LocalProtocolError, match=f"{iterations} and {key_length}"):
        derive_wampcra_key("secret1", "salt", iterations=iterations, key_length=key_length)


def test_a_secret_does_not_show() -> None:
    assert "hush" not in repr(WampCraAuthenticator("hush"))
