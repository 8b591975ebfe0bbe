"""Serial ports and Modbus buses in the device file."""

from __future__ import annotations

from typing import Any

import pytest
import tomli

from tests.support.device_file import complaints, config_of, site
from wampedge.config.schema import json_schema
from wampedge.devices.contracts import ModbusSettings, PortMatch, SerialSettings

USB = '[buses.usb]\ntype = "serial"\n'
LINE = '[buses.rs485]\ntype = "modbus_rtu"\n'
NET = '[buses.net]\ntype = "modbus_tcp"\n'


def bus(text: str) -> Any:
    (found,) = config_of(site(text + "\n")).buses.values()
    return found


def test_a_port_is_named_or_looked_for() -> None:
    named = bus(USB + 'port = "/dev/ttyUSB0"\nbaud = 115200')
    by_usb = bus(USB + 'match = { vid = "1546", pid = "01A8" }')
    by_place = bus(USB + 'match = { path = "platform-*-usb-0:1.2:*" }')

    assert named.serial == SerialSettings("/dev/ttyUSB0", 115200)
    assert by_usb.serial == SerialSettings("", match=PortMatch(vid="1546", pid="01a8"))
    assert by_usb.path == "port with vid 1546, pid 01a8"
    assert by_place.serial.match.path == "platform-*-usb-0:1.2:*"


def test_a_modbus_line_takes_the_keys_of_the_example() -> None:
    line = bus(
        LINE + 'port = "/dev/ttyUSB0"\nbaud = 9600\nparity = "E"\ntimeout = "300ms"\n'
        'gap = "20ms"\noffline = { after = 5, retry = "10s" }'
    )

    assert line.type == "modbus_rtu"
    assert line.serial == SerialSettings("/dev/ttyUSB0", 9600, parity="E")
    assert line.modbus == ModbusSettings(0.3, 0.02, 5, 10.0)


def test_a_modbus_connection_has_the_usual_port() -> None:
    net = bus(NET + 'host = "192.168.1.30"')

    assert (net.type, net.path, net.serial) == ("modbus_tcp", "192.168.1.30:502", None)
    assert net.modbus == ModbusSettings(host="192.168.1.30", port=502)


BAD = [
    (USB, "buses.usb.port is missing (write port = "),
    (USB + 'port = "/dev/a"\nmatch = { vid = "1546" }', "says the same as port: keep one"),
    (USB + "match = {}", "must say something"),
    (USB + 'match = { vid = "154" }', 'must be four hexadecimal digits such as "1546"'),
    (USB + 'match = { vip = "1546" }', "match.vip is not a known key (did you mean vid?)"),
    (LINE + 'port = "/dev/a"\nbits = 7', "bits is not a known key"),
    (LINE + 'port = "/dev/a"\ntimeout = "5s"', 'must be "1500ms" or shorter'),
    (LINE + 'port = "/dev/a"\noffline = { after = 0 }', "after must be 1 to 1000"),
    (NET, "host is missing"),
    (NET + 'host = "a b"', "must be a host name or address"),
    (NET + 'host = "a"\nport = 70000', "must be 1 to 65535"),
]


@pytest.mark.parametrize(("text", "complaint"), BAD)
def test_mistakes_are_told(text: str, complaint: str) -> None:
    (told,) = complaints(site(text + "\n"))

    assert complaint in told


@pytest.mark.parametrize("text", [text for text, _ in BAD])
def test_the_schema_refuses_them_as_well(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())

    # A schema knows patterns, but not how long a duration is.
    if "timeout" not in text:
        assert not validator.is_valid(tomli.loads(site(text + "\n")))


METER = LINE + 'port = "/dev/a"\n[devices.m]\nbus = "rs485"\n'


def test_a_part_has_the_number_it_is_sold_with_and_any_other_must_say_it() -> None:
    part = config_of(site(METER + 'driver = "pzem004t"\n')).devices["m"]

    assert part.unit_id == 0xF8
    (told,) = complaints(site(METER + 'driver = "modbus"\nchannels.x = { input = 1 }\n'))
    assert "devices.m.unit_id is missing" in told


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("channels.x = {}", "needs one of input, holding, coil, discrete"),
        ("channels.x = { input = 65536 }", "must be 0 to 65535"),
        ("channels.x = { input = 1, write = true }", "input can only be read"),
        ('channels.x = { input = 1, type = "f16" }', "must be"),
        ("byte_order = 'ABDC'\nchannels.x = { input = 1 }", "did you mean"),
    ],
)
def test_mistakes_in_registers_are_told(keys: str, complaint: str) -> None:
    text = site(METER + f'driver = "modbus"\nunit_id = 1\n{keys}\n')

    assert any(complaint in told for told in complaints(text))
