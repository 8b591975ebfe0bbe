"""A node that joins two routers: each gets its part of everything, and disturbs no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import config_of
from tests.uplink.rig import UpstreamRouter
from wampedge.client import Session
from wampedge.config.model import SiteConfig
from wampedge.errors import ApplicationError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.simulation.site import SimulatedSite
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

SITE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "unix:{farm}"
realm = "farm"
[upstreams.cloud]
url = "unix:{cloud}"
realm = "farm"
forward = {{ up = ["edge.n1.valve.", "edge.n1.lan."], down = ["fleet."] }}
[devices.valve]
driver = "relay"
pin = 17
[devices.lamp]
driver = "led"
pin = 27
"""


class Place:
    """A node between two routers."""

    def __init__(self, folder: Path) -> None:
        for name in ("farm", "cloud"):
            (folder / name).mkdir()
        self.folder = folder
        self.farm, self.cloud = UpstreamRouter(folder / "farm"), UpstreamRouter(folder / "cloud")

    def config(self, *edits: tuple[str, str]) -> SiteConfig:
        """Return the device file after *edits*."""
        text = SITE.format(farm=self.farm.path, cloud=self.cloud.path)
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        return config_of(self.folder, text)


async def settled(node: Node) -> None:
    """Wait until both links have all they offer."""
    await asyncio.sleep(1.0)
    for link in node._upstream._by_name.values():
        if link.uplink is not None:
            await link.uplink.connection.wait_restored()


@asynccontextmanager
async def between(place: Place) -> AsyncIterator[tuple[SimulatedSite, Session, Session]]:
    """Run the node; gives it, and somebody at each router."""
    await place.farm.start()
    await place.cloud.start()
    async with SimulatedSite(place.config()) as site:
        await settled(site.node)
        farm, cloud = await place.farm.client(), await place.cloud.client()
        yield site, farm, cloud
        await farm.leave()
        await cloud.leave()
    await place.farm.stop()
    await place.cloud.stop()


def on(folder: Path, act: Callable[[Place], Awaitable[None]]) -> None:
    async def main() -> None:
        await act(Place(folder))

    run_virtual(main())


async def heard(session: Session, topic: str, **options: Any) -> list[Any]:
    events: list[Any] = []
    await session.subscribe(topic, lambda value, **_: events.append(value), options=options)
    return events


def test_each_router_has_what_its_link_lets_pass(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, farm, cloud):
            lamps = [await heard(each, "edge.n1.lamp.state") for each in (farm, cloud)]
            valves = [await heard(each, "edge.n1.valve.state") for each in (farm, cloud)]
            assert await site.call("lamp.on") is True
            assert (await cloud.call("edge.n1.valve.on")).value is True
            assert (await farm.call("edge.n1.valve.off")).value is False
            await asyncio.sleep(0.5)

            assert lamps == [[True], []]
            assert valves == [[True, False], [True, False]]
            with pytest.raises(ApplicationError, match="no_such_procedure"):
                await cloud.call("edge.n1.lamp.on")

    on(tmp_path, act)


def test_clients_reach_the_router_whose_rules_say_so(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, farm, cloud):
            await cloud.register("fleet.time", lambda: 1234)
            up = [await heard(each, "edge.n1.lan.note") for each in (farm, cloud)]
            down = await heard(site.client, "fleet.stop")
            await asyncio.sleep(0.5)
            await site.client.publish("edge.n1.lan.note", 5, acknowledge=True)
            await cloud.publish("fleet.stop", 7)
            await farm.publish("fleet.stop", 8)
            await asyncio.sleep(0.5)

            assert (await site.client.call("fleet.time")).value == 1234
            assert (up, down) == ([[], [5]], [7])

    on(tmp_path, act)


