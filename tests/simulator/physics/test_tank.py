from __future__ import annotations

import math

import pytest

from tests.simulator.physics.lone_model import LoneModel
from wampedge_simulator.physics.tank import Tank

MIN_S = 60.0


def test_a_pump_fills_and_a_valve_empties() -> None:
    """5 min at 10 L/min in, then 5 min with 4 L/min out as well."""
    lone = LoneModel(
        Tank, {"driven_by": 1.0, "drawn_by": 0.0}, capacity="200L", fill="10L/min", draw="4L/min"
    ).begin()
    lone.now_s = 5 * MIN_S
    assert lone.gives("volume") == pytest.approx(50.0)

    lone.drive("drawn_by", level=1.0)

    assert lone.gives("volume", 10 * MIN_S) == pytest.approx(80.0)
    assert lone.gives("level", 10 * MIN_S) == pytest.approx(400.0)
    assert lone.gives("fill", 10 * MIN_S) == pytest.approx(40.0)


def test_a_full_tank_overflows_and_an_empty_one_stays_empty() -> None:
    lone = LoneModel(
        Tank, {"driven_by": 1.0}, capacity="200L", fill="10L/min", draw="10L/min"
    ).begin()
    lone.now_s = 60 * MIN_S
    assert lone.gives("volume") == 200.0

    lone.drive(level=0.0)
    lone.drive("drawn_by", level=1.0)

    assert lone.gives("volume", 70 * MIN_S) == pytest.approx(100.0)
    assert lone.gives("volume", 90 * MIN_S) == 0.0


def test_a_leak_is_in_proportion_to_what_is_left() -> None:
    """2 L/min of 200 L is 1 % a minute: 1/e is left after 100 min."""
    lone = LoneModel(Tank, capacity="200L", start="200L", leak="2L/min").begin()

    assert lone.gives("volume", 100 * MIN_S) == pytest.approx(200.0 / math.e)


def test_a_pump_against_a_leak_comes_to_rest_where_both_are_equal() -> None:
    """0.5 L/min in, 2 L/min out when full: equal at a quarter."""
    lone = LoneModel(
        Tank, {"driven_by": 0.5}, capacity="200L", fill="1L/min", leak="2L/min"
    ).begin()

    assert lone.gives("fill", 1e6) == pytest.approx(25.0)


def test_a_tank_cannot_begin_with_more_than_it_holds() -> None:
    assert [error.path for error in Tank.check({"capacity": 10.0, "start": 11.0})] == [("start",)]
