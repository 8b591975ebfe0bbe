"""The router's side of WAMP-SCRAM: it stores no password, and proves that it knows its trace."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from wampedge.errors import AbortError
from wampedge.records import Record
from wampedge.wamp.auth_proofs.contract import Circumstances, Question
from wampedge.wamp.evidence import TLS_UNIQUE
from wampedge.wamp.messages import Authenticate, Challenge
from wampedge.wamp.scram import ScramExchange, ScramKeys, ScramSecret, is_nonce
from wampedge.wamp.scram_kdf import KEY_BYTES

__all__ = ["ScramProof"]

_REFUSED: Final = "wamp.error.authentication_failed"


class ScramProof(Record):
    """The peer proves that it knows the password; so does the router, with what it stores.

    Args:
        secret: what the router stores of the password.
    """

    secret: ScramSecret

    @classmethod
    def from_text(cls, text: str) -> ScramProof:
        """Make it of what ``wampedge secret scram`` prints; raises ConfigError."""
        return cls(ScramSecret.from_text(text))

    @property
    def method(self) -> str:
        """``wamp-scram``, or ``scram`` for a secret made as Crossbar makes it."""
        return self.secret.dialect.method

    def ask(self, about: Circumstances) -> Question:
        """Answer the nonce of HELLO with ours; raises AbortError without nonce or binding."""
        client_nonce = about.authextra.get("nonce")
        if not is_nonce(client_nonce):
            raise AbortError(_REFUSED, "authextra of SCRAM needs a nonce, in base64")
        dialect, kdf = self.secret.dialect, self.secret.kdf
        binding, binding_bytes = _binding(about) if dialect.is_standard else (None, b"")
        exchange = ScramExchange(
            dialect=dialect,
            authid=about.authid,
            client_nonce=client_nonce,
            nonce=client_nonce + about.nonce,
            salt=base64.b64encode(kdf.salt).decode("ascii"),
            iterations=kdf.iterations,
            binding=binding,
            binding_bytes=binding_bytes,
        )
        extra = {
            "nonce": exchange.nonce,
            "salt": exchange.salt,
            "kdf": kdf.name,
            "iterations": kdf.iterations,
            "memory": kdf.memory_kib,
        }
        challenge = Challenge(dialect.method, extra)
        return Question(challenge, lambda answer: self._judge(answer, exchange))

    def decoy(self, noise: bytes) -> ScramProof:
        """Return keys nobody has a password for, with a salt of their own."""
        salt_bytes = len(self.secret.kdf.salt)
        kdf = replace(self.secret.kdf, salt=hmac.digest(noise, b"salt", "sha512")[:salt_bytes])
        return ScramProof(ScramSecret(kdf, ScramKeys(noise[:KEY_BYTES], noise[KEY_BYTES:])))

    def _judge(self, answer: Authenticate, exchange: ScramExchange) -> Mapping[str, Any] | None:
        keys, message = self.secret.keys, exchange.auth_message
        is_right = keys.is_proof(answer.signature, message)
        if not is_right or not _repeats(answer.extra, exchange):
            return None
        return {exchange.dialect.verifier_key: keys.server_signature(message)}


def _binding(about: Circumstances) -> tuple[str | None, bytes]:
    """Return the channel binding that HELLO asks for, with our side's data of it."""
    binding = about.authextra.get("channel_binding")
    if binding is None:
        return None, b""
    bound = about.evidence.bindings.get(binding) if binding == TLS_UNIQUE else None
    if not bound:
        raise AbortError(_REFUSED, "this connection has no such channel binding")
    return binding, bound


def _repeats(extra: Mapping[str, Any], exchange: ScramExchange) -> bool:
    """Tell whether AUTHENTICATE says again what the exchange is about.

    The proof covers all of it, so what is left out takes nothing from it; what differs does.
    """
    if not exchange.dialect.is_standard:
        return True
    bound = exchange.binding_bytes
    return (
        extra.get("nonce", exchange.nonce) == exchange.nonce
        and extra.get("channel_binding") == exchange.binding
        and extra.get("cbind_data") == (base64.b64encode(bound).decode("ascii") if bound else None)
    )
