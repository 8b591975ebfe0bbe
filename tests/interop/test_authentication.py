"""Clients that are not ours prove who they are to our router, and ours to Crossbar."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.interop.crossbar import KEY_SEED, PASSWORD, REALM, CrossbarRouter
from tests.interop.peers import AUTOBAHN_PROOFS, PeerMissingError
from tests.interop.programs import PYTHON_CLIENTS, Client
from wampedge.client import Session, key_identity, password_identity
from wampedge.router import RealmSettings, RoleRules, Router, RuleAuthorizer, Rules, User
from wampedge.server import Server
from wampedge.wamp import ed25519
from wampedge.wamp.auth import derive_wampcra_key
from wampedge.wamp.auth_proofs import (
    CryptosignProof,
    SaltedWampCraProof,
    ScramProof,
    TicketProof,
    WampCraProof,
)
from wampedge.wamp.ids import random_id
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

pytestmark = pytest.mark.interop

SEED = bytes(range(32))
# The one way autobahn has: with PBKDF2 it fails in its own code.
KDF = Kdf("argon2id-13", b"salt of kim, 16b", 8, 512)
KEY = derive_wampcra_key("pass", "00ff00ff", iterations=1000, key_length=32)
USERS = (
    User("tom", "guest", TicketProof("tomato")),
    User("ann", "guest", WampCraProof("apple")),
    User("sue", "guest", SaltedWampCraProof(KEY, "00ff00ff", 1000)),
    User("joe", "guest", CryptosignProof(frozenset({ed25519.public_key(SEED)}))),
    User("kim", "guest", ScramProof(ScramSecret.of("pencil", KDF))),
)
AUTOBAHN_WITH_PROOFS = Client("autobahn-proofs", AUTOBAHN_PROOFS, "autobahn_client.py")
URIS = Rules(["com.example."])
GUEST = RoleRules(call=URIS, register=URIS, subscribe=URIS, publish=URIS)


@asynccontextmanager
async def guarded_router() -> AsyncIterator[tuple[str, Session]]:
    """Serve a router that only users join; give its address and the node's own session."""
    authorizer = RuleAuthorizer({"guest": GUEST})
    router = Router(
        [RealmSettings("edge", authorizer=authorizer, users=USERS)],
        random_id=lambda: random_id(secrets.SystemRandom().getrandbits),
        monotonic_s=time.monotonic,
    )
    server = Server(router, ["ws://127.0.0.1:0/ws"], anonymous_role=None)
    try:
        await server.start()
        async with await Session.over(server.attach_local("rig"), "edge") as session:
            yield str(server.addresses[0]), session
    finally:
        await server.stop()


def task_for(url: str, serializer: str, login: Mapping[str, str]) -> dict[str, Any]:
    """Return the part to play, within what guests may do but for one procedure."""
    return {
        "url": url,
        "realm": "edge",
        "serializer": serializer,
        "register": "com.example.echo",
        "subscribe": "com.example.sensor",
        "call": "com.example.on",
        "args": [],
        "missing": "edge.secret",
        "publish": "com.example.news",
        "payload": {"args": [1], "kwargs": {}},
        **login,
    }


async def play_as_guest(client: Client, login: Mapping[str, str], serializer: str) -> None:
    """Let *client* join by *login*, and see that it may do what guests may and no more."""
    try:
        client.peer.install()
    except PeerMissingError as error:
        pytest.skip(f"{client.name}: {error}")
    async with guarded_router() as (url, session):
        await session.register("com.example.on", lambda: True)
        async with client.play(task_for(url, serializer, login)) as playing:
            await playing.until("subscribed")
            async with asyncio.timeout(10):
                await session.call("com.example.echo", 1)
                await session.publish("com.example.sensor", 21.5)
            await playing.until("left")
            status = await playing.ended()

    assert playing.facts_by_step["error"] == {"uri": "wamp.error.not_authorized"}
    assert status == 0


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
@pytest.mark.parametrize(
    "login",
    [
        {"authid": "tom", "ticket": "tomato"},
        {"authid": "ann", "secret": "apple"},
        {"authid": "sue", "secret": "pass"},
    ],
    ids=["ticket", "wampcra", "salted"],
)
@pytest.mark.parametrize("client", PYTHON_CLIENTS, ids=lambda client: client.name)
async def test_a_foreign_client_joins_with_a_proof_and_keeps_to_its_role(
    client: Client, login: Mapping[str, str], serializer: str
) -> None:
    await play_as_guest(client, login, serializer)


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
@pytest.mark.parametrize(
    "client", [AUTOBAHN_WITH_PROOFS, PYTHON_CLIENTS[1]], ids=lambda client: client.name
)
async def test_a_foreign_client_joins_with_a_key(client: Client, serializer: str) -> None:
    await play_as_guest(client, {"authid": "joe", "key": SEED.hex()}, serializer)


async def test_autobahn_joins_by_scram_and_checks_that_we_know_its_password() -> None:
    login = {"authid": "kim", "password": "pencil"}

    await play_as_guest(AUTOBAHN_WITH_PROOFS, login, "msgpack")


@pytest.mark.crossbar
@pytest.mark.parametrize("way", ["scram", "argon2", "cryptosign"])
async def test_our_client_joins_crossbar_with_a_proof(
    crossbar: CrossbarRouter, tmp_path: Path, way: str
) -> None:
    key_file = tmp_path / "seed"
    key_file.write_text(KEY_SEED.hex())
    key_file.chmod(0o600)
    identities = {
        "scram": password_identity("harry", PASSWORD),
        "argon2": password_identity("sally", PASSWORD),
        "cryptosign": key_identity(key_file, "robot"),
    }

    async with await Session.connect(crossbar.url, REALM, identity=identities[way]) as session:
        assert session.details["authid"] == identities[way].authid
        assert session.details["authmethod"] in ("scram", "cryptosign")
