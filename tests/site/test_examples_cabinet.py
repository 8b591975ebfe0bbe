"""examples/sites/cabinet.toml from end to end, through WAMP only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.examples_rig import Place, Running, on_example
from wampedge.client import Session
from wampedge.errors import ApplicationError, WampedgeError
from wampedge.wamp.auth import Identity, TicketAuthenticator, WampCraAuthenticator

PANEL = Identity("panel", (TicketAuthenticator("door"),))
LAPTOP = Identity("laptop", (TicketAuthenticator("cable"),))
PLC = Identity("plc", (WampCraAuthenticator("ladder"),))


@pytest.fixture
def cabinet(tmp_path: Path) -> Place:
    return Place(tmp_path, "cabinet")


def run(place: Place, act: Any) -> None:
    """Let the panel act, once k1 has rested as long as its compressor wants."""

    async def rested(running: Running) -> None:
        await asyncio.sleep(180.01)
        await act(running)

    on_example(place, rested, identity=PANEL)


async def refusal(running: Running, procedure: str, *args: Any) -> ApplicationError:
    """Call what must be refused; return why."""
    with pytest.raises(ApplicationError) as caught:
        await running.call(procedure, *args)
    return caught.value


async def levels(running: Running) -> tuple[bool, bool]:
    """Return whether the coils of k1 and k2 are energised: lines 0 and 1 of the expander."""
    return await running.call("sim.pin", "io", 0), await running.call("sim.pin", "io", 1)


def test_the_emergency_stop_switches_off_and_holds_while_it_is_pressed(cabinet: Place) -> None:
    async def act(running: Running) -> None:
        heard = await running.hear("rules.emergency", "estop.pressed")
        await running.call("k1.on")
        await running.call("sim.press", "estop")
        await asyncio.sleep(0.1)
        assert await levels(running) == (False, False)

        held = await refusal(running, "k2.on")

        assert held.uri == "wampedge.error.safety"
        assert held.keywords["device"] == "k2"
        assert not await running.call("k2.state.get")
        await running.call("sim.let_go", "estop")
        await asyncio.sleep(3)
        await running.call("k2.on")
        assert await levels(running) == (False, True)
        assert heard.values("rules.emergency") == ["active", "idle"]

    run(cabinet, act)


def test_mains_and_generator_are_never_on_together(cabinet: Place) -> None:
    async def act(running: Running) -> None:
        await running.call("k1.on")
        both = await refusal(running, "k2.on")
        await running.call("k1.off")
        soon = await refusal(running, "k2.on")
        await asyncio.sleep(2.01)
        await running.call("k2.on")

        assert both.uri == soon.uri == "wampedge.error.interlock"
        assert await levels(running) == (False, True)

    run(cabinet, act)


def test_a_compressor_rests_three_minutes_and_that_holds_over_a_restart(cabinet: Place) -> None:
    async def first(running: Running) -> None:
        await running.call("k1.on")
        await asyncio.sleep(10)
        await running.call("k1.off")
        await asyncio.sleep(60)

        early = await refusal(running, "k1.on")

        assert early.uri == "wampedge.error.limit"
        assert early.keywords["retry_after"] == pytest.approx(120.0, abs=0.1)
        await asyncio.sleep(120.1)
        assert await running.call("k1.on")

    async def second(running: Running) -> None:
        assert await running.call("k1.state.get")  # on_start = "restore"
        assert await levels(running) == (True, False)

    run(cabinet, first)
    run(cabinet, second)


def test_only_the_roles_of_the_file_switch_and_write(cabinet: Place) -> None:
    async def act(running: Running) -> None:
        laptop = await running.join(LAPTOP)
        plc = await running.join(PLC)
        k1, code = "edge.cab7.k1.on", "edge.cab7.meter_a.baud_code.set"

        async def uri_of(session: Session, procedure: str, *args: Any) -> str:
            try:
                await session.call(procedure, *args)
            except ApplicationError as error:
                return error.uri
            return "done"

        assert await uri_of(laptop, k1) == "wamp.error.not_authorized"
        assert await uri_of(plc, code, 3) == "wamp.error.not_authorized"
        assert await uri_of(plc, k1) == "done"
        assert await uri_of(laptop, code, 3) == "done"
        assert (await running.read("meter_a.baud_code", fresh=True))[0] == 3.0
        with pytest.raises(WampedgeError, match="nobody in without authentication"):
            await running.join()
        await laptop.leave()
        await plc.leave()

    run(cabinet, act)


def test_meters_tell_what_they_measure_in_their_units(cabinet: Place) -> None:
    async def act(running: Running) -> None:
        for channel, value in (("voltage_l1", 231.5), ("current_l1", 4.25), ("power", 982.0)):
            await running.call("sim.set", "meter_a", channel, value)
        await running.call("sim.set", "meter_b", "power", -1150.5)

        assert await running.read("meter_a.voltage_l1", fresh=True) == (231.5, "V", "good")
        assert await running.read("meter_a.current_l1", fresh=True) == (4.25, "A", "good")
        assert await running.read("meter_b.power", fresh=True) == (-1150.5, "W", "good")
        await running.call("sim.set", "meter_a", "voltage_l1", 300.0)
        assert (await running.read("meter_a.voltage_l1", fresh=True))[2] == "bad"  # range 180..265

    run(cabinet, act)


def test_power_is_told_by_steps_of_twenty_five_watts_and_once_a_minute(cabinet: Place) -> None:
    async def act(running: Running) -> None:
        await running.call("sim.set", "meter_a", "power", 1000.0)
        await asyncio.sleep(6)
        heard = await running.hear("meter_a.power")
        await running.call("sim.set", "meter_a", "power", 1024.0)
        await asyncio.sleep(6)
        assert heard.values("meter_a.power") == []
        await running.call("sim.set", "meter_a", "power", 1026.0)
        await asyncio.sleep(5)
        assert heard.values("meter_a.power") == [1026.0]
        await asyncio.sleep(60)
        assert heard.values("meter_a.power") == [1026.0, 1026.0]

    run(cabinet, act)


def test_a_dead_meter_leaves_the_other_its_period(cabinet: Place) -> None:
    async def act(running: Running) -> None:
        await running.call("sim.fault", "meter_b", "silent", 1_000_000)
        await asyncio.sleep(60)
        heard = await running.hear("meter_b.status", "meter_a.current_l1")
        await asyncio.sleep(60)

        assert len(heard.values("meter_a.current_l1")) in {11, 12, 13}  # one each five seconds
        assert (await running.call("sys.health"))["buses"]["rs485"]["offline"] == [2]
        assert (await running.call("meter_b.health"))["state"] in {"degraded", "down"}
        await running.call("sim.clear", "meter_b")
        await asyncio.sleep(120.1)
        assert heard.values("meter_b.status")[-1] == "ok"

    run(cabinet, act)


def test_water_is_counted_with_its_rate_and_kept(cabinet: Place) -> None:
    async def first(running: Running) -> None:
        # 6 pulses of 10 L within a minute are 60 L and 60 L/min; glitches of 5 ms are none.
        await running.call("sim.pulse", "water", 6, "100ms", "1s")
        await asyncio.sleep(7)
        await running.call("sim.pulse", "water", 5, "5ms", "1s")
        await asyncio.sleep(7)

        assert await running.read("water.total", fresh=True) == (60, "L", "good")
        assert await running.read("water.rate", fresh=True) == (60, "L/min", "good")
        await asyncio.sleep(90)
        assert (await running.read("water.rate", fresh=True))[0] == 0

    async def second(running: Running) -> None:
        assert await running.read("water.total", fresh=True) == (60, "L", "good")
        assert await running.call("water.reset", 1234.5) == 60
        await running.call("sim.pulse", "water", 1, "100ms", "1s")
        await asyncio.sleep(2)
        assert await running.read("water.total", fresh=True) == (1244.5, "L", "good")

    run(cabinet, first)
    run(cabinet, second)
