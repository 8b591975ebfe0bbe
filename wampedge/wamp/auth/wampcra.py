"""The client's side of WAMP-CRA: a keyed hash of the challenge, plain or with a salted key.

Secrets never appear in ``repr`` and are never logged.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.wamp.auth.contract import Authenticator
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = [
    "MAX_CHALLENGE_LENGTH",
    "MAX_ITERATIONS",
    "MAX_KEY_LENGTH",
    "WampCraAuthenticator",
    "derive_wampcra_key",
    "sign_wampcra",
]

MAX_CHALLENGE_LENGTH = 16_384
"""Characters of a wampcra challenge; those of known routers have about 300."""
MAX_ITERATIONS = 100_000
"""Rounds of PBKDF2 a router may ask for: about half a second on a Pi Zero. Without a limit a
hostile router could stop the event loop for hours with one number."""
MAX_KEY_LENGTH = 64
"""Bytes of a derived key; the specification's default is 32."""


@dataclass(frozen=True, slots=True)
class WampCraAuthenticator(Authenticator):
    """Proves knowledge of a secret with HMAC-SHA256 of the challenge.

    Args:
        secret: the shared secret, as text (before salting).
    """

    method: ClassVar[str] = "wampcra"
    secret: str = field(repr=False)

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Sign the challenge, with the salted key when the router sent a salt."""
        extra = challenge.extra
        text = extra.get("challenge")
        if not isinstance(text, str) or len(text) > MAX_CHALLENGE_LENGTH:
            raise RemoteProtocolError(
                f"wampcra challenge must be a text of at most {MAX_CHALLENGE_LENGTH} characters"
            )
        salt = extra.get("salt")
        if salt is None:
            return Authenticate(sign_wampcra(self.secret, text), {})
        if not isinstance(salt, str):
            raise RemoteProtocolError("salt of a wampcra challenge must be a text")
        key = derive_wampcra_key(
            self.secret,
            salt,
            iterations=_bounded(extra, "iterations", 1000, MAX_ITERATIONS),
            key_length=_bounded(extra, "keylen", 32, MAX_KEY_LENGTH),
        )
        return Authenticate(sign_wampcra(key, text), {})


def sign_wampcra(key: str, challenge: str) -> str:
    """Return the wampcra signature of *challenge*.

    Args:
        key: the secret, or what ``derive_wampcra_key`` made of it when the router sent a salt.
        challenge: the text to sign, exactly as the router sent it.

    Returns:
        HMAC-SHA256 in base64, 44 characters.
    """
    digest = hmac.digest(key.encode(), challenge.encode(), hashlib.sha256)
    return base64.b64encode(digest).decode("ascii")


def derive_wampcra_key(secret: str, salt: str, *, iterations: int, key_length: int) -> str:
    """Return the salted key of *secret*: PBKDF2 with HMAC-SHA256, in base64.

    Blocks for about 5 µs per iteration on a Pi Zero.

    Args:
        secret: the shared secret.
        salt: the router's salt for this user, used as UTF-8 text.
        iterations: rounds, 1 to 100,000.
        key_length: bytes of the key before base64, 1 to 64.

    Raises:
        LocalProtocolError: a number is out of its range.
    """
    if not (1 <= iterations <= MAX_ITERATIONS and 1 <= key_length <= MAX_KEY_LENGTH):
        raise LocalProtocolError(
            f"iterations must be 1..{MAX_ITERATIONS} and key_length 1..{MAX_KEY_LENGTH}, "
            f"got {iterations} and {key_length}"
        )
    key = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt.encode(), iterations, key_length)
    return base64.b64encode(key).decode("ascii")


def _bounded(extra: Mapping[str, Any], key: str, default: int, maximum: int) -> int:
    """Return the number *key* of a challenge, or raise when it is not 1 to *maximum*."""
    value = extra.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= maximum:
        raise RemoteProtocolError(f"{key} of a wampcra challenge must be 1..{maximum}")
    return value
