from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.router.site import Site
from wampedge.router.registration import CalleeWishes, Registration
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


SESSIONS = callees()


def chosen(registration: Registration, calls: int) -> str:
    """Say who answers the next *calls*, by their names."""
    return "".join(one_chosen(registration) for _ in range(calls))


def one_chosen(registration: Registration) -> str:
    """Say who answers the next call, ``-`` for nobody; let it stay busy."""
    if registration.callee is not None:
        return registration.callee.authid
    seat = registration.choose()
    if seat is None:
        return "-"
    seat.calls += 1
    return seat.session.authid


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


@given(st.lists(st.sampled_from([*NAMES, "call", "call"]), min_size=10, max_size=30))
def test_turns_go_on_where_they_stood_whoever_comes_and_goes(steps: list[str]) -> None:
    """A name comes if it is away, else it goes; the model turns a list instead of an index."""
    registration, sessions = shared("roundrobin"), SESSIONS
    order, turns = list(NAMES), list(NAMES)
    for name in NAMES:
        registration.add(sessions[name])
    for step in steps:
        if step != "call" and step in order:
            registration.remove(sessions[step])
            order.remove(step)
            turns.remove(step)
        elif step != "call":
            registration.add(sessions[step])
            order.append(step)
            turns.insert(turns.index(order[0]) if turns else 0, step)
            if turns[0] == step and len(turns) > 1:
                turns.append(turns.pop(0))
        elif order:
            assert chosen(registration, 1) == turns[0]
            turns.append(turns.pop(0))
        assert [session.authid for session in registration.callees] == order


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


@pytest.mark.parametrize(
    ("invoke", "answering"),
    [("roundrobin", "ABCBBB-"), ("first", "ABBBBC-"), ("last", "CBBBBA-"), ("random", "ABCBBB-")],
)
def test_a_busy_callee_is_passed_over(invoke: str, answering: str) -> None:
    draws = [0, 0, 1, 0, 0, 0]  # an index into those that are free
    registration, sessions = shared(invoke, random_ids=draws), callees()
    for name, max_calls in (("A", 1), ("B", 4), ("C", 1)):
        registration.add(sessions[name], CalleeWishes(max_calls))

    assert chosen(registration, 7) == answering


def test_a_free_callee_of_any_number_of_calls_is_never_passed_over() -> None:
    registration, sessions = shared("first"), callees()
    registration.add(sessions["A"])
    registration.add(sessions["B"], CalleeWishes(1))

    assert chosen(registration, 5) == "AAAAA"


def test_a_callee_is_free_again_when_it_has_answered() -> None:
    registration, sessions = shared("single"), callees()
    registration.add(sessions["A"], CalleeWishes(1))
    assert chosen(registration, 2) == "A-"

    registration.seats[0].calls -= 1

    assert chosen(registration, 2) == "A-"
