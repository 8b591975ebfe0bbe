"""What passes beside the node's own, between two real routers on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import turns
from tests.support.virtual import virtual
from tests.uplink.rig import Node, UpstreamRouter, node_with
from wampedge.client import Session
from wampedge.errors import ApplicationError
from wampedge.uplink.forwarding import Forwarder


@asynccontextmanager
async def bridge(
    folder: Path, *, up: tuple[str, ...] = (), down: tuple[str, ...] = (), prefix: str = "n."
) -> AsyncIterator[tuple[Node, Session, Session]]:
    """Run a node with the prefix ``n`` and the device ``n.lamp``, a neighbour, and one far away."""
    upstream = UpstreamRouter(folder)
    await upstream.start()
    async with node_with(upstream.url) as node:
        forwarder = Forwarder(
            node.uplink,
            up=up,
            down=down,
            is_own=lambda uri: uri.startswith("n.lamp."),
            prefix=prefix,
        )
        neighbour = await Session.over(node.server.attach_local("neighbour"), "edge")
        await neighbour.register("n.arm.before", lambda: "before")
        await forwarder.start()
        node.uplink.start()
        await node.uplink.connection.wait_restored()
        far = await upstream.client()
        yield node, neighbour, far
        await far.leave()
        await forwarder.stop()
        await neighbour.leave()
    await upstream.stop()


async def heard(session: Session, *topics: str) -> list[tuple[str, Any]]:
    """Return a list that gets what is published to *topics*."""
    events: list[tuple[str, Any]] = []
    for topic in topics:
        await session.subscribe(topic, lambda value, topic=topic: events.append((topic, value)))
    return events


@virtual
async def test_procedures_of_neighbours_are_offered_upstream_while_they_are_there(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path, up=("n.",)) as (node, neighbour, far):
        registration = await neighbour.register("n.arm.lift", lambda cm: cm + 1)
        await neighbour.register("other.arm", lambda: None)
        await neighbour.register("n.lamp.fake", lambda: None)
        await turns(20)
        await node.uplink.connection.wait_restored()
        lifted = (await far.call("n.arm.lift", 30)).value
        earlier = (await far.call("n.arm.before")).value
        await registration.unregister()
        await asyncio.sleep(1)
        failures = []
        for uri in ("n.arm.lift", "other.arm", "n.lamp.fake"):
            with pytest.raises(ApplicationError) as caught:
                await far.call(uri)
            failures.append(caught.value.uri)

    assert (lifted, earlier) == (31, "before")
    assert failures == ["wamp.error.no_such_procedure"] * 3


@virtual
async def test_events_of_neighbours_pass_up_once_and_those_of_others_do_not(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path, up=("n.", "n.arm.")) as (_, neighbour, far):
        events = await heard(far, "n.arm.angle", "n.lamp.state", "other.topic")
        for topic in ("n.arm.angle", "n.lamp.state", "other.topic"):
            await neighbour.publish(topic, 7)
        await asyncio.sleep(1)

    assert events == [("n.arm.angle", 7)]


@virtual
async def test_events_from_upstream_come_down_and_never_go_back(tmp_path: Path) -> None:
    async with bridge(tmp_path, up=("n.",), down=("n.", "fleet.")) as (_, neighbour, far):
        events = await heard(neighbour, "n.goal", "fleet.stop", "n.lamp.state", "other.topic")
        echoes = await heard(far, "n.goal", "n.arm.angle")
        for topic in ("n.goal", "fleet.stop", "n.lamp.state", "other.topic"):
            await far.publish(topic, 1)
        await neighbour.publish("n.arm.angle", 2)
        await asyncio.sleep(1)

    assert events == [("n.goal", 1), ("fleet.stop", 1)]
    assert echoes == [("n.arm.angle", 2)]  # its own n.goal is not said to it again


@virtual
async def test_procedures_upstream_are_called_here_but_none_of_our_own_prefix(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path, up=("n.",), down=("n.", "fleet.")) as (node, neighbour, far):
        await far.register("fleet.time", lambda: 1234)
        await far.register("n.elsewhere", lambda: "upstream")

        told = (await neighbour.call("fleet.time")).value
        failures = []
        for uri in ("n.elsewhere", "fleet.nothing"):
            with pytest.raises(ApplicationError) as caught:
                await neighbour.call(uri)
            failures.append(caught.value.uri)
        assert node.uplink.status.calls == 0

    assert told == 1234
    assert failures == ["wamp.error.no_such_procedure"] * 2


@virtual
async def test_a_rule_around_our_own_prefix_does_not_send_a_call_in_a_circle(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path, down=("all.",), prefix="all.n.") as (node, neighbour, _):
        node.uplink.offer("all.n.gone")  # as after a device went, until upstream knows
        await node.uplink.connection.wait_restored()

        with pytest.raises(ApplicationError) as caught:
            await neighbour.call("all.n.gone")

        assert node.uplink.status.calls == 0
    assert caught.value.uri == "wamp.error.no_such_procedure"
