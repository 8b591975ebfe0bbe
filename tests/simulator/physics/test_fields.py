from __future__ import annotations

import pytest

from wampedge.devices.fields import FieldError
from wampedge_simulator.physics.fields import (
    Measure,
    MeasureOrModel,
    ModelName,
    Wave,
    WaveField,
    wave_at,
)


def test_a_measure_is_a_number_or_a_text_with_its_unit() -> None:
    heat = Measure("K/h", 0.0, 100.0)

    assert heat.convert(9) == 9.0
    assert heat.convert("9K/h") == 9.0
    assert Measure("L/min").convert("0.6m3/h") == pytest.approx(10.0)
    with pytest.raises(FieldError, match="must be 0K/h to 100K/h, got 101K/h"):
        heat.convert(101)
    with pytest.raises(FieldError, match="must carry its unit"):
        heat.convert("9")


def test_a_measure_may_be_what_another_model_gives() -> None:
    temperature = MeasureOrModel("°C", -40.0, 90.0)

    assert temperature.convert("20°C") == 20.0
    assert isinstance(temperature.convert("room"), ModelName)


def test_a_wave_is_a_number_or_a_table() -> None:
    outside = WaveField("°C", -90.0, 90.0)

    assert outside.convert(12) == Wave(12.0)
    table = {"mean": "8°C", "swing": "6K", "period": "12h", "peak": "3h"}
    assert outside.convert(table) == Wave(8.0, 6.0, 43_200.0, 10_800.0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("warm", "must be a number with its unit"),
        ({"swing": 6.0}, "mean is missing"),
        ({"mean": 80.0, "swing": 20.0}, "mean and swing go to 100: it must be -90°C to 90°C"),
        ({"mean": 8.0, "sving": 6.0}, "sving is not a known key"),
    ],
)
def test_what_is_no_wave_says_why(value: object, reason: str) -> None:
    with pytest.raises(FieldError, match=reason):
        WaveField("°C", -90.0, 90.0).convert(value)


def test_a_wave_is_highest_at_its_peak_and_lowest_half_a_period_later() -> None:
    wave = Wave(8.0, 6.0, 86_400.0, 54_000.0)

    assert wave_at(wave, 10 * 86_400.0 + 54_000.0) == pytest.approx(14.0)
    assert wave_at(wave, 10 * 86_400.0 + 54_000.0 + 43_200.0) == pytest.approx(2.0)
    assert wave_at(wave, 54_000.0 + 21_600.0) == pytest.approx(8.0)


def test_schemas_take_what_is_converted() -> None:
    assert Measure("K/h").schema()["anyOf"][0] == {"type": "number"}
    assert WaveField("°C").schema()["anyOf"][1]["required"] == ["mean"]
    assert Measure().schema() == {"type": "number"}
