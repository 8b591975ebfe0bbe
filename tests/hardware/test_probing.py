"""A folder stands for ``/``; I2C answers come from a table."""

from __future__ import annotations

import grp
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.device_file import config_of, site
from wampedge.config.model import BusConfig, SiteConfig
from wampedge.devices.contracts import SpiSettings
from wampedge.errors import HardwareError
from wampedge.hardware.probing import may_use, probe_site

I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
AIR = I2C + '[devices.air]\ndriver = "bme280"\nbus = "i2c1"\naddress = 0x76\n'
LINE = "[devices.tank]\ndriver = 'line'\nbus = 'usb'\nmatch = '^(?P<a>.*)$'\nchannels.a = {}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "boot/firmware").mkdir(parents=True)
    (tmp_path / "boot/firmware/config.txt").write_text("# dtparam=i2c_arm=on\narm_boost=1\n")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/gpiochip0").touch()
    return tmp_path


def lacks(
    text: str, root: Path, *, there: tuple[int, ...] = (0x76,), is_usable: bool = True
) -> list[tuple[str, str]]:
    return found(config_of(site(text)), root, there=there, is_usable=is_usable)


def found(
    config: SiteConfig,
    root: Path,
    *,
    there: tuple[int, ...] = (),
    is_usable: bool = True,
    is_installed: bool = True,
) -> list[tuple[str, str]]:
    lacks = probe_site(
        config,
        root,
        answers=lambda bus, address: address in there,
        is_usable=lambda node: is_usable,
        is_installed=lambda package: is_installed,
    )
    return [(f"{'.'.join(map(str, lack.path))} {lack.text}", lack.hint) for lack in lacks]


def site_with(bus: BusConfig, **place: Any) -> SiteConfig:
    """Return a site of one device on *bus*, whatever its driver is."""
    config = config_of(site())
    device = config.devices["lamp"].but(name="t", bus=bus.name, pins={}, **place)
    return config.but(buses={bus.name: bus}, devices={"t": device})


def test_nothing_is_missing_on_a_board_that_has_all(root: Path) -> None:
    (root / "dev/i2c-1").touch()

    assert lacks(AIR, root) == []


def test_a_bus_that_is_switched_off_names_the_line_that_switches_it_on(root: Path) -> None:
    text = "buses.i2c1.bus is /dev/i2c-1, which is missing"
    boot = "/boot/firmware/config.txt"
    assert lacks(AIR, root) == [(text, f"add dtparam=i2c_arm=on to {boot} and reboot")]

    (root / "boot/firmware/config.txt").write_text("dtparam=i2c_arm=on # was off\n")
    assert lacks(AIR, root) == [(text, f"{boot} has dtparam=i2c_arm=on already: reboot")]

    (root / "boot/firmware/config.txt").unlink()
    assert lacks(AIR, root) == [(text, "is this a board with such a bus?")]


def test_older_systems_have_the_boot_file_elsewhere(root: Path) -> None:
    (root / "boot/firmware/config.txt").rename(root / "boot/config.txt")

    assert lacks(AIR, root)[0][1] == "add dtparam=i2c_arm=on to /boot/config.txt and reboot"


def test_an_adapter_without_a_node_needs_a_module(root: Path) -> None:
    (root / "sys/bus/i2c/devices/i2c-1").mkdir(parents=True)

    assert lacks(AIR, root) == [
        (
            "buses.i2c1.bus is /dev/i2c-1, which is missing: i2c-dev is not loaded",
            "sudo modprobe i2c-dev; and write i2c-dev into /etc/modules to keep it",
        )
    ]


def test_a_part_that_does_not_answer_is_named_with_where_it_may_be(root: Path) -> None:
    (root / "dev/i2c-1").touch()
    text = "devices.air.address is 0x76, where no part answers on /dev/i2c-1"

    assert lacks(AIR, root, there=(0x77, 0x20)) == [
        (text, "a part answers at 0x77, where a bme280 can be")
    ]
    assert lacks(AIR, root, there=(0x20,)) == [
        (text, "is it wired and powered? SDA to pin 3, SCL to pin 5 of the header")
    ]


def test_a_bus_that_cannot_be_asked_is_told_once(root: Path) -> None:
    (root / "dev/i2c-1").touch()

    def refuse(bus: str, address: int) -> bool:
        raise HardwareError(f"{bus} cannot be opened: busy")

    text = AIR + AIR.replace(I2C, "").replace("air", "other").replace("76", "77")
    (lack,) = probe_site(config_of(site(text)), root, answers=refuse, is_usable=lambda _: True)

    assert lack.text == "cannot be asked: /dev/i2c-1 cannot be opened: busy"


def test_a_node_of_a_group_names_the_command_that_joins_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = root / "dev/i2c-1"
    node.touch()
    node.chmod(0o660)
    status = node.stat()
    group = os.stat_result((*status[:5], grp.getgrnam("daemon").gr_gid, *status[6:]))
    monkeypatch.setattr(Path, "stat", lambda self, **_: group)

    assert lacks(AIR, root, is_usable=False)[0] == (
        "buses.i2c1.bus needs /dev/i2c-1, which is for the group daemon only",
        "sudo usermod -aG daemon $USER, then log in again",
    )


