"""B4: drivers that block, raise anything, answer nonsense or want to end the program."""

from __future__ import annotations

import asyncio
import gc
import math
import sys
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from tests.site.test_bus_faults import TWO_SENSORS
from wampedge.client import Session
from wampedge.config.model import SiteConfig
from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, command, input_pin, reading, spec_of
from wampedge.devices.fields import Text
from wampedge.errors import ApplicationError
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.runtime.system_clock import SystemClock
from wampedge_simulator.substrate import SimulatedSubstrate

RELEASED = threading.Event()
"""Lets the driver that blocks go on, at the end of a test."""


class Bad(Driver, bus="i2c", addresses=(0x76,)):
    """Does whatever a test asks for."""

    temperature = reading("°C")

    answer: Any = 20.0

    async def read(self) -> Any:
        return {"temperature": await self.act(self.answer)}

    @command({"what": Text()})
    async def answer_with(self, what: str) -> Any:
        """Answer something odd."""
        return await self.act(MADE[what]() if what in MADE else ODD[what])

    async def act(self, answer: Any) -> Any:
        if answer is threading.Event:
            RELEASED.wait(60.0)
            return 1.0
        if isinstance(answer, type) and issubclass(answer, BaseException):
            raise answer("on purpose")
        if answer is sys.exit:
            sys.exit(3)
        return answer


ODD: Mapping[str, Any] = {
    "object": object(),
    "set": {1, 2},
    "nan": math.nan,
    "huge": 2**70,
    "key": {1: 2},
    "exit": sys.exit,
    "bug": ZeroDivisionError,
    "interrupt": KeyboardInterrupt,
    "base": BaseException,
    "blocks": threading.Event,
    "text of 1 MB": "x" * 1_000_000,
}
MADE: Mapping[str, Callable[[], Any]] = {
    "text of 1 MB": lambda: "x" * 1_000_000,
    "bytes of 1 MB": lambda: bytes(1_000_000),
    "list of 1 MB": lambda: [0] * 125_000,
}
"""What is made anew for each call."""
MIB = 1_048_576


def with_bad_driver(folder: Path, more: str = "") -> SiteConfig:
    """Return the site with two sensors and *more* devices, ``air`` with the bad driver."""
    config = config_of(folder, TWO_SENSORS + more)
    air, spec = config.devices["air"], spec_of(Bad)
    channel = air.channels["temperature"].but(spec=spec.channels["temperature"])
    bad = air.but(driver=spec, params={}, channels={"temperature": channel}, commands=spec.commands)
    return config.but(devices={**config.devices, "air": bad})


def bad_driver(site: RunningSite) -> Bad:
    """Return the driver of ``air``."""
    driver = site.node.site.devices["air"].driver
    assert isinstance(driver, Bad)
    return driver


