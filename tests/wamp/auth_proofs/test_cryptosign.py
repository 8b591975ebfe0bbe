"""The router's side of cryptosign, with the vectors the specification prints where they are."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.support.vectors import cryptosign_vectors
from wampedge.errors import AbortError, ConfigError
from wampedge.wamp import ed25519
from wampedge.wamp.auth import CryptosignAuthenticator
from wampedge.wamp.auth.cryptosign import sign_cryptosign
from wampedge.wamp.auth_proofs import Circumstances, CryptosignProof
from wampedge.wamp.auth_proofs.cryptosign import announced_key
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Authenticate

SEED = bytes(range(32))
KEY = ed25519.public_key(SEED)
PROOF = CryptosignProof(frozenset({KEY}))
BOUND = Evidence(bindings={"tls-unique": b"finished"})


def about(
    *, nonce: str = "00", evidence: Evidence = NO_EVIDENCE, **authextra: Any
) -> Circumstances:
    return Circumstances(
        authid="joe",
        authrole="guest",
        session_id=7,
        nonce=nonce,
        time_s=0.0,
        authextra={"pubkey": KEY.hex(), **authextra},
        evidence=evidence,
    )


def test_the_owner_of_a_key_is_let_in() -> None:
    """Specification, "Cryptosign", Client Authentication."""
    question = PROOF.ask(about())

    told = CryptosignAuthenticator(SEED).authenticate(question.challenge)

    assert question.challenge.method == "cryptosign"
    assert question.challenge.extra.keys() == {"challenge", "channel_binding"}
    assert len(question.challenge.extra["challenge"]) == 64
    assert question.challenge.extra["channel_binding"] is None
    assert question.judge(told) == {}


def test_signatures_of_the_specification_are_of_the_texts_they_carry() -> None:
    """Specification, "Cryptosign", Test Vectors: what we check is what they sign."""
    for vector in cryptosign_vectors():
        signed = bytes.fromhex(vector["signature"])
        key = ed25519.public_key(bytes.fromhex(vector["private_key"]))
        channel = bytes.fromhex(vector["channel_id"] or "00" * 32)
        challenge = bytes.fromhex(vector["challenge"])

        assert signed[64:] == bytes(a ^ b for a, b in zip(challenge, channel, strict=True))
        assert ed25519.verify(key, signed[64:], signed[:64])


def test_a_signature_of_another_challenge_is_refused() -> None:
    """PEERS: a router took a signature over any challenge, so that old ones could be replayed."""
    old = PROOF.ask(about(nonce="01"))
    told = CryptosignAuthenticator(SEED).authenticate(old.challenge)

    assert old.judge(told) == {}
    assert PROOF.ask(about(nonce="02")).judge(told) is None


def test_an_old_signature_under_our_challenge_is_refused() -> None:
    question = PROOF.ask(about(nonce="02"))
    old = CryptosignAuthenticator(SEED).authenticate(PROOF.ask(about(nonce="01")).challenge)

    forged = Authenticate(old.signature[:128] + question.challenge.extra["challenge"], {})

    assert question.judge(forged) is None


@pytest.mark.parametrize("signature", ["", "x" * 192, "00" * 96, "00" * 95])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert PROOF.ask(about()).judge(Authenticate(signature, {})) is None


def test_a_right_signature_without_its_text_or_with_another_is_refused() -> None:
    """Specification: the client MUST return the signed message as well."""
    question = PROOF.ask(about())
    told = CryptosignAuthenticator(SEED).authenticate(question.challenge).signature

    assert question.judge(Authenticate(told[:128], {})) is None
    assert question.judge(Authenticate(told[:128] + "00" * 32, {})) is None


def test_a_key_of_somebody_else_is_refused() -> None:
    other = bytes(32)
    question = PROOF.ask(about(pubkey=ed25519.public_key(other).hex()))

    told = CryptosignAuthenticator(other).authenticate(question.challenge)

    assert question.judge(told) is None


def test_a_user_may_have_several_keys() -> None:
    other = ed25519.public_key(bytes(32))
    question = CryptosignProof(frozenset({KEY, other})).ask(about())

    assert question.judge(CryptosignAuthenticator(SEED).authenticate(question.challenge)) == {}


@pytest.mark.parametrize("pubkey", [None, 5, "", "00", "x" * 64])
def test_hello_has_to_announce_a_key(pubkey: object) -> None:
    with pytest.raises(AbortError, match="needs pubkey"):
        PROOF.ask(about(pubkey=pubkey))
    assert announced_key({"pubkey": pubkey}) is None


def test_a_signature_can_be_bound_to_the_connection() -> None:
    """Specification, "Cryptosign", TLS Channel Binding."""
    question = PROOF.ask(about(evidence=BOUND, channel_binding="tls-unique"))
    key = CryptosignAuthenticator(SEED, "tls-unique")
    elsewhere = Evidence(bindings={"tls-unique": b"of another connection"})
    unbound = sign_cryptosign(SEED, bytes.fromhex(question.challenge.extra["challenge"]))

    assert question.challenge.extra["channel_binding"] == "tls-unique"
    told = key.begin("joe", BOUND).authenticate(question.challenge)
    assert question.judge(told) == {}
    told = key.begin("joe", elsewhere).authenticate(question.challenge)
    assert question.judge(told) is None
    assert question.judge(Authenticate(unbound, {})) is None


@pytest.mark.parametrize(
    ("binding", "evidence"),
    [("tls-unique", NO_EVIDENCE), ("tls-exporter", BOUND), (5, BOUND), ([], BOUND)],
)
def test_a_binding_that_cannot_be_had_is_refused(binding: object, evidence: Evidence) -> None:
    with pytest.raises(AbortError, match="no such channel binding"):
        PROOF.ask(about(evidence=evidence, channel_binding=binding))


def test_a_decoy_is_asked_alike_and_takes_no_signature() -> None:
    decoy = PROOF.decoy(bytes(64)).ask(about())

    assert decoy.challenge == PROOF.ask(about()).challenge
    assert decoy.judge(CryptosignAuthenticator(SEED).authenticate(decoy.challenge)) is None


def test_keys_have_32_bytes_and_need_pynacl(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="64 hex digits"):
        CryptosignProof(frozenset({bytes(31)}))

    monkeypatch.setitem(sys.modules, "nacl.signing", None)
    with pytest.raises(ConfigError, match="needs PyNaCl"):
        CryptosignProof(frozenset())
