"""The router's side of authentication: what it keeps of a user's secret, asks for, and accepts.

One class for each method; the client's side of the same methods is ``wampedge.wamp.auth``. A
*decoy* is a proof that nobody can give and that looks like a real one from outside: it is what a
router asks of users it does not know, so that nobody finds out which users there are.
Secrets never appear in ``repr``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Protocol

from wampedge.errors import ConfigError
from wampedge.wamp.auth import MAX_ITERATIONS, MAX_KEY_LENGTH, sign_wampcra
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = ["Circumstances", "Proof", "SaltedWampCraProof", "TicketProof", "WampCraProof"]

_PROVIDER = "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a challenge is about; no two challenges are about the same.

    Args:
        authid: who the peer says it is.
        authrole: the role it will have.
        session_id: the id its session will have.
        nonce: random text.
        time_s: seconds since 1970, UTC.
    """

    authid: str
    authrole: str
    session_id: int
    nonce: str
    time_s: float


class Proof(Protocol):
    """What a router keeps of one user to check who it is."""

    @property
    def method(self) -> str:
        """Name of the method as HELLO and CHALLENGE write it."""
        ...

    def challenge(self, about: Circumstances) -> Challenge:
        """Make the CHALLENGE to send."""
        ...

    def accepts(self, answer: Authenticate, challenge: Challenge) -> bool:
        """Tell whether *answer* proves it; takes as long whatever is wrong with it.

        Args:
            answer: what the peer sent.
            challenge: what it was asked, made by this very proof.
        """
        ...

    def decoy(self, noise: bytes) -> Proof:
        """Return a proof like this one that nobody can give.

        Args:
            noise: 64 bytes nobody can guess; the same noise gives the same decoy.
        """
        ...


@dataclass(frozen=True, slots=True)
class TicketProof:
    """The peer sends the ticket itself.

    Args:
        ticket: the shared secret.
    """

    method: ClassVar[str] = "ticket"
    ticket: str = field(repr=False)

    def challenge(self, about: Circumstances) -> Challenge:
        """Ask for the ticket."""
        return Challenge(self.method, {})

    def accepts(self, answer: Authenticate, challenge: Challenge) -> bool:
        """Tell whether the answer is the ticket."""
        return _is_same(answer.signature, self.ticket)

    def decoy(self, noise: bytes) -> TicketProof:
        """Return a ticket nobody has."""
        return TicketProof(noise.hex())


@dataclass(frozen=True, slots=True)
class WampCraProof:
    """The peer signs the challenge with the secret.

    Args:
        secret: the shared secret.
    """

    method: ClassVar[str] = "wampcra"
    secret: str = field(repr=False)

    def challenge(self, about: Circumstances) -> Challenge:
        """Ask for a signature of what the session will be."""
        return Challenge(self.method, {"challenge": _challenge_text(about)})

    def accepts(self, answer: Authenticate, challenge: Challenge) -> bool:
        """Tell whether the answer is the signature of the challenge we sent."""
        return _is_same(answer.signature, sign_wampcra(self.secret, challenge.extra["challenge"]))

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

    def challenge(self, about: Circumstances) -> Challenge:
        """Ask for a signature, and tell how to derive the key."""
        extra = {
            "challenge": _challenge_text(about),
            "salt": self.salt,
            "keylen": _key_length(self.key),
            "iterations": self.iterations,
        }
        return Challenge(self.method, extra)

    def accepts(self, answer: Authenticate, challenge: Challenge) -> bool:
        """Tell whether the answer is the signature of the challenge we sent."""
        return _is_same(answer.signature, sign_wampcra(self.key, challenge.extra["challenge"]))

    def decoy(self, noise: bytes) -> SaltedWampCraProof:
        """Return a key nobody has, with a salt of its own."""
        length = _key_length(self.key)
        key = base64.b64encode(noise[:length]).decode("ascii")
        salt = hashlib.shake_256(b"salt" + noise).hexdigest((len(self.salt) + 1) // 2)
        return SaltedWampCraProof(key, salt[: len(self.salt)], self.iterations)


def _challenge_text(about: Circumstances) -> str:
    """Return the text to sign, with all the specification wants in it."""
    moment = datetime.fromtimestamp(about.time_s, UTC).isoformat(timespec="milliseconds")
    return json.dumps(
        {
            "authid": about.authid,
            "authrole": about.authrole,
            "authmethod": "wampcra",
            "authprovider": _PROVIDER,
            "session": about.session_id,
            "nonce": about.nonce,
            "timestamp": moment.replace("+00:00", "Z"),
        }
    )


def _is_same(given: str, wanted: str) -> bool:
    """Compare in a time that tells nothing, not even how long *wanted* is."""
    one, other = (hashlib.sha256(text.encode(errors="surrogatepass")) for text in (given, wanted))
    return hmac.compare_digest(one.digest(), other.digest())


def _key_length(key: str) -> int:
    """Return how many bytes *key* has before base64; 0 when it is not in base64."""
    try:
        return len(base64.b64decode(key, validate=True))
    except ValueError:
        return 0
