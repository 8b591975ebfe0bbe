"""The client's side of cryptosign, with the vectors the specification prints where they are."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import pytest

from tests.support.vectors import cryptosign_vectors
from wampedge.errors import ConfigError, RemoteProtocolError
from wampedge.wamp.auth import CryptosignAuthenticator
from wampedge.wamp.auth.cryptosign import sign_cryptosign
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Challenge

# RFC 8032 section 7.1, test 1.
SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
CHALLENGE = "ff" * 32


def test_signatures_are_those_of_the_specification() -> None:
    """Specification, "Cryptosign", Test Vectors: six, three of them bound to a channel."""
    vectors = cryptosign_vectors()

    for vector in vectors:
        channel = vector["channel_id"] and bytes.fromhex(vector["channel_id"])
        seed, challenge = (bytes.fromhex(vector[key]) for key in ("private_key", "challenge"))
        assert sign_cryptosign(seed, challenge, channel) == vector["signature"]
    assert len(vectors) == 6


def test_hello_announces_the_public_key() -> None:
    key = CryptosignAuthenticator.from_hex(f"{SEED}\n")

    assert key.method == "cryptosign"
    assert key.authextra == {"pubkey": PUBLIC}
    assert key.begin(None, NO_EVIDENCE) is key


def test_the_answer_is_signature_and_signed_text() -> None:
    """Specification, "Cryptosign", Computing the Signature: 96 bytes in hex."""
    key = CryptosignAuthenticator.from_hex(SEED)

    told = key.authenticate(Challenge("cryptosign", {"challenge": CHALLENGE}))

    assert len(told.signature) == 192
    assert told.signature.endswith(CHALLENGE)
    assert told.extra == {}


def test_a_binding_mixes_the_connection_into_what_is_signed() -> None:
    """Specification, "Cryptosign", TLS Channel Binding."""
    key = CryptosignAuthenticator.from_hex(SEED, channel_binding="tls-unique")
    extra = {"challenge": CHALLENGE, "channel_binding": "tls-unique"}

    session = key.begin("joe", Evidence(bindings={"tls-unique": b"finished"}))
    told = session.authenticate(Challenge("cryptosign", extra))

    channel = hashlib.sha256(b"finished").digest()
    assert session.authextra == {"pubkey": PUBLIC, "channel_binding": "tls-unique"}
    assert told.signature.endswith(bytes(0xFF ^ each for each in channel).hex())


def test_a_binding_the_connection_has_not_is_refused() -> None:
    key = CryptosignAuthenticator.from_hex(SEED, channel_binding="tls-unique")

    with pytest.raises(ConfigError, match="has no tls-unique to bind to"):
        key.begin("joe", NO_EVIDENCE)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"challenge": 5},
        {"challenge": "ff" * 31},
        {"challenge": "ff" * 33},
        {"challenge": "x" * 64},
    ],
)
def test_challenges_that_cannot_be_signed_are_the_routers_fault(extra: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError, match="64 hex digits"):
        CryptosignAuthenticator.from_hex(SEED).authenticate(Challenge("cryptosign", extra))


@pytest.mark.parametrize("wanted", ["tls-unique", None])
def test_a_router_that_changes_the_binding_gets_no_signature(wanted: str | None) -> None:
    """Whoever sits in the middle would have to talk us out of it."""
    other = None if wanted else "tls-unique"
    key = CryptosignAuthenticator.from_hex(SEED, channel_binding=wanted)
    extra = {"challenge": CHALLENGE, "channel_binding": other}

    with pytest.raises(RemoteProtocolError, match="another channel binding"):
        key.authenticate(Challenge("cryptosign", extra))


@pytest.mark.parametrize("seed", ["", "ff", SEED + "00", "x" * 64])
def test_a_key_has_64_hex_digits(seed: str) -> None:
    with pytest.raises(ConfigError, match="64 hex digits"):
        CryptosignAuthenticator.from_hex(seed)


def test_there_is_one_binding() -> None:
    with pytest.raises(ConfigError, match="must be tls-unique, got 'tls-exporter'"):
        CryptosignAuthenticator.from_hex(SEED, channel_binding="tls-exporter")


def test_without_pynacl_there_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nacl.signing", None)

    with pytest.raises(ConfigError, match="needs PyNaCl"):
        CryptosignAuthenticator.from_hex(SEED)


def test_the_private_key_never_shows() -> None:
    assert repr(CryptosignAuthenticator.from_hex(SEED)) == (
        "CryptosignAuthenticator(channel_binding=None)"
    )
