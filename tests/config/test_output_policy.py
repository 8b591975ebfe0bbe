"""Keys of outputs: where there is no output, and where the channel has a range."""

from __future__ import annotations

import pytest

from wampedge.config import check
from wampedge.config.output_policy import OUTPUT_KEYS, policy_fields
from wampedge.devices.catalog import find_driver

HEAD = 'wampedge = 1\nnode.name = "n"\nupstream = { url = "ws://127.0.0.1:8080/ws", realm = "r" }\n'
FAN = HEAD + '[devices.fan]\ndriver = "pwm"\npin = 18\nchannels.duty.range = [10, 50]\n'
MODBUS = """\
[buses.bus]
type = "modbus_rtu"
port = "/dev/ttyUSB0"
[devices.valve]
driver = "modbus"
bus = "bus"
unit_id = 1
channels.open = { coil = 0, write = true }
"""


def problems(text: str) -> list[str]:
    return [f"{each.text} ({each.hint})" for each in check(text, "devices.toml")[1]]


def test_the_keys_of_outputs_are_those_that_an_output_takes() -> None:
    assert set(policy_fields(find_driver("pwm"))) == OUTPUT_KEYS


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("on_start = 80", "on_start"),
        ("on_stop = 5", "on_stop"),
        ("safe = 50.5", "safe"),
        ('on_disconnect = { after = "5s", do = 60 }', "on_disconnect.do"),
    ],
)
def test_a_state_outside_the_range_of_the_channel_is_refused(line: str, at: str) -> None:
    (problem,) = problems(FAN + line)

    assert problem.startswith(f"devices.fan.{at} is outside the range of duty, 10 to 50")


@pytest.mark.parametrize("line", ["on_start = 50", 'on_stop = "off"', 'on_start = "restore"', ""])
def test_states_within_it_and_states_by_name_are_taken(line: str) -> None:
    assert problems(FAN + line) == []


@pytest.mark.parametrize("line", ['on_stop = "off"', 'max_on = "5s"', "safety = true"])
def test_registers_take_no_output_policy_and_the_checker_says_so(line: str) -> None:
    (problem,) = problems(HEAD + MODBUS + line)

    assert "registers take no output policy" in problem
    assert "a relay" in problem


def test_a_sensor_takes_none_either() -> None:
    sensor = '[buses.b]\ntype = "i2c"\nbus = 1\n[devices.air]\ndriver = "bme280"\nbus = "b"\n'

    (problem,) = problems(HEAD + sensor + 'on_start = "off"\n')

    assert "for outputs, and this driver drives none" in problem
