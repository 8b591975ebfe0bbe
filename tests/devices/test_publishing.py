"""When a reading is worth an event."""

from wampedge.devices.publishing import PublishGate, PublishPolicy
from wampedge.devices.readings import Reading
from wampedge.devices.values import Quality, Value


def reading(value: Value, time: float = 0.0, quality: Quality = "good") -> Reading:
    return Reading(value, "V", time, 1, quality)


def passed(policy: PublishPolicy, *readings: Reading) -> list[bool]:
    gate = PublishGate(policy)
    return [gate.passes(one) for one in readings]


def test_every_sample_passes_without_a_policy() -> None:
    assert passed(PublishPolicy(), reading(1.0), reading(1.0)) == [True, True]


def test_on_change_holds_back_equal_values() -> None:
    policy = PublishPolicy(on_change=True)

    assert passed(policy, reading(True), reading(True), reading(False)) == [True, False, True]


def test_delta_counts_from_the_last_published_value() -> None:
    policy = PublishPolicy(delta=1.0)

    steps = [reading(value) for value in (10.0, 10.6, 11.2, 11.9, 10.2)]

    assert passed(policy, *steps) == [True, False, True, False, True]


def test_delta_in_percent_is_of_the_last_published_value() -> None:
    policy = PublishPolicy(delta=10.0, delta_is_percent=True)

    assert passed(policy, reading(200.0), reading(219.0), reading(220.0)) == [True, False, True]


def test_delta_in_percent_of_zero_publishes_any_change_but_not_the_same_again() -> None:
    policy = PublishPolicy(delta=10.0, delta_is_percent=True)

    assert passed(policy, reading(0.0), reading(0.0), reading(0.1)) == [True, False, True]


def test_delta_on_a_text_means_on_change() -> None:
    policy = PublishPolicy(delta=1.0)

    assert passed(policy, reading("a"), reading("a"), reading("b")) == [True, False, True]


def test_heartbeat_publishes_a_value_that_stands_still() -> None:
    policy = PublishPolicy(delta=1.0, heartbeat_s=60.0)

    steps = [reading(5.0, time) for time in (0.0, 30.0, 60.0, 90.0)]

    assert passed(policy, *steps) == [True, False, True, False]


def test_clock_that_is_set_back_does_not_silence_a_channel() -> None:
    """L5."""
    policy = PublishPolicy(delta=1.0, heartbeat_s=60.0)

    steps = [reading(5.0, time) for time in (1e9, 30.0, 60.0, 90.0)]

    assert passed(policy, *steps) == [True, True, False, True]


def test_change_of_quality_always_passes() -> None:
    policy = PublishPolicy(delta=100.0)

    bad = reading(None, 1.0, "bad")

    assert passed(policy, reading(5.0), bad, reading(5.0, 2.0)) == [True, True, True]
