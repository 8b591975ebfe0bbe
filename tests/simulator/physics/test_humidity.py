from __future__ import annotations

import math

import pytest

from tests.simulator.physics.lone_model import HOUR_S, LoneModel
from wampedge_simulator.physics.humidity import RoomHumidity, dew_point_c, saturation_hpa


def test_air_of_the_reference_temperature_drifts_to_the_humidity_outside() -> None:
    lone = LoneModel(RoomHumidity, tau="2h", outside=50.0, start=80.0).begin()

    assert lone.gives("humidity", 2 * HOUR_S) == pytest.approx(50.0 + 30.0 / math.e)


def test_the_same_water_is_less_humidity_in_a_warm_room() -> None:
    """Saturation is 23.33 hPa at 20 °C and 42.34 hPa at 30 °C: 60 % become 33.06 %."""
    lone = LoneModel(
        RoomHumidity, given={"room.temperature": 30.0}, tau="2h", outside=60.0, temperature="room"
    ).begin()

    assert lone.gives("humidity") == pytest.approx(33.06, abs=0.02)
    lone.given["room.temperature"] = 20.0
    assert lone.gives("humidity") == pytest.approx(60.0)


def test_saturation_is_as_in_tables_of_steam() -> None:
    """6.11 hPa at 0 °C, 23.39 hPa at 20 °C, 73.85 hPa at 40 °C; Magnus is within 0.4 %."""
    for celsius, hpa in ((0.0, 6.112), (20.0, 23.39), (40.0, 73.85)):
        assert saturation_hpa(celsius) == pytest.approx(hpa, rel=4e-3)


def test_dew_point_undoes_saturation() -> None:
    assert dew_point_c(saturation_hpa(12.5)) == pytest.approx(12.5)


def test_dew_point_of_half_saturated_air() -> None:
    """The usual table: 20 °C and 50 % make 9.3 °C."""
    lone = LoneModel(RoomHumidity, tau="2h", outside=50.0).begin()

    assert lone.gives("dew_point") == pytest.approx(9.3, abs=0.05)


def test_air_holds_no_more_than_saturation_and_dries_when_the_source_ends() -> None:
    lone = LoneModel(
        RoomHumidity, {"driven_by": 1.0}, tau="2h", outside=50.0, moisten=100.0
    ).begin()
    assert lone.gives("humidity", 100 * HOUR_S) == 100.0

    lone.now_s = 100 * HOUR_S
    lone.drive(level=0.0)

    assert lone.gives("humidity", 102 * HOUR_S) == pytest.approx(50.0 + 50.0 / math.e)
