"""The state machine of one device."""

from wampedge.devices.health import Health


def failed(times: int) -> Health:
    health = Health(since=0.0)
    for second in range(times):
        health.fail(float(second), "no acknowledge")
    return health


def test_first_success_makes_a_device_ok() -> None:
    health = Health(since=0.0)

    assert health.succeed(5.0)

    assert (health.state, health.since, health.successes) == ("ok", 5.0, 1)


def test_second_success_is_no_change() -> None:
    health = Health(since=0.0)
    health.succeed(5.0)

    assert not health.succeed(6.0)
    assert health.since == 5.0


def test_one_failure_degrades_a_device_that_worked() -> None:
    health = Health(since=0.0)
    health.succeed(1.0)

    assert health.fail(2.0, "no acknowledge")

    assert (health.state, health.reason, health.since) == ("degraded", "no acknowledge", 2.0)


def test_third_failure_in_a_row_takes_a_device_down() -> None:
    health = Health(since=0.0)
    health.succeed(1.0)

    changes = [health.fail(float(second), "gone") for second in (2, 3, 4)]

    assert changes == [True, False, True]
    assert (health.state, health.errors) == ("down", 3)


def test_device_that_never_worked_stays_starting_until_it_is_down() -> None:
    health = Health(since=0.0)

    assert [health.fail(float(second), "gone") for second in (1, 2, 3)] == [False, False, True]


def test_success_ends_any_trouble_and_forgets_the_reason() -> None:
    health = failed(5)

    assert health.succeed(9.0)

    assert (health.state, health.reason, health.failures_in_a_row) == ("ok", None, 0)
    assert health.errors == 5


def test_lost_part_is_down_at_once() -> None:
    health = Health(since=0.0)
    health.succeed(1.0)

    assert health.lose(2.0, "unplugged")

    assert (health.state, health.reason) == ("down", "unplugged")


def test_degraded_device_keeps_its_period() -> None:
    assert failed(2).retry_delay_s(10.0) == 10.0


def test_first_retry_of_a_slow_device_does_not_wait_longer_than_the_last_probe() -> None:
    assert failed(1).retry_delay_s(3600.0) == 60.0


def test_healthy_device_keeps_a_long_period() -> None:
    assert Health(since=0.0).retry_delay_s(3600.0) == 3600.0


def test_probes_of_a_device_that_is_down_double_up_to_a_minute() -> None:
    delays = [failed(times).retry_delay_s(10.0) for times in (3, 4, 5, 9, 10, 10_000)]

    assert delays == [1.0, 2.0, 4.0, 60.0, 60.0, 60.0]


def test_details_carry_the_reason_only_when_there_is_one() -> None:
    assert failed(1).details() == {
        "since": 0.0, "errors": 1, "successes": 0, "reason": "no acknowledge",
    }  # fmt: skip
    assert "reason" not in Health(since=0.0).details()