def test_what_waits_for_one_router_does_not_hold_up_the_other(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, farm, _):
            await place.cloud.stop()
            states = await heard(farm, "edge.n1.valve.state")
            for order in ("on", "off", "on"):
                await site.call(f"valve.{order}")
                await asyncio.sleep(1.0)
            assert states == [True, False, True]
            queues = (await site.call("sys.queue"))["links"]
            assert (queues["upstream"]["depth"], queues["cloud"]["depth"] >= 3) == (0, True)

            await place.cloud.start()
            late = await place.cloud.client()
            events = await heard(late, "edge.n1.valve.state")
            await asyncio.sleep(90.0)
            assert events[:3] == [True, False, True]
            links = await site.call("sys.link")
            assert {name: link["state"] for name, link in links.items()} == {
                "upstream": "joined", "cloud": "joined"
            }  # fmt: skip
            await late.leave()

    on(tmp_path, act)


def test_a_reload_touches_the_link_that_changed_alone(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, farm, cloud):
            before = await site.call("sys.link")
            changes = await site.reload(place.config(('"edge.n1.lan."', '"edge.n1.lamp."')))
            await settled(site.node)
            after = await site.call("sys.link")

            assert changes.links_changed == ("cloud",)
            assert changes.summary() == "cloud changed"
            assert before["upstream"]["session_id"] == after["upstream"]["session_id"]
            assert before["cloud"]["session_id"] != after["cloud"]["session_id"]
            assert (await cloud.call("edge.n1.lamp.on")).value is True
            assert (await farm.call("edge.n1.lamp.off")).value is False

    on(tmp_path, act)


def test_a_link_that_a_reload_brings_says_how_everything_is(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        table = SITE[SITE.index("[upstreams.cloud]") : SITE.index("[devices.valve]")]
        table = table.format(cloud=place.cloud.path)
        await place.farm.start()
        await place.cloud.start()
        async with SimulatedSite(place.config((table, ""))) as site:
            await settled(site.node)
            await site.call("valve.on")
            await site.reload(place.config())
            await settled(site.node)
            cloud = await place.cloud.client()
            states = await heard(cloud, "edge.n1.valve.state", get_retained=True)
            await asyncio.sleep(0.5)
            assert states == [True]

            await site.reload(place.config((table, "")))
            await asyncio.sleep(2.0)
            with pytest.raises(ApplicationError, match="no_such_procedure"):
                await cloud.call("edge.n1.valve.on")
            assert list(await site.call("sys.link")) == ["upstream"]
            await cloud.leave()
        await place.farm.stop()
        await place.cloud.stop()

    on(tmp_path, act)


DOWN = 'forward = { down = ["fleet."] }'
BOTH_DOWN = ('realm = "farm"\n[upstreams.cloud]', f'realm = "farm"\n{DOWN}\n[upstreams.cloud]')


async def asked(site: SimulatedSite) -> Any:
    """Return who answers a call that either router may have."""
    return (await site.client.call("fleet.who")).value


def test_what_both_links_bring_down_is_asked_of_the_first_that_has_it(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, farm, cloud):
            await site.reload(place.config(BOTH_DOWN))
            await settled(site.node)
            with pytest.raises(ApplicationError, match="no_such_procedure"):
                await asked(site)
            at_cloud = await cloud.register("fleet.who", lambda: "cloud")
            assert await asked(site) == "cloud"
            await farm.register("fleet.who", lambda: "farm")
            assert await asked(site) == "farm"
            await at_cloud.unregister()
            assert await asked(site) == "farm"

    on(tmp_path, act)


def test_an_error_of_the_first_is_the_answer(tmp_path: Path) -> None:
    async def refuse() -> None:
        raise ApplicationError("fleet.error.closed")

    async def act(place: Place) -> None:
        async with between(place) as (site, farm, cloud):
            await site.reload(place.config(BOTH_DOWN))
            await settled(site.node)
            await farm.register("fleet.who", refuse)
            await cloud.register("fleet.who", lambda: "cloud")

            with pytest.raises(ApplicationError, match="closed"):
                await asked(site)

    on(tmp_path, act)


def test_the_second_has_the_calls_while_the_first_is_down(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, _, cloud):
            await site.reload(place.config(BOTH_DOWN))
            await settled(site.node)
            await cloud.register("fleet.who", lambda: "cloud")
            await place.farm.stop()
            await asyncio.sleep(1.0)
            assert await asked(site) == "cloud"

            await place.farm.start()
            farm = await place.farm.client()
            await farm.register("fleet.who", lambda: "farm")
            await asyncio.sleep(90.0)
            assert await asked(site) == "farm"
            await farm.leave()

            await place.farm.stop()
            await place.cloud.stop()
            await asyncio.sleep(1.0)
            with pytest.raises(ApplicationError, match="offline"):
                await asked(site)
            await place.farm.start()
            await place.cloud.start()

    on(tmp_path, act)


def test_the_second_has_the_calls_when_a_reload_takes_the_rule_from_the_first(
    tmp_path: Path,
) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, farm, cloud):
            await site.reload(place.config(BOTH_DOWN))
            await settled(site.node)
            await farm.register("fleet.who", lambda: "farm")
            await cloud.register("fleet.who", lambda: "cloud")
            assert await asked(site) == "farm"

            await site.reload(place.config())
            await settled(site.node)

            assert await asked(site) == "cloud"

    on(tmp_path, act)


