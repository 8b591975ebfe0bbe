"""Clients that are not ours prove who they are to our router."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.interop.peers import PeerMissingError
from tests.interop.programs import PYTHON_CLIENTS, Client
from wampedge.client import Session
from wampedge.router import RealmSettings, RoleRules, Router, RuleAuthorizer, Rules, User
from wampedge.server import Server
from wampedge.wamp.auth import derive_wampcra_key
from wampedge.wamp.auth_proofs import SaltedWampCraProof, TicketProof, WampCraProof
from wampedge.wamp.ids import random_id

pytestmark = pytest.mark.interop

KEY = derive_wampcra_key("pass", "00ff00ff", iterations=1000, key_length=32)
USERS = (
    User("tom", "guest", TicketProof("tomato")),
    User("ann", "guest", WampCraProof("apple")),
    User("sue", "guest", SaltedWampCraProof(KEY, "00ff00ff", 1000)),
)
URIS = Rules(["com.example."])
GUEST = RoleRules(call=URIS, register=URIS, subscribe=URIS, publish=URIS)


@asynccontextmanager
async def guarded_router() -> AsyncIterator[tuple[str, Session]]:
    """Serve a router that only users join; give its address and the node's own session."""
    authorizer = RuleAuthorizer({"guest": GUEST})
    router = Router(
        [RealmSettings("edge", authorizer=authorizer, users=USERS)],
        random_id=lambda: random_id(secrets.SystemRandom().getrandbits),
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
