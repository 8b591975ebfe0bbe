from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import InvalidValueError
from wampedge_simulator.world import DAY_S, Curve, Quantity, Sensed, World

MIDNIGHT = 1_767_225_600.0
AIR = Curve(mean=20.0, swing=5.0)
NOISY = Curve(mean=20.0, swing=5.0, noise=0.5)


def test_the_day_is_warmest_at_three_in_the_afternoon() -> None:
    world = World(seed=1)

    assert world.value("air", "temperature", AIR, MIDNIGHT + 15 * 3600) == pytest.approx(25.0)
    assert world.value("air", "temperature", AIR, MIDNIGHT + 3 * 3600) == pytest.approx(15.0)
    assert world.value("air", "temperature", AIR, MIDNIGHT + 9 * 3600) == pytest.approx(20.0)


def test_the_same_moment_has_the_same_value_in_any_order() -> None:
    world = World(seed=7)

    late = world.value("air", "temperature", NOISY, MIDNIGHT + 500)
    world.value("air", "temperature", NOISY, MIDNIGHT + 10)

    assert world.value("air", "temperature", NOISY, MIDNIGHT + 500) == late


def test_noise_depends_on_seed_part_quantity_and_second() -> None:
    def noise(seed: int, part: str, name: str, time_s: float) -> float:
        return World(seed).value(part, name, Curve(mean=0.0, noise=1.0), time_s)

    values = {
        noise(1, "air", "temperature", MIDNIGHT),
        noise(2, "air", "temperature", MIDNIGHT),
        noise(1, "soil", "temperature", MIDNIGHT),
        noise(1, "air", "humidity", MIDNIGHT),
        noise(1, "air", "temperature", MIDNIGHT + 1),
    }

    assert len(values) == 5
    assert noise(1, "air", "temperature", MIDNIGHT + 0.9) in values


def test_a_known_seed_gives_a_known_noise_on_every_python() -> None:
    value = World(42).value("air", "temperature", Curve(mean=0.0, noise=1.0), MIDNIGHT)

    assert value == pytest.approx(-0.15784972941403907, abs=1e-12)


@given(st.floats(MIDNIGHT, MIDNIGHT + 400 * DAY_S), st.integers(0, 2**32))
def test_a_value_stays_within_its_wave_and_noise(time_s: float, seed: int) -> None:
    assert abs(World(seed).value("p", "q", NOISY, time_s) - 20.0) <= 5.5


def test_a_natural_value_is_held_within_the_limits_of_its_quantity() -> None:
    damp = Quantity(Curve(mean=99.0, swing=50.0), 0.0, 100.0, "%RH")
    sensed = Sensed(World(0), "air", "humidity", damp)

    assert sensed.at(MIDNIGHT + 15 * 3600) == 100.0


def test_a_pinned_value_holds_until_it_is_released() -> None:
    sensed = Sensed(World(0), "air", "temperature", Quantity(AIR, -40.0, 85.0, "°C"))
    natural = sensed.at(MIDNIGHT)

    sensed.pin(-12.5)

    assert (sensed.at(MIDNIGHT), sensed.at(MIDNIGHT + DAY_S)) == (-12.5, -12.5)
    assert sensed.is_pinned
    sensed.release()
    assert sensed.at(MIDNIGHT) == natural
    assert not sensed.is_pinned


@pytest.mark.parametrize("wrong", [85.1, -41, float("nan"), float("inf"), "20", None, True, 2**70])
def test_what_cannot_be_is_refused_with_the_limits(wrong: object) -> None:
    sensed = Sensed(World(0), "air", "temperature", Quantity(AIR, -40.0, 85.0, "°C"))

    with pytest.raises(InvalidValueError, match="must be a number from -40 to 85 °C") as caught:
        sensed.pin(wrong)

    assert (caught.value.field, caught.value.device) == ("value", "air")
    assert not sensed.is_pinned
