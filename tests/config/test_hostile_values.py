"""Rows C3 to C7 and C9 to C11 of the bad inputs, each value by itself: one error at its place."""

from __future__ import annotations

import pytest

from wampedge.config import check

HEAD = 'wampedge = 1\n[node]\nname = "n"\n'
LAMP = '[devices.lamp]\ndriver = "led"\npin = 17\n'
I2C = '[buses.b]\ntype = "i2c"\nbus = 1\n'
AIR = I2C + '[devices.air]\ndriver = "bme280"\nbus = "b"\n'


def told(text: str) -> list[str]:
    """Return place and text of each mistake."""
    return [problem.text for problem in check(text, "devices.toml", {"PW": "s3cret"})[1]]


@pytest.mark.parametrize(
    "every", ["0", "-1", "nan", "1e-9", '"1 s"', '"0s"', '"-1s"', '"nans"', '"1e-9s"', '""', "true"]
)
def test_c5_a_period_is_a_duration_and_not_nothing(every: str) -> None:
    (problem,) = told(f"{HEAD}{AIR}every = {every}\n")

    assert problem.startswith("devices.air.every must")


@pytest.mark.parametrize(
    "prefix",
    ["wamp.n", "wampedge.n", "a b", "{secret}", "a..b", ".a", "a.", "a#b", "x" * 300, "a\\u0000b"],
)
def test_c6_what_topics_begin_with_is_a_uri_that_is_not_reserved(prefix: str) -> None:
    (problem,) = told(f'{HEAD}uri_prefix = "{prefix}"\n{LAMP}')

    assert problem.startswith("node.uri_prefix")


@pytest.mark.parametrize("name", ["wamp.x", "a b", "a.b", "{secret}", "..", "x" * 300])
def test_c6_names_of_devices_and_channels_are_one_component(name: str) -> None:
    device = told(f'{HEAD}[devices."{name}"]\ndriver = "led"\npin = 17\n')
    channel = told(f'{HEAD}{AIR}channels.temperature.name = "{name}"\n')

    assert len(device) == len(channel) == 1


@pytest.mark.parametrize(
    "driver",
    [
        "../../etc/x",
        "/etc/passwd",
        "os.system",
        "os",
        "_switch",
        "gpio.led",
        "led\\u0000",
        "led.py",
    ],
)
def test_c7_a_driver_is_a_name_and_no_path_and_no_module(driver: str) -> None:
    (problem,) = told(f'{HEAD}[devices.a]\ndriver = "{driver}"\npin = 17\n')

    assert problem.startswith("devices.a.driver must be the name of a driver")


@pytest.mark.parametrize("address", ["0x00", "0x02", "0x78", "0x7f", "-1", "256", '"0x76"', "7.5"])
def test_c3_an_address_is_one_of_the_part(address: str) -> None:
    (problem,) = told(f"{HEAD}{AIR}address = {address}\n")

    assert problem.startswith("devices.air.address must be")


@pytest.mark.parametrize("scheme", ["ws", "rs"])
def test_c9_no_password_crosses_the_network_in_clear(scheme: str) -> None:
    auth = 'auth = { method = "ticket", id = "n", secret = "${env:PW}" }\n'
    upstream = f'[upstream]\nurl = "{scheme}://hub.example:80/"\nrealm = "r"\n{auth}'

    (problem,) = told(f"{HEAD}{LAMP}{upstream}")

    assert problem == "upstream.url would carry the secret in clear text over the network"
    assert told(f"{HEAD}{LAMP}{upstream}insecure = true\n") == []


def test_all_mistakes_of_a_file_are_told_in_one_run() -> None:
    text = (
        f'{HEAD}{AIR}intervall = 1\naddress = 0x00\n{LAMP}[devices.b]\ndriver = "led"\npin = 17\n'
        '[devices.c]\ndriver = "led"\npin = 99\n[buses.s]\ntype = "serial"\nport = "/dev/ttyS0"\n'
        'baud = "fast"\n'
    )

    assert len(told(text)) == 5
