from __future__ import annotations

from itertools import pairwise

import pytest

from tests.simulator.physics.lone_model import HOUR_S, LoneModel
from wampedge_simulator.physics.light import DayLight


@pytest.mark.parametrize(
    ("hour", "lux"),
    [(0.0, 0.0), (5.99, 0.0), (9.0, 35_355.34), (12.0, 50_000.0), (15.0, 35_355.34), (18.0, 0.0)],
)
def test_the_sun_makes_half_a_wave_from_six_to_eighteen(hour: float, lux: float) -> None:
    lone = LoneModel(DayLight).begin()

    assert lone.gives("illuminance", hour * HOUR_S) == pytest.approx(lux, abs=0.01)
    assert lone.gives("illuminance", (240 + hour) * HOUR_S) == pytest.approx(lux, abs=0.01)


def test_a_lamp_adds_its_light_by_its_power() -> None:
    lone = LoneModel(DayLight, {"driven_by": 0.25}, lamp="800lx").begin()

    assert lone.gives("illuminance", 0.0) == pytest.approx(200.0)
    assert lone.gives("illuminance", 12 * HOUR_S) == pytest.approx(50_200.0)


def test_clouds_take_no_more_than_their_share_and_change_slowly() -> None:
    lone = LoneModel(DayLight, clouds=0.6).begin()

    noon = [lone.gives("illuminance", 12 * HOUR_S + second) for second in range(1200)]

    assert all(20_000.0 * 0.98 <= lux <= 50_000.0 for lux in noon)
    assert len(set(noon)) > 1000
    assert max(abs(a - b) for a, b in pairwise(noon)) <= 30_000.0 / 600.0 + 10.0


def test_clouds_are_those_of_the_seed() -> None:
    first, again, other = (LoneModel(DayLight, clouds=0.6, seed=s).begin() for s in (1, 1, 2))
    noon_s = 12 * HOUR_S

    assert first.gives("illuminance", noon_s) == again.gives("illuminance", noon_s)
    assert first.gives("illuminance", noon_s) != other.gives("illuminance", noon_s)


def test_the_sun_cannot_set_before_it_rises() -> None:
    settings = {"sunrise": 7200.0, "sunset": 3600.0}

    assert [error.path for error in DayLight.check(settings)] == [("sunset",)]