def test_a_node_of_root_alone_needs_the_rules(root: Path) -> None:
    (root / "dev/gpiochip0").chmod(0o600)

    assert lacks("", root, is_usable=False) == [
        (
            "devices.lamp needs /dev/gpiochip0, which is for root only",
            "install systemd/60-wampedge.rules, then: sudo udevadm trigger",
        )
    ]


def test_a_machine_without_header_is_told_once(root: Path) -> None:
    (root / "dev/gpiochip0").unlink()

    assert lacks('[devices.fan]\ndriver = "led"\npin = 5\n', root) == [
        (
            "devices.fan needs the GPIO header, and there is no /dev/gpiochip*",
            "is this a board? `wampedge run --simulate` needs none",
        )
    ]


def test_a_port_that_is_not_plugged_in_names_those_that_are(root: Path) -> None:
    text = '[buses.usb]\ntype = "serial"\nport = "/dev/serial/by-id/usb-a"\n' + LINE
    path = "buses.usb.port is /dev/serial/by-id/usb-a, which is missing"
    assert lacks(text, root) == [(path, "no USB port is plugged in")]

    (root / "dev/serial/by-id").mkdir(parents=True)
    (root / "dev/serial/by-id/usb-b").touch()
    assert lacks(text, root) == [(path, "plugged in are: /dev/serial/by-id/usb-b")]

    (root / "dev/serial/by-id/usb-a").touch()
    assert lacks(text, root) == []


def test_a_port_that_is_found_by_what_is_plugged_in_is_looked_for(root: Path) -> None:
    file = f'[buses.usb]\ntype = "serial"\nmatch = {{ vid = "1546", pid = "01a8" }}\n{LINE}'
    gps = SimpleNamespace(device="/dev/ttyACM0", vid=0x1546, pid=0x01A8, serial_number=None)
    other = SimpleNamespace(device="/dev/ttyUSB0", vid=None, pid=None, serial_number=None)
    (root / "dev/ttyACM0").touch(mode=0o600)

    def found(*ports: SimpleNamespace, is_usable: bool = True) -> list[tuple[str, str]]:
        config = config_of(site(file)).but(devices={})
        lacks = probe_site(config, root, is_usable=lambda _: is_usable, ports=lambda: ports)
        return [(f"{'.'.join(map(str, lack.path))} {lack.text}", lack.hint) for lack in lacks]

    assert found(gps, other) == []
    assert found(other) == [
        (
            "buses.usb.match fits no serial port with vid 1546, pid 01a8",
            "is it plugged in? `lsusb` and `ls -l /dev/serial/by-path` show what there is",
        )
    ]
    twin = SimpleNamespace(device="/dev/ttyACM1", vid=0x1546, pid=0x01A8, serial_number=None)
    text = "buses.usb.match fits 2 serial ports with vid 1546, pid 01a8"
    more = "say more in match, such as serial or path"
    assert found(gps, twin) == [(f"{text}: /dev/ttyACM0, /dev/ttyACM1", more)]
    assert found(gps, is_usable=False)[0][0].endswith("needs /dev/ttyACM0, which is for root only")


def test_the_port_of_the_board_is_switched_on_in_the_boot_file(root: Path) -> None:
    text = '[buses.usb]\ntype = "serial"\nport = "/dev/serial0"\n' + LINE

    assert lacks(text, root) == [
        (
            "buses.usb.port is /dev/serial0, which is missing",
            "add enable_uart=1 to /boot/firmware/config.txt and reboot",
        )
    ]


def test_parts_of_a_one_wire_bus_are_looked_for_by_number(root: Path) -> None:
    bus = BusConfig("w1", "onewire", "/sys/bus/w1/devices")
    config = site_with(bus, rom_id="28-0316a2794f1b")
    assert found(config, root) == [
        (
            "buses.w1 needs /sys/bus/w1/devices, which is missing",
            "add dtoverlay=w1-gpio to /boot/firmware/config.txt and reboot",
        )
    ]

    folder = root / "sys/bus/w1/devices"
    (folder / "w1_bus_master1").mkdir(parents=True)
    answer = "devices.t.id is 28-0316a2794f1b, which does not answer"
    assert found(config, root) == [(answer, "the bus has no part")]
    (folder / "28-000000000001").mkdir()
    assert found(config, root) == [(answer, "the bus has 28-000000000001")]
    (folder / "28-0316a2794f1b").mkdir()
    assert found(config, root) == []


def test_each_chip_select_line_in_use_needs_its_node(root: Path) -> None:
    config = site_with(BusConfig("s", "spi", "/dev/spidev0"), spi=SpiSettings(1, 0, 1_000_000))
    assert found(config, root) == [
        (
            "devices.t.bus needs /dev/spidev0.1, which is missing",
            "add dtparam=spi=on to /boot/firmware/config.txt and reboot",
        )
    ]

    (root / "dev/spidev0.1").touch()
    assert found(config, root) == []


def test_an_spi_bus_needs_its_package(root: Path) -> None:
    config = site_with(BusConfig("s", "spi", "/dev/spidev0"), spi=SpiSettings(0, 0, 1_000_000))
    (root / "dev/spidev0.0").touch()

    assert found(config, root, is_installed=False) == [
        (
            "buses.s.type needs the package spidev",
            "pip install wampedge[spi], or sudo apt install python3-spidev",
        )
    ]


def test_rights_are_those_of_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "node").touch()

    assert may_use(tmp_path / "node")
    assert not may_use(tmp_path / "none")
