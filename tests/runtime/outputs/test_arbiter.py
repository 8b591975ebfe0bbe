"""The arbiter of one interlock."""

from __future__ import annotations

import pytest

from wampedge.devices.output_policy import Interlock
from wampedge.errors import InterlockError
from wampedge.runtime.outputs.arbiter import Arbiter
from wampedge_simulator.clock import SteppedClock


def resting(*names: str, dead_time_s: float = 1.0) -> tuple[Arbiter, SteppedClock]:
    """Return an interlock whose members have rested for long."""
    clock = SteppedClock()
    arbiter = Arbiter(Interlock("g", names, dead_time_s=dead_time_s), clock)
    for name in names:
        arbiter.rest(name, since_s=clock.monotonic() - 100.0)
    return arbiter, clock


def refusal(arbiter: Arbiter, member: str) -> InterlockError:
    with pytest.raises(InterlockError) as caught:
        arbiter.check(member)
    return caught.value


def test_member_is_refused_while_another_is_active() -> None:
    arbiter, _ = resting("a", "b")
    arbiter.check("a")
    arbiter.enter("a")

    assert refusal(arbiter, "b").holder == "a"
    assert refusal(arbiter, "b").retry_after_s is None
    arbiter.check("a")


def test_member_is_refused_while_nothing_is_known_of_another() -> None:
    arbiter, _ = resting("a", "b")
    arbiter.forget("a")

    assert refusal(arbiter, "b").retry_after_s == 0.25


def test_dead_time_binds_the_others_and_not_the_one_that_rests() -> None:
    arbiter, clock = resting("a", "b", dead_time_s=2.0)
    arbiter.enter("a")
    arbiter.rest("a", since_s=clock.monotonic())

    arbiter.check("a")
    assert refusal(arbiter, "b").retry_after_s == pytest.approx(2.0)


def test_dead_time_of_a_member_that_leaves_the_group_counts_on() -> None:
    arbiter, clock = resting("a", "b", dead_time_s=2.0)
    arbiter.enter("a")
    arbiter.rest("a", since_s=clock.monotonic())
    arbiter.configure(Interlock("g", ("b", "c"), dead_time_s=2.0))
    arbiter.rest("c", since_s=clock.monotonic() - 100.0)

    assert refusal(arbiter, "b").retry_after_s == pytest.approx(2.0)


def test_nobody_gets_in_before_the_member_that_was_promised() -> None:
    arbiter, _ = resting("a", "b")
    arbiter.promise("a")

    assert refusal(arbiter, "b").holder == "a"
    with pytest.raises(InterlockError):
        arbiter.promise("b")
    arbiter.withdraw("b")
    refusal(arbiter, "b")
    arbiter.withdraw("a")
    arbiter.check("b")


def test_who_left_the_group_binds_it_for_a_dead_time_and_is_forgotten() -> None:
    arbiter, clock = resting("a", "b", dead_time_s=2.0)
    arbiter.enter("a")
    arbiter.rest("a", since_s=clock.monotonic())
    renamed = Interlock("g", ("c", "b"), dead_time_s=2.0)
    arbiter.configure(renamed)
    arbiter.rest("c", since_s=clock.monotonic() - 100.0)

    assert refusal(arbiter, "b").retry_after_s == 2.0
    clock.spend(2.0)
    arbiter.configure(renamed)
    arbiter.check("b")
    assert "a" not in arbiter._rested_s
