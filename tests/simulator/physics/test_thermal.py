"""dT/dt = (T_outside - T) / tau + heat * heater, worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.physics.lone_model import HOUR_S, LoneModel
from wampedge_simulator.physics.thermal import ThermalRoom

DAY = {"mean": 8.0, "swing": 6.0, "period": "24h"}


def room(level: float = 0.0, **changes: Any) -> LoneModel:
    table = {"tau": "3h", "heat": 9.0, "outside": 10.0, "start": 20.0, **changes}
    return LoneModel(ThermalRoom, {"driven_by": level}, **table).begin()


def test_without_heat_the_difference_to_outside_dies_away() -> None:
    """After tau 1/e of 10 K is left."""
    assert room().gives("temperature", 3 * HOUR_S) == pytest.approx(13.678794, abs=1e-6)


def test_at_full_power_the_room_ends_tau_times_heat_above_outside() -> None:
    """3 h * 9 K/h = 27 K above 10 °C, of which 17 K are missing at the start."""
    heated = room(1.0)

    assert heated.gives("temperature", 0.0) == pytest.approx(20.0)
    assert heated.gives("temperature", 3 * HOUR_S) == pytest.approx(37.0 - 17.0 / math.e, abs=1e-9)
    assert heated.gives("temperature", 1000 * HOUR_S) == pytest.approx(37.0)


def test_half_the_power_gives_half_the_rise() -> None:
    assert room(0.5).gives("temperature", 1000 * HOUR_S) == pytest.approx(23.5)


def test_a_day_outside_comes_in_damped_and_late() -> None:
    """omega * tau = 2 pi * 3 / 24 = 0.785398: 6 K / 1.271554 = 4.71864 K, 2.54306 h late."""
    days_s = 20 * 24 * HOUR_S
    swinging = room(outside=DAY)

    warmest_s = days_s + (15.0 + 2.54306) * HOUR_S

    assert swinging.gives("temperature", warmest_s) == pytest.approx(12.71864, abs=1e-4)
    assert swinging.gives("temperature", warmest_s + 12 * HOUR_S) == pytest.approx(
        3.28136, abs=1e-4
    )
    assert swinging.gives("outside", days_s + 15 * HOUR_S) == pytest.approx(14.0)


@settings(max_examples=40, deadline=None)
@given(time_h=st.floats(0.01, 200.0), level=st.floats(0.0, 1.0), opening=st.floats(0.0, 1.0))
def test_at_every_time_the_slope_is_what_the_equation_says(
    time_h: float, level: float, opening: float
) -> None:
    lone = LoneModel(
        ThermalRoom, {"driven_by": level, "vented_by": opening},
        tau="3h", heat=9.0, outside=DAY, start=20.0, vent="20m",
    ).begin()  # fmt: skip
    now_s = time_h * HOUR_S

    slope = (lone.gives("temperature", now_s + 1.0) - lone.gives("temperature", now_s - 1.0)) / 2.0

    rate_per_h = 1 / 3 + opening * (3.0 - 1 / 3)
    inside, outside = lone.gives("temperature", now_s), lone.gives("outside", now_s)
    assert slope * 3600.0 == pytest.approx((outside - inside) * rate_per_h + 9.0 * level, abs=1e-3)


def test_switching_starts_from_where_the_room_is() -> None:
    """An hour of heat from 10 °C, then an hour without."""
    lone = room(start=10.0)
    lone.drive(level=1.0)
    lone.now_s = HOUR_S
    warm = 37.0 - 27.0 * math.exp(-1 / 3)
    assert lone.gives("temperature") == pytest.approx(warm)

    lone.drive(level=0.0)
    lone.now_s = 2 * HOUR_S

    assert lone.gives("temperature") == pytest.approx(10.0 + (warm - 10.0) * math.exp(-1 / 3))


def test_a_time_before_the_last_event_is_answered_by_what_held_then() -> None:
    lone = room(start=10.0)
    lone.now_s = HOUR_S
    lone.drive(level=1.0)
    lone.now_s = 2 * HOUR_S

    assert lone.gives("temperature", 0.5 * HOUR_S) == pytest.approx(10.0)
    assert lone.gives("temperature", -5.0) == pytest.approx(10.0)


def test_many_events_keep_a_bounded_past() -> None:
    lone = room()
    for count in range(1000):
        lone.now_s = float(count)
        lone.drive(level=float(count % 2))

    assert len(lone.model._courses) == 16


def test_a_room_begins_as_warm_as_outside_where_nothing_is_said() -> None:
    """At midnight the wave that is highest at 15:00 is at cos(-225 degrees) = -0.707107."""
    lone = LoneModel(ThermalRoom, tau="3h", outside=DAY).begin()

    assert lone.gives("temperature") == pytest.approx(8.0 - 6.0 * 0.70710678)


def test_cooling_takes_heat_away() -> None:
    lone = LoneModel(ThermalRoom, {"cooled_by": 1.0}, tau="3h", cool="6K/h", outside=30.0).begin()

    assert lone.gives("temperature", 1000 * HOUR_S) == pytest.approx(12.0)
