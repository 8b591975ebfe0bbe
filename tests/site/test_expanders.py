"""Port expanders on the simulator: pins as pins, an interrupt line, and what can go wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site

EXPANDERS = ["mcp23017", "mcp23008", "pcf8574", "pcf8575", "pca9555"]
SITE = """
wampedge = 1
[node]
name = "t"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.io]
driver = "{driver}"
bus = "i2c1"
address = 0x20
{interrupt}
[devices.lamp]
driver = "led"
pin = "io:0"
active = "low"
[devices.door]
driver = "button"
pin = "io:5"
debounce = "0s"
[devices.meter]
driver = "pulse"
pin = "io:6"
edge = "falling"
"""
INTERRUPT = 'interrupt = { pin = 27, pull = "up" }\nevery = "10s"'


@pytest.mark.parametrize("driver", EXPANDERS)
@pytest.mark.parametrize("interrupt", ["", INTERRUPT])
def test_a_lamp_and_a_button_work_on_it(tmp_path: Path, driver: str, interrupt: str) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("door.event")
        await asyncio.sleep(0.2)

        await site.call("lamp.on")
        lit = site.simulator.part("lamp").is_on
        site.simulator.press("door")
        await asyncio.sleep(0.1)
        site.simulator.let_go("door")
        await asyncio.sleep(0.1)

        assert lit
        assert site.simulator.part("lamp").is_on
        assert heard.values("door.event") == ["press", "release", "click"]
        assert (await site.call("io.health"))["state"] == "ok"

    on_site(config_of(tmp_path, SITE.format(driver=driver, interrupt=interrupt)), act)


@pytest.mark.parametrize("driver", EXPANDERS)
def test_an_interrupt_tells_at_once_and_nothing_polls_meanwhile(
    tmp_path: Path, driver: str
) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("door.event")
        await asyncio.sleep(1)

        site.simulator.press("door")
        await asyncio.sleep(0.002)

        assert heard.values("door.event") == ["press"]
        assert site.node.config.devices["io"].every_s == 10.0
        assert site.simulator.pin_level("gpio", 27) is True

    on_site(config_of(tmp_path, SITE.format(driver=driver, interrupt=INTERRUPT)), act)


def test_without_every_an_expander_with_an_interrupt_is_read_each_ten_seconds(
    tmp_path: Path,
) -> None:
    text = SITE.format(driver="mcp23017", interrupt="interrupt = 27")
    assert config_of(tmp_path, text).devices["io"].every_s == 10.0
    without = SITE.format(driver="mcp23017", interrupt="")
    assert config_of(tmp_path, without).devices["io"].every_s == 0.05


@pytest.mark.parametrize("driver", ["mcp23017", "mcp23008"])
def test_a_press_that_is_over_when_the_chip_is_read_is_told_by_its_capture(
    tmp_path: Path, driver: str
) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("door.event")
        await asyncio.sleep(1)

        site.simulator.press("door")
        site.simulator.let_go("door")
        await asyncio.sleep(0.1)

        assert heard.values("door.event") == ["press", "release", "click"]

    on_site(config_of(tmp_path, SITE.format(driver=driver, interrupt=INTERRUPT)), act)


@pytest.mark.parametrize("driver", EXPANDERS)
def test_a_lost_interrupt_is_made_good_by_the_slow_poll(tmp_path: Path, driver: str) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("door.event")
        await asyncio.sleep(1)
        site.simulator.part("io")._interrupt = None  # the wire is off

        site.simulator.press("door")
        await asyncio.sleep(1)
        before = heard.values("door.event")
        await asyncio.sleep(10)

        assert before == []
        assert heard.values("door.event") == ["press"]

    on_site(config_of(tmp_path, SITE.format(driver=driver, interrupt=INTERRUPT)), act)


@pytest.mark.parametrize("driver", EXPANDERS)
def test_a_chip_that_was_reset_gets_its_outputs_back(tmp_path: Path, driver: str) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(1)
        await site.call("lamp.on")

        site.simulator.fault("io", "brown_out")
        dark = site.simulator.part("lamp").is_on
        await asyncio.sleep(25)

        assert not dark
        assert site.simulator.part("lamp").is_on
        assert (await site.call("io.health"))["errors"] >= 1

    on_site(config_of(tmp_path, SITE.format(driver=driver, interrupt=INTERRUPT)), act)


@pytest.mark.parametrize("driver", EXPANDERS)
def test_pulses_are_counted_on_its_pins(tmp_path: Path, driver: str) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(1)
        site.simulator.pulse("meter", 20, width_s=0.02, gap_s=0.02)
        await asyncio.sleep(2)

        assert (await site.call("meter.count.get")) == 20
        assert (await site.call("io.health"))["interrupts"] == 40

    on_site(config_of(tmp_path, SITE.format(driver=driver, interrupt=INTERRUPT)), act)
