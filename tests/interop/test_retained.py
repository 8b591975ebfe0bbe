"""Clients that are not ours retain events and ask for them, here and at Crossbar."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.crossbar import REALM, CrossbarRouter
from tests.interop.peers import AUTOBAHN, AUTOBAHN_JS, AUTOBAHN_JS_26, PeerMissingError
from tests.interop.programs import Client
from tests.interop.stages import bare_stage

pytestmark = pytest.mark.interop

PYTHON = Client("autobahn", AUTOBAHN, "autobahn_retained.py")
NODE = Client("autobahn-js", AUTOBAHN_JS, "autobahn_retained.js")
NODE_26 = Client(
    "autobahn-js-26", AUTOBAHN_JS_26, "autobahn_retained.js", "--experimental-websocket"
)
A, B = ["com.kept.a", "one", True], ["com.kept.b", "two", True]


async def played(
    client: Client, url: str, realm: str, *, ask: list[list[Any]], serializer: str = "json"
) -> dict[str, Any]:
    """Let *client* play the retained part and return what it heard."""
    retain = [[topic, value] for topic, value, _ in (B, ["com.kept.a", "old", True], A)]
    task = {"url": url, "realm": realm, "serializer": serializer, "retain": retain, "ask": ask}
    try:
        client.peer.install()
    except PeerMissingError as error:
        pytest.skip(f"{client.name}: {error}")
    async with client.play(task) as playing:
        return await playing.until("heard")


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
@pytest.mark.parametrize(
    "client",
    [
        PYTHON,
        pytest.param(NODE, marks=pytest.mark.node),
        pytest.param(NODE_26, marks=pytest.mark.node),
    ],
    ids=lambda client: client.name,
)
async def test_a_foreign_client_gets_what_is_retained(client: Client, serializer: str) -> None:
    """Specification, "Event Retention"."""
    ask = [["com.kept.a", "exact", 1], ["com.kept.", "prefix", 2], ["com..b", "wildcard", 1]]
    async with bare_stage() as stage:
        url = stage.url_by_scheme["ws"]
        told = await played(client, url, stage.realm, ask=ask, serializer=serializer)

    assert told["answers"] == [[A], [A, B], [B]]
    assert told["announced"] is True


@pytest.mark.crossbar
async def test_crossbar_gives_the_same_for_a_topic(crossbar: CrossbarRouter) -> None:
    told = await played(PYTHON, crossbar.url, REALM, ask=[["com.kept.a", "exact", 1]])

    assert told["answers"] == [[A]]
