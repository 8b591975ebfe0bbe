"""What wrong passwords cost whoever tries them, and what they cost the owner of the name."""

from __future__ import annotations

import pytest

from wampedge.router.lockouts import Lockouts, host_of

HERE, THERE = "tcp:10.0.0.7", "tcp:10.0.0.8"


class Clock:
    """A clock that tests set."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def failing(
    times: int, *, authid: str = "tom", host: str = HERE, clock: Clock | None = None
) -> Lockouts:
    lockouts = Lockouts(clock or Clock())
    for _ in range(times):
        lockouts.failed(authid, host)
    return lockouts


@pytest.mark.parametrize(
    ("times", "wait_s"), [(0, 0), (2, 0), (3, 1), (4, 2), (5, 4), (7, 16), (8, 30), (60, 30)]
)
def test_each_wrong_proof_doubles_the_wait_up_to_30_seconds(times: int, wait_s: float) -> None:
    assert failing(times).refused_for_s("tom", HERE) == wait_s


def test_the_wait_passes() -> None:
    clock = Clock()
    lockouts = failing(4, clock=clock)

    clock.now_s += 1.5
    assert lockouts.refused_for_s("tom", HERE) == 0.5
    clock.now_s += 0.5
    assert lockouts.refused_for_s("tom", HERE) == 0


def test_the_owner_is_refused_nowhere_else() -> None:
    lockouts = failing(60)

    assert lockouts.refused_for_s("tom", THERE) == 0


@pytest.mark.parametrize(("times", "delay_s"), [(10, 0), (11, 0.2), (12, 0.4), (60, 2.0)])
def test_the_owner_waits_two_seconds_at_most(times: int, delay_s: float) -> None:
    lockouts = Lockouts(Clock())
    for number in range(times):
        lockouts.failed("tom", f"tcp:10.0.1.{number}")

    assert lockouts.delay_s("tom") == delay_s
    assert lockouts.delay_s("ann") == 0


def test_an_address_that_tries_many_names_is_refused_for_all() -> None:
    lockouts = Lockouts(Clock())
    for number in range(20):
        lockouts.failed(f"user{number}", HERE)

    assert lockouts.refused_for_s("root", HERE) == 1
    assert lockouts.refused_for_s("root", THERE) == 0


@pytest.mark.parametrize("host", ["unix", "tcp:127.0.0.1", "tcp:[::1]", "local"])
def test_users_of_this_machine_do_not_pay_for_each_other(host: str) -> None:
    lockouts = Lockouts(Clock())
    for number in range(60):
        lockouts.failed(f"user{number}", host)

    assert lockouts.refused_for_s("root", host) == 0


def test_a_right_proof_ends_the_wait_but_not_that_of_its_address() -> None:
    lockouts = failing(20)

    lockouts.passed("tom", HERE)

    assert lockouts.delay_s("tom") == 0
    assert lockouts.refused_for_s("tom", HERE) == 1


def test_old_failures_are_forgotten() -> None:
    clock = Clock()
    lockouts = failing(60, clock=clock)

    clock.now_s += 601
    lockouts.failed("tom", HERE)

    assert lockouts.refused_for_s("tom", HERE) == 0
    assert lockouts.delay_s("tom") == 0


def test_the_table_does_not_grow_without_bound() -> None:
    lockouts = failing(3, authid="first")
    for number in range(3000):
        lockouts.failed(f"user{number}", HERE)

    assert len(lockouts) == 4096
    assert lockouts.refused_for_s("other", HERE) == 30


def test_long_names_take_no_more_room_than_short_ones() -> None:
    """A HELLO may be 64 KiB long: thousands of such names would be all the memory of a board."""
    long = "tom" * 20_000
    lockouts = failing(60, authid=long)

    assert max(len(name) for name, _ in lockouts._failures) == 64
    assert lockouts.refused_for_s(long, HERE) == 30
    assert lockouts.delay_s(long) == 2.0
    assert lockouts.refused_for_s(f"{long}s", HERE) == 30  # for the address alone
    assert lockouts.delay_s(f"{long}s") == 0
    lockouts.passed(long, HERE)
    assert lockouts.delay_s(long) == 0


def test_a_router_without_clock_counts_nothing() -> None:
    lockouts = Lockouts(None)
    for _ in range(60):
        lockouts.failed("tom", HERE)

    assert lockouts.refused_for_s("tom", HERE) == 0
    assert lockouts.delay_s("tom") == 0
    assert len(lockouts) == 0


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("tcp:10.0.0.7:50412", "tcp:10.0.0.7"),
        ("tcp:[fe80::1]:50412", "tcp:[fe80::1]"),
        ("unix", "unix"),
    ],
)
def test_ports_do_not_count(peer: str, host: str) -> None:
    assert host_of({"peer": peer}) == host
    assert host_of({}) == ""
