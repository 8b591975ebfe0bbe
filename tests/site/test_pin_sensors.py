"""Sensors and meters on pins of the simulator, through a whole node."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site

HEAD = """
wampedge = 1
[node]
name = "t"
"""


def test_an_encoder_follows_its_shaft_however_fast(tmp_path: Path) -> None:
    text = f"""{HEAD}
[devices.wheel]
driver = "quadrature"
pins = [20, 21]
ticks_per_turn = 1440
every = "50ms"
"""

    async def act(site: RunningSite) -> None:
        await asyncio.sleep(1)
        site.simulator.set("wheel", "position", 1.0)
        await asyncio.sleep(0.2)
        forward = await site.call("wheel.position.get")
        site.simulator.set("wheel", "ticks", -1)
        await asyncio.sleep(0.2)

        assert forward == 1.0
        assert await site.call("wheel.ticks.get") == -1
        assert await site.call("wheel.invalid.get") == 0
        assert (await site.call("wheel.health"))["lost_edges"] == 0

    on_site(config_of(tmp_path, text), act)


DISTANCE = f"""{HEAD}
[devices.tank]
driver = "hcsr04"
pins = {{ trigger = 23, echo = 24 }}
every = "1s"
"""


def test_a_distance_is_read_back_and_what_has_no_echo_is_bad(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.set("tank", "distance", 1.5)
        near = await site.call("tank.distance.get", fresh=True)
        site.simulator.fault("tank", "nothing", 3)
        far = await site.call("tank.distance.get", fresh=True)
        site.simulator.fault("tank", "silent", None)
        await asyncio.sleep(10)

        assert abs(near - 1.5) < 0.001
        assert far is None
        assert (await site.call("tank.health"))["reason"].startswith("no echo")

    on_site(config_of(tmp_path, DISTANCE), act)


@pytest.mark.parametrize(
    ("driver", "temperature", "humidity"), [("dht22", -10.1, 65.2), ("dht11", -1.1, 53.0)]
)
def test_a_climate_is_read_back_over_one_wire(
    tmp_path: Path, driver: str, temperature: float, humidity: float
) -> None:
    text = f"""{HEAD}
[devices.air]
driver = "{driver}"
pin = 4
every = "5s"
"""

    async def act(site: RunningSite) -> None:
        site.simulator.set("air", "temperature", temperature)
        site.simulator.set("air", "humidity", humidity)
        site.simulator.fault("air", "bad_crc", 1)
        site.simulator.fault("air", "lost_edge", 1)
        await asyncio.sleep(11)
        found = await site.call("air.temperature.get"), await site.call("air.humidity.get")
        retries = (await site.call("air.health"))["retries"]
        site.simulator.fault("air", "silent", None)
        await asyncio.sleep(30)

        assert found == (temperature, humidity)
        assert retries >= 1
        assert (await site.call("air.health"))["reason"] == "the sensor does not answer"

    on_site(config_of(tmp_path, text), act)


def test_a_weight_is_read_back_and_tared(tmp_path: Path) -> None:
    text = f"""{HEAD}
[devices.scale]
driver = "hx711"
pins = [5, 6]
scale = 420.5
offset = -8000
"""

    async def act(site: RunningSite) -> None:
        site.simulator.set("scale", "weight", 1000.0)
        full = await site.call("scale.weight.get", fresh=True)
        await site.call("scale.tare")
        empty = await site.call("scale.weight.get", fresh=True)
        site.simulator.set("scale", "weight", 1e7)
        over = await site.call("scale.weight.get", fresh=True)

        assert abs(full - 1000.0) < 1 / 420.5
        assert empty == 0.0
        assert over is None

    on_site(config_of(tmp_path, text), act)
