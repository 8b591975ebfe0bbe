"""The client's side of cryptosign: a signature with an Ed25519 key that never leaves this side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from wampedge.errors import ConfigError, RemoteProtocolError
from wampedge.wamp import ed25519
from wampedge.wamp.auth.contract import Authenticator
from wampedge.wamp.evidence import TLS_UNIQUE, Evidence
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["CryptosignAuthenticator", "bound_message", "channel_id", "sign_cryptosign"]

_HEX_LENGTH: Final = 2 * ed25519.KEY_BYTES


@dataclass(frozen=True, slots=True)
class CryptosignAuthenticator(Authenticator):
    """Proves possession of a private key by signing the router's challenge.

    Args:
        seed: the private key, 32 bytes.
        channel_binding: ``tls-unique`` to bind the signature to the TLS connection, or None.

    Raises:
        ConfigError: *seed* is not 32 bytes, PyNaCl is not installed, or an unknown binding.
    """

    method: ClassVar[str] = "cryptosign"
    seed: bytes = field(repr=False)
    channel_binding: str | None = None
    _channel_id: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != ed25519.KEY_BYTES:
            raise ConfigError(f"a private key of cryptosign has {_HEX_LENGTH} hex digits")
        if self.channel_binding not in (None, TLS_UNIQUE):
            raise ConfigError(f"channel binding must be {TLS_UNIQUE}, got {self.channel_binding!r}")
        ed25519.require()

    @classmethod
    def from_hex(cls, seed: str, *, channel_binding: str | None = None) -> CryptosignAuthenticator:
        """Make it of a seed in hex, as key files have it; raises ConfigError."""
        try:
            raw = bytes.fromhex(seed.strip())
        except ValueError:
            raw = b""
        return cls(raw, channel_binding)

    @property
    def authextra(self) -> Mapping[str, Any]:
        """The public key, and the channel binding if one is wanted."""
        extra: dict[str, Any] = {"pubkey": ed25519.public_key(self.seed).hex()}
        if self.channel_binding is not None:
            extra["channel_binding"] = self.channel_binding
        return extra

    def begin(self, authid: str | None, evidence: Evidence) -> Authenticator:
        """Look the channel up; raises ConfigError where the wanted binding cannot be had."""
        if self.channel_binding is None:
            return self
        bound = evidence.bindings.get(self.channel_binding)
        if not bound:
            raise ConfigError(f"this connection has no {self.channel_binding} to bind to")
        return CryptosignAuthenticator(self.seed, self.channel_binding, channel_id(bound))

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Sign the challenge, bound to the channel if that was asked for."""
        text = challenge.extra.get("challenge")
        try:
            message = bytes.fromhex(text) if isinstance(text, str) else b""
        except ValueError:
            message = b""
        if len(message) != ed25519.KEY_BYTES:
            raise RemoteProtocolError(
                f"challenge of cryptosign must be a text of {_HEX_LENGTH} hex digits"
            )
        # A router that falls back to no binding may be one in the middle.
        if self.channel_binding != challenge.extra.get("channel_binding"):
            raise RemoteProtocolError("the router wants another channel binding than we asked for")
        return Authenticate(sign_cryptosign(self.seed, message, self._channel_id), {})


def sign_cryptosign(seed: bytes, challenge: bytes, channel: bytes | None = None) -> str:
    """Return signature and signed message in hex, 192 digits.

    Args:
        seed: the private key, 32 bytes.
        challenge: of the router, 32 bytes.
        channel: id of the channel to bind to, 32 bytes, or None.
    """
    message = bound_message(challenge, channel)
    return (ed25519.sign(seed, message) + message).hex()


def bound_message(challenge: bytes, channel: bytes | None) -> bytes:
    """Return what is signed: *challenge*, bytewise XOR the id of the channel if there is one."""
    if channel is None:
        return challenge
    return bytes(a ^ b for a, b in zip(challenge, channel, strict=True))


def channel_id(binding_bytes: bytes) -> bytes:
    """Return the 32 bytes that stand for a channel.

    The data of tls-unique has 12 bytes or more, so it is hashed, as autobahn and Crossbar do it.
    """
    return hashlib.sha256(binding_bytes).digest()
