"""The client's side of authentication: what answers a router's CHALLENGE.

Three methods: ``anonymous`` (no challenge), ``ticket`` (the secret itself, so only over a wire
nobody listens to) and ``wampcra`` (a keyed hash of the challenge, plain or with a salted key).
Secrets never appear in ``repr`` and are never logged. The router's side lives in the router.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from wampedge.errors import ConfigError, LocalProtocolError, RemoteProtocolError
from wampedge.wamp.messages import Authenticate, Challenge

__all__ = [
    "ANONYMOUS",
    "MAX_CHALLENGE_LENGTH",
    "MAX_ITERATIONS",
    "MAX_KEY_LENGTH",
    "AnonymousAuthenticator",
    "Authenticator",
    "Identity",
    "TicketAuthenticator",
    "WampCraAuthenticator",
    "derive_wampcra_key",
    "identity_from",
    "sign_ticket",
    "sign_wampcra",
]

MAX_CHALLENGE_LENGTH = 16_384
"""Characters of a wampcra challenge; those of known routers have about 300."""
MAX_ITERATIONS = 100_000
"""Rounds of PBKDF2 a router may ask for: about half a second on a Pi Zero. Without a limit a
hostile router could stop the event loop for hours with one number."""
MAX_KEY_LENGTH = 64
"""Bytes of a derived key; the specification's default is 32."""


class Authenticator(Protocol):
    """One way to prove who we are; offered in HELLO, used when the router asks for it."""

    @property
    def method(self) -> str:
        """Name of the method as HELLO and CHALLENGE write it."""
        ...

    @property
    def authextra(self) -> Mapping[str, Any]:
        """What HELLO carries for this method besides its name."""
        ...

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Answer *challenge*; raises RemoteProtocolError when it cannot be answered."""
        ...


@dataclass(frozen=True, slots=True)
class AnonymousAuthenticator:
    """Offers to join without a proof."""

    method: ClassVar[str] = "anonymous"
    authextra: ClassVar[Mapping[str, Any]] = {}

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Refuse: there is nothing to prove."""
        raise RemoteProtocolError(f"CHALLENGE for {challenge.method}, which has no answer")


@dataclass(frozen=True, slots=True)
class TicketAuthenticator:
    """Proves by sending the ticket itself.

    Args:
        ticket: the shared secret, as text.
    """

    method: ClassVar[str] = "ticket"
    authextra: ClassVar[Mapping[str, Any]] = {}
    ticket: str = field(repr=False)

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Answer with the ticket."""
        return sign_ticket(self.ticket)


@dataclass(frozen=True, slots=True)
class WampCraAuthenticator:
    """Proves knowledge of a secret with HMAC-SHA256 of the challenge.

    Args:
        secret: the shared secret, as text (before salting).
    """

    method: ClassVar[str] = "wampcra"
    authextra: ClassVar[Mapping[str, Any]] = {}
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


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a session says it is, and how it can prove it.

    Args:
        authid: the name, left out of HELLO when None.
        authenticators: ways to prove it, the most wanted first; none means anonymous.
    """

    authid: str | None = None
    authenticators: tuple[Authenticator, ...] = ()


ANONYMOUS = Identity()


def identity_from(authid: str | None, *, ticket: str | None, secret: str | None) -> Identity:
    """Return the identity that a name with a *ticket* (ticket) or *secret* (wampcra) gives.

    With both, both are offered and the router chooses.

    Raises:
        ConfigError: a proof without a name, or an empty one.
    """
    if ticket is None and secret is None:
        return Identity(authid)
    if not authid:
        raise ConfigError("a ticket or secret needs an authid (who it belongs to)")
    if ticket == "" or secret == "":
        raise ConfigError(f"the ticket or secret of {authid!r} is empty")
    proofs: list[Authenticator] = []
    if secret is not None:
        proofs.append(WampCraAuthenticator(secret))
    if ticket is not None:
        proofs.append(TicketAuthenticator(ticket))
    return Identity(authid, tuple(proofs))


def sign_ticket(ticket: str) -> Authenticate:
    """Return the AUTHENTICATE that carries *ticket*."""
    return Authenticate(ticket, {})


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
