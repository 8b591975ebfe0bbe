"""The client's side of WAMP-SCRAM: both sides prove that they know the password, or its trace.

Deriving the key from the password takes a while, and the event loop waits for it; it is done once
for each salt, not for each session.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from wampedge.errors import ConfigError, RemoteProtocolError
from wampedge.wamp.auth.contract import Authenticator
from wampedge.wamp.evidence import Evidence
from wampedge.wamp.messages import Authenticate, Challenge
from wampedge.wamp.scram import (
    CROSSBAR_SCRAM,
    WAMP_SCRAM,
    ScramExchange,
    ScramKeys,
    is_nonce,
    scram_dialect,
)
from wampedge.wamp.scram_kdf import PBKDF2, Kdf

__all__ = ["ScramAuthenticator"]

_NONCE_BYTES: Final = 18
"""A multiple of three: Crossbar joins nonces before base64, and ours must stay the beginning."""
_MAX_SALTS: Final = 4


class _Nonces:
    """The nonces of authenticators that are offered together, which HELLO has one place for.

    Args:
        random_bytes: gives that many bytes nobody can guess.
    """

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._random_bytes = random_bytes
        self._takers: set[str] = set()
        self._nonce = ""

    def take(self, method: str) -> str:
        """Return a new nonce, or the one another method has taken for the same session."""
        if not self._takers or method in self._takers:
            self._nonce = base64.b64encode(self._random_bytes(_NONCE_BYTES)).decode("ascii")
            self._takers.clear()
        self._takers.add(method)
        return self._nonce


@dataclass(frozen=True, slots=True)
class ScramAuthenticator(Authenticator):
    """Proves knowledge of a password without telling it, and checks that the router knows it too.

    Args:
        password: as the user types it.
        random_bytes: gives that many bytes nobody can guess.
        method: ``wamp-scram``, or ``scram`` for Crossbar.
        channel_binding: ``tls-unique`` to bind the proof to the TLS connection, or None.

    Raises:
        ConfigError: another method, or a channel binding that the method has not.
    """

    password: str = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(repr=False)
    method: str = WAMP_SCRAM.method
    channel_binding: str | None = None
    _salted_by_kdf: dict[Kdf, bytes] = field(default_factory=dict, repr=False, compare=False)
    _nonces: _Nonces | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._nonces is None:
            object.__setattr__(self, "_nonces", _Nonces(self.random_bytes))
        if self.channel_binding is not None and not scram_dialect(self.method).is_standard:
            raise ConfigError(f"the method {self.method} has no channel binding")

    def for_crossbar(self) -> ScramAuthenticator:
        """Return the same proof as Crossbar has it, to be offered before this one.

        Before, because Crossbar turns clients away when it comes to a method it does not know.
        """
        return ScramAuthenticator(
            self.password, self.random_bytes, CROSSBAR_SCRAM.method, _nonces=self._nonces
        )

    def begin(self, authid: str | None, evidence: Evidence) -> Authenticator:
        """Draw a nonce; raises ConfigError without a name or the wanted channel binding."""
        if not authid:
            raise ConfigError("a password needs an authid (who it belongs to)")
        binding_bytes = b""
        if self.channel_binding is not None:
            binding_bytes = evidence.bindings.get(self.channel_binding, b"")
            if not binding_bytes:
                raise ConfigError(f"this connection has no {self.channel_binding} to bind to")
        assert self._nonces is not None, "made with the object"
        return _ScramSession(self, authid, self._nonces.take(self.method), binding_bytes)

    def authenticate(self, challenge: Challenge) -> Authenticate:
        """Refuse: each session has an exchange of its own."""
        raise RemoteProtocolError(f"CHALLENGE for {challenge.method} before HELLO")

    def salted_password(self, kdf: Kdf) -> bytes:
        """Return the key that *kdf* makes of the password; remembered for the next session."""
        salted = self._salted_by_kdf.get(kdf)
        if salted is None:
            salted = kdf.derive(self.password)
            if len(self._salted_by_kdf) >= _MAX_SALTS:
                self._salted_by_kdf.clear()
            self._salted_by_kdf[kdf] = salted
        return salted


class _ScramSession(Authenticator):
    """One exchange: HELLO, CHALLENGE, AUTHENTICATE, WELCOME, in this order."""

    def __init__(
        self, scram: ScramAuthenticator, authid: str, client_nonce: str, binding_bytes: bytes
    ) -> None:
        self._scram = scram
        self._dialect = scram_dialect(scram.method)
        self._authid = authid
        self._client_nonce = client_nonce
        self._binding_bytes = binding_bytes
        self._wanted_signature = ""

    @property
    def method(self) -> str:
        return self._scram.method

    @property
    def proves_router(self) -> bool:
        return True

    @property
    def authextra(self) -> Mapping[str, Any]:
        extra = {"nonce": self._client_nonce}
        if self._scram.channel_binding is not None:
            extra["channel_binding"] = self._scram.channel_binding
        return extra

    def authenticate(self, challenge: Challenge) -> Authenticate:
        kdf, salt = _kdf_in(challenge.extra)
        nonce = challenge.extra.get("nonce")
        if not is_nonce(nonce) or not nonce.startswith(self._client_nonce):
            raise RemoteProtocolError("the nonce of a SCRAM challenge must begin with ours")
        if nonce == self._client_nonce:
            raise RemoteProtocolError("the nonce of a SCRAM challenge must add to ours")
        exchange = ScramExchange(
            dialect=self._dialect,
            authid=self._authid,
            client_nonce=self._client_nonce,
            nonce=nonce,
            salt=salt,
            iterations=kdf.iterations,
            binding=self._scram.channel_binding,
            binding_bytes=self._binding_bytes,
        )
        salted = self._scram.salted_password(kdf)
        keys, message = ScramKeys.of(salted), exchange.auth_message
        self._wanted_signature = keys.server_signature(message)
        return Authenticate(keys.client_proof(salted, message), self._answer_extra(nonce))

    def check_welcome(self, details: Mapping[str, Any]) -> None:
        extra = details.get("authextra")
        given = extra.get(self._dialect.verifier_key) if isinstance(extra, Mapping) else None
        # The specification's text has the signature alone, its example "v=" before it.
        text = given.removeprefix("v=") if isinstance(given, str) else ""
        wanted = self._wanted_signature.encode()
        if not wanted or not hmac.compare_digest(text.encode(errors="replace"), wanted):
            raise RemoteProtocolError(
                "the router did not prove that it knows the password",
                "wamp.error.authentication_failed",
            )

    def _answer_extra(self, nonce: str) -> dict[str, Any]:
        if not self._dialect.is_standard:
            return {}
        binding = self._scram.channel_binding
        bound = None if binding is None else base64.b64encode(self._binding_bytes).decode("ascii")
        return {"nonce": nonce, "channel_binding": binding, "cbind_data": bound}


def _kdf_in(extra: Mapping[str, Any]) -> tuple[Kdf, str]:
    """Return the key derivation that a challenge wants, and its salt as it was sent."""
    name, salt = extra.get("kdf"), extra.get("salt")
    iterations, memory = extra.get("iterations"), extra.get("memory")
    if not (isinstance(name, str) and isinstance(salt, str) and type(iterations) is int):
        raise RemoteProtocolError("a SCRAM challenge needs kdf, salt and iterations")
    try:
        raw_salt = base64.b64decode(salt, validate=True)
    except ValueError:
        raise RemoteProtocolError("the salt of a SCRAM challenge must be in base64") from None
    # Crossbar fills the memory in whatever the function; only Argon2 has any.
    memory_kib = memory if type(memory) is int and name != PBKDF2 else None
    try:
        return Kdf(name, raw_salt, iterations, memory_kib), salt
    except ConfigError as error:
        raise RemoteProtocolError(f"SCRAM challenge refused: {error}") from error
