from __future__ import annotations

from typing import Any

from wampedge.simulation.scenario.conditions import Count
from wampedge.simulation.scenario.model import Wave
from wampedge.simulation.scenario.waves import WaveMeter

FOREVER = float("inf")


def measured(edges: list[tuple[float, bool]], end_s: float, **wanted: Any) -> list[tuple[str, str]]:
    """Measure a signal that is low at 0 s; return what is missed."""
    missed: list[tuple[str, str]] = []
    meter = WaveMeter(Wave("x", **wanted), 0.0, False, lambda *miss: missed.append(miss))
    for at_s, level in edges:
        meter.change(level, at_s)
    meter.end(end_s)
    return missed


PULSES = [(1.0, True), (1.5, False), (3.0, True), (3.2, False)]


def test_pulse_that_is_too_short_is_missed_and_a_long_enough_one_is_not() -> None:
    assert measured(PULSES, 5.0, on_s=(0.3, FOREVER)) == [("on for at least 0.3s", "0.2s")]
    assert measured(PULSES, 5.0, on_s=(0.2, 0.5)) == []


def test_pause_before_the_first_edge_may_be_short_but_not_too_long() -> None:
    assert measured([(0.1, True)], 1.0, off_s=(1.0, FOREVER)) == []
    assert measured([(3.0, True)], 4.0, off_s=(0.0, 2.0)) == [("off for at most 2s", "3s")]


def test_pulse_that_lasts_beyond_the_window_counts_for_what_is_certain() -> None:
    assert measured([(1.0, True)], 5.0, on_s=(0.0, 3.0)) == [("on for at most 3s", "4s")]
    assert measured([(4.0, True)], 5.0, on_s=(2.0, FOREVER)) == []


def test_period_is_from_rise_to_rise() -> None:
    assert measured(PULSES, 5.0, period_s=(1.9, 2.1)) == []
    assert measured(PULSES, 5.0, period_s=(2.1, 3.0)) == [("period 2.1s to 3s", "2s")]


def test_duty_is_the_share_of_the_whole_window() -> None:
    assert measured(PULSES, 7.0, duty=(0.1, 0.1)) == []  # 0.7 s of 7 s
    assert measured(PULSES, 7.0, duty=(0.2, 1.0)) == [("duty 0.2 to 1", "0.1")]


def test_rises_are_counted() -> None:
    assert measured(PULSES, 5.0, count=Count(2, 2)) == []
    assert measured(PULSES, 5.0, count=Count(3, 3)) == [("rises 3 times", "2 times")]


def test_phase_is_counted_from_the_last_rise_of_the_leader() -> None:
    missed: list[tuple[str, str]] = []
    wave = Wave("x", follows="lead", phase_s=(0.1, 0.2))
    meter = WaveMeter(wave, 0.0, False, lambda *miss: missed.append(miss))

    meter.leader_rises(1.0)
    meter.change(True, 1.15)
    meter.change(False, 1.2)
    assert missed == []

    meter.leader_rises(2.0)
    meter.change(True, 2.5)
    assert missed == [("rise after lead 0.1s to 0.2s", "0.5s")]


def test_rise_before_its_leader_is_missed() -> None:
    missed: list[tuple[str, str]] = []
    wave = Wave("x", follows="lead", phase_s=(0.1, 0.2))
    meter = WaveMeter(wave, 0.0, False, lambda *miss: missed.append(miss))

    meter.change(True, 1.0)

    assert missed == [("rises after lead", "it rose first")]


def test_change_to_the_same_level_is_no_edge() -> None:
    assert measured([(1.0, True), (2.0, True), (3.0, False)], 5.0, on_s=(2.0, 2.0)) == []
