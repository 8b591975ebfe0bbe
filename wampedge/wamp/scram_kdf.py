"""How SCRAM makes a key of a password: PBKDF2 always, Argon2id where argon2-cffi is installed."""

from __future__ import annotations

import base64
import hashlib
import importlib
from dataclasses import dataclass
from typing import Final

from wampedge.errors import ConfigError
from wampedge.wamp.saslprep import saslprep

__all__ = [
    "ARGON2ID",
    "ARGON2ID_TEXT",
    "KDF_NAMES",
    "KEY_BYTES",
    "LEAST_ITERATIONS",
    "PBKDF2",
    "Kdf",
    "require_argon2",
]

PBKDF2: Final = "pbkdf2"
ARGON2ID: Final = "argon2id13"
ARGON2ID_TEXT: Final = "argon2id-13"
"""Argon2id as autobahn and Crossbar have it: what is hashed on is the base64 text of the key."""
KDF_NAMES: Final = (PBKDF2, ARGON2ID, ARGON2ID_TEXT)
KEY_BYTES: Final = 32
LEAST_ITERATIONS: Final = 4096
"""Fewest rounds of PBKDF2 (RFC 7677 section 4)."""
_MOST_ITERATIONS: Final = 100_000
"""Most rounds of PBKDF2: about half a second on a Pi Zero, while the event loop waits."""
_LEAST_WORK_KIB: Final = 4096
_MOST_WORK_KIB: Final = 4 * 1024 * 1024
"""Rounds of Argon2 times its memory: what Crossbar uses (4096 rounds of 512 KiB), doubled."""
_LEAST_MEMORY_KIB: Final = 256
_MOST_MEMORY_KIB: Final = 64 * 1024
_LEAST_SALT_BYTES: Final = 8
_MOST_SALT_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Kdf:
    """A key derivation function with its numbers.

    A hostile router must not get a key that is cheap to guess (specification, "SCRAM", Initial
    Server Authentication Message), nor keep a client busy for long: both are refused here.

    Args:
        name: ``pbkdf2``, ``argon2id13``, or ``argon2id-13``, which is Crossbar's.
        salt: 8 to 64 bytes.
        iterations: rounds.
        memory_kib: memory of Argon2; None for PBKDF2.

    Raises:
        ConfigError: an unknown function, or a number out of its range.
    """

    name: str
    salt: bytes
    iterations: int
    memory_kib: int | None = None

    def __post_init__(self) -> None:
        if self.name not in KDF_NAMES:
            raise ConfigError(f"kdf must be one of {', '.join(KDF_NAMES)}, got {self.name[:40]!r}")
        if not _LEAST_SALT_BYTES <= len(self.salt) <= _MOST_SALT_BYTES:
            wanted = f"{_LEAST_SALT_BYTES}..{_MOST_SALT_BYTES}"
            raise ConfigError(f"salt must have {wanted} bytes, got {len(self.salt)}")
        if self.name == PBKDF2:
            _check("iterations of pbkdf2", self.iterations, LEAST_ITERATIONS, _MOST_ITERATIONS)
            return
        memory_kib = self.memory_kib or 0
        _check("memory of argon2 in KiB", memory_kib, _LEAST_MEMORY_KIB, _MOST_MEMORY_KIB)
        work_kib = self.iterations * memory_kib
        _check("iterations times memory of argon2", work_kib, _LEAST_WORK_KIB, _MOST_WORK_KIB)

    def derive(self, password: str) -> bytes:
        """Return the salted password, which takes a while.

        Raises:
            ConfigError: argon2-cffi is wanted and not installed, or *password* is empty or has
                characters no password may have.
        """
        try:
            secret = saslprep(password).encode()
        except ValueError as error:
            raise ConfigError(f"the password cannot be used: {error}") from error
        if not secret:
            raise ConfigError("the password is empty")
        if self.name == PBKDF2:
            return hashlib.pbkdf2_hmac("sha256", secret, self.salt, self.iterations, KEY_BYTES)
        key = self._argon2id(secret)
        return key if self.name == ARGON2ID else base64.b64encode(key).rstrip(b"=")

    def _argon2id(self, secret: bytes) -> bytes:
        require_argon2()
        argon2 = importlib.import_module("argon2.low_level")
        key: bytes = argon2.hash_secret_raw(
            secret=secret,
            salt=self.salt,
            time_cost=self.iterations,
            memory_cost=self.memory_kib,
            parallelism=1,
            hash_len=KEY_BYTES,
            type=argon2.Type.ID,
            version=0x13,
        )
        return key


def require_argon2() -> None:
    """See that Argon2 is there; raises ConfigError, which tells how to install it."""
    try:
        importlib.import_module("argon2.low_level")
    except ImportError as error:
        raise ConfigError(
            "argon2 needs argon2-cffi, which is not installed (pip install 'wampedge[argon2]')"
        ) from error


def _check(what: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise ConfigError(f"{what} must be {least}..{most}, got {number}")
