from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.device_file import complaints, config_of, site
from wampedge.config import check
from wampedge.config.cross_checks import check_pins
from wampedge.config.device_check import DeviceDraft
from wampedge.config.model import PinRef
from wampedge.config.problems import Findings
from wampedge.config.scanner import scan
from wampedge.devices.driver import Driver, input_pin, spec_of

I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
IO = '[devices.io]\ndriver = "mcp23017"\nbus = "i2c1"\n'


def device(name: str, driver: str, *lines: str) -> str:
    return "\n".join([f"[devices.{name}]", f'driver = "{driver}"', *lines, ""])


def test_one_line_serves_one_device() -> None:
    text = (
        device("a", "led", "pin = 5")
        + device("b", "button", 'pin = "GPIO5"')
        + device("c", "relay", "pin = 5")
    )

    assert complaints(site(text)) == [
        "8:7 GPIO5 is used twice: by a.pin and b.pin (a line serves one device)",
        "11:7 GPIO5 is used twice: by a.pin and c.pin (a line serves one device)",
    ]


def test_the_first_use_of_a_line_is_pointed_at() -> None:
    text = site(device("a", "led", "pin = 5") + device("b", "led", "pin = 5"))

    (problem,) = check(text, "f", {})[1]

    (first,) = problem.related
    assert (first.line, first.column, first.end_column) == (5, 7, 8)
    assert first.text == "first used here"


def test_lines_of_expanders_are_lines_like_others() -> None:
    text = I2C + IO + device("a", "led", 'pin = "io:15"') + device("b", "led", 'pin = "io:15"')

    (found,) = complaints(site(text))

    assert found.startswith("14:7 io:15 is used twice: by a.pin and b.pin")
    pins = config_of(site(I2C + IO + device("a", "led", 'pin = "io:15"'))).devices["a"].pins
    assert str(pins["pin"]) == "io:15"


@pytest.mark.parametrize(
    ("pin", "complaint"),
    [
        ("io:16", "must be io:0 to io:15, got io:16"),
        ("oi:0", 'names the port expander "oi", which is no device (did you mean io?)'),
        ("zz:0", 'names the port expander "zz", which is no device (port expanders: io)'),
        ("lamp:0", "names lamp, which is a led and offers no lines"),
    ],
)
def test_a_line_of_an_expander_must_be_there(pin: str, complaint: str) -> None:
    found = complaints(site(I2C + IO + device("a", "led", f'pin = "{pin}"')))

    assert found == [f"11:7 devices.a.pin {complaint}"]


def test_without_expanders_there_are_no_such_lines() -> None:
    (found,) = complaints(site(device("a", "led", 'pin = "io:0"')))

    assert found.endswith('names the port expander "io", which is no device (the file has none)')


@pytest.mark.parametrize("io", ["[devices.io\ndriver = 1\n", device("io", "mcp2301")])
def test_an_expander_that_is_wrong_is_not_told_again_at_its_lines(io: str) -> None:
    found = complaints(site(I2C + io + device("a", "led", 'pin = "io:0"')))

    assert not [text for text in found if "devices.a" in text]


@pytest.mark.parametrize(
    ("bus", "pin", "complaint"),
    [
        (1, 2, "is GPIO2, which is SDA of the I2C bus i2c1"),
        (1, 3, "is GPIO3, which is SCL of the I2C bus i2c1"),
        (0, 0, "is GPIO0, which is SDA of the I2C bus i2c1"),
    ],
)
def test_the_lines_of_a_declared_i2c_bus_are_taken(bus: int, pin: int, complaint: str) -> None:
    buses = f'[buses.i2c1]\ntype = "i2c"\nbus = {bus}\n'

    assert complaints(site(buses + device("a", "led", f"pin = {pin}"))) == [
        f"8:7 devices.a.pin {complaint} (use another line)"
    ]


def test_those_lines_are_free_without_the_bus() -> None:
    assert complaints(site(device("a", "led", "pin = 2"))) == []


@pytest.mark.parametrize("pull", ["down", "none"])
def test_lines_with_a_fixed_pull_up_cannot_be_pulled_otherwise(pull: str) -> None:
    assert complaints(site(device("a", "button", "pin = 3", f'pull = "{pull}"'))) == [
        (
            f'6:8 devices.a.pull cannot be "{pull}" on GPIO3: the board pulls it up with 1.8 kohm'
            ' (write pull = "up", or use another line)'
        )
    ]


def test_lines_with_a_fixed_pull_up_can_be_pulled_up_and_others_down() -> None:
    text = device("a", "button", "pin = 3") + device("b", "button", "pin = 4", 'pull = "down"')

    assert complaints(site(text)) == []


