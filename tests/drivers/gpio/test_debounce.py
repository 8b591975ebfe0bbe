"""Debounce by time stamps."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wampedge_drivers.gpio._debounce import Debounce

MS = 1_000_000


def test_a_level_settles_when_it_has_lasted() -> None:
    line = Debounce(True, 20 * MS)

    assert line.edge(False, 0) == []
    assert not line.is_settled
    assert line.edge(True, 20 * MS) == [False]
    assert line.level is False


def test_a_bounce_counts_for_nothing() -> None:
    line = Debounce(True, 20 * MS)

    edges = [line.edge(level, at * MS) for at, level in enumerate([False, True] * 5)]

    assert edges == [[]] * 10
    assert line.level is True
    assert line.is_settled


def test_a_level_that_lasts_is_taken_when_asked() -> None:
    line = Debounce(True, 20 * MS)
    line.edge(False, 0)

    assert line.settle() is False
    assert line.is_settled


def test_an_edge_that_repeats_the_level_does_not_start_anew() -> None:
    line = Debounce(True, 20 * MS)
    line.edge(False, 0)
    line.edge(False, 15 * MS)

    assert line.edge(True, 20 * MS) == [False]


def test_without_debounce_every_edge_counts() -> None:
    line = Debounce(True, 0)

    assert [line.edge(level, 0) for level in (False, True, False)] == [[False], [True], [False]]


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=30))
def test_settled_levels_alternate_and_each_had_lasted(steps: list[tuple[int, bool]]) -> None:
    line, now, settled = Debounce(True, 20 * MS), 0, [True]
    for pause_ms, level in steps:
        now += pause_ms * MS
        settled += line.edge(level, now)

    assert all(a != b for a, b in pairwise(settled))
    assert len(settled) - 1 <= now // (20 * MS)
