from __future__ import annotations

import itertools

import pytest

from tests.router.site import Site
from wampedge.router.registration import Registration
from wampedge.router.session import RouterSession

NAMES = "ABC"


def shared(invoke: str, *, random_ids: list[int] | None = None) -> Registration:
    draws = iter(random_ids or [])
    return Registration(
        1, policy="exact", procedure="edge.p", invoke=invoke, random_id=lambda: next(draws)
    )


def callees() -> dict[str, RouterSession]:
    site = Site()
    return {name: site.join(authid=name).session for name in NAMES}


def chosen(registration: Registration, calls: int) -> str:
    """Say who answers the next *calls*, by their names."""
    return "".join(
        (registration.callee or registration.choose()).authid for _ in itertools.repeat(None, calls)
    )


@pytest.mark.parametrize(("invoke", "answering"), [("first", "AAA"), ("last", "CCC")])
def test_a_stand_by_answers_only_when_the_one_before_it_is_gone(
    invoke: str, answering: str
) -> None:
    """Specification, "Shared Registration", "Hot Stand-By"."""
    registration, sessions = shared(invoke), callees()
    for session in sessions.values():
        registration.add(session)
    assert chosen(registration, 3) == answering

    registration.remove(sessions[answering[0]])

    assert chosen(registration, 3) == "BBB"


def test_the_last_to_register_answers_at_once() -> None:
    registration, sessions = shared("last"), callees()
    registration.add(sessions["A"])
    assert chosen(registration, 1) == "A"

    registration.add(sessions["B"])

    assert chosen(registration, 1) == "B"


def test_callees_take_turns_in_the_order_of_registration() -> None:
    """Specification, "Shared Registration", "Load Balancing"."""
    registration, sessions = shared("roundrobin"), callees()
    for session in sessions.values():
        registration.add(session)

    assert chosen(registration, 7) == "ABCABCA"


@pytest.mark.parametrize(
    ("calls", "leaving", "next_ones"),
    [
        (1, "A", "BCBC"),
        (1, "B", "CACA"),
        (1, "C", "BABA"),
        (2, "A", "CBCB"),
        (2, "C", "ABAB"),
        (3, "C", "ABAB"),
    ],
)
def test_a_callee_that_goes_does_not_disturb_the_turns(
    calls: int, leaving: str, next_ones: str
) -> None:
    registration, sessions = shared("roundrobin"), callees()
    for session in sessions.values():
        registration.add(session)
    chosen(registration, calls)

    registration.remove(sessions[leaving])

    assert chosen(registration, 4) == next_ones


def test_who_registers_later_waits_for_its_turn() -> None:
    registration, sessions = shared("roundrobin"), callees()
    registration.add(sessions["A"])
    registration.add(sessions["B"])
    chosen(registration, 1)

    registration.add(sessions["C"])

    assert chosen(registration, 4) == "BCAB"


def test_a_callee_is_drawn_for_each_call() -> None:
    """Specification, "Shared Registration", "Load Balancing"."""
    registration, sessions = shared("random", random_ids=[3, 7, 2**53, 5]), callees()
    for session in sessions.values():
        registration.add(session)

    assert chosen(registration, 4) == "ABCC"


def test_a_registration_without_callees_has_none_that_answers() -> None:
    registration, sessions = shared("single"), callees()
    registration.add(sessions["A"])

    registration.remove(sessions["A"])

    assert registration.callee is None
    assert registration.callees == []
