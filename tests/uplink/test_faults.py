"""Hostile upstream routers (ROBUSTNESS.md P43 and P44), on a real socket and virtual time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual import virtual
from tests.uplink.fake_upstream import FakePeer, FakeUpstream
from tests.uplink.rig import Node, router_of
from wampedge.client import Connection, Session
from wampedge.server import Server
from wampedge.transports.connect import connect
from wampedge.uplink import Uplink
from wampedge.wamp.auth import identity_from
from wampedge_simulator.clock import run_virtual

Script = Callable[[FakePeer], Awaitable[None]]


@asynccontextmanager
async def node_at(url: str) -> AsyncIterator[Node]:
    """Run a node that offers one procedure upstream, speaks JSON and can do wampcra."""
    server = Server(router_of("edge"))
    identity = identity_from("gh1", ticket=None, secret="s1")
    async with (
        await Session.over(server.attach_local("devices"), "edge") as devices,
        await Session.over(server.attach_local("uplink"), "edge") as local,
    ):
        await devices.register("edge.gh1.add", lambda x: x + 1)
        connection = Connection(
            lambda: connect(url, serializers=["json"]),
            "farm",
            identity,
            random=random.Random(1).random,
        )
        uplink = Uplink(connection, local, {"edge.gh1.add": "edge.gh1.add"})
        uplink.start()
        try:
            yield Node(server, devices, uplink)
        finally:
            await uplink.stop()
    await server.stop()


async def behave(peer: FakePeer) -> None:
    """Be a router as it should be, until the client leaves."""
    await peer.shake_hands()
    await peer.welcome()
    await peer.grant()
    await peer.receive()
    peer.send([6, {}, "wamp.close.goodbye_and_out"])
    await peer.wait_gone()


def after_join(*messages: list[Any]) -> Script:
    """Return a script that lets the client join, then says *messages*."""

    async def script(peer: FakePeer) -> None:
        await peer.shake_hands()
        await peer.welcome()
        await peer.grant()
        for message in messages:
            peer.send(message)
        await expect_abort(peer)

    return script


def before_join(*messages: list[Any]) -> Script:
    """Return a script that answers HELLO with *messages*."""

    async def script(peer: FakePeer) -> None:
        await peer.shake_hands()
        await peer.receive()
        for message in messages:
            peer.send(message)
        await expect_abort(peer)

    return script


async def expect_abort(peer: FakePeer) -> None:
    last = await peer.wait_gone()
    assert (last[0], last[2]) == (3, "wamp.error.protocol_violation")


async def oversized(peer: FakePeer) -> None:
    """Claim a challenge of 16 MiB; the client is to close without reading it."""
    await peer.shake_hands()
    await peer.receive()
    peer._writer.write(b"\x00\xff\xff\xff[4,")
    await peer.wait_gone()


CHALLENGE = [4, "wampcra", {"challenge": "x"}]
HUGE = [4, "wampcra", {"challenge": "x" * 200_000}]
ENDLESS = [4, "wampcra", {"challenge": "x", "salt": "s", "iterations": 2**53}]

FAULTS: dict[str, Script] = {
    "REGISTERED for an unknown request": after_join([65, 4711, 501]),
    "RESULT for an unknown call": after_join([50, 4711, {}]),
    "EVENT for an unknown subscription": after_join([36, 4711, 1, {}, [1]]),
    "INVOCATION for an unknown registration": after_join([68, 1, 4711, {}]),
    "registration id of another procedure": after_join([65, 1, 500]),
    "WELCOME twice": after_join([2, 2, {"roles": {}}]),
    "WELCOME twice with the same id": after_join([2, 1, {"roles": {}}]),
    "CHALLENGE in a session": after_join([4, "ticket", {}]),
    "message of a client": after_join([48, 1, {}, "a.b"]),
    "unknown message type": after_join([999]),
    "no message at all": after_join([]),
    "WELCOME with a session id of 0": before_join([2, 0, {"roles": {}}]),
    "CHALLENGE of 200 kB": before_join(HUGE),
    "CHALLENGE that takes hours": before_join(ENDLESS),
    "CHALLENGE twice": before_join(CHALLENGE, CHALLENGE),
    "EVENT before WELCOME": before_join([36, 1, 1, {}]),
    "CHALLENGE of 16 MiB": oversized,
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@virtual
async def test_broken_rules_end_the_session_and_the_next_one_works(
    fault: Script, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """P43: log, reconnect with backoff, local service untouched."""
    async with FakeUpstream(tmp_path, fault, behave) as upstream, node_at(upstream.url) as node:
        joined = asyncio.Event()
        node.uplink.connection.on_status(
            lambda status: joined.set() if status.joins and upstream.connections == 2 else None
        )
        assert (await node.devices.call("edge.gh1.add", 1, timeout_s=0.1)).value == 2
        async with asyncio.timeout(20):
            await joined.wait()
        await node.uplink.connection.wait_restored()

        assert (await node.devices.call("edge.gh1.add", 1, timeout_s=0.1)).value == 2
        assert asyncio.get_running_loop().time() <= 1
        assert node.uplink.status.procedures_registered == 1
    assert 1 <= len([each for each in caplog.records if each.levelname == "WARNING"]) <= 2


@virtual
async def test_session_id_seen_before_is_taken(tmp_path: Path) -> None:
    """P43: a restarted router may count from 1 again; the id is its own affair."""

    async def hang_up(peer: FakePeer) -> None:
        await peer.shake_hands()
        await peer.welcome(session_id=1)
        await peer.grant()

    async with FakeUpstream(tmp_path, hang_up, behave) as upstream, node_at(upstream.url) as node:
        rejoined = asyncio.Event()
        node.uplink.connection.on_status(
            lambda status: rejoined.set() if status.joins == 2 else None
        )
        await rejoined.wait()
        await node.uplink.connection.wait_restored()

        assert node.uplink.status.session_id == 1


async def hang_up_at_once(peer: FakePeer) -> None:
    """Close the connection that was just accepted."""


async def hang_up_after_hello(peer: FakePeer) -> None:
    """Close the connection when HELLO has come."""
    await peer.shake_hands()
    await peer.receive()


async def hang_up_after_welcome(peer: FakePeer) -> None:
    """Close the connection when the client has just joined."""
    await peer.shake_hands()
    await peer.welcome()


def open_files() -> int:
    """Count the descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("script", [hang_up_at_once, hang_up_after_hello, hang_up_after_welcome])
def test_thousand_connections_accepted_and_closed_cost_next_to_nothing(
    script: Script, tmp_path: Path
) -> None:
    """P44: backoff with jitter, less than 1 % of a CPU, no descriptor left behind."""

    async def scenario() -> tuple[float, list[float]]:
        loop = asyncio.get_running_loop()
        async with FakeUpstream(tmp_path, script) as upstream, node_at(upstream.url) as node:
            delays: list[float] = []
            node.uplink.connection.on_status(lambda status: delays.append(status.retry_in_s))
            await asyncio.sleep(30)
            descriptors = open_files()
            await upstream.thousandth.wait()
            assert open_files() <= descriptors + 4
            assert (await node.devices.call("edge.gh1.add", 1, timeout_s=0.1)).value == 2
            return loop.time(), delays

    before = time.process_time()
    passed_s, delays = run_virtual(scenario())
    cpu_s = time.process_time() - before

    late = set(delays[100:])
    assert cpu_s / passed_s < 0.01
    assert max(late) <= 30
    assert len(late) > 800
    assert 13 < sum(late) / len(late) < 17
