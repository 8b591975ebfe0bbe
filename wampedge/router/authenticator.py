"""Asking a procedure of a client who a peer is: the dynamic authenticator.

The specification leaves its form open; this is that of Crossbar.io:
``procedure(realm, authid, details)`` with ``authmethod``, ``authextra``, ``transport`` and, for the
method ticket, ``ticket`` in the details. An ERROR means that there is no such user. It returns a
role as a text, or a dictionary with ``role`` and what belongs to the method:

- ticket: nothing more, the procedure has compared it;
- wampcra: ``secret``, and ``salt``, ``iterations`` when the secret is the key derived with them;
- wamp-scram, scram: ``secret`` as ``wampedge secret scram`` prints it, or ``kdf``, ``salt``,
  ``iterations``, ``memory``, ``stored-key`` and ``server-key``, all bytes in hex;
- cryptosign: ``pubkey``, or a list of them as ``pubkeys``, in hex;
- with any: ``authid`` when it is another one, ``extra`` for ``authextra`` of WELCOME.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.router.matchers import is_match
from wampedge.router.permissions import Action, Authorizer
from wampedge.router.session import RouterSession
from wampedge.router.users import User
from wampedge.wamp import auth_proofs
from wampedge.wamp.auth_proofs import Proof
from wampedge.wamp.payload import Payload

__all__ = [
    "DynamicAuthentication",
    "RegistrationGuard",
    "default_models",
    "question_for",
    "user_from",
]

_PROVIDER: Final = "dynamic"
_DEFAULT_ROUNDS: Final = 1000
_KEY_BYTES: Final = 32
_TEXT_MEMORY_KIB: Final = 512


class DynamicAuthentication(Record):
    """Which procedure knows the users that the realm does not.

    Args:
        procedure: its URI.
        roles: roles that may register it; the node's own sessions may as well. Whoever registers
            it decides who everybody is, so no other right includes this one.
        timeout_s: no answer within this time turns the peer away.
        reserved: authids that nobody gets this way, such as that of the node.
    """

    procedure: str
    roles: frozenset[str] = frozenset()
    timeout_s: float = 5.0
    reserved: frozenset[str] = frozenset()


class RegistrationGuard:
    """Keeps the procedure of the authenticator to those whom its settings name.

    Asked for registrations only, so that no call and no event waits for it.

    Args:
        rules: decide about everything else.
        settings: name the procedure and who may register it.
    """

    def __init__(self, rules: Authorizer, settings: DynamicAuthentication) -> None:
        self._rules = rules
        self._settings = settings

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Refuse the procedure, and patterns it matches, to all but the roles that may."""
        is_meant = is_match(policy, uri, self._settings.procedure)
        may = session.is_trusted or session.authrole in self._settings.roles
        return (may or not is_meant) and self._rules.allows(session, action, uri, policy)


def default_models() -> tuple[Proof, ...]:
    """Return how users are asked while the authenticator has not named one yet."""
    from wampedge.wamp import ed25519, scram_kdf  # noqa: PLC0415 - few routers have an authenticator
    from wampedge.wamp.scram import ScramKeys, ScramSecret  # noqa: PLC0415 - see above

    kdf = scram_kdf.Kdf(scram_kdf.PBKDF2, bytes(16), scram_kdf.LEAST_ITERATIONS)
    text_kdf = scram_kdf.Kdf(
        scram_kdf.ARGON2ID_TEXT, bytes(16), scram_kdf.LEAST_ITERATIONS, _TEXT_MEMORY_KIB
    )
    keys = ScramKeys(bytes(_KEY_BYTES), bytes(_KEY_BYTES))
    models: list[Proof] = [
        auth_proofs.TicketProof(""),
        auth_proofs.WampCraProof(""),
        auth_proofs.ScramProof(ScramSecret(kdf, keys)),
        auth_proofs.ScramProof(ScramSecret(text_kdf, keys)),
    ]
    if ed25519.is_available():
        models.append(auth_proofs.CryptosignProof(frozenset()))
    return tuple(models)


