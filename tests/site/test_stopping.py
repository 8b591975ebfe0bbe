"""L4 and more: however a node ends, its outputs end in their safe state, and in time."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import GREENHOUSE, RunningSite, config_of, on_site
from wampedge.client import Session
from wampedge.config.checking import load
from wampedge.errors import ApplicationError, HardwareError, WampedgeError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

OUTPUTS = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.valve]
driver = "relay"
pin = 17
on_start = "on"
[devices.io]
driver = "mcp23017"
bus = "i2c1"
[devices.heater]
driver = "relay"
pin = "io:0"
[devices.air]
driver = "bme280"
bus = "i2c1"
"""


def test_stop_ends_a_pulse_and_a_setting_for_a_while(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 17)
        await site.call("valve.off")
        await site.call("valve.pulse", "1m")
        await site.call("heater.set", True, for_="1m")
        await site.node.site.stop()
        await asyncio.sleep(300.0)

        assert edges == [False, True, False]
        assert site.simulator.pin_level("io", 0) is False

    on_site(config_of(tmp_path, OUTPUTS), act)


def test_call_that_comes_while_the_node_stops_drives_nothing(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 17)
        stopping = asyncio.ensure_future(site.node.site.stop())
        calls = [site.client.call("edge.n1.valve.on") for _ in range(5)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        await stopping
        late = await asyncio.gather(
            site.client.call("edge.n1.valve.on"),
            site.client.call("edge.n1.heater.on"),
            return_exceptions=True,
        )

        assert edges == [False]
        assert site.simulator.pin_level("io", 0) is False
        for answer in (*answers, *late):
            assert isinstance(answer, ApplicationError)
            assert answer.keywords["reason"] == "the device is being stopped"

    on_site(config_of(tmp_path, OUTPUTS), act)


def test_output_that_failed_last_is_made_safe_all_the_same(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("heater.on")
        await site.call("sim.fault", "io", "nack", 1)
        with pytest.raises(ApplicationError):
            await site.call("heater.on")
        await site.node.site.stop()

        assert site.simulator.pin_level("io", 0) is False

    on_site(config_of(tmp_path, OUTPUTS), act)


def test_safe_state_is_tried_again_when_the_bus_is_disturbed(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("heater.on")
        await site.call("sim.fault", "io", "nack", 2)
        await site.node.site.stop()

        assert site.simulator.pin_level("io", 0) is False

    on_site(
        config_of(
            tmp_path, OUTPUTS.replace('"i2c1"\n[devices.h', '"i2c1"\nevery = "60s"\n[devices.h')
        ),
        act,
    )


def test_crowd_on_the_bus_does_not_keep_an_output_from_its_safe_state(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("heater.on")
        calls = [
            asyncio.ensure_future(site.client.call("edge.n1.air.get", fresh=True))
            for _ in range(200)
        ]
        await asyncio.sleep(0.001)
        before = asyncio.get_running_loop().time()
        await site.node.site.stop()
        took_s = asyncio.get_running_loop().time() - before
        answers = await asyncio.gather(*calls, return_exceptions=True)

        assert site.simulator.pin_level("io", 0) is False
        assert took_s < 0.5
        assert all(isinstance(a, ApplicationError) for a in answers[2:])

    on_site(config_of(tmp_path, OUTPUTS), act)


def test_stop_twice_at_once_ends_when_the_node_is_stopped(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.gather(site.node.stop(), site.node.stop())

        assert site.node.state == "stopping"
        assert site.simulator.pin_level("gpio", 17) is False
        with pytest.raises(WampedgeError, match="stopped"):
            await site.node.reload(site.node.config)

    on_site(config_of(tmp_path, OUTPUTS), act)


def test_node_that_loses_its_own_session_says_so(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        broken = asyncio.ensure_future(site.node.wait_broken())
        await asyncio.sleep(1.0)
        assert not broken.done()
        assert site.node._session is not None
        await site.node._session.leave()
        await broken

    on_site(config_of(tmp_path, OUTPUTS), act)


Act = Callable[[Node, SimulatedSubstrate], Coroutine[Any, Any, None]]


def while_starting(folder: Path, text: str, act: Act) -> None:
    """Run *act* in virtual time beside a node of which the start was just begun."""

    async def main() -> None:
        config = config_of(folder, text)
        config = config.but(router=config.router.but(listen=()))
        simulator = SimulatedSubstrate(wiring_of(config))
        node = Node(config, simulator, clock=SimulatedClock(), is_inline=True)
        await act(node, simulator)
        await asyncio.sleep(0)

    run_virtual(main())


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
def test_stop_at_any_moment_of_the_start_leaves_outputs_safe(turns: int, tmp_path: Path) -> None:
    async def act(node: Node, simulator: SimulatedSubstrate) -> None:
        starting = asyncio.ensure_future(node.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        await node.stop()
        (outcome,) = await asyncio.gather(starting, return_exceptions=True)

        assert outcome is None or isinstance(outcome, WampedgeError)
        if simulator._bench is not None:
            assert simulator.pin_level("gpio", 17) is False

    while_starting(tmp_path, OUTPUTS, act)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
def test_start_that_is_cancelled_leaves_outputs_safe(turns: int, tmp_path: Path) -> None:
    async def act(node: Node, simulator: SimulatedSubstrate) -> None:
        starting = asyncio.ensure_future(node.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await node.stop()

        if simulator._bench is not None:
            assert simulator.pin_level("gpio", 17) is False

    while_starting(tmp_path, OUTPUTS, act)


def test_start_that_cannot_listen_makes_outputs_safe_again(tmp_path: Path) -> None:
    async def main() -> None:
        config = config_of(tmp_path, OUTPUTS)
        nowhere = f"unix://{tmp_path}/missing/node.sock"
        config = config.but(router=config.router.but(listen=(nowhere,)))
        simulator = SimulatedSubstrate(wiring_of(config))
        node = Node(config, simulator, clock=SimulatedClock(), is_inline=True)
        with pytest.raises(WampedgeError, match="missing"):
            await node.start()

        assert simulator.pin_level("gpio", 17) is False

    run_virtual(main())


def test_start_without_one_of_its_buses_says_which_and_drives_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        config = config_of(tmp_path, OUTPUTS.replace("bus = 1", "bus = 77"))
        wired = config_of(tmp_path, OUTPUTS)
        simulator = SimulatedSubstrate(wiring_of(wired))
        node = Node(
            config.but(router=config.router.but(listen=())),
            simulator,
            clock=SimulatedClock(),
            is_inline=True,
        )
        with pytest.raises(HardwareError, match="/dev/i2c-77 cannot be opened: there is no such"):
            await node.start()

        assert simulator.pin_level("gpio", 17) is False

    run_virtual(main())


def test_clients_see_the_node_start_get_ready_and_stop() -> None:
    async def main() -> None:
        config = load(GREENHOUSE)
        config = config.but(router=config.router.but(listen=()))
        simulator = SimulatedSubstrate(wiring_of(config))
        node = Node(config, simulator, clock=SimulatedClock(), is_inline=True)
        client = await Session.over(node.server.attach_local("early"), config.router.realm)
        heard: list[tuple[str, str]] = []
        await client.subscribe("edge.gh1.status", lambda value, **k: heard.append(("node", value)))
        await client.subscribe(
            "edge.gh1.drip.status", lambda value, **k: heard.append(("drip", value))
        )
        await node.start()
        await node.stop()

        assert heard == [
            ("node", "starting"),
            ("drip", "ok"),
            ("node", "ready"),
            ("node", "stopping"),
        ]

    run_virtual(main())
