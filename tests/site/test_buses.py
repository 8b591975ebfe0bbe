"""Devices on SPI, 1-Wire, the kernel's files and multiplexed I2C, through a WAMP session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, on_site
from wampedge.config.checking import load
from wampedge.config.model import SiteConfig
from wampedge.errors import ApplicationError

HEAD = 'wampedge = 1\n[node]\nname = "n1"\n[router]\nlisten = ["unix:"]\n'
I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'


def config(tmp_path: Path, text: str) -> SiteConfig:
    path = tmp_path / "devices.toml"
    path.write_text(HEAD + text)
    return load(path, {})


async def value(site: RunningSite, channel: str) -> Any:
    """Return a fresh value of ``DEVICE.CHANNEL``."""
    return await site.call(f"{channel}.get", fresh=True)


SPI = """
[buses.spi0]
type = "spi"
[devices.adc]
driver = "mcp3008"
bus = "spi0"
[devices.kiln]
driver = "max31855"
bus = "spi0"
chip_select = 1
[devices.boiler]
driver = "max31865"
bus = "spi0"
chip_select = 2
[devices.oven]
driver = "max6675"
bus = "spi0"
chip_select = 3
[devices.fine]
driver = "mcp3208"
bus = "spi0"
chip_select = 4
"""


def test_parts_on_spi_say_what_the_simulator_holds(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        for device, channel, wanted, step in (
            ("adc", "ch5", 1.65, 3.3 / 1024),
            ("fine", "ch7", 2.5, 3.3 / 4096),
            ("kiln", "temperature", -20.25, 0.25),
            ("kiln", "internal", -5.0, 0.0625),
            ("boiler", "temperature", -100.0, 0.04),
            ("oven", "temperature", 250.5, 0.25),
        ):
            site.simulator.set(device, channel, wanted)
            await asyncio.sleep(1.0)
            assert await value(site, f"{device}.{channel}") == pytest.approx(wanted, abs=step)

    on_site(config(tmp_path, SPI), act)


def test_a_miso_line_that_is_held_is_never_a_number(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        for device in ("adc", "fine", "kiln", "boiler", "oven"):
            for fault in ("absent", "miso_low", "miso_high"):
                site.simulator.fault(device, fault, None)
                with pytest.raises(ApplicationError):
                    await site.call(f"{device}.get", fresh=True)
                readings = await site.call(f"{device}.get")
                assert {reading["value"] for reading in readings.values()} == {None}
                site.simulator.clear(device)

    on_site(config(tmp_path, SPI), act)


KERNEL = """
[buses.w1]
type = "onewire"
[devices.root]
driver = "ds18b20"
bus = "w1"
id = "28-0316a2794f1b"
every = "10s"
[devices.valve]
driver = "onewire"
bus = "w1"
id = "29-000000000001"
channels.open = { file = "state", bit = 2 }
channels.supply = { file = "vdd", scale = 0.01, unit = "V" }
[devices.cpu]
driver = "hwmon"
device = "cpu_thermal"
channels.temperature = { from = "temp1" }
[devices.air]
driver = "iio"
device = "dht11"
channels.temperature = { from = "in_temp" }
channels.humidity = { from = "in_humidityrelative" }
channels.tank = { from = "in_voltage0" }
"""


def test_parts_behind_the_kernel_say_what_they_measure_now(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        for device, channel, wanted, step in (
            ("root", "temperature", -10.125, 1e-9),
            ("root", "temperature", 85.0, 1e-9),
            ("valve", "supply", 4.9, 1e-6),
            ("cpu", "temperature", 51.5, 1e-6),
            ("air", "temperature", -3.0, 1e-6),
            ("air", "humidity", 65.2, 1e-6),
            ("air", "tank", 1.25, 1.25e-4),
        ):
            site.simulator.set(device, channel, wanted)
            assert await value(site, f"{device}.{channel}") == pytest.approx(wanted, abs=step)
        site.simulator.set("valve", "open", 1)
        assert await value(site, "valve.open") is True

    on_site(config(tmp_path, KERNEL), act)


def test_a_thermometer_that_is_not_well_says_no_temperature(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        for fault in ("absent", "bad_crc", "bus_low", "brown_out", "io_error"):
            site.simulator.fault("root", fault, 1)
            with pytest.raises(ApplicationError):
                await site.call("root.get", fresh=True)
            assert await site.call("root.temperature.get") is None
            assert await value(site, "root.temperature") is not None  # well again

    on_site(config(tmp_path, KERNEL), act)


MUX = (
    I2C
    + """
