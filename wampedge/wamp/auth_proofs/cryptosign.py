"""The router's side of cryptosign: Ed25519 signatures of our own challenge, and of no other.

Specification, "Cryptosign-based Authentication". Router authentication and certificates of
trust roots, which it has as options, are not here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from wampedge.errors import AbortError, ConfigError
from wampedge.wamp import ed25519
from wampedge.wamp.auth.cryptosign import bound_message, channel_id
from wampedge.wamp.auth_proofs.contract import NOTHING_MORE, Circumstances, Question
from wampedge.wamp.evidence import TLS_UNIQUE
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["CryptosignProof", "announced_key"]

_REFUSED: Final = "wamp.error.authentication_failed"


@dataclass(frozen=True, slots=True)
class CryptosignProof:
    """The peer signs the challenge with the private key of one of the user's public keys.

    Args:
        public_keys: 32 bytes each.

    Raises:
        ConfigError: a key of another length, or PyNaCl is not installed.
    """

    method: ClassVar[str] = "cryptosign"
    public_keys: frozenset[bytes]

    def __post_init__(self) -> None:
        if any(len(key) != ed25519.KEY_BYTES for key in self.public_keys):
            raise ConfigError(f"a public key of cryptosign has {2 * ed25519.KEY_BYTES} hex digits")
        ed25519.require()

    def ask(self, about: Circumstances) -> Question:
        """Ask for a signature; raises AbortError without public key or the wanted binding."""
        key = announced_key(about.authextra)
        if key is None:
            raise AbortError(_REFUSED, "authextra of cryptosign needs pubkey, as 64 hex digits")
        binding = about.authextra.get("channel_binding")
        bound = about.evidence.bindings.get(binding) if binding == TLS_UNIQUE else None
        if binding is not None and not bound:
            raise AbortError(_REFUSED, "this connection has no such channel binding")
        random_bytes = hashlib.sha256(about.nonce.encode()).digest()
        wanted = bound_message(random_bytes, channel_id(bound) if bound else None)
        extra = {"challenge": random_bytes.hex(), "channel_binding": binding}
        challenge = Challenge(self.method, extra)
        return Question(challenge, lambda answer: self._judge(answer, key, wanted))

    def decoy(self, noise: bytes) -> CryptosignProof:
        """Return a proof for no key; a signature is checked all the same, to take as long."""
        return CryptosignProof(frozenset())

    def _judge(self, answer: Authenticate, key: bytes, wanted: bytes) -> Mapping[str, Any] | None:
        """Check a signature of *wanted*: one of another text is somebody's old answer."""
        signature, message = _parts(answer.signature)
        is_signed = ed25519.verify(key, wanted, signature)
        is_ours = hmac.compare_digest(message, wanted)
        is_known = key in self.public_keys
        return NOTHING_MORE if is_signed and is_ours and is_known else None


def announced_key(authextra: Mapping[str, Any]) -> bytes | None:
    """Return the public key a HELLO announces, or None."""
    text = authextra.get("pubkey")
    try:
        key = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        return None
    return key if len(key) == ed25519.KEY_BYTES else None


def _parts(text: str) -> tuple[bytes, bytes]:
    """Return signature and signed message; zeros for what is no such text.

    Some clients send the signature alone; the message is then the one they were asked to sign.
    """
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != ed25519.SIGNATURE_BYTES + ed25519.KEY_BYTES:
        raw = bytes(ed25519.SIGNATURE_BYTES + ed25519.KEY_BYTES)
    return raw[: ed25519.SIGNATURE_BYTES], raw[ed25519.SIGNATURE_BYTES :]
