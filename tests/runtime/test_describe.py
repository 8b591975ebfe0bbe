"""The description of a node says what a page needs that knows nothing else."""

from pathlib import Path

from tests.site.rig import config_of
from wampedge.runtime.describe import describe_node

FILE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.open]
driver = "relay"
pin = 17
max_on = "5s"
min_off = "2s"
[devices.shut]
driver = "relay"
pin = 27
[devices.air]
driver = "bme280"
bus = "i2c1"
address = 0x77
every = "1s"
stale_after = "10s"
channels.temperature = { range = [-20, 60], publish = { delta = "0.5°C", heartbeat = "1m" } }
[interlocks.vent]
members = ["open", "shut"]
dead_time = "500ms"
"""


def test_a_device_tells_its_place_and_how_old_readings_may_be(tmp_path: Path) -> None:
    description = describe_node(config_of(tmp_path, FILE), "1.0", {})
    air = description["devices"]["air"]
    assert description["format"] == 1
    assert air["place"] == {"bus": "i2c1", "address": 0x77}
    assert (air["every"], air["stale_after"], air["is_output"], air["output"]) == (
        1.0,
        10.0,
        False,
        None,
    )
    assert (air["get"], air["health"]) == ("edge.n1.air.get", "edge.n1.air.health")


def test_a_channel_tells_range_and_when_it_is_published(tmp_path: Path) -> None:
    description = describe_node(config_of(tmp_path, FILE), "1.0", {})
    channel = description["devices"]["air"]["channels"]["temperature"]
    assert channel["range"] == [-20, 60]
    assert not channel["settable"]
    assert channel["publish"] == {
        "delta": 0.5,
        "delta_is_percent": False,
        "heartbeat": 60.0,
        "on_change": False,
    }
    assert channel["access"] == {"set": None, "get": None}


def test_an_output_tells_its_policy_and_who_excludes_it(tmp_path: Path) -> None:
    description = describe_node(config_of(tmp_path, FILE), "1.0", {})
    opener = description["devices"]["open"]
    assert opener["place"] == {"pins": {"pin": "GPIO17"}}
    assert (opener["output"]["max_on"], opener["output"]["min_off"]) == (5.0, 2.0)
    assert (opener["output"]["on_start"], opener["output"]["on_disconnect"]) == ("off", None)
    assert description["interlocks"] == {
        "vent": {"members": ["open", "shut"], "dead_time": 0.5, "releases_first": False}
    }
