"""The node behind a real Crossbar: used from there, and back soon after either of them was gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.interop.crossbar import REALM, SECRET, TICKET, CrossbarRouter
from tests.interop.programs import NODE_CLIENTS, PYTHON_CLIENTS, Client
from tests.support.node_process import NodeProcess
from tests.support.proxy import HoldingProxy
from wampedge.client import Session
from wampedge.errors import ApplicationError, CallTimeoutError

pytestmark = [pytest.mark.interop, pytest.mark.crossbar]

EXAMPLE = Path(__file__).parents[2] / "devices.toml"
LOGINS = {
    "anonymous": 'auth = { method = "anonymous" }',
    "ticket": 'auth = { method = "ticket", id = "node", secret = "${env:NODE_SECRET}" }',
    "wampcra": 'auth = { method = "wampcra", id = "pilot", secret = "${env:NODE_SECRET}" }',
}
SECRETS = {"anonymous": "", "ticket": TICKET, "wampcra": SECRET}

BACK_WITHIN_S = 1.0
OUTAGE_S = 10.0


def _node(folder: Path, url: str, login: str = "ticket") -> NodeProcess:
    """Make the example node with the router at *url* upstream and sensors five times a second."""
    text = EXAMPLE.read_text().replace('every = "10s"', 'every = "200ms"')
    upstream = f'\n[upstream]\nurl = "{url}"\nrealm = "{REALM}"\n{LOGINS[login]}\n'
    device_file = folder / "devices.toml"
    device_file.write_text(text + upstream)
    return NodeProcess(device_file, environment={"NODE_SECRET": SECRETS[login]})


@pytest.fixture
def node(crossbar: CrossbarRouter, tmp_path: Path) -> Iterator[NodeProcess]:
    """A running node that joins Crossbar by ticket."""
    with _node(tmp_path, crossbar.url) as node:
        yield node


@asynccontextmanager
async def _local(node: NodeProcess) -> AsyncIterator[Session]:
    facts = node.facts
    async with await Session.connect(f"unix:{node.socket_path}", facts["realm"]) as session:
        yield session


async def _served_after_s(crossbar: CrossbarRouter, procedure: str, limit_s: float) -> float:
    """Return how long it takes until *procedure* answers at Crossbar, in seconds."""
    started = time.monotonic()
    async with await Session.connect(crossbar.url, REALM) as session:
        while time.monotonic() - started < limit_s:
            try:
                await session.call(procedure, timeout_s=0.3)
            except (ApplicationError, CallTimeoutError):
                await asyncio.sleep(0.02)  # another program registers it, at a moment it chooses
            else:
                return time.monotonic() - started
    return float("inf")


@pytest.mark.parametrize("login", LOGINS)
async def test_the_node_joins_with_every_login(
    login: str, crossbar: CrossbarRouter, tmp_path: Path
) -> None:
    with _node(tmp_path, crossbar.url, login):
        delay_s = await _served_after_s(crossbar, "edge.gh1.drip.state.get", 5.0)

    assert delay_s < 5.0


async def test_the_node_joins_over_rawsocket(crossbar: CrossbarRouter, tmp_path: Path) -> None:
    with _node(tmp_path, crossbar.rawsocket_url):
        delay_s = await _served_after_s(crossbar, "edge.gh1.drip.state.get", 5.0)

    assert delay_s < 5.0


async def test_a_client_at_crossbar_switches_a_relay_and_reads_it_back(
    crossbar: CrossbarRouter, node: NodeProcess
) -> None:
    await _served_after_s(crossbar, "edge.gh1.drip.state.get", 5.0)

    async with await Session.connect(crossbar.url, REALM) as far, _local(node) as near:
        await far.call("edge.gh1.drip.on", timeout_s=5)
        seen_far = (await far.call("edge.gh1.drip.state.get", timeout_s=5)).value
        level = (await near.call("edge.gh1.sim.pin", "gpio", 17, timeout_s=5)).value

    assert seen_far is True
    assert level is False, "the relay board of the example switches on a low level"


async def test_sensors_are_heard_at_crossbar(crossbar: CrossbarRouter, node: NodeProcess) -> None:
    heard: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()

    async with await Session.connect(crossbar.url, REALM) as far:
        await far.subscribe("edge.gh1.air.temperature", lambda *args, **_: heard.put_nowait(args))
        args = await asyncio.wait_for(heard.get(), 10)

    assert -40.0 < args[0] < 85.0


@pytest.mark.parametrize(
    "client",
    [
        *(pytest.param(client, id=client.name) for client in PYTHON_CLIENTS),
        *(pytest.param(client, id=client.name, marks=pytest.mark.node) for client in NODE_CLIENTS),
    ],
)
async def test_a_foreign_client_at_crossbar_uses_the_node(
    client: Client, crossbar: CrossbarRouter, node: NodeProcess
) -> None:
    await _served_after_s(crossbar, "edge.gh1.drip.state.get", 5.0)
    task = {
        "url": crossbar.url,
        "realm": REALM,
        "serializer": "json",
        "register": "com.example.echo",
        "subscribe": "edge.gh1.air.temperature",
        "call": "edge.gh1.drip.on",
        "args": [],
        "missing": "com.example.missing",
        "publish": "com.example.news",
        "payload": {"args": [1], "kwargs": {}},
    }

    async with (
        await Session.connect(crossbar.url, REALM) as far,
        client.play(task) as playing,
        _local(node) as near,
    ):
        await playing.until("subscribed")
        await far.call("com.example.echo", timeout_s=10)
        await playing.until("left")
        status = await playing.ended()
        state = (await near.call("edge.gh1.drip.state.get", timeout_s=5)).value

    assert status == 0
    assert state is True


@pytest.mark.slow
async def test_crossbar_killed_twice_is_no_loss_here_and_soon_forgotten(
    crossbar: CrossbarRouter, node: NodeProcess
) -> None:
    """Local calls are served all the time; procedures are back a second after Crossbar listens."""
    delays_s = []
    slowest_s = 0.0
    await _served_after_s(crossbar, "edge.gh1.drip.state.get", 5.0)

    async with _local(node) as near:
        for _ in range(2):
            crossbar.kill()
            over = time.monotonic() + OUTAGE_S
            while time.monotonic() < over:
                slowest_s = max(slowest_s, await _toggle(near))
                await asyncio.sleep(0.05)
            await asyncio.to_thread(crossbar.start)
            delays_s.append(await _served_after_s(crossbar, "edge.gh1.drip.state.get", 30.0))

    assert max(delays_s) <= BACK_WITHIN_S, delays_s
    assert slowest_s < 0.25


@pytest.mark.slow
async def test_a_node_killed_twice_takes_its_names_back_from_its_ghosts(
    crossbar: CrossbarRouter, tmp_path: Path
) -> None:
    """The proxy keeps the dead node's connections open, so Crossbar does not know it is gone."""
    proxy = HoldingProxy(crossbar.websocket_port)
    await proxy.start()
    node = _node(tmp_path, f"ws://127.0.0.1:{proxy.own_port}/")
    delays_s = []

    try:
        await asyncio.to_thread(node.start)
        await _served_after_s(crossbar, "edge.gh1.drip.state.get", 5.0)
        proxy.is_holding = True
        for _ in range(2):
            await asyncio.to_thread(node.kill)
            assert await _is_ghost(crossbar, "edge.gh1.drip.state.get")
            await asyncio.to_thread(node.start)
            delays_s.append(await _served_after_s(crossbar, "edge.gh1.drip.state.get", 30.0))
    finally:
        node.close()
        await proxy.close()

    assert max(delays_s) <= BACK_WITHIN_S, delays_s


async def _is_ghost(crossbar: CrossbarRouter, procedure: str) -> bool:
    """Tell whether *procedure* is registered by somebody who does not answer."""
    async with await Session.connect(crossbar.url, REALM) as session:
        try:
            await session.call(procedure, timeout_s=0.5)
        except CallTimeoutError:
            return True
        except ApplicationError:
            return False
    return False


async def _toggle(near: Session) -> float:
    """Toggle a relay; returns how long it took, in seconds."""
    started = time.monotonic()
    await near.call("edge.gh1.drip.toggle", timeout_s=2)
    return time.monotonic() - started
