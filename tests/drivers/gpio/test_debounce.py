"""Debounce by time stamps: settle, holdoff, least width, and that asking changes nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge.devices.fields import FieldError
from wampedge_drivers.gpio._debounce import DebounceRule, DebounceTime, Edge, Line, line_of

MS = 1_000_000
SETTLE = {"settle": 0.02}
HOLDOFF = {"holdoff": 0.02}
STEPS = st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=30)


def run(line: Line, *steps: tuple[int, bool]) -> list[Edge]:
    """Feed edges given as (ms, level) and let the line come to rest; times in ms."""
    edges = [edge for at_ms, level in steps for edge in line.edge(level, at_ms * MS)]
    edges += line.advance((steps[-1][0] + 1000) * MS)
    return [(level, at_ns // MS) for level, at_ns in edges]


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ("20ms", SETTLE),
        ({"settle": "20ms"}, SETTLE),
        ({"holdoff": "20ms"}, HOLDOFF),
        ("0s", {"settle": 0.0}),
    ],
)
def test_a_rule_is_a_time_or_a_table(given: object, rule: DebounceRule) -> None:
    assert DebounceTime().convert(given) == rule


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (20, 'must be a duration such as "30s", got 20'),
        ({}, "must have settle or holdoff, one of them"),
        ({"settle": "1ms", "holdoff": "1ms"}, "must have settle or holdoff, one of them"),
        ({"settled": "1ms"}, "is not a known key"),
        ({"settle": "11s"}, 'must be "10s" or shorter'),
    ],
)
def test_a_wrong_rule_is_told(given: object, text: str) -> None:
    with pytest.raises(FieldError, match=text):
        DebounceTime().convert(given)


def test_a_level_settles_when_it_has_lasted_and_keeps_the_time_it_began() -> None:
    line = line_of(True, SETTLE)

    assert line.edge(False, 5 * MS) == []
    assert line.due_ns == 25 * MS
    assert line.edge(True, 25 * MS) == [(False, 5 * MS)]
    assert line.level is False


def test_a_bounce_counts_for_nothing() -> None:
    line = line_of(True, SETTLE)

    assert run(line, *[(at, level) for at, level in enumerate([False, True] * 5)]) == []
    assert line.due_ns is None


def test_a_level_that_lasts_is_taken_when_asked() -> None:
    line = line_of(True, SETTLE)
    line.edge(False, 0)

    assert line.advance(20 * MS - 1) == []
    assert line.advance(20 * MS) == [(False, 0)]


def test_an_edge_that_repeats_the_level_does_not_start_anew() -> None:
    assert run(line_of(True, SETTLE), (0, False), (15, False), (20, True)) == [
        (False, 0),
        (True, 20),
    ]


@pytest.mark.parametrize("mode", ["settle", "holdoff"])
def test_without_debounce_every_edge_counts(mode: str) -> None:
    line = line_of(True, {mode: 0.0})

    assert [line.edge(level, 7) for level in (False, True, False)] == [
        [(False, 7)],
        [(True, 7)],
        [(False, 7)],
    ]


def test_holdoff_counts_at_once_and_then_looks_away() -> None:
    line = line_of(True, HOLDOFF)

    assert line.edge(False, 0) == [(False, 0)]
    assert run(line, (3, True), (6, False), (50, True)) == [(True, 50)]


def test_holdoff_finds_a_level_that_changed_meanwhile_when_it_looks_again() -> None:
    assert run(line_of(True, HOLDOFF), (0, False), (3, True)) == [(False, 0), (True, 20)]


def test_a_phase_shorter_than_the_least_width_is_ignored_high_or_low() -> None:
    line = line_of(True, {"settle": 0.0}, min_width_s=0.01)
    low_spike = (100, False), (109, True)
    pulse_with_a_high_spike = (200, False), (250, True), (259, False), (300, True)

    assert run(line, *low_spike, *pulse_with_a_high_spike) == [(False, 200), (True, 300)]


def test_the_width_is_that_of_the_debounced_phase() -> None:
    """Bounces of 1 ms do not make a pulse of 9 ms longer, nor one of 12 ms shorter."""
    rule = {"settle": 0.002}
    nine = (0, False), (4, True), (5, False), (9, True)
    twelve = (0, False), (4, True), (5, False), (12, True)

    assert run(line_of(True, rule, min_width_s=0.01), *nine) == []
    assert run(line_of(True, rule, min_width_s=0.01), *twelve) == [(False, 0), (True, 12)]


def test_a_line_waits_for_the_stage_that_has_not_decided() -> None:
    line = line_of(True, {"settle": 0.002}, min_width_s=0.01)
    line.edge(False, 0)
    line.advance(2 * MS)
    assert line.due_ns == 10 * MS

    line.edge(True, 9 * MS)

    assert line.due_ns == 11 * MS
    assert line.advance(10 * MS) == []
    assert line.is_undecided


@given(STEPS)
def test_settled_levels_alternate_and_each_had_lasted(steps: list[tuple[int, bool]]) -> None:
    line, now_ms, settled = line_of(True, SETTLE), 0, [True]
    for pause_ms, level in steps:
        now_ms += pause_ms
        settled += [level for level, _ in line.edge(level, now_ms * MS)]

    assert all(a != b for a, b in pairwise(settled))
    assert len(settled) - 1 <= now_ms // 20


@settings(max_examples=60)
@given(
    STEPS,
    st.sampled_from([SETTLE, HOLDOFF, {"settle": 0.0}]),
    st.sampled_from([0.0, 0.01, 0.03]),
    st.lists(st.integers(0, 2000), max_size=20),
)
def test_what_counts_does_not_depend_on_when_anybody_asks(
    steps: list[tuple[int, bool]], rule: DebounceRule, min_width_s: float, asked_ms: list[int]
) -> None:
    times, now_ms = [], 0
    for pause_ms, level in steps:
        now_ms += pause_ms
        times.append((now_ms * MS, level))
    quiet, asked = (line_of(True, rule, min_width_s=min_width_s) for _ in range(2))
    looks = sorted(ms * MS for ms in asked_ms)

    alone = [edge for at_ns, level in times for edge in quiet.edge(level, at_ns)]
    alone += quiet.advance(10**13)
    together = []
    for at_ns, level in times:
        while looks and looks[0] < at_ns:
            together += asked.advance(looks.pop(0))
        together += asked.edge(level, at_ns)
    together += asked.advance(10**13)

    assert together == alone
