"""Authentication: every method by hand, and what must not be let in.

The router under test has the users of ``LOGINS``, who may do everything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from nacl.signing import SigningKey

from tests.conformance.checks import check
from tests.conformance.client import EVERY_ROLE, Client, Stage
from tests.conformance.codes import ABORT, AUTHENTICATE, CHALLENGE, HELLO, WELCOME
from tests.interop.crossbar import KEY_SEED, PASSWORD, SECRET, TICKET

__all__ = ["LOGINS"]

AUTHENTICATION = "Authentication"
LOGINS = {"ticket": "node", "wampcra": "pilot", "wamp-scram": "harry", "cryptosign": "robot"}
"""Who proves itself in which way."""
_NOBODY = "no.such.user"
_KEY = SigningKey(KEY_SEED)
_NONCE = base64.b64encode(b"nonce of the client").decode()


async def _challenged(
    stage: Stage, method: str, authid: str, authextra: Mapping[str, Any] | None = None
) -> tuple[Client, dict[str, Any]]:
    """Say who we are and return what the router wants to see for it."""
    client = await stage.connect()
    details = {"roles": EVERY_ROLE, "authmethods": [method], "authid": authid}
    if authextra is not None:
        details["authextra"] = authextra
    await client.send(HELLO, stage.realm, details)
    challenge = await client.expect(CHALLENGE)
    assert challenge[1] == method
    return client, challenge[2]


async def _answer(client: Client, signature: str, extra: Any = None) -> list[Any]:
    await client.send(AUTHENTICATE, signature, extra or {})
    return await client.receive()


def _sign_cra(challenge: Mapping[str, Any], secret: str) -> str:
    text = challenge["challenge"].encode()
    return base64.b64encode(hmac.digest(secret.encode(), text, hashlib.sha256)).decode()


def _sign_key(challenge: str) -> str:
    message = bytes.fromhex(challenge)
    return _KEY.sign(message).signature.hex() + message.hex()


def _public_key() -> dict[str, str]:
    return {"pubkey": bytes(_KEY.verify_key).hex()}


@check(AUTHENTICATION, "ticket", section="Ticket-based Authentication")
async def ticket(stage: Stage) -> None:
    """Show the ticket."""
    client, _challenge = await _challenged(stage, "ticket", LOGINS["ticket"])
    welcome = await _answer(client, TICKET)

    assert welcome[0] == WELCOME
    assert (welcome[2]["authid"], welcome[2]["authmethod"]) == (LOGINS["ticket"], "ticket")


@check(AUTHENTICATION, "wampcra", section="Challenge Response Authentication")
async def wampcra(stage: Stage) -> None:
    """Sign the challenge with the secret."""
    client, challenge = await _challenged(stage, "wampcra", LOGINS["wampcra"])
    welcome = await _answer(client, _sign_cra(challenge, SECRET))

    assert welcome[0] == WELCOME
    assert welcome[2]["authid"] == LOGINS["wampcra"]


@check(AUTHENTICATION, "wamp-scram", section="Salted Challenge Response Authentication Mechanism")
async def scram(stage: Stage) -> None:
    """Prove the password, and see the router prove that it knows it."""
    user = LOGINS["wamp-scram"]
    extra = {"nonce": _NONCE, "channel_binding": None}
    client, challenge = await _challenged(stage, "wamp-scram", user, extra)
    salt, rounds = challenge["salt"], challenge["iterations"]
    assert challenge["kdf"] == "pbkdf2"
    assert challenge["nonce"].startswith(_NONCE)
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), base64.b64decode(salt), rounds)
    client_key = hmac.digest(salted, b"Client Key", hashlib.sha256)
    nonce = challenge["nonce"]
    message = f"n={user},r={_NONCE},r={nonce},s={salt},i={rounds},c=biws,r={nonce}".encode()
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, hashlib.sha256)
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    fields = {"nonce": nonce, "channel_binding": None, "cbind_data": None}
    welcome = await _answer(client, base64.b64encode(proof).decode(), fields)
    server_key = hmac.digest(salted, b"Server Key", hashlib.sha256)
    verifier = base64.b64encode(hmac.digest(server_key, message, hashlib.sha256)).decode()

    assert welcome[0] == WELCOME
    assert welcome[2]["authextra"]["verifier"] == verifier


@check(AUTHENTICATION, "cryptosign", section="Cryptosign-based Authentication")
async def cryptosign(stage: Stage) -> None:
    """Sign the challenge with the private key."""
    client, challenge = await _challenged(stage, "cryptosign", LOGINS["cryptosign"], _public_key())
    welcome = await _answer(client, _sign_key(challenge["challenge"]))

    assert welcome[0] == WELCOME
    assert welcome[2]["authid"] == LOGINS["cryptosign"]


@check(
    AUTHENTICATION,
    "A signature over another challenge is no proof",
    section="Cryptosign-based Authentication",
)
async def cryptosign_replay(stage: Stage) -> None:
    """Answer one challenge with the signature of another."""
    _first, old = await _challenged(stage, "cryptosign", LOGINS["cryptosign"], _public_key())
    second, _new = await _challenged(stage, "cryptosign", LOGINS["cryptosign"], _public_key())

    assert (await _answer(second, _sign_key(old["challenge"])))[0] == ABORT


@check(AUTHENTICATION, "A wrong proof ends in ABORT", section="Ticket-based Authentication")
async def wrong_proof(stage: Stage) -> None:
    """Show another ticket, and sign with another secret."""
    client, _challenge = await _challenged(stage, "ticket", LOGINS["ticket"])
    assert (await _answer(client, "guess"))[0] == ABORT

    client, challenge = await _challenged(stage, "wampcra", LOGINS["wampcra"])
    assert (await _answer(client, _sign_cra(challenge, "guess")))[0] == ABORT


@check(
    AUTHENTICATION,
    "A user that does not exist is asked for a proof as any other",
    section="Security Considerations",
)
async def no_enumeration(stage: Stage) -> None:
    """Name a user that nobody knows."""
    for method in ("ticket", "wampcra"):
        client, challenge = await _challenged(stage, method, _NOBODY)
        answer = "guess" if method == "ticket" else _sign_cra(challenge, "guess")
        assert (await _answer(client, answer))[0] == ABORT
