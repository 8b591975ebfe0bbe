from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.physics.lone_model import LoneModel, RecordedContact
from wampedge_simulator.physics.flow import Flow


def meter(level: float | None = None, **changes: Any) -> tuple[LoneModel, RecordedContact]:
    """6 L/min and 0.1 L a pulse: one pulse a second."""
    table = {"rate": "6L/min", "per_pulse": "0.1L", "width": "50ms", **changes}
    lone = LoneModel(Flow, {} if level is None else {"driven_by": level}, **table)
    contact = RecordedContact(lone)
    return lone.begin(pulses=contact), contact


def closings(contact: RecordedContact) -> list[float]:
    return [time_s for time_s, is_closed in contact.moves if is_closed]


def test_the_contact_closes_for_its_width_each_time_so_much_has_passed() -> None:
    lone, contact = meter()

    lone.run(3.5)

    expected: list[Any] = [
        (1.0, True),
        (1.05, False),
        (2.0, True),
        (2.05, False),
        (3.0, True),
        (3.05, False),
    ]
    moves: list[Any] = [(pytest.approx(time_s), closed) for time_s, closed in expected]
    assert contact.moves == moves
    assert lone.gives("total") == pytest.approx(0.35)


def test_a_valve_that_closes_halts_the_count_and_forgets_nothing() -> None:
    """Half a pulse, ten seconds of rest, then the other half at half the rate."""
    lone, contact = meter(1.0)
    lone.run(0.5)
    lone.drive(level=0.0)
    lone.run(10.5)
    lone.drive(level=0.5)

    lone.run(14.0)

    assert closings(contact) == pytest.approx([11.5, 13.5])
    assert lone.gives("flow") == pytest.approx(3.0)


def test_fast_pulses_leave_half_of_the_period_open() -> None:
    """100 a second, so 5 ms and not 50 ms."""
    lone, contact = meter(rate="600L/min")

    lone.run(0.995)

    assert len(closings(contact)) == 99
    expected: list[Any] = [(pytest.approx(0.01), True), (pytest.approx(0.015), False)]
    assert contact.moves[:2] == expected


def test_a_hold_up_costs_all_but_the_last_ten_pulses() -> None:
    lone, contact = meter()
    lone.now_s = 3600.0

    lone.run(3600.95)

    assert len(closings(contact)) == 10


def test_more_pulses_than_can_be_counted_are_refused() -> None:
    settings = {"rate": 60_006.0, "per_pulse": 1.0, "width": 0.05}

    assert [error.path for error in Flow.check(settings)] == [("rate",)]


def test_a_meter_that_moves_nothing_asks_for_nothing() -> None:
    lone = LoneModel(Flow, rate="6L/min", per_pulse="0.1L").begin()

    assert lone.model.edge(0.0) is None
    assert lone.gives("total", 60.0) == pytest.approx(6.0)
