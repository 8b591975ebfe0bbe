"""Ed25519 signatures (RFC 8032), by PyNaCl, which is loaded when the first one is wanted."""

from __future__ import annotations

import importlib
from typing import Any, Final

from wampedge.errors import ConfigError

__all__ = [
    "KEY_BYTES",
    "SIGNATURE_BYTES",
    "is_available",
    "public_key",
    "require",
    "sign",
    "verify",
]

KEY_BYTES: Final = 32
"""Length of a seed, of a public key, and of what cryptosign signs."""
SIGNATURE_BYTES: Final = 64


def is_available() -> bool:
    """Tell whether PyNaCl is installed."""
    try:
        require()
    except ConfigError:
        return False
    return True


def require() -> None:
    """See that signatures can be made and checked.

    Raises:
        ConfigError: PyNaCl is not installed.
    """
    _signing()


def public_key(seed: bytes) -> bytes:
    """Return the public key of *seed*, both 32 bytes; raises ConfigError without PyNaCl."""
    return bytes(_signing().SigningKey(seed).verify_key)


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the 64 bytes that sign *message*; raises ConfigError without PyNaCl."""
    return bytes(_signing().SigningKey(seed).sign(message).signature)


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether *signature* was made of *message* with the seed of the public *key*.

    Args:
        key: 32 bytes.
        message: what should have been signed.
        signature: 64 bytes.

    Raises:
        ConfigError: PyNaCl is not installed.
    """
    signing = _signing()
    try:
        signing.VerifyKey(key).verify(message, signature)
    except signing.exc.CryptoError:
        return False
    return True


def _signing() -> Any:
    try:
        return importlib.import_module("nacl.signing")
    except ImportError as error:
        raise ConfigError(
            "cryptosign needs PyNaCl, which is not installed (pip install 'wampedge[cryptosign]')"
        ) from error
