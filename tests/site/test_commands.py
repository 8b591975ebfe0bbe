"""Orders of clients that must not be carried out late, nor twice: at the node as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from tests.support.virtual import virtual
from tests.uplink.rig import UpstreamRouter
from wampedge.client import Session
from wampedge.errors import ApplicationError, CallTimeoutError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge_simulator.clock import EPOCH_S, SimulatedClock
from wampedge_simulator.substrate import SimulatedSubstrate

SITE = """\
wampedge = 1
[node]
name = "n1"
[interlocks.mains]
members = ["pump", "heater"]
dead_time = "3s"
policy = "release_first"
[devices.pump]
driver = "relay"
pin = 17
[devices.heater]
driver = "relay"
pin = 27
"""


@asynccontextmanager
async def upstream(folder: Path) -> AsyncIterator[tuple[Session, Session]]:
    """Run the site with a router upstream; gives a session there, and one at the node."""
    hub = UpstreamRouter(folder)
    await hub.start()
    link = f'[upstream]\nurl = "{hub.url}"\nrealm = "farm"\n'
    config = config_of(folder, SITE + link)
    config = config.but(router=config.router.but(listen=()))
    board = SimulatedSubstrate(wiring_of(config))
    node = Node(config, board, clock=SimulatedClock(), is_inline=True)
    await node.start()
    near = await Session.over(node.server.attach_local("near"), config.router.realm)
    uplink = node._upstream.watched
    assert uplink is not None
    await uplink.connection.wait_joined()
    await uplink.connection.wait_restored()
    far = await hub.client()
    yield far, near
    await far.leave()
    await near.leave()
    await node.stop()
    await hub.stop()


async def refused(site: RunningSite, name: str, *args: Any, **kwargs: Any) -> ApplicationError:
    """Give an order that is to be refused."""
    with pytest.raises(ApplicationError) as caught:
        await site.call(name, *args, **kwargs)
    return caught.value


def test_late_order_moves_nothing_and_says_how_late_it_is(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        error = await refused(site, "pump.on", by_=EPOCH_S - 60)

        assert error.uri == "wampedge.error.expired"
        assert error.keywords["reason"] == "late"
        assert error.keywords["late_by"] == pytest.approx(60, abs=1)
        assert await site.call("pump.state.get") is False
        assert await site.call("pump.set", True, by_="10s") is True

    on_site(config_of(tmp_path, SITE), act)


def test_order_that_waits_for_an_interlock_past_its_deadline_is_not_carried_out(
    tmp_path: Path,
) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("heater.on")

        error = await refused(site, "pump.on", by_="2s", key_="a")
        assert error.uri == "wampedge.error.expired"
        await asyncio.sleep(10)
        assert await site.call("pump.state.get") is False
        assert await site.call("pump.on", by_="2s", key_="a") is True

    on_site(config_of(tmp_path, SITE), act)


def test_same_key_toggles_once(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        first = await site.call("pump.toggle", key_="order 66")
        second = await site.call("pump.toggle", key_="order 66")

        assert (first, second) == (True, True)
        assert await site.call("pump.state.get") is True

    on_site(config_of(tmp_path, SITE), act)


def test_description_tells_what_takes_a_deadline_and_a_key(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        described = await site.call("pump.describe")
        options = {
            uri.removeprefix("edge.n1.pump."): set(procedure.get("options", ()))
            for uri, procedure in described["procedures"].items()
        }

        assert options["on"] == options["set"] == options["state.set"] == {"by_", "key_"}
        assert options["state.get"] == options["health"] == set()
        assert described["$defs"]["key_"]["maxLength"] == 64

    on_site(config_of(tmp_path, SITE), act)


@virtual
async def test_order_from_upstream_that_its_caller_gave_up_is_not_carried_out(
    tmp_path: Path,
) -> None:
    async with upstream(tmp_path) as (far, near):
        await far.call("edge.n1.heater.on")
        with pytest.raises(CallTimeoutError):
            await far.call("edge.n1.pump.on", timeout_s=1.0)
        await asyncio.sleep(10)

        assert (await near.call("edge.n1.pump.get")).value["state"]["value"] is False


@virtual
async def test_order_from_upstream_whose_caller_is_gone_is_not_carried_out(tmp_path: Path) -> None:
    async with upstream(tmp_path) as (far, near):
        await far.call("edge.n1.heater.on")
        order = asyncio.ensure_future(far.call("edge.n1.pump.on"))
        await asyncio.sleep(1)
        far._conversation.transport.abort()
        await asyncio.wait([order])
        await asyncio.sleep(10)

        assert order.exception() is not None
        assert (await near.call("edge.n1.pump.get")).value["state"]["value"] is False


@virtual
async def test_deadlines_and_keys_work_across_the_link(tmp_path: Path) -> None:
    async with upstream(tmp_path) as (far, near):
        toggled = [
            (await far.call("edge.n1.pump.toggle", key_="a", by_="5s")).value for _ in range(2)
        ]
        with pytest.raises(ApplicationError, match=r"wampedge\.error\.expired"):
            await far.call("edge.n1.pump.off", by_=1.0)

        assert toggled == [True, True]
        assert (await near.call("edge.n1.pump.get")).value["state"]["value"] is True


@virtual
async def test_callers_upstream_have_keys_of_their_own(tmp_path: Path) -> None:
    async with upstream(tmp_path) as (far, near):
        options = {"disclose_me": True}
        for _ in range(2):
            await far.call("edge.n1.pump.toggle", key_="a", options=options)
        assert (await near.call("edge.n1.pump.get")).value["state"]["value"] is True
        await near.call("edge.n1.pump.toggle", key_="a")

        assert (await near.call("edge.n1.pump.get")).value["state"]["value"] is False
