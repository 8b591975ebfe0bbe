from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.physics.lone_model import HOUR_S, LoneModel
from wampedge_simulator.physics.battery import Battery


def battery(level: float, **changes: Any) -> LoneModel:
    table = {"capacity": "40Ah", "draw": "2A", "resistance": "50mohm", **changes}
    return LoneModel(Battery, {"driven_by": level}, **table).begin()


def test_a_load_empties_it_in_a_straight_line() -> None:
    """2 A for 10 h are 20 Ah of 40 Ah; at 50 % a lead battery has 12.3 V, less 2 A * 50 mohm."""
    lone = battery(1.0)

    assert lone.gives("charge", 10 * HOUR_S) == pytest.approx(50.0)
    assert lone.gives("voltage", 10 * HOUR_S) == pytest.approx(12.2)
    assert lone.gives("current", 10 * HOUR_S) == pytest.approx(2.0)
    assert lone.gives("power", 10 * HOUR_S) == pytest.approx(24.4)


def test_between_two_points_of_the_table_the_voltage_is_on_a_line() -> None:
    """At 35 %, halfway from 12.0 V (20 %) to 12.3 V (50 %)."""
    assert battery(0.0, start=35).gives("voltage") == pytest.approx(12.15)


def test_an_empty_battery_gives_no_current() -> None:
    lone = battery(1.0, start=5)

    assert lone.gives("charge", 1.1 * HOUR_S) == 0.0
    assert lone.gives("current", 1.1 * HOUR_S) == 0.0
    assert lone.gives("voltage", 1.1 * HOUR_S) == pytest.approx(11.6)


def test_a_charger_that_nothing_switches_always_charges() -> None:
    """5 A in and 2 A out: 3 A for 2 h are 6 Ah, 15 %."""
    lone = battery(1.0, start=50, charge="5A")

    assert lone.gives("current") == pytest.approx(-3.0)
    assert lone.gives("charge", 2 * HOUR_S) == pytest.approx(65.0)
    assert lone.gives("charge", 100 * HOUR_S) == 100.0


def test_a_charger_that_is_switched_charges_while_it_is_on() -> None:
    lone = LoneModel(Battery, {"charged_by": 0.0}, capacity="40Ah", start=50, charge="4A").begin()
    lone.now_s = HOUR_S
    assert lone.gives("charge") == pytest.approx(50.0)

    lone.drive("charged_by", level=1.0)

    assert lone.gives("charge", 2 * HOUR_S) == pytest.approx(60.0)


def test_points_of_the_table_must_rise() -> None:
    wrong = {"open_voltage": ((0.0, 11.0), (50.0, 12.0), (50.0, 13.0))}

    assert [error.path for error in Battery.check(wrong)] == [("open_voltage", 2)]
