"""Devices and sites on simulated parts, as tests of other projects use them."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.support.virtual import virtual
from wampedge.errors import ApplicationError, ConfigError
from wampedge.testing.simulation import Simulation

EXAMPLE = Path(__file__).parents[2] / "devices.toml"
FLAG = """
from wampedge.devices.driver import Driver, reading

class Flag(Driver, bus="i2c", addresses=(0x20,), title="A flag"):
    position = reading("", doc="where it is")

    async def read(self):
        return {"position": await self.bus.read_u8(0x01)}
"""


@virtual
async def test_a_device_is_read_through_its_node(tmp_path: Path) -> None:
    async with Simulation(tmp_path) as sim:
        air = await sim.device("air", driver="lm75", every="10s")
        air.sense("temperature", 21.5)

        reading = await air.get("temperature")

        assert (reading.value, reading.unit, reading.quality) == (21.5, "°C", "good")
        assert air.status == "ok"
        assert air.part.name == air.driver.context.name == "air"


@virtual
async def test_what_is_published_is_heard(tmp_path: Path) -> None:
    async with Simulation(tmp_path) as sim:
        air = await sim.device("air", driver="lm75", every="10s")
        air.sense("temperature", 21.5)
        with air.published("temperature") as values:
            await sim.advance(30.5)

        assert values == [21.5, 21.5, 21.5]


@virtual
async def test_a_fault_goes_as_it_came(tmp_path: Path) -> None:
    async with Simulation(tmp_path) as sim:
        air = await sim.device("air", driver="lm75", every="10s")
        air.fault("absent", None)
        with pytest.raises(ApplicationError, match="acknowledge"):
            await air.get("temperature")
        assert air.status == "degraded"
        assert air.reason is not None

        air.clear()
        await air.get("temperature")
        assert f"{air.status} {air.reason}" == "ok None"


@virtual
async def test_outputs_are_set_and_told(tmp_path: Path) -> None:
    async with Simulation(tmp_path) as sim:
        lamp = await sim.device("lamp", driver="relay", pin=17)

        assert await lamp.call("on") is True
        assert lamp.site.board.pin_level("gpio", 17)
        assert await lamp.set("state", False) is False
        assert not lamp.site.board.pin_level("gpio", 17)


@virtual
async def test_a_chip_of_the_test_stands_in_for_the_simulated_one(tmp_path: Path) -> None:
    async with Simulation(tmp_path) as sim:
        chip = sim.i2c("i2c1", 0x48, registers={0x00: b"\x19\x00"})
        air = await sim.device("air", driver="lm75", every="10s")
        assert (await air.get("temperature")).value == 25.0

        chip.fail(OSError(errno.EREMOTEIO, "gone"), times=2)
        await sim.advance(10.5)
        assert air.status == "degraded"
        await sim.advance(60)
        assert air.status == "ok"


@virtual
async def test_a_driver_of_a_file_needs_no_model_when_the_test_is_the_chip(tmp_path: Path) -> None:
    (tmp_path / "flag.py").write_text(FLAG, encoding="utf-8")
    async with Simulation(tmp_path) as sim:
        sim.i2c("i2c1", 0x20, registers={0x01: b"\x07"})
        flag = await sim.device("flag", driver="flag.py")

        assert (await flag.get("position")).value == 7


@virtual
async def test_a_whole_site_runs_from_its_file(tmp_path: Path) -> None:
    async with Simulation(tmp_path) as sim:
        greenhouse = await sim.site(EXAMPLE)
        assert await greenhouse.call("drip.on") is True
        await sim.advance(20 * 60 + 1)
        assert (await greenhouse.call("drip.get"))["state"]["value"] is False


@virtual
async def test_a_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    async with Simulation(tmp_path) as sim:
        with pytest.raises(ConfigError, match="did you mean") as caught:
            await sim.device("air", driver="lm75", adress=0x49)
        assert "adress = 73" in str(caught.value)
        with pytest.raises(ConfigError, match="wampedge"):
            await sim.site("[node]\nname = 'x'\n")