[devices.mux1]
driver = "tca9548a"
bus = "i2c1"
[devices.mux2]
driver = "tca9548a"
bus = "i2c1"
address = 0x71
[devices.inner]
driver = "tca9548a"
bus = "mux2:5"
address = 0x72
[devices.a]
driver = "sht3x"
bus = "mux1:0"
every = "1s"
[devices.b]
driver = "sht3x"
bus = "mux1:7"
every = "1s"
[devices.c]
driver = "sht3x"
bus = "mux2:0"
every = "1s"
[devices.d]
driver = "sht3x"
bus = "inner:3"
every = "1s"
"""
)


def test_equal_addresses_behind_several_channels_and_multiplexers_are_told_apart(
    tmp_path: Path,
) -> None:
    async def act(site: RunningSite) -> None:
        wanted = {"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0}
        for name, celsius in wanted.items():
            site.simulator.set(name, "temperature", celsius)
        await asyncio.sleep(10.0)
        found = {name: await site.call(f"{name}.temperature.get") for name in wanted}
        assert found == pytest.approx(wanted, abs=0.01)

    on_site(config(tmp_path, MUX), act)


def test_a_multiplexer_that_lost_its_supply_costs_one_reading_of_those_behind_it(
    tmp_path: Path,
) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.set("a", "temperature", 10.0)
        await value(site, "a.temperature")
        site.simulator.fault("mux1", "brown_out")
        with pytest.raises(ApplicationError, match="no acknowledge"):
            await value(site, "a.temperature")
        assert await value(site, "a.temperature") == pytest.approx(10.0, abs=0.01)

    on_site(config(tmp_path, MUX), act)


def test_a_data_line_that_is_held_is_freed_with_clock_pulses_and_counted(tmp_path: Path) -> None:
    text = I2C + '[devices.a]\ndriver = "sht3x"\nbus = "i2c1"\nevery = "1s"\n'

    async def act(site: RunningSite) -> None:
        site.simulator.fault("a", "sda_held", None)
        await asyncio.sleep(120.0)

        health = (await site.call("sys.health"))["buses"]["i2c1"]
        assert (health["state"], health["cleared"]) == ("ok", 1)
        assert health["reopened"] == 2
        assert health["errors"] == 6
        assert (await site.call("a.health"))["state"] == "ok"

    on_site(config(tmp_path, text), act)


def test_readings_that_no_sample_renews_are_stale_with_their_last_value(tmp_path: Path) -> None:
    text = (
        '[devices.door]\ndriver = "button"\npin = 5\nstale_after = "5s"\n'
        '[devices.spare]\ndriver = "button"\npin = 6\nenabled = false\n'
    )

    async def act(site: RunningSite) -> None:
        fresh = await site.call("door.pressed.get")
        heard = await site.hear("door.pressed")
        await asyncio.sleep(6.0)
        stale = await site.client.call("edge.n1.door.pressed.get")
        site.simulator.press("door")
        await asyncio.sleep(0.5)
        again = await site.call("door.pressed.get")

        assert (fresh, again) == (False, True)
        assert stale.value is None
        assert stale.kwargs["quality"] == "stale"
        assert stale.kwargs["last"] is False
        assert stale.kwargs["reason"] == "no fresh value for 5s"
        assert heard.values("door.pressed") == [None, True]

    on_site(config(tmp_path, text), act)


def test_a_device_that_is_not_enabled_is_left_alone(tmp_path: Path) -> None:
    text = (
        '[devices.lamp]\ndriver = "led"\npin = 6\nenabled = false\n'
        '[devices.door]\ndriver = "button"\npin = 5\n'
    )

    async def act(site: RunningSite) -> None:
        with pytest.raises(ApplicationError, match="enabled = false"):
            await site.call("lamp.on")
        health = await site.call("lamp.health")

        assert (health["state"], health["errors"]) == ("disabled", 0)

    on_site(config(tmp_path, text), act)


def test_labels_of_a_bus_are_in_the_description(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        described = await site.call("sys.describe")

        assert described["buses"] == {"i2c1": {"type": "i2c", "labels": {"wire": "red"}}}

    on_site(
        config(tmp_path, f'{I2C}labels.wire = "red"\n[devices.lamp]\ndriver = "led"\npin = 17\n'),
        act,
    )