def test_one_address_serves_one_device_on_a_bus() -> None:
    sht = ("sht3x", 'bus = "i2c1"', "address = 0x44")
    text = I2C + device("a", *sht) + device("b", *sht)

    assert complaints(site(text)) == [
        "13:11 address 0x44 on i2c1 is used twice: by a and b (sht3x can also have 0x45)"
    ]


def test_addresses_clash_by_default_and_between_drivers() -> None:
    sht = device("a", "sht3x", 'bus = "i2c1"')
    ina = device("b", "ina219", 'bus = "i2c1"', "address = 0x44")

    (found,) = complaints(site(I2C + sht + sht.replace("devices.a", "devices.b")))
    assert found.startswith("9:10 address 0x44 on i2c1 is used twice: by a and b")
    (found,) = complaints(site(I2C + sht + ina))
    assert found.endswith("(ina219 can also have 0x40 to 0x43, 0x45 to 0x4f)")


def test_when_every_address_is_taken_another_bus_is_the_way_out() -> None:
    text = I2C + "".join(
        device(name, "sht3x", 'bus = "i2c1"', f"address = {address}")
        for name, address in (("a", 0x44), ("b", 0x45), ("c", 0x44))
    )

    (found,) = complaints(site(text))

    assert found.endswith("(put one of them on another bus)")


def test_the_same_address_on_two_buses_is_no_clash() -> None:
    other = '[buses.i2c3]\ntype = "i2c"\nbus = 3\n'
    text = I2C + other + device("a", "sht3x", 'bus = "i2c1"') + device("b", "sht3x", 'bus = "i2c3"')

    assert complaints(site(text)) == []


LINE = ("line", 'bus = "usb"', "match = '(?P<x>[0-9]+)'", "channels.x = {}")


def test_a_serial_port_serves_one_device() -> None:
    usb = '[buses.usb]\ntype = "serial"\nport = "/dev/ttyUSB0"\n'

    assert complaints(site(usb + device("a", *LINE) + device("b", *LINE))) == [
        "13:7 serial bus usb is used twice: by a and b (a serial port serves one device)"
    ]


def test_two_buses_on_one_port_are_told_even_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "tty").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "tty")
    text = "".join(
        f'[buses.{name}]\ntype = "serial"\nport = "{tmp_path}/{port}"\n'
        for name, port in (("a", "tty"), ("b", "by-id"))
    )

    assert complaints(site(text)) == [
        f"8:8 {tmp_path}/by-id is used twice: by buses.a and buses.b (devices may share one bus)"
    ]


def test_two_i2c_buses_on_one_node_are_told() -> None:
    assert complaints(site(I2C + '[buses.b]\ntype = "i2c"\nbus = "/dev/i2c-1"\n')) == [
        "8:7 /dev/i2c-1 is used twice: by buses.i2c1 and buses.b (devices may share one bus)"
    ]


class Port(Driver, name="port", bus="i2c", addresses=(0x20,), provides_pins=8):
    """A port expander with an interrupt line."""

    interrupt = input_pin()


def ports(**interrupts: PinRef | None) -> dict[str, DeviceDraft]:
    return {
        name: DeviceDraft(name, spec_of(Port), {"interrupt": pin})
        for name, pin in interrupts.items()
    }


@pytest.mark.parametrize(
    ("drafts", "chain"),
    [
        (ports(a=PinRef("a", 0)), "a needs a"),
        (ports(a=PinRef("b", 0), b=PinRef("a", 0)), "a needs b needs a"),
        (
            ports(z=PinRef("a", 1), a=PinRef("b", 0), b=PinRef("c", 0), c=PinRef("a", 0)),
            "a needs b needs c needs a",
        ),
    ],
)
def test_expanders_that_need_each_other_are_refused(
    drafts: dict[str, DeviceDraft], chain: str
) -> None:
    findings = Findings("f", scan(""))

    check_pins(drafts, {}, findings)

    (problem,) = findings.in_file_order()
    assert problem.text == f"port expanders need each other's lines: {chain}"
    assert problem.hint == "wire one of them to the header"


def test_expanders_on_each_other_without_a_loop_are_fine() -> None:
    findings = Findings("f", scan(""))
    drafts = ports(a=PinRef("b", 0), b=PinRef("c", 0), c=PinRef("gpio", 5), d=None)

    check_pins(drafts, {}, findings)

    assert len(findings) == 0


def test_names_leave_room_in_uris() -> None:
    head = f'wampedge = 1\n[node]\nname = "a"\nuri_prefix = "{"p" * 185}"\n'
    name = "n" * 60

    assert complaints(site(device(name, "led", "pin = 5"), head=head)) == [
        (
            f"5:10 devices.{name} makes URIs of 256 bytes, 255 are allowed"
            " (shorten its name, the names of its channels or uri_prefix)"
        )
    ]
    assert complaints(site(device(name[1:], "led", "pin = 5"), head=head)) == []
