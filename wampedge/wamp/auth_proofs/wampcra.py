"""The router's side of WAMP-CRA, plain and salted."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from wampedge.errors import ConfigError
from wampedge.wamp.auth.wampcra import MAX_ITERATIONS, MAX_KEY_LENGTH, sign_wampcra
from wampedge.wamp.auth_proofs.contract import NOTHING_MORE, Circumstances, Question, is_same
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["SaltedWampCraProof", "WampCraProof"]


@dataclass(frozen=True, slots=True)
class WampCraProof:
    """The peer signs the challenge with the secret.

    Args:
        secret: the shared secret.
    """

    method: ClassVar[str] = "wampcra"
    secret: str = field(repr=False)

    def ask(self, about: Circumstances) -> Question:
        """Ask for a signature of what the session will be."""
        return _question(self.secret, about, {})

    def decoy(self, noise: bytes) -> WampCraProof:
        """Return a secret nobody has."""
        return WampCraProof(noise.hex())


@dataclass(frozen=True, slots=True)
class SaltedWampCraProof:
    """The peer signs the challenge with a key it derives from its password; we have only the key.

    Specification, "WAMP-CRA", Password Salting.

    Args:
        key: the derived key in base64, as ``wampedge.wamp.auth.derive_wampcra_key`` makes it.
        salt: an even number of lower-case hex digits, so that no decoy can be told by its salt.
        iterations: rounds of PBKDF2 that made the key.

    Raises:
        ConfigError: *key* is no such key, or a number is out of its range.
    """

    method: ClassVar[str] = "wampcra"
    key: str = field(repr=False)
    salt: str
    iterations: int

    def __post_init__(self) -> None:
        if not 1 <= _key_length(self.key) <= MAX_KEY_LENGTH:
            raise ConfigError(
                f"a derived key must be 1 to {MAX_KEY_LENGTH} bytes in base64 (make it of the"
                " password with wampedge.wamp.auth.derive_wampcra_key)"
            )
        if not 1 <= self.iterations <= MAX_ITERATIONS:
            raise ConfigError(f"iterations must be 1 to {MAX_ITERATIONS}, got {self.iterations}")

    def ask(self, about: Circumstances) -> Question:
        """Ask for a signature, and tell how to derive the key."""
        how = {"salt": self.salt, "keylen": _key_length(self.key), "iterations": self.iterations}
        return _question(self.key, about, how)

    def decoy(self, noise: bytes) -> SaltedWampCraProof:
        """Return a key nobody has, with a salt of its own."""
        length = _key_length(self.key)
        key = base64.b64encode(noise[:length]).decode("ascii")
        salt = hashlib.shake_256(b"salt" + noise).hexdigest((len(self.salt) + 1) // 2)
        return SaltedWampCraProof(key, salt[: len(self.salt)], self.iterations)


def _question(key: str, about: Circumstances, how: Mapping[str, Any]) -> Question:
    """Ask for a signature with *key*; *how* tells to derive it."""
    text = _challenge_text(about)

    def judge(answer: Authenticate) -> Mapping[str, Any] | None:
        return NOTHING_MORE if is_same(answer.signature, sign_wampcra(key, text)) else None

    return Question(Challenge("wampcra", {"challenge": text, **how}), judge)


def _challenge_text(about: Circumstances) -> str:
    """Return the text to sign, with all the specification wants in it."""
    moment = datetime.fromtimestamp(about.time_s, UTC).isoformat(timespec="milliseconds")
    return json.dumps(
        {
            "authid": about.authid,
            "authrole": about.authrole,
            "authmethod": "wampcra",
            "authprovider": about.provider,
            "session": about.session_id,
            "nonce": about.nonce,
            "timestamp": moment.replace("+00:00", "Z"),
        }
    )


def _key_length(key: str) -> int:
    """Return how many bytes *key* has before base64; 0 when it is not in base64."""
    try:
        return len(base64.b64decode(key, validate=True))
    except ValueError:
        return 0
