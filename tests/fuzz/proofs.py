"""What peers say to prove who they are, and what routers ask of them: texts and numbers of all
kinds in all places.

The bytes are lines; each is the value of one key of ``authextra``, of AUTHENTICATE or of
CHALLENGE, in the order of ``_KEYS``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from tests.fuzz.refusal import check_refusal
from wampedge.errors import AbortError, ConfigError, RemoteProtocolError
from wampedge.router.users import User, Users
from wampedge.wamp.auth import (
    Authenticator,
    CryptosignAuthenticator,
    ScramAuthenticator,
    TicketAuthenticator,
    WampCraAuthenticator,
)
from wampedge.wamp.auth_proofs import (
    CryptosignProof,
    Proof,
    SaltedWampCraProof,
    ScramProof,
    TicketProof,
    WampCraProof,
)
from wampedge.wamp.evidence import TLS_UNIQUE, Evidence
from wampedge.wamp.messages import Authenticate, Challenge
from wampedge.wamp.scram import SCRAM_METHODS, ScramKeys, ScramSecret
from wampedge.wamp.scram_kdf import ARGON2ID_TEXT, PBKDF2, Kdf

__all__ = ["prove_anything"]

_KEYS: Final = ("nonce", "pubkey", "channel_binding", "cbind_data", "challenge", "salt", "kdf")
_NUMBERS: Final = ("iterations", "memory", "keylen")
_NOISE: Final = bytes(range(32))
_EVIDENCE: Final = Evidence(bindings={TLS_UNIQUE: b"finished twelve"})
_METHODS: Final = ("ticket", "wampcra", "salted", "wamp-scram", "scram", "cryptosign")
_MOST_ROUNDS: Final = 100_000


class _Derived(dict[Kdf, bytes]):
    """The keys of all passwords, which take long to make."""

    def get(self, _kdf: Kdf, _default: object = None, /) -> bytes:
        return _NOISE


def _proofs() -> dict[str, Proof]:
    keys = ScramKeys(_NOISE, _NOISE)
    return {
        "ticket": TicketProof("secret that no search finds"),
        "wampcra": WampCraProof("secret that no search finds"),
        "salted": SaltedWampCraProof("c2VjcmV0IHRoYXQgbm8gc2VhcmNoIGZpbmRz", "00ff", 1_000),
        "wamp-scram": ScramProof(ScramSecret(Kdf(PBKDF2, bytes(16), 4_096), keys)),
        "scram": ScramProof(ScramSecret(Kdf(ARGON2ID_TEXT, bytes(16), 4_096, 512), keys)),
        "cryptosign": CryptosignProof(frozenset({_NOISE})),
    }


@cache
def _users() -> Users:
    users = [User(name, "guest", proof) for name, proof in _proofs().items()]
    ids = itertools.count(1)
    return Users(users, random_id=lambda: next(ids), time_s=lambda: 0.0)


def _authenticators() -> Iterator[Authenticator]:
    yield TicketAuthenticator("secret")
    yield WampCraAuthenticator("secret")
    yield CryptosignAuthenticator(_NOISE, TLS_UNIQUE).begin("tom", _EVIDENCE)
    for method in SCRAM_METHODS:
        scram = ScramAuthenticator("secret", bytes, method, _salted_by_kdf=_Derived())
        yield scram.begin("tom", _EVIDENCE)


def _value(line: bytes) -> Any:
    """Return what a line stands for: a text, unless it begins like something else."""
    if line.startswith(b"\x00"):
        return None
    if line.startswith(b"\x01"):
        return int.from_bytes(line[1:9], "big", signed=True)
    if line.startswith(b"\x02"):
        return [line[1:].decode("latin-1")]
    return line.decode(errors="replace")


def prove_anything(data: bytes) -> None:
    """Let a peer prove it is somebody, and a router ask for a proof, with what the bytes say."""
    first, *lines = data.split(b"\n")
    values = [_value(line) for line in lines]
    extra = dict(zip((*_KEYS, *_NUMBERS), values, strict=False))
    signature = next((each for each in reversed(values) if isinstance(each, str)), "")
    method = _METHODS[first[0] % len(_METHODS)] if first else "ticket"
    _judge(method, extra, Authenticate(signature, extra), is_known=bool(len(first) % 2))
    _answer(extra)


def _judge(method: str, authextra: dict[str, Any], answer: Authenticate, *, is_known: bool) -> None:
    """Try to be a user of the router, or one it does not know."""
    users, name = _users(), method if is_known else "somebody"
    asked = "wampcra" if method == "salted" else method
    user = users.find(name, [asked])
    try:
        trial = users.trial(user, name, [asked], authextra=authextra, evidence=_EVIDENCE)
    except AbortError as refusal:
        check_refusal(refusal.message or "")
        return
    assert trial.judge(answer) is None, "nobody finds a proof"


def _answer(extra: dict[str, Any]) -> None:
    """Answer a challenge of a router, with each of our methods."""
    rounds = extra.get("iterations")
    is_long = type(rounds) is int and 0 < rounds <= _MOST_ROUNDS
    for authenticator in _authenticators():
        asked = extra
        if is_long and authenticator.method == "wampcra":
            asked = {**extra, "iterations": 1}
        try:
            answer = authenticator.authenticate(Challenge(authenticator.method, asked))
            authenticator.check_welcome({"authextra": extra})
        except RemoteProtocolError as error:
            check_refusal(str(error))
        except ConfigError as error:
            check_refusal(str(error))  # Argon2 may be missing
        else:
            assert isinstance(answer.signature, str)
