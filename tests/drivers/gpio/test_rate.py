"""The sliding count of pulses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wampedge_drivers.gpio._rate import WINDOW_PLACES, SlidingCount

S = 1_000_000_000


def test_it_counts_what_came_within_the_window() -> None:
    lately = SlidingCount(60 * S)
    for second in (0, 30, 59):
        lately.add(second * S)

    assert lately.count(59 * S) == 3
    assert lately.count(61 * S) == 2
    assert lately.count(200 * S) == 0


def test_what_leaves_the_window_leaves_gradually() -> None:
    lately = SlidingCount(60 * S)
    lately.add(0)

    assert [lately.count(60 * S + quarter * S // 4) for quarter in range(4)] == [1, 0.75, 0.5, 0.25]


def test_a_pulse_out_of_order_counts_with_the_last() -> None:
    lately = SlidingCount(60 * S)
    lately.add(10 * S)
    lately.add(9 * S)

    assert lately.count(10 * S) == 2


def test_it_takes_no_more_places_than_it_has() -> None:
    lately = SlidingCount(S)
    for at_ms in range(100_000):
        lately.add(at_ms * S // 1000)

    assert len(lately._places) <= WINDOW_PLACES + 1
    assert abs(lately.count(99_999 * S // 1000) - 1000) <= 1000 / WINDOW_PLACES


@given(st.lists(st.integers(0, 5 * S), max_size=50).map(sorted), st.integers(0, 5 * S))
def test_it_is_between_the_counts_of_a_window_and_one_a_place_longer(
    times: list[int], later: int
) -> None:
    window = 2 * S
    now = (times[-1] if times else 0) + later
    lately = SlidingCount(window)
    for at_ns in times:
        lately.add(at_ns)

    place = window // WINDOW_PLACES
    least, most = (sum(1 for t in times if t > now - w) for w in (window - place, window + place))
    assert least <= lately.count(now) <= most
