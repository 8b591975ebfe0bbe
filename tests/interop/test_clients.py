"""Clients that are not ours join, are called, call, hear, publish and leave, on our router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.peers import PeerMissingError
from tests.interop.programs import NODE_CLIENTS, PYTHON_CLIENTS, Client
from tests.interop.stages import Stage, bare_stage, node_stage
from wampedge.transports.compression import inflate

pytestmark = pytest.mark.interop

ARGS = ["grüße", 7, -1.5, True, None, 2**53 - 1, [1, {"a": 2}], ""]
LONG_ARGS = [{"name": f"bench{number}.temperature", "value": number} for number in range(60)]
KWARGS: dict[str, Any] = {"unit": "lx", "größe": {"x": [None]}}

SCENES = [
    *(
        pytest.param(client, scheme, serializer, id=f"{client.name}-{scheme}-{serializer}")
        for client in PYTHON_CLIENTS
        for scheme in client.schemes
        for serializer in client.serializers
    ),
    *(
        pytest.param(
            client, "ws", serializer, id=f"{client.name}-ws-{serializer}", marks=pytest.mark.node
        )
        for client in NODE_CLIENTS
        for serializer in client.serializers
    ),
    # Its long-poll speaks nothing else.
    pytest.param(NODE_CLIENTS[0], "lp", "json", id="autobahn-js-lp-json", marks=pytest.mark.node),
]

# Only autobahn-python knows batches and how to trust an authority of one's own.
ENCRYPTED = [
    *(
        (scheme, serializer)
        for scheme in ("wss", "rss")
        for serializer in ("json", "msgpack", "cbor")
    ),
    *(
        (scheme, f"{serializer}.batched")
        for scheme in ("ws", "wss")
        for serializer in ("json", "msgpack", "cbor")
    ),
]


@pytest.fixture(params=["bare", "node"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """The router alone, and the whole node on its example file."""
    async with bare_stage() if request.param == "bare" else node_stage(tmp_path) as stage:
        yield stage


def _installed(client: Client) -> Client:
    try:
        client.peer.install()
    except PeerMissingError as error:
        pytest.skip(f"{client.name}: {error}")
    return client


@pytest.mark.parametrize(("client", "scheme", "serializer"), SCENES)
async def test_a_foreign_client_plays_every_part_of_the_basic_profile(
    client: Client, scheme: str, serializer: str, stage: Stage
) -> None:
    await _play(client, scheme, serializer, stage)


@pytest.mark.parametrize(("scheme", "serializer"), ENCRYPTED)
async def test_it_does_so_through_tls_and_in_batches(scheme: str, serializer: str) -> None:
    async with bare_stage() as stage:
        await _play(PYTHON_CLIENTS[0], scheme, serializer, stage)


@pytest.mark.parametrize(
    ("client", "serializer"),
    [
        pytest.param(PYTHON_CLIENTS[0], "json", id="autobahn-python-json"),
        pytest.param(PYTHON_CLIENTS[0], "msgpack.batched", id="autobahn-python-msgpack.batched"),
        pytest.param(NODE_CLIENTS[0], "json", id="autobahn-js-json", marks=pytest.mark.node),
        pytest.param(NODE_CLIENTS[0], "cbor", id="autobahn-js-cbor", marks=pytest.mark.node),
    ],
)
async def test_it_does_so_with_compressed_messages(
    client: Client, serializer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 7692. Under Node.js autobahn-js takes ``ws``, which offers it as browsers do."""
    lengths: list[int] = []

    def noted(packed: bytes, limit: int) -> bytes:
        body = inflate(packed, limit)
        lengths.append(len(body))
        return body

    monkeypatch.setattr("wampedge.transports.websocket.inflate", noted)
    async with bare_stage(compression=True) as stage:
        await _play(client, "ws", serializer, stage, args=[*ARGS, *LONG_ARGS])

    assert max(lengths) > 2000


async def _play(
    client: Client, scheme: str, serializer: str, stage: Stage, args: list[Any] = ARGS
) -> None:
    news: asyncio.Queue[tuple[tuple[Any, ...], dict[str, Any]]] = asyncio.Queue()
    await stage.session.subscribe(
        "com.example.news", lambda *args, **kwargs: news.put_nowait((args, kwargs))
    )
    task = {
        "url": stage.url_by_scheme[scheme],
        "realm": stage.realm,
        "serializer": serializer,
        "ca_file": str(stage.ca_file),
        "register": "com.example.echo",
        "subscribe": stage.sensor,
        "call": stage.relay,
        "args": [],
        "missing": "com.example.missing",
        "publish": "com.example.news",
        "payload": {"args": args, "kwargs": KWARGS},
        "compression": len(args) > len(ARGS),
    }

    async with _installed(client).play(task) as playing:
        await playing.until("subscribed")
        echo = await stage.session.call("com.example.echo", *args, timeout_s=10, **KWARGS)
        if not stage.is_live:
            await stage.session.publish(stage.sensor, 21.5, unit="°C")
        await playing.until("left")
        status = await playing.ended()
    heard_args, heard_kwargs = await asyncio.wait_for(news.get(), 10)

    told = playing.facts_by_step
    assert (list(echo.args), dict(echo.kwargs)) == (args, KWARGS)
    assert (list(heard_args), heard_kwargs) == (args, KWARGS)
    assert told["called"] == {"args": args, "kwargs": KWARGS}
    assert told["error"] == {"uri": "wamp.error.no_such_procedure"}
    if not stage.is_live:
        assert told["result"]["args"] == [True]
        assert told["event"] == {"args": [21.5], "kwargs": {"unit": "°C"}}
    assert status == 0
