from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.physics.lone_model import LoneModel, RecordedEncoder
from wampedge_simulator.physics.motor import Motor, Spin


def motor(level: float, ticks_per_turn: int = 4) -> tuple[LoneModel, RecordedEncoder]:
    """60 rpm is one turn a second."""
    lone = LoneModel(Motor, {"driven_by": level}, speed="60rpm", inertia="100ms", brake="10ms")
    encoder = RecordedEncoder(ticks_per_turn)
    return lone.begin(encoder=encoder), encoder


def test_the_speed_comes_up_with_the_inertia() -> None:
    """After 100 ms 63 % are there; of a second of turning 100 ms are lost."""
    lone, _ = motor(1.0)

    assert lone.gives("speed", 0.1) == pytest.approx(60.0 * (1.0 - 1.0 / math.e))
    assert lone.gives("turns", 1.0) == pytest.approx(1.0 - 0.1 * (1.0 - math.exp(-10.0)))


def test_each_tick_comes_when_the_shaft_is_there() -> None:
    """At full speed the angle is t - 0.1, so tick 8 of 4 a turn is due at 2.1 s."""
    lone, encoder = motor(1.0)

    lone.run(3.0)

    assert [tick for tick, _ in encoder.ticks] == list(range(1, 12))
    assert dict(encoder.ticks)[8] == pytest.approx(2.1, abs=1e-6)
    for tick, at_s in encoder.ticks:
        assert lone.gives("turns", at_s) * 4 == pytest.approx(tick, abs=1e-5)


def test_a_motor_that_is_switched_off_coasts_and_stops_for_good() -> None:
    """From one turn a second it turns on by 0.1 turns: no tick of 4 a turn after 1.1 s."""
    lone, encoder = motor(1.0)
    lone.run(1.15)
    assert encoder.ticks[-1][0] == 4
    lone.drive(level=0.0)

    lone.run(100.0)

    assert lone.gives("turns") == pytest.approx(1.15, abs=1e-4)
    assert encoder.ticks[-1][0] == 4
    assert lone.model.edge(lone.now_s) is None


def test_a_brake_stops_the_shaft_sooner() -> None:
    """10 ms in place of 100 ms: 0.01 turns in place of 0.1."""
    lone, _ = motor(1.0)
    lone.run(1.15)

    lone.drive(level=0.0, brake=1.0)

    lone.run(10.0)
    assert lone.gives("turns") == pytest.approx(1.06, abs=1e-4)


def test_backward_undoes_the_ticks_of_forward() -> None:
    lone, encoder = motor(1.0, ticks_per_turn=20)
    lone.run(2.0)
    lone.drive(level=-1.0)

    lone.run(6.0)

    ticks = [0] + [tick for tick, _ in encoder.ticks]
    assert max(ticks) == 38
    assert all(abs(after - before) == 1 for before, after in pairwise(ticks))
    times = [at_s for _, at_s in encoder.ticks]
    assert times == sorted(times)
    assert ticks[-1] == math.floor(lone.gives("turns") * 20 + 1e-6)


@settings(max_examples=100, deadline=None)
@given(
    speed=st.floats(-50.0, 50.0), end=st.floats(-50.0, 50.0), tau=st.floats(0.01, 10.0),
    share=st.floats(0.01, 0.99),
)  # fmt: skip
def test_the_next_tick_is_where_the_angle_says_and_none_is_before(
    speed: float, end: float, tau: float, share: float
) -> None:
    spin = Spin(share, speed, end, tau)

    passed_s = spin.reaches(0.0, 1.0)

    if passed_s is None:
        assert 0.0 < spin.at(1e4 * tau)[1] < 1.0
        return
    angle = spin.at(passed_s)[1]
    assert min(abs(angle), abs(angle - 1.0)) < 1e-6 * max(1.0, abs(speed), abs(end))
    inside = [spin.at(passed_s * part / 50.0)[1] for part in range(50)]
    assert all(-1e-6 < angle < 1.0 + 1e-6 for angle in inside)


def test_an_encoder_that_is_too_fine_for_the_speed_is_refused() -> None:
    """6000 rpm are 100 turns a second; 51 ticks each are more than 5000."""
    wrong = Motor.check_contact({"speed": 6000.0}, "encoder", {"ticks_per_turn": 51})

    assert [error.path for error in wrong] == [("encoder",)]
    assert not list(Motor.check_contact({"speed": 6000.0}, "encoder", {"ticks_per_turn": 50}))