def test_a_wider_rule_of_another_link_helps_out(tmp_path: Path) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, farm, cloud):
            wider = (BOTH_DOWN[0], BOTH_DOWN[1].replace('"fleet."', '"fleet.who"'))
            await site.reload(place.config(wider))
            await settled(site.node)
            await cloud.register("fleet.who", lambda: "cloud")
            assert await asked(site) == "cloud"
            await farm.register("fleet.who", lambda: "farm")
            assert await asked(site) == "farm"

    on(tmp_path, act)


HUB = """\
wampedge = 1
[node]
name = "hub"
[router]
realm = "farm"
listen = ["unix:{socket}"]
anonymous = false
  [router.users.n1]
  auth = {{ method = "ticket", secret = "${{env:TICKET}}" }}
  role = "site"
  [router.roles.site]
  relay = {relay}
  allow = {{ call = ["."], register = ["."], publish = ["."], subscribe = ["."] }}
[devices.lamp]
driver = "led"
pin = 27
"""
NODE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "unix:{socket}"
realm = "farm"
auth = {{ method = "ticket", id = "n1", secret = "${{env:TICKET}}" }}
forward = {{ down = ["fleet."] }}
[devices.lamp]
driver = "led"
pin = 27
"""


@pytest.mark.parametrize(("relay", "is_known"), [("true", True), ("false", False)])
def test_a_hub_knows_who_calls_over_a_node_whose_role_relays(
    relay: str, is_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKET", "tomato")
    socket = tmp_path / "hub.sock"
    hub_config = config_of(tmp_path, HUB.format(socket=socket, relay=relay))
    node_config = config_of(tmp_path, NODE.format(socket=socket))

    async def main() -> None:
        hub = Node(
            hub_config,
            SimulatedSubstrate(wiring_of(hub_config)),
            clock=SimulatedClock(),
            is_inline=True,
        )
        await hub.start()
        callers: list[Any] = []
        local = await Session.over(hub.server.attach_local("clerk"), "farm")
        await local.register(
            "fleet.who", lambda details: callers.append(details.caller_authid), wants_details=True
        )
        async with SimulatedSite(node_config) as site:
            await settled(site.node)
            authid = site.client.details["authid"]
            await site.client.call("fleet.who", options={"disclose_me": True})
            await site.client.call("fleet.who")
        await local.leave()
        await hub.stop()

        assert callers == [authid if is_known else None, None]

    run_virtual(main())


LONGER = 'reconnect = {{ max = "{}m" }}\nforward = {{ up = ["edge.n1.valve."], down = ["fleet."] }}'
FORWARD = 'forward = { up = ["edge.n1.valve.", "edge.n1.lan."], down = ["fleet."] }'


@pytest.mark.parametrize("is_settled", [True, False])
def test_calls_still_go_up_after_many_reloads(tmp_path: Path, is_settled: bool) -> None:
    async def act(place: Place) -> None:
        async with between(place) as (site, _, cloud):
            await cloud.register("fleet.time", lambda: 1234)
            for minutes in (1, 2, 3, 4):
                await site.reload(place.config((FORWARD, LONGER.format(minutes))))
                if is_settled:
                    await settled(site.node)
                    assert (await site.client.call("fleet.time")).value == 1234
            await settled(site.node)

            assert (await site.client.call("fleet.time")).value == 1234

    on(tmp_path, act)
