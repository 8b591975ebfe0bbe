"""A reload on a simulated board: parts come and go with the file, and the others notice nothing."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest
from smbus2 import SMBus

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.config.model import SiteConfig
from wampedge.errors import HardwareError

HEAD = """\
wampedge = 1
[node]
name = "n1"
[defaults]
every = "1s"
[buses.i2c1]
type = "i2c"
bus = 1
"""
AIR = """\
[devices.air]
driver = "bme280"
bus = "i2c1"
address = 0x76
"""
OUTSIDE = """\
[devices.outside]
driver = "sht3x"
bus = "i2c1"
address = 0x44
"""
BELL = """\
[devices.bell]
driver = "button"
pin = 22
pull = "up"
"""


def file(folder: Path, *parts: str) -> SiteConfig:
    """Return a device file made of *parts*."""
    config = config_of(folder, HEAD + "".join(parts))
    return config.but(router=config.router.but(listen=()))


def answers(address: int, path: int = 1) -> bool:
    """Return whether a part of the bus answers at *address*."""
    with SMBus(path) as bus:
        try:
            bus.write_byte(address, 0)
        except OSError as error:
            if error.errno != errno.EREMOTEIO:
                raise
            return False
    return True


def test_a_device_that_a_reload_brings_has_its_part(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.node.reload(file(tmp_path, AIR, OUTSIDE))
        await site.call("sim.set", "outside", "temperature", 12.5)
        await asyncio.sleep(2.0)

        reading = (await site.call("outside.get"))["temperature"]
        assert reading["value"] == pytest.approx(12.5, abs=0.1)
        assert site.node.site.devices["outside"].health.state == "ok"

    on_site(file(tmp_path, AIR), act)


def test_a_part_that_was_there_before_keeps_what_it_senses(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        part = site.simulator.part("air")
        await site.call("sim.set", "air", "temperature", 33.0)
        await site.node.reload(file(tmp_path, OUTSIDE, AIR))
        await asyncio.sleep(2.0)

        assert site.simulator.part("air") is part
        assert (await site.call("air.get"))["temperature"]["value"] == pytest.approx(33, abs=0.1)
        assert list(await site.call("sim.describe")) == ["outside", "air"]

    on_site(file(tmp_path, AIR), act)


def test_a_part_that_the_file_has_no_more_is_off_the_bus(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert answers(0x44)
        await site.node.reload(file(tmp_path, AIR))

        assert (answers(0x44), answers(0x76)) == (False, True)
        assert list(await site.call("sim.describe")) == ["air"]

    on_site(file(tmp_path, AIR, OUTSIDE), act)


def test_a_part_moves_to_another_address_and_to_another_bus(tmp_path: Path) -> None:
    other = AIR.replace("0x76", "0x77")

    async def act(site: RunningSite) -> None:
        await site.node.reload(file(tmp_path, other))
        await asyncio.sleep(2.0)
        assert (answers(0x76), answers(0x77)) == (False, True)
        assert site.node.site.devices["air"].health.state == "ok"

        moved = config_of(tmp_path, (HEAD + other).replace("bus = 1\n", "bus = 3\n"))
        await site.node.reload(moved.but(router=moved.router.but(listen=())))
        await asyncio.sleep(2.0)
        assert answers(0x77, path=3)
        with pytest.raises(FileNotFoundError):
            SMBus(1)
        assert site.node.site.devices["air"].health.state == "ok"

    on_site(file(tmp_path, AIR), act)


def test_a_held_button_lets_its_pin_go_with_the_part(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.press("bell")
        await asyncio.sleep(0.1)
        assert site.simulator.pin_level("gpio", 22) is False
        await site.node.reload(file(tmp_path, '[devices.lamp]\ndriver = "led"\npin = 22\n'))
        await site.call("lamp.on")

        assert site.simulator.pin_level("gpio", 22) is True
        assert site.simulator.wiring_findings() == ()

    on_site(file(tmp_path, BELL), act)


def test_an_expander_moves_with_everything_on_its_pins(tmp_path: Path) -> None:
    io = '[devices.io]\ndriver = "mcp23017"\nbus = "i2c1"\naddress = 0x20\nevery = "50ms"\n'
    heater = '[devices.heater]\ndriver = "relay"\npin = "io:0"\n'
    door = '[devices.door]\ndriver = "button"\npin = "io:8"\npull = "up"\n'

    async def act(site: RunningSite) -> None:
        await site.node.reload(file(tmp_path, io.replace("0x20", "0x21"), heater, door))
        await asyncio.sleep(1.0)
        await site.call("heater.on")
        heard = await site.hear("door.event")
        site.simulator.press("door")
        await asyncio.sleep(1.0)

        assert site.simulator.pin_level("io", 0) is True
        assert heard.values("door.event") == ["press"]

        small = io.replace("mcp23017", "mcp23008").replace("0x20", "0x21")
        await site.node.reload(file(tmp_path, small, heater))
        await asyncio.sleep(1.0)
        await site.call("heater.off")
        assert site.simulator.pin_level("io", 0) is False
        assert len(site.simulator.bench.nets.bank("io")) == 8

    on_site(file(tmp_path, io, heater, door), act)


def test_ports_and_files_follow_the_file(tmp_path: Path) -> None:
    usb = '[buses.usb]\ntype = "serial"\nport = "/dev/ttyUSB7"\nbaud = 9600\n'
    tank = '[devices.tank]\ndriver = "line"\nbus = "usb"\nmatch = \'^L=(?P<level>\\d+)$\'\n'
    line = '[buses.rs485]\ntype = "modbus_rtu"\nport = "/dev/ttyUSB8"\nbaud = 9600\nparity = "E"\n'
    meters = [
        f'[devices.meter{unit}]\ndriver = "sdm120"\nbus = "rs485"\nunit_id = {unit}\n'
        for unit in (1, 2)
    ]
    wire = '[buses.w1]\ntype = "onewire"\n'
    root = '[devices.root]\ndriver = "ds18b20"\nbus = "w1"\nid = "28-0316a2794f1b"\n'

    async def act(site: RunningSite) -> None:
        await site.node.reload(file(tmp_path, line, *meters, usb, tank, wire, root))
        await asyncio.sleep(20.0)
        states = {name: each.health.state for name, each in site.node.site.devices.items()}
        assert states == dict.fromkeys(("meter1", "meter2", "tank", "root"), "ok")

        await site.node.reload(file(tmp_path, line, meters[1]))
        await asyncio.sleep(20.0)
        assert site.node.site.devices["meter2"].health.state == "ok"
        assert site.simulator.ports.on("usb") is None

    on_site(file(tmp_path, line, meters[0]), act)


def test_a_device_without_a_model_touches_nothing(tmp_path: Path) -> None:
    (tmp_path / "lift.py").write_text(
        '"""A lift."""\n'
        "from wampedge.devices.driver import Driver, reading\n\n\n"
        'class Lift(Driver, title="Lift"):\n'
        '    """A lift."""\n\n'
        '    floor = reading("")\n\n'
        "    async def read(self):\n"
        '        """Return the floor."""\n'
        '        return {"floor": 1}\n',
        encoding="utf-8",
    )
    lift = '[drivers.lift]\nmodule = "lift.py"\n[devices.lift]\ndriver = "lift"\n'

    async def act(site: RunningSite) -> None:
        part, runners = site.simulator.part("air"), dict(site.node.site.devices)
        with pytest.raises(HardwareError, match="no model for lift"):
            await site.node.reload(file(tmp_path, AIR, lift))

        assert site.simulator.part("air") is part
        assert site.node.site.devices == runners

    on_site(file(tmp_path, AIR), act)


def test_a_reload_that_fails_leaves_the_parts_of_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(site: RunningSite) -> None:
        def refuse(config: SiteConfig) -> None:
            raise HardwareError("the header is in use")

        monkeypatch.setattr(site.node._equipment, "open", refuse)
        with pytest.raises(HardwareError, match="header is in use"):
            await site.node.reload(file(tmp_path, OUTSIDE))
        monkeypatch.undo()
        await asyncio.sleep(5.0)

        assert (answers(0x76), answers(0x44)) == (True, False)
        assert site.node.site.devices["air"].health.state == "ok"

    on_site(file(tmp_path, AIR), act)


def test_what_a_removed_part_had_in_mind_does_not_happen(tmp_path: Path) -> None:
    """The echo of a ranger comes some milliseconds after its trigger."""
    ranger = '[devices.range]\ndriver = "hcsr04"\npins = { trigger = 5, echo = 6 }\n'

    async def act(site: RunningSite) -> None:
        await asyncio.sleep(0.5)
        edges, trigger = site.edges("gpio", 6), site.simulator.net("gpio", 5)
        trigger.drive("gpio", True)
        await asyncio.sleep(20e-6)
        trigger.drive("gpio", False)
        await site.node.reload(file(tmp_path, BELL))
        await asyncio.sleep(1.0)

        assert edges == []

    on_site(file(tmp_path, ranger), act)
