"""Converters, PWM chips and displays in a node: what callers order is what people see."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

HEAD = """
wampedge = 1
[node]
name = "t"
[buses.i2c1]
type = "i2c"
bus = 1
"""
DISPLAYS = """
[devices.lcd]
driver = "hd44780"
bus = "i2c1"
[devices.screen]
driver = "ssd1306"
bus = "i2c1"
size = "128x32"
"""
CONVERTER = """
[devices.valve]
driver = "mcp4725"
bus = "i2c1"
reference = "4.096V"
on_start = 0.5
safe = 1.0
"""
BOARD = """
[devices.board]
driver = "pca9685"
bus = "i2c1"
[devices.lamp]
driver = "pwm"
pin = "board:3"
frequency = "200Hz"
on_start = 25
"""
BATTERY = """
[devices.battery]
driver = "ina226"
bus = "i2c1"
shunt = "2mohm"
max_current = "20A"
channels.voltage = { unit = "mV" }
"""


def test_texts_are_shown_and_come_back_after_a_power_cut(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("lcd.line_1.set", "21.5 °C")
        await site.call("screen.show", "one\ntwo")
        assert (await site.call("sim.shown", "lcd"))[0] == "21.5 °C         "
        before = await site.call("sim.shown", "screen")
        assert any("#" in row for row in before)

        for device in ("lcd", "screen"):
            site.simulator.fault(device, "brown_out")
        await asyncio.sleep(30.0)

        assert (await site.call("sim.shown", "lcd"))[0] == "21.5 °C         "
        assert await site.call("sim.shown", "screen") == before
        assert (await site.call("screen.line_2.get")) == "two"

    on_site(config_of(tmp_path, HEAD + DISPLAYS), act)


def test_a_converter_starts_as_the_file_says_and_refuses_what_it_cannot(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("sim.shown", "valve") == pytest.approx(0.5)

        assert await site.call("valve.set", 2.0) == pytest.approx(2.0)
        assert await site.call("sim.shown", "valve") == pytest.approx(2.0)
        with pytest.raises(ApplicationError, match=r"voltage must be 0 to 4.096 V") as caught:
            await site.call("valve.set", 5.0)
        assert caught.value.uri == "wampedge.error.range"

        assert await site.call("sim.shown", "valve") == pytest.approx(2.0)

    on_site(config_of(tmp_path, HEAD + CONVERTER), act)


def test_a_converter_gives_nothing_when_the_node_has_stopped(tmp_path: Path) -> None:
    parts = []

    async def act(site: RunningSite) -> None:
        await site.call("valve.set", 2.0)
        parts.append(site.simulator.part("valve"))

    on_site(config_of(tmp_path, HEAD + CONVERTER), act)

    assert parts[0].voltage == 0.0


def test_a_dimmed_lamp_works_on_a_pin_of_a_pwm_chip(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert (await site.call("sim.shown", "board"))[3] == 25.0

        await site.call("lamp.set", 75)
        await site.call("board.duty_4.set", 50)

        assert (await site.call("sim.shown", "board"))[3:5] == [75.0, 50.0]
        with pytest.raises(ApplicationError, match="in use by another device"):
            await site.call("board.duty_3.set", 10)

    on_site(config_of(tmp_path, HEAD + BOARD), act)


def test_a_power_monitor_takes_shunt_and_largest_current_of_the_example(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.set("battery", "current", -7.5)
        site.simulator.set("battery", "voltage", 11.98)

        found = await site.call("battery.current.get", fresh=True)
        voltage = await site.call("battery.voltage.get", fresh=True)

        assert found == pytest.approx(-7.5, abs=20 / 32768)
        assert voltage == pytest.approx(11_980, abs=1.25)

    on_site(config_of(tmp_path, HEAD + BATTERY), act)
