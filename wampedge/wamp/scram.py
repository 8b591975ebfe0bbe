"""WAMP-SCRAM for both sides: what is signed, the keys, and what a server stores of a password.

Specification, "Salted Challenge Response Authentication Mechanism"; RFC 5802, RFC 7677.
There are two dialects on the wire. The specification's is the method ``wamp-scram``. That of
autobahn and Crossbar is the method ``scram``, which names other keys and binds to no channel.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.wamp.saslprep import saslprep
from wampedge.wamp.scram_kdf import ARGON2ID_TEXT, KEY_BYTES, Kdf

__all__ = [
    "CROSSBAR_SCRAM",
    "MAX_NONCE_LENGTH",
    "SCRAM_METHODS",
    "WAMP_SCRAM",
    "ScramDialect",
    "ScramExchange",
    "ScramKeys",
    "ScramSecret",
    "is_nonce",
    "scram_dialect",
]

MAX_NONCE_LENGTH: Final = 256
_MARK: Final = "SCRAM-SHA-256"


class ScramDialect(Record):
    """What differs between the specification and Crossbar.

    Args:
        method: name of the method.
        verifier_key: where WELCOME has the server's signature.
        is_standard: as in the specification and RFC 5802.
    """

    method: str
    verifier_key: str
    is_standard: bool

    def channel_text(self, binding: str | None, binding_bytes: bytes) -> str:
        """Return what AuthMessage says of the channel behind ``c=``."""
        if not self.is_standard:
            return ""
        flag = "n" if binding is None else f"p={binding}"
        return _base64(f"{flag},,".encode() + binding_bytes)

    def user_text(self, authid: str) -> str:
        """Return *authid* as AuthMessage has it; one that SASLprep refuses stays as it is."""
        try:
            name = saslprep(authid)
        except ValueError:
            name = authid
        return name.replace("=", "=3D").replace(",", "=2C") if self.is_standard else name


WAMP_SCRAM: Final = ScramDialect("wamp-scram", "verifier", is_standard=True)
CROSSBAR_SCRAM: Final = ScramDialect("scram", "scram_server_signature", is_standard=False)
SCRAM_METHODS: Final = (WAMP_SCRAM.method, CROSSBAR_SCRAM.method)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScramExchange:
    """The attributes of one exchange, of which both sides make the same AuthMessage.

    Args:
        dialect: how they are put together.
        authid: who the client says it is.
        client_nonce: as HELLO has it.
        nonce: of client and server, as CHALLENGE has it.
        salt: in base64, as CHALLENGE has it.
        iterations: as CHALLENGE has it.
        binding: type of the channel binding, or None.
        binding_bytes: its data.
    """

    dialect: ScramDialect
    authid: str
    client_nonce: str
    nonce: str
    salt: str
    iterations: int
    binding: str | None = None
    binding_bytes: bytes = field(default=b"", repr=False)

    @property
    def auth_message(self) -> bytes:
        """AuthMessage of RFC 5802 section 3."""
        channel = self.dialect.channel_text(self.binding, self.binding_bytes)
        text = (
            f"n={self.dialect.user_text(self.authid)},r={self.client_nonce},"
            f"r={self.nonce},s={self.salt},i={self.iterations},"
            f"c={channel},r={self.nonce}"
        )
        return text.encode(errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class ScramKeys:
    """What is made of a salted password (RFC 5802 section 3).

    Args:
        stored_key: the server checks clients with it.
        server_key: the server proves itself with it.
    """

    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)

    @classmethod
    def of(cls, salted_password: bytes) -> ScramKeys:
        """Make both keys."""
        client_key = _client_key(salted_password)
        server_key = hmac.digest(salted_password, b"Server Key", hashlib.sha256)
        return cls(hashlib.sha256(client_key).digest(), server_key)

    def server_signature(self, auth_message: bytes) -> str:
        """Return the server's signature in base64."""
        return _base64(hmac.digest(self.server_key, auth_message, hashlib.sha256))

    def client_proof(self, salted_password: bytes, auth_message: bytes) -> str:
        """Return the client's proof in base64."""
        signature = hmac.digest(self.stored_key, auth_message, hashlib.sha256)
        return _base64(_xor(_client_key(salted_password), signature))

    def is_proof(self, proof: str, auth_message: bytes) -> bool:
        """Tell whether who made *proof* has the password; takes as long for any text."""
        try:
            given = base64.b64decode(proof, validate=True)
        except ValueError:
            given = b""
        is_whole = len(given) == KEY_BYTES
        signature = hmac.digest(self.stored_key, auth_message, hashlib.sha256)
        client_key = _xor(given if is_whole else bytes(KEY_BYTES), signature)
        is_right = hmac.compare_digest(hashlib.sha256(client_key).digest(), self.stored_key)
        return is_right and is_whole


class ScramSecret(Record):
    """What a server stores instead of a password; who steals it has to guess the password.

    Args:
        kdf: made the keys.
        keys: of the password.
    """

    kdf: Kdf
    keys: ScramKeys

    @classmethod
    def of(cls, password: str, kdf: Kdf) -> ScramSecret:
        """Make it of *password*; takes as long as *kdf* takes, and raises what that raises."""
        return cls(kdf, ScramKeys.of(kdf.derive(password)))

    @classmethod
    def from_text(cls, text: str) -> ScramSecret:
        """Read what ``to_text`` has made.

        Raises:
            ConfigError: it is no such text; the text itself is not shown.
        """
        mark, *parts = text.split("$")
        if mark != _MARK or len(parts) != 5:
            raise ConfigError(f"must begin {_MARK}$ and have six parts")
        name, costs, *keys = parts
        iterations, _, memory = costs.partition(",")
        try:
            memory_kib = int(memory) if memory else None
            salt, stored_key, server_key = (base64.b64decode(key, validate=True) for key in keys)
            kdf = Kdf(name, salt, int(iterations), memory_kib)
        except (ValueError, binascii.Error) as error:
            reason = str(error) if isinstance(error, ConfigError) else "a part cannot be read"
            raise ConfigError(f"is no stored secret of SCRAM: {reason}") from None
        if not len(stored_key) == len(server_key) == KEY_BYTES:
            raise ConfigError(f"is no stored secret of SCRAM: keys have {KEY_BYTES} bytes")
        return cls(kdf, ScramKeys(stored_key, server_key))

    def to_text(self) -> str:
        """Return one line for a file."""
        kdf = self.kdf
        costs = f"{kdf.iterations}" + (f",{kdf.memory_kib}" if kdf.memory_kib else "")
        keys = (kdf.salt, self.keys.stored_key, self.keys.server_key)
        return "$".join((_MARK, kdf.name, costs, *(_base64(key) for key in keys)))

    @property
    def dialect(self) -> ScramDialect:
        """How clients have to speak for this secret."""
        return CROSSBAR_SCRAM if self.kdf.name == ARGON2ID_TEXT else WAMP_SCRAM


def scram_dialect(method: str) -> ScramDialect:
    """Return the dialect of *method*; raises ConfigError for another method."""
    for dialect in (WAMP_SCRAM, CROSSBAR_SCRAM):
        if dialect.method == method:
            return dialect
    raise ConfigError(f"{method!r} is no method of SCRAM")


def is_nonce(value: Any) -> TypeGuard[str]:
    """Tell whether *value* can be a nonce: printable ASCII without comma (RFC 5802 section 7)."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_NONCE_LENGTH
        and value.isascii()
        and value.isprintable()
        and not set(" ,") & set(value)
    )


def _client_key(salted_password: bytes) -> bytes:
    return hmac.digest(salted_password, b"Client Key", hashlib.sha256)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