def question_for(
    realm: str,
    authid: str,
    method: str,
    *,
    session: RouterSession,
    authextra: Mapping[str, Any],
    ticket: str | None = None,
) -> Payload:
    """Return the arguments the procedure is called with."""
    details: dict[str, Any] = {
        "authmethod": method,
        "authid": authid,
        "authextra": dict(authextra),
        "transport": dict(session.transport),
    }
    if ticket is not None:
        details["ticket"] = ticket
    return Payload((realm, authid, details))


def user_from(payload: Payload, authid: str, method: str) -> User:
    """Return the user that the procedure has described.

    Args:
        payload: its result.
        authid: who the peer says it is.
        method: how it will prove it.

    Raises:
        ConfigError: the result does not hold what it must.
    """
    told: Any = payload.args[0] if payload.args else None
    if isinstance(told, str):
        told = {"role": told}
    if not isinstance(told, dict):
        raise ConfigError("the authenticator returned neither a role nor a dictionary")
    extra = told.get("extra")
    return User(
        _text(told, "authid") if told.get("authid") is not None else authid,
        _text(told, "role"),
        _PROOFS[method](told),
        _PROVIDER,
        extra if isinstance(extra, dict) else {},
    )


def _ticket(_told: Mapping[str, Any]) -> Proof:
    """Return what stands for a ticket that the procedure has compared itself."""
    return auth_proofs.TicketProof("")


def _wampcra(told: Mapping[str, Any]) -> Proof:
    secret = _text(told, "secret")
    if told.get("salt") is None:
        return auth_proofs.WampCraProof(secret)
    rounds = told.get("iterations")
    iterations = _DEFAULT_ROUNDS if rounds is None else _number(told, "iterations")
    return auth_proofs.SaltedWampCraProof(secret, _text(told, "salt"), iterations)


def _scram(told: Mapping[str, Any]) -> Proof:
    if told.get("secret") is not None:
        return auth_proofs.ScramProof.from_text(_text(told, "secret"))
    from wampedge.wamp.scram import ScramKeys, ScramSecret  # noqa: PLC0415 - few users log in so
    from wampedge.wamp.scram_kdf import PBKDF2, Kdf  # noqa: PLC0415 - see above

    memory_kib = None if told.get("memory") is None else _number(told, "memory")
    name = _text(told, "kdf")
    kdf = Kdf(
        name,
        _hex(_text(told, "salt")),
        _number(told, "iterations"),
        None if name == PBKDF2 else memory_kib,
    )
    keys = [_hex(_text(told, key)) for key in ("stored-key", "server-key")]
    if any(len(key) != _KEY_BYTES for key in keys):
        raise ConfigError("the keys of scram have 32 bytes")
    return auth_proofs.ScramProof(ScramSecret(kdf, ScramKeys(*keys)))


def _cryptosign(told: Mapping[str, Any]) -> Proof:
    keys = told.get("pubkeys") or told.get("authorized_keys") or [_text(told, "pubkey")]
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ConfigError("pubkeys must be a list of texts")
    return auth_proofs.CryptosignProof(frozenset(_hex(key) for key in keys))


_PROOFS: Final[Mapping[str, Callable[[Mapping[str, Any]], Proof]]] = {
    "ticket": _ticket,
    "wampcra": _wampcra,
    "wamp-scram": _scram,
    "scram": _scram,
    "cryptosign": _cryptosign,
}


def _text(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    if not isinstance(value, str):
        raise ConfigError(f"the authenticator returned no text as {key}")
    return value


def _number(told: Mapping[str, Any], key: str) -> int:
    value = told.get(key)
    if type(value) is not int:
        raise ConfigError(f"the authenticator returned no number as {key}")
    return value


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ConfigError("the authenticator returned bytes that are not in hex") from None