@pytest.mark.parametrize("what", ["object", "nan", "huge", "set", "text of 1 MB"])
def test_value_that_is_none_makes_its_channel_bad_and_nothing_else(
    what: str, tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.temperature", "outside.temperature")
        bad_driver(site).answer = ODD[what]
        await asyncio.sleep(3.5)
        bad_driver(site).answer = 21.0
        await asyncio.sleep(2.0)

        assert heard.values("air.temperature") == [None, 21.0, 21.0]
        assert "the driver gave" in heard.events[0][2]["reason"]
        assert len(heard.values("outside.temperature")) == 5

    on_site(with_bad_driver(tmp_path), act, wired=config_of(tmp_path, TWO_SENSORS))


@pytest.mark.parametrize("what", ["exit", "bug", "interrupt", "base"])
def test_driver_that_raises_anything_degrades_alone_and_recovers(what: str, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.status", "outside.temperature")
        bad_driver(site).answer = ODD[what]
        await asyncio.sleep(10.0)
        bad_driver(site).answer = 21.0
        await asyncio.sleep(20.0)

        assert heard.values("air.status") == ["degraded", "down", "ok"]
        assert len(heard.values("outside.temperature")) >= 29
        assert None not in heard.values("outside.temperature")

    on_site(with_bad_driver(tmp_path), act, wired=config_of(tmp_path, TWO_SENSORS))


def test_read_that_gives_no_table_is_a_failure_and_not_the_end_of_sampling(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.status", "outside.temperature")
        driver: Any = bad_driver(site)
        read, driver.read = driver.read, _none
        await asyncio.sleep(10.0)
        driver.read = read
        await asyncio.sleep(20.0)

        assert heard.values("air.status") == ["degraded", "down", "ok"]
        assert len(heard.values("outside.temperature")) >= 29
        assert None not in heard.values("outside.temperature")

    on_site(with_bad_driver(tmp_path), act, wired=config_of(tmp_path, TWO_SENSORS))


@pytest.mark.parametrize("what", ["object", "set", "nan", "huge", "key", "exit", "bug", "base"])
def test_caller_of_a_bad_command_gets_an_error_of_the_device(what: str, tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        with pytest.raises(ApplicationError) as caught:
            await site.call("air.answer_with", what)

        assert caught.value.uri == "wampedge.error.not_ready"
        assert caught.value.keywords["device"] == "air"
        assert "Traceback" not in str(caught.value)
        assert await site.call("sys.list") == ["air", "outside"]

    on_site(with_bad_driver(tmp_path), act, wired=config_of(tmp_path, TWO_SENSORS))


@pytest.mark.parametrize("what", ["text of 1 MB", "bytes of 1 MB", "list of 1 MB"])
def test_answers_of_a_megabyte_go_nowhere_and_leave_nothing_behind(
    what: str, tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        tracemalloc.start()
        try:
            for _ in range(20):
                with pytest.raises(ApplicationError, match="too long to be sent"):
                    await site.call("air.answer_with", what)
            gc.collect()  # tracebacks and their frames are cycles
            assert tracemalloc.get_traced_memory()[0] < MIB
        finally:
            tracemalloc.stop()

    on_site(with_bad_driver(tmp_path), act, wired=config_of(tmp_path, TWO_SENSORS))


def test_driver_that_fails_at_an_edge_degrades_and_is_set_up_again(tmp_path: Path) -> None:
    class Touchy(Driver, events=("press", "release")):
        """Cannot bear edges."""

        pin = input_pin()
        pressed = reading()
        set_ups = 0

        def input_pull(self, pin: str) -> Pull:
            return "up"

        async def setup(self) -> None:
            type(self).set_ups += 1
            self.pin.watch(self.on_edge)

        def on_edge(self, level: bool, at_ns: int) -> None:
            sys.exit(4)

    text = '[devices.door]\ndriver = "button"\npin = 22\n'
    config = config_of(tmp_path, TWO_SENSORS + text)
    spec = spec_of(Touchy)
    door = config.devices["door"].but(driver=spec, params={}, channels={}, commands={})

    async def act(site: RunningSite) -> None:
        heard = await site.hear("door.status")
        await site.call("sim.press", "door")
        await asyncio.sleep(60.0)

        assert heard.values("door.status")[:1] == ["degraded"]
        assert heard.values("door.status")[-1] == "ok"
        assert Touchy.set_ups >= 2

    # The part behind the pin is a button all the same.
    on_site(config.but(devices={**config.devices, "door": door}), act, wired=config)


async def test_driver_that_blocks_costs_its_caller_a_time_out_and_others_nothing(
    tmp_path: Path,
) -> None:
    RELEASED.clear()
    async with running_in_real_time(with_bad_driver(tmp_path)) as (_, client):
        try:
            stuck = asyncio.ensure_future(client.call("edge.n1.air.answer_with", "blocks"))
            await asyncio.sleep(0)
            listed = await client.call("edge.n1.sys.list")
            with pytest.raises(ApplicationError) as caught:
                await stuck
            fresh = await client.call("edge.n1.outside.temperature.get", fresh=True)
        finally:
            RELEASED.set()
        await client.call("edge.n1.outside.temperature.get", fresh=True)

    assert listed.value == ["air", "outside"]
    assert caught.value.uri == "wampedge.error.timeout"
    assert isinstance(fresh.value, float)


async def test_stop_while_a_transaction_hangs_leaves_outputs_safe_in_time(tmp_path: Path) -> None:
    """L4: SIGTERM during a bus transaction."""
    RELEASED.clear()
    loop = asyncio.get_running_loop()
    outputs = (
        '[devices.valve]\ndriver = "relay"\npin = 17\n'
        '[devices.io]\ndriver = "mcp23017"\nbus = "i2c1"\n'
        '[devices.heater]\ndriver = "relay"\npin = "io:0"\n'
    )
    async with running_in_real_time(with_bad_driver(tmp_path, outputs), outputs) as (node, client):
        await client.call("edge.n1.valve.on")
        await client.call("edge.n1.heater.on")
        stuck = asyncio.ensure_future(client.call("edge.n1.air.answer_with", "blocks"))
        await asyncio.sleep(0.05)
        started = loop.time()
        try:
            await node.stop()
            took_s = loop.time() - started
        finally:
            RELEASED.set()
        await asyncio.gather(stuck, return_exceptions=True)
        for thread in threading.enumerate():
            if thread.name == "bus i2c1":
                thread.join(5.0)

        simulator: Any = node.substrate
        levels = simulator.pin_level("gpio", 17), simulator.pin_level("io", 0)

    assert took_s < 4.5
    assert levels == (False, False)


async def _none() -> Any:
    return None


@asynccontextmanager
async def running_in_real_time(
    config: SiteConfig, more: str = ""
) -> AsyncIterator[tuple[Node, Session]]:
    """Run a node with real bus threads on the real clock."""
    config = config.but(router=config.router.but(listen=()))
    wired = config_of(config.path.parent, TWO_SENSORS + more)
    node = Node(config, SimulatedSubstrate(wiring_of(wired)), clock=SystemClock())
    await node.start()
    client = await Session.over(node.server.attach_local("test"), config.router.realm)
    try:
        yield node, client
    finally:
        await node.stop()
