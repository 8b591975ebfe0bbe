"""The schema and the checker say the same of everything a schema can say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.support.device_file import complaints, site
from wampedge.config.schema import json_schema
from wampedge.devices.catalog import driver_names

jsonschema = pytest.importorskip("jsonschema")

EXAMPLE = Path(__file__).parents[2] / "devices.toml"
I2C = '[buses.i2c1]\ntype = "i2c"\nbus = 1\n'
USB = '[buses.usb]\ntype = "serial"\nport = "/dev/ttyUSB0"\n'
AIR = I2C + '[devices.air]\ndriver = "bme280"\nbus = "i2c1"\n'
TANK = USB + "[devices.tank]\ndriver = 'line'\nbus = 'usb'\nmatch = '(?P<level>[0-9]+)'\n"
LEVEL = TANK + "channels.level = {}\n"
USER = "[router]\nanonymous = false\n[router.users.tom]\n"
UPSTREAM = '[upstream]\nurl = "wss://hub/ws"\nrealm = "farm"\n'


@cache
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def is_valid(text: str) -> bool:
    return bool(validator().is_valid(tomli.loads(text)))


def test_the_example_file_fits_the_schema() -> None:
    assert list(validator().iter_errors(tomli.loads(EXAMPLE.read_text("utf-8")))) == []


def test_every_driver_has_its_branch() -> None:
    devices = json_schema()["properties"]["devices"]["additionalProperties"]

    branches = {branch["if"]["properties"]["driver"]["const"] for branch in devices["allOf"]}
    assert branches == set(driver_names())


def test_keys_carry_their_descriptions() -> None:
    definitions = json_schema()["$defs"]
    relay = definitions["device_relay"]

    active = relay["properties"]["active"]
    active = definitions[active["$ref"].rpartition("/")[2]] if "$ref" in active else active
    assert relay["title"].startswith("Relay")
    assert active["description"] == "the level that means on"


def test_the_schema_is_short_enough_for_an_editor() -> None:
    assert len(json.dumps(json_schema())) < 300_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[router]\nlisten = ["unix:", "ws://127.0.0.1:0/"]\nrealm = "a.b"\n',
        USER + 'auth = { method = "ticket", secret = "${env:T}" }\nrole = "local"\n',
        USER
        + 'auth = { method = "wampcra", secret = "${env:K}", salt = "00ff00ff", iterations = 9 }\n'
        + 'role = "r"\n[router.roles.r]\nallow = { call = ["edge.", "a..b", "a.{authid}"] }\n',
        UPSTREAM,
        UPSTREAM + 'auth = { method = "ticket", id = "a", secret = "${env:T}" }\n',
        UPSTREAM + 'reconnect = { min = "1s", max = "1m" }\ninsecure = true\n',
        '[defaults]\nevery = "10s"\npublish = { delta = "1%", heartbeat = "5m" }\n',
        "[defaults]\npublish = { on_change = false }\n",
        AIR,
        AIR + 'address = 0x77\nevery = "1.5s"\noversampling = 16\nlabels = { a = "b" }\n',
        AIR + 'channels.pressure = { name = "p", unit = "hPa", range = [900, 1100.5] }\n',
        AIR + 'channels.pressure.publish = { delta = "50Pa" }\n',
        I2C + '[devices.a]\ndriver = "ina219"\nbus = "i2c1"\nshunt = "2mohm"\n',
        LEVEL,
        LEVEL + 'commands.zero = { send = "Z", expect = "OK", timeout = "1s" }\n',
        '[devices.a]\ndriver = "relay"\npin = "GPIO5"\nactive = "low"\n',
        '[devices.a]\ndriver = "button"\npin = 5\npull = "none"\ndebounce = "20ms"\n',
        '[devices.a]\ndriver = "pwm"\npin = 5\nfrequency = "1kHz"\non_start = 12.5\n',
    ],
)
def test_what_the_checker_takes_fits_the_schema(text: str) -> None:
    assert complaints(site(text), {"T": "x", "K": "AAAA"}) == []
    assert is_valid(site(text))


BAD_HEADS = [
    "",
    'node.name = "a"\n',
    'wampedge = 2\nnode.name = "a"\n',
    'wampedge = "1"\nnode.name = "a"\n',
    "wampedge = 1\n",
    'wampedge = 1\nnode.name = "A"\n',
    'wampedge = 1\nnode.name = "sys"\n',
    "wampedge = 1\nnode.name = 5\n",
    f'wampedge = 1\nnode.name = "{"a" * 65}"\n',
    'wampedge = 1\nnode = { name = "a", uri_prefix = "wamp.a" }\n',
    'wampedge = 1\nnode = { name = "a", uri_prefix = "a..b" }\n',
    'wampedge = 1\nnode = { name = "a", nam = "b" }\n',
    'wampedge = 1\nnode = { name = "a", labels = { a = 1 } }\n',
]


@pytest.mark.parametrize("head", BAD_HEADS)
def test_what_the_checker_refuses_at_the_top_fits_not(head: str) -> None:
    assert complaints(site(head=head))
    assert not is_valid(site(head=head))


@pytest.mark.parametrize(
    "text",
    [
        "[rules.a]\nwhen = 1\n",
        '[router]\nlisten = "unix:"\n',
        "[router]\nlisten = []\n",
        '[router]\nlisten = ["http://127.0.0.1/"]\n',
        '[router]\nrealm = "a b"\n',
        '[upstream]\nrealm = "a"\n',
        '[upstream]\nurl = "http://a/"\nrealm = "a"\n',
        UPSTREAM + "auth = {}\n",
        UPSTREAM + 'auth = { method = "tiket" }\n',
        UPSTREAM + 'auth = { method = "ticket", id = "a", secret = "hunter2" }\n',
        UPSTREAM + "insecure = 1\n",
        "[defaults]\nevery = 30\n",
        '[defaults]\nevery = "1 s"\n',
        "[defaults]\npublish = { delta = 0 }\n",
        '[defaults]\npublish = { heartbeat = "5 m" }\n',
        '[buses.a]\ntype = "can"\n',
        "[buses.a]\n",
        '[buses.a]\ntype = "i2c"\n',
        '[buses.a]\ntype = "i2c"\nbus = "x"\n',
        '[buses.a]\ntype = "i2c"\nbus = 1\nbaud = 1\n',
        '[buses.A]\ntype = "i2c"\nbus = 1\n',
        '[buses.a]\ntype = "serial"\nport = "COM1"\n',
        '[buses.a]\ntype = "serial"\nport = "/dev/x"\nbaud = "fast"\n',
        '[buses.a]\ntype = "serial"\nport = "/dev/x"\nbits = 9\n',
        '[buses.a]\ntype = "serial"\nport = "/dev/x"\nparity = "even"\n',
        "devices.a = 5\n",
        "[devices.a]\n",
        "[devices.get]\ndriver = 'led'\npin = 5\n",
        "[devices.a]\ndriver = 'lad'\npin = 5\n",
        "[devices.a]\ndriver = 'led'\n",
        "[devices.a]\ndriver = 'led'\npin = 28\n",
        "[devices.a]\ndriver = 'led'\npin = '5'\n",
        "[devices.a]\ndriver = 'led'\npin = true\n",
        "[devices.a]\ndriver = 'led'\npin = 5\nevery = '1s'\n",
        "[devices.a]\ndriver = 'led'\npin = 5\nbus = 'i2c1'\n",
        "[devices.a]\ndriver = 'relay'\npin = 5\nactive = 'lo'\n",
        "[devices.a]\ndriver = 'relay'\npin = 5\non_start = true\n",
        "[devices.a]\ndriver = 'led'\npin = 5\nchannels.stat = {}\n",
        I2C + "[devices.a]\ndriver = 'bme280'\n",
        AIR + "intervall = 1\n",
        AIR + "every = 30\n",
        AIR + "every = nan\n",
        AIR + "address = 0x78\n",
        AIR + "address = 0x40\n",
        AIR + "oversampling = 3\n",
        AIR + "channels.humidty = {}\n",
        AIR + "channels = []\n",
        AIR + "channels.pressure = { unit = 5 }\n",
        AIR + "channels.pressure = { range = [1] }\n",
        AIR + 'channels.pressure = { name = "P" }\n',
        I2C + "[devices.a]\ndriver = 'ina219'\nbus = 'i2c1'\nshunt = 2\n",
        I2C + "[devices.a]\ndriver = 'ina219'\nbus = 'i2c1'\nshunt = '2V'\n",
        USB + "[devices.a]\ndriver = 'line'\nbus = 'usb'\n",
        TANK + "channels.Level = {}\n",
        TANK + "channels.level = { type = 'integer' }\n",
        LEVEL + "commands.zero = {}\n",
        LEVEL + "commands.zero = { send = 'Z', timeout = 1 }\n",
    ],
)
def test_what_the_checker_refuses_fits_not(text: str) -> None:
    assert complaints(site(text), {"T": "x"})
    assert not is_valid(site(text))


@pytest.mark.parametrize(
    "text",
    [
        "[devices.a]\ndriver = 'led'\npin = 27\n",
        AIR + AIR.replace(I2C, "").replace("devices.air", "devices.b"),
        "[devices.a]\ndriver = 'bme280'\nbus = 'i2c1'\n",
        "[devices.a]\ndriver = 'led'\npin = 'io:0'\n",
        '[router]\nlisten = ["ws://0.0.0.0:80/"]\n',
        AIR + "every = '0s'\n",
        AIR + "channels.pressure = { unit = 'V' }\n",
    ],
)
def test_what_takes_two_tables_or_arithmetic_is_left_to_the_checker(text: str) -> None:
    assert complaints(site(text))
    assert is_valid(site(text))
