"""Ed25519: the first test vectors of RFC 8032 section 7.1."""

from __future__ import annotations

import sys

import pytest

from wampedge.errors import ConfigError
from wampedge.wamp import ed25519

VECTORS = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
)


@pytest.mark.parametrize(("seed", "key", "message", "signature"), VECTORS)
def test_signatures_are_those_of_the_rfc(seed: str, key: str, message: str, signature: str) -> None:
    raw = bytes.fromhex(message)

    assert ed25519.public_key(bytes.fromhex(seed)).hex() == key
    assert ed25519.sign(bytes.fromhex(seed), raw).hex() == signature
    assert ed25519.verify(bytes.fromhex(key), raw, bytes.fromhex(signature))


def test_any_other_message_or_key_or_signature_is_refused() -> None:
    key, signature = (bytes.fromhex(text) for text in VECTORS[0][1::2])

    assert not ed25519.verify(key, b"other", signature)
    assert not ed25519.verify(bytes(32), b"", signature)
    assert not ed25519.verify(key, b"", bytes(64))


def test_without_pynacl_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ed25519.is_available()
    monkeypatch.setitem(sys.modules, "nacl.signing", None)

    assert not ed25519.is_available()
    with pytest.raises(ConfigError, match=r"pip install 'wampedge\[cryptosign\]'"):
        ed25519.public_key(bytes(32))
