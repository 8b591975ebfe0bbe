"""Values in descriptions: limits that hold, steps, choices, and arguments as one writes them."""

from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import config_of
from wampedge.devices.fields import Boolean, Choice, Duration, Integer, Number
from wampedge.runtime.describe import describe_node
from wampedge.runtime.describe_values import argument

FILE = """\
wampedge = 1
[node]
name = "n1"
[router.roles.boss]
allow = { call = ["edge.n1."] }
[buses.i2c1]
type = "i2c"
bus = 1
[buses.line]
type = "serial"
port = "/dev/ttyUSB0"
[devices.air]
driver = "bme280"
bus = "i2c1"
channels.temperature = { range = [-20, 60], filters = [{ offset = -0.4 }] }
channels.pressure = { unit = "hPa", filters = [{ median = 5 }, { round = 1 }] }
channels.humidity = { filters = [{ scale = 2 }, { clamp = [0, 100] }], alarm = { above = 80 } }
[devices.lamp]
driver = "led"
pin = 17
access = { set = ["boss"], get = ["boss", "local"] }
[devices.fan]
driver = "pwm"
pin = 18
publish = { group = true }
[devices.bell]
driver = "button"
pin = 27
[devices.tank]
driver = "line"
bus = "line"
match = '^(?P<level>\\d+) (?P<text>.+)$'
channels.level = { type = "int", unit = "mm" }
channels.text = { type = "text" }
"""


@pytest.fixture
def description(tmp_path: Path) -> dict[str, Any]:
    """What the node of FILE says of itself."""
    return describe_node(config_of(tmp_path, FILE), "1.0", {})


def test_filters_that_move_values_end_the_limits_of_the_part(description: dict[str, Any]) -> None:
    channels = description["devices"]["air"]["channels"]
    assert channels["temperature"]["schema"] == {"type": "number", "minimum": -20, "maximum": 60}
    assert channels["humidity"]["schema"] == {"type": "number", "minimum": 0, "maximum": 100}


def test_filters_that_choose_among_values_keep_the_limits(description: dict[str, Any]) -> None:
    """300 to 1100 hPa, BME280 datasheet, section 1.1."""
    schema = description["devices"]["air"]["channels"]["pressure"]["schema"]
    assert schema == {"type": "number", "minimum": 300.0, "maximum": 1100.0}


def test_readings_have_the_limits_only_that_the_node_enforces(description: dict[str, Any]) -> None:
    procedures = description["devices"]["air"]["procedures"]
    assert procedures["edge.n1.air.temperature.get"]["result"] == {
        "type": ["number", "null"],
        "minimum": -20,
        "maximum": 60,
    }
    assert procedures["edge.n1.air.pressure.get"]["result"] == {"type": ["number", "null"]}


def test_steps_and_choices_are_told_where_they_are_known(description: dict[str, Any]) -> None:
    devices = description["devices"]
    assert devices["air"]["channels"]["pressure"]["step"] == pytest.approx(0.1)
    assert devices["tank"]["channels"]["level"]["step"] == 1
    assert devices["air"]["channels"]["temperature"]["step"] is None
    assert devices["lamp"]["channels"]["state"]["values"] == [False, True]
    assert devices["tank"]["channels"]["text"]["values"] is None


def test_procedures_tell_the_roles_that_may_call_them(description: dict[str, Any]) -> None:
    procedures = description["devices"]["lamp"]["procedures"]
    assert procedures["edge.n1.lamp.on"]["roles"] == ["boss"]
    assert procedures["edge.n1.lamp.set"]["roles"] == ["boss"]
    assert procedures["edge.n1.lamp.state.get"]["roles"] == ["boss", "local"]
    assert procedures["edge.n1.lamp.describe"]["roles"] is None


def test_set_takes_a_value_and_maybe_a_while(description: dict[str, Any]) -> None:
    procedure = description["devices"]["fan"]["procedures"]["edge.n1.fan.set"]
    value, for_ = procedure["arguments"]["value"], procedure["arguments"]["for_"]
    assert (value["unit"], value["required"]) == ("%", True)
    assert (value["schema"]["minimum"], value["schema"]["maximum"]) == (0, 100)
    assert not for_["required"]
    assert "default" not in for_


def test_a_bundle_is_told_in_place_of_the_topics_of_its_channels(
    description: dict[str, Any],
) -> None:
    fan = description["devices"]["fan"]
    assert fan["topics"]["edge.n1.fan"]["kind"] == "group"
    assert sorted(fan["topics"]) == ["edge.n1.fan", "edge.n1.fan.status"]
    assert {channel["topic"] for channel in fan["channels"].values()} == {None}


def test_events_and_alarms_have_topics(description: dict[str, Any]) -> None:
    bell, air = description["devices"]["bell"], description["devices"]["air"]
    assert "press" in bell["topics"]["edge.n1.bell.event"]["value"]["enum"]
    assert not bell["topics"]["edge.n1.bell.event"]["retained"]
    assert air["topics"]["edge.n1.air.humidity.alarm"]["value"] == {"enum": ["raised", "cleared"]}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Boolean(default=False), {"required": False, "default": False}),
        (
            Integer(0, 9, default=3, doc="how many"),
            {"required": False, "default": 3, "doc": "how many"},
        ),
        (Number(), {"required": True}),
        (Choice(("a", "b"), default="b"), {"required": False, "default": "b"}),
        (Duration(default=None), {"required": False}),
        (
            Duration(0.001, 60.0, default=0.1),
            {"required": False, "default": "100ms", "minimum": "1ms", "maximum": "1m"},
        ),
    ],
)
def test_an_argument_is_told_as_a_caller_writes_it(kind: Any, told: dict[str, Any]) -> None:
    assert argument(kind) == {"schema": kind.schema(), **told}
