"""What a device says on which topics, and what is told of an alarm that ends with its device."""

from pathlib import Path

from tests.site.rig import config_of
from wampedge.runtime.publications import state_topics

FILE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "tmp117"
bus = "i2c1"
channels.temperature = { alarm = { above = 30 } }
[devices.shed]
driver = "tmp117"
bus = "i2c1"
address = 0x49
publish = { group = true }
[devices.bell]
driver = "button"
pin = 17
"""


def test_a_device_has_states_and_its_events_are_none(tmp_path: Path) -> None:
    devices = config_of(tmp_path, FILE).devices

    assert state_topics(devices["air"], "edge.n1") == [
        "edge.n1.air.status",
        "edge.n1.air.temperature",
        "edge.n1.air.temperature.alarm",
    ]
    assert state_topics(devices["shed"], "edge.n1") == ["edge.n1.shed.status", "edge.n1.shed"]
    assert state_topics(devices["bell"], "edge.n1") == [
        "edge.n1.bell.status",
        "edge.n1.bell.pressed",
    ]
