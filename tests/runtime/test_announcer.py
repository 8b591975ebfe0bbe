"""From readings to events."""

from collections.abc import Mapping
from typing import Any

from tests.runtime.rig import Bench, RecordedWatcher, device_config, on_bench
from wampedge.devices.driver import Driver, setting
from wampedge.devices.fields import Number
from wampedge.devices.publishing import PublishPolicy
from wampedge.errors import BusError
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.device import DeviceRunner

Sent = list[tuple[str, Any, Mapping[str, Any], bool]]


class Valve(Driver):
    """A valve that takes any position."""

    position = setting(Number(), unit="%")

    async def set_position(self, value: float) -> None:
        return None


def announced(*values: float, policy: PublishPolicy) -> Sent:
    sent: Sent = []

    def outlet(topic: str, value: Any, details: Mapping[str, Any], *, is_state: bool) -> None:
        sent.append((topic, value, details, is_state))

    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        announcer = Announcer("edge.n1", outlet)
        runner._watcher = announcer
        for value in values:
            await runner.set("position", value)
        runner.on_event("stalled")
        runner.on_failure(BusError("no acknowledge"))
        announcer.forget(runner)
        await runner.set("position", values[-1])

    on_bench(device_config(Valve, position={"publish": policy}), act)
    return sent


def test_topics_are_named_after_node_device_and_channel() -> None:
    topics = [topic for topic, *_ in announced(5.0, policy=PublishPolicy())]

    assert topics == [
        "edge.n1.part.status",
        "edge.n1.part.position",
        "edge.n1.part.event",
        "edge.n1.part.status",
        "edge.n1.part.position",
        "edge.n1.part.status",
        "edge.n1.part.position",
    ]


def test_state_topics_are_marked_and_momentary_ones_are_not() -> None:
    marks = {topic.rpartition(".")[2]: mark for topic, _, _, mark in announced(
        5.0, policy=PublishPolicy())}  # fmt: skip

    assert marks == {"status": True, "position": True, "event": False}


def test_details_ride_with_the_value() -> None:
    _, value, details, _ = announced(5.0, policy=PublishPolicy())[1]

    assert value == 5.0
    assert details["unit"] == "%"
    assert details["quality"] == "good"
    assert details["seq"] == 1


def test_status_says_state_and_reason() -> None:
    sent = announced(5.0, policy=PublishPolicy())

    assert sent[0][1] == "ok"
    assert (sent[3][1], sent[3][2]["reason"]) == ("degraded", "no acknowledge")


def test_policy_holds_back_what_is_no_news() -> None:
    sent = announced(5.0, 5.4, 6.0, policy=PublishPolicy(delta=1.0))

    values = [value for topic, value, _, _ in sent if topic.endswith("position")]
    assert values == [5.0, 6.0, None, 6.0]
