"""Channels that carry texts, and for which "there is nothing" is a good reading; event details."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.rig import Bench, RecordedWatcher, device_config, on_bench
from wampedge.config.checking import load
from wampedge.devices.driver import Driver, reading, spec_of
from wampedge.devices.fields import Text
from wampedge.devices.publishing import PublishPolicy
from wampedge.errors import ConfigError
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.describe_topics import device_topics
from wampedge.runtime.describe_values import value_schema
from wampedge.runtime.device import DeviceRunner


class Gate(Driver, events=("arrived",), event_details={"tag": Text(maximum_length=20)}):
    """A gate that knows who stands before it."""

    tag = reading(kind=Text(maximum_length=20), may_be_empty=True)
    weight = reading("g")


def test_nothing_is_a_good_reading_where_the_driver_says_so_and_bad_elsewhere() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        runner.on_values({"tag": "04A2", "weight": 3.5})
        runner.on_values({"tag": None, "weight": None})

    watcher = told_by(act)
    tags = [(r.value, r.quality, r.seq) for name, r in watcher.readings if name == "tag"]
    assert tags == [("04A2", "good", 1), (None, "good", 2)]
    assert [r.quality for name, r in watcher.readings if name == "weight"] == ["good", "bad"]


def test_a_bad_reading_after_nothing_has_no_last_value() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        runner.on_values({"tag": "04A2"})
        runner.on_values({"tag": None})
        runner.on_bad(["tag"], "unplugged")

    newest = told_by(act).readings[-1][1]
    assert (newest.quality, newest.last) == ("bad", None)


def test_nothing_is_published_once_while_it_stays() -> None:
    sent: list[Any] = []

    def outlet(topic: str, value: Any, details: Mapping[str, Any], *, is_state: bool) -> None:
        sent.append((topic, value))

    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        runner._watcher = Announcer("edge.n", outlet)
        for tag in (None, None, "04A2", "04A2", None):
            runner.on_values({"tag": tag})

    on_bench(device_config(Gate, tag={"publish": PublishPolicy(on_change=True)}), act)
    values = [value for topic, value in sent if topic == "edge.n.part.tag"]
    assert values == [None, "04A2", None]


def test_details_ride_with_an_event() -> None:
    sent: list[Any] = []

    def outlet(topic: str, value: Any, details: Mapping[str, Any], *, is_state: bool) -> None:
        sent.append((topic, value, dict(details), is_state))

    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        runner._watcher = Announcer("edge.n", outlet)
        runner.driver.emit("arrived", tag="04A2")

    on_bench(device_config(Gate), act)
    topic, value, details, is_state = sent[0]
    assert (topic, value, is_state) == ("edge.n.part.event", "arrived", False)
    assert details.keys() == {"tag", "time"}
    assert details["tag"] == "04A2"


def test_a_description_tells_of_details_and_of_nothing() -> None:
    config = device_config(Gate)

    keywords = device_topics(config, "edge.n")["edge.n.part.event"]["keywords"]
    assert keywords["properties"].keys() == {"time", "tag", "clock"}
    assert keywords["required"] == ["time"]
    assert value_schema(config.channels["tag"])["type"] == ["string", "null"]
    assert value_schema(config.channels["weight"])["type"] == "number"
    assert spec_of(Gate).channels["tag"].may_be_empty


TEXT = """\
wampedge = 1
node.name = "n"
[buses.line]
type = "modbus_rtu"
port = "/dev/ttyUSB0"
[devices.meter]
driver = "modbus"
bus = "line"
unit_id = 1
"""


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("filters = [{ offset = 1 }]", "is for numbers, and this channel has none"),
        ("alarm = { above = 3 }", "is for numbers, and this channel has none"),
        ("publish = { delta = 1 }", "is for numbers, and this channel has none"),
        ("range = [0, 1]", "is for numbers, and this channel has none"),
    ],
)
def test_what_is_for_numbers_is_refused_for_texts(tmp_path: Path, key: str, why: str) -> None:
    register = 'holding = 4, type = "string", size = 4'
    file = tmp_path / "devices.toml"
    file.write_text(f"{TEXT}channels.serial = {{ {register}, {key} }}\n")

    with pytest.raises(ConfigError, match=why):
        load(file)


def test_a_rule_over_a_text_is_refused(tmp_path: Path) -> None:
    channel = 'channels.serial = { holding = 4, type = "string", size = 4 }\n'
    rule = '[rules.odd]\nwhen = "meter.serial > 1"\ndo = ["meter.get"]\n'
    file = tmp_path / "devices.toml"
    file.write_text(TEXT + channel + rule)

    with pytest.raises(ConfigError, match=r"meter\.serial, which is a text"):
        load(file)


def told_by(act: Any) -> RecordedWatcher:
    """Return what a gate told while *act* ran."""
    seen: list[RecordedWatcher] = []

    async def watched(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        seen.append(watcher)
        await act(runner, watcher, bench)

    on_bench(device_config(Gate), watched)
    return seen[0]
