"""examples/sites/greenhouse.toml from end to end, through WAMP only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.examples_rig import Place, Running, on_example
from wampedge.errors import ApplicationError
from wampedge.wamp.auth_proofs import TicketProof

LINK = TicketProof("dew")


@pytest.fixture
def greenhouse(tmp_path: Path) -> Place:
    return Place(tmp_path, "greenhouse")


async def weather(running: Running, celsius: float, *, for_s: float) -> None:
    """Let the air have so many degrees for a while; the file takes 0.4 off what the part says."""
    await running.call("sim.set", "air", "temperature", celsius + 0.4)
    await asyncio.sleep(for_s)


async def coils(running: Running) -> tuple[bool, bool]:
    """Return the levels of the lines of vent_up and vent_down."""
    return await running.call("sim.pin", "gpio", 23), await running.call("sim.pin", "gpio", 24)


def test_readings_have_units_filters_and_names(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        for channel, value in (("temperature", 20.0), ("pressure", 98_765.0), ("humidity", 60.0)):
            await running.call("sim.set", "air", channel, value)
        await running.call("sim.set", "soil_1", "a0", 1.95)
        await running.call("sim.set", "root_temp", "temperature", 12.5)
        await running.call("sim.set", "light", "illuminance", 1000.0)
        await running.call("sim.set", "co2", "co2", 800)
        await asyncio.sleep(200)  # five samples fill the median

        temperature, unit, quality = await running.read("air.temperature")
        assert (temperature, unit, quality) == (pytest.approx(19.6, abs=0.02), "°C", "good")
        assert (await running.read("air.pressure"))[:2] == (pytest.approx(987.65, abs=0.05), "hPa")
        # 2.80 V is dry, 1.10 V is wet: 1.95 V is in the middle.
        assert await running.read("soil_1.moisture") == (pytest.approx(50, abs=0.1), "%", "good")
        assert (await running.read("root_temp.temperature"))[:2] == (12.5, "°C")
        assert (await running.read("light.illuminance"))[:2] == (pytest.approx(1000, abs=1), "lx")
        assert (await running.read("co2.co2"))[:2] == (800, "ppm")

    on_example(greenhouse, act)


def test_one_wild_sample_does_not_get_through_the_median(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        await weather(running, 20.0, for_s=200)
        heard = await running.hear("air.temperature")
        await weather(running, 55.0, for_s=30)
        await weather(running, 20.0, for_s=400)

        assert all(
            value == pytest.approx(20.0, abs=0.02) for value in heard.values("air.temperature")
        )
        assert heard.events, "a heartbeat each five minutes"

    on_example(greenhouse, act)


def test_vapour_pressure_deficit_is_computed_on_the_node(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        await running.call("sim.set", "air", "humidity", 60.0)
        await weather(running, 25.0, for_s=200)

        value, unit, quality = await running.read("derived.vpd")

        # By hand: es(25 °C) = 0.6108 * exp(17.27 * 25 / 262.3) = 3.1677 kPa; 40 % of it is missing.
        assert value == pytest.approx(1.2671, abs=0.003)
        assert (unit, quality) == ("kPa", "good")

    on_example(greenhouse, act)


def test_rain_is_counted_in_millimetres_and_kept(greenhouse: Place) -> None:
    async def first(running: Running) -> None:
        await running.call("sim.pulse", "rain", 10, "100ms", "200ms")
        await asyncio.sleep(5)
        total, unit, quality = await running.read("rain.total")
        assert (total, unit, quality) == (pytest.approx(2.794), "mm", "good")  # 10 * 0.2794

    async def second(running: Running) -> None:
        assert (await running.read("rain.total"))[0] == pytest.approx(2.794)
        await running.call("sim.pulse", "rain", 1, "5ms", "200ms")  # shorter than its debounce
        await asyncio.sleep(1)
        await running.call("sim.pulse", "rain", 1, "100ms", "200ms")
        await asyncio.sleep(5)
        assert (await running.read("rain.total"))[0] == pytest.approx(3.0734)

    on_example(greenhouse, first)
    on_example(greenhouse, second)


def test_the_drip_ends_after_twenty_minutes(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        await running.linked()
        assert await running.call("sim.pin", "gpio", 22)  # low-active: off is high
        heard = await running.hear("drip.state")
        await running.call("drip.on")
        assert not await running.call("sim.pin", "gpio", 22)
        await asyncio.sleep(20 * 60 - 1)
        assert await running.call("drip.state.get")
        await asyncio.sleep(1.05)

        assert not await running.call("drip.state.get")
        assert await running.call("sim.pin", "gpio", 22)
        assert list(heard.values("drip.state"))[-1] is False

    on_example(greenhouse, act, proof=LINK)


def test_the_drip_ends_two_minutes_after_the_upstream_is_lost(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        await running.linked()
        far = await running.away.join()
        await far.call("edge.gh1.drip.on")
        await running.away.stop()
        lost_s = asyncio.get_running_loop().time()
        await asyncio.sleep(119.9)
        assert await running.call("drip.state.get")
        await asyncio.sleep(0.2)

        assert not await running.call("drip.state.get")
        assert asyncio.get_running_loop().time() - lost_s < 121
        assert (await running.call("sys.health"))["link"]["state"] != "joined"
        await running.call("sim.set", "light", "illuminance", 500.0)  # local service goes on
        assert (await running.read("light.illuminance", fresh=True))[2] == "good"
        await running.away.start()
        await running.linked()
        again = await running.away.join()
        assert (await again.call("edge.gh1.drip.on")).value is True
        await again.leave()

    on_example(greenhouse, act, proof=LINK)


def test_both_directions_of_the_vent_are_never_on_together(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        await asyncio.sleep(1)
        await running.call("vent_up.on")
        with pytest.raises(ApplicationError) as both:
            await running.call("vent_down.on")
        await running.call("vent_up.off")
        with pytest.raises(ApplicationError) as soon:
            await running.call("vent_down.on")
        await asyncio.sleep(0.71)
        await running.call("vent_down.on")

        assert await coils(running) == (False, True)
        assert both.value.uri == soon.value.uri == "wampedge.error.interlock"
        assert 0 < soon.value.keywords["retry_after"] <= 0.7

    on_example(greenhouse, act)


def test_the_vent_opens_in_its_travel_time_and_tells_where_it_is(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        await asyncio.sleep(1)
        parts: list[float] = []
        begun_s = asyncio.get_running_loop().time()
        uri = "edge.gh1.vent.open"
        result = await running.client.call(uri, on_progress=lambda part: parts.append(part.value))
        took_s = asyncio.get_running_loop().time() - begun_s

        assert result.value == 100
        assert took_s == pytest.approx(38, rel=0.15)  # a little longer, so that it is open surely
        assert len(parts) >= 3
        assert parts == sorted(parts)
        assert await coils(running) == (False, False)
        assert await running.call("vent.position.get") == 100
        await running.call("vent.goto", 50)
        assert await running.call("vent.position.get") == pytest.approx(50, abs=2)

    on_example(greenhouse, act)


def test_heat_opens_the_vent_after_three_minutes_and_cool_air_closes_it(
    greenhouse: Place,
) -> None:
    async def act(running: Running) -> None:
        await weather(running, 25.0, for_s=200)
        heard = await running.hear("rules.too_hot", "rules.cool_again")
        await weather(running, 33.0, for_s=150)  # the median of five follows after 90 s
        assert heard.values("rules.too_hot") == ["waiting"]
        assert await coils(running) == (False, False)
        await asyncio.sleep(150)
        assert heard.values("rules.too_hot") == ["waiting", "active"]
        await asyncio.sleep(60)
        assert await running.call("vent.position.get") == 100
        await weather(running, 24.0, for_s=150 + 300)

        assert heard.values("rules.cool_again")[-1] == "active"
        await asyncio.sleep(60)
        assert await running.call("vent.position.get") == 0

    on_example(greenhouse, act)


def test_the_node_upstream_is_the_node_here(greenhouse: Place) -> None:
    async def act(running: Running) -> None:
        await running.linked()
        far = await running.away.join()
        heard: list[Any] = []
        await far.subscribe("edge.gh1.light.illuminance", lambda value, **_: heard.append(value))
        await running.call("sim.set", "light", "illuminance", 2000.0)
        await asyncio.sleep(31)

        described = (await far.call("edge.gh1.sys.describe")).value

        assert heard[-1] == pytest.approx(2000, abs=2)
        assert described["labels"] == {"site": "north", "row": "3"}
        assert described["devices"]["air"]["channels"]["pressure"]["unit"] == "hPa"
        await far.leave()

    on_example(greenhouse, act, proof=LINK)
