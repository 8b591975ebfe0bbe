"""Press, release, click, double and hold by time stamps."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wampedge_drivers.gpio._gestures import Gestures

S = 1_000_000_000


def run(gestures: Gestures, *times_ms: int) -> list[str]:
    """Press and release in turn at *times_ms*, then wait."""
    events = []
    for number, at_ms in enumerate(times_ms):
        events += gestures.edge(number % 2 == 0, at_ms * S // 1000)
    return [*events, *gestures.advance(1000 * S)]


def test_a_click_is_told_at_once_where_no_double_click_is_asked_for() -> None:
    gestures = Gestures(False)

    assert gestures.edge(True, 0) == ["press"]
    assert gestures.edge(False, S) == ["release", "click"]
    assert gestures.due_ns is None


def test_a_press_as_long_as_hold_is_one_even_when_it_is_heard_of_late() -> None:
    assert run(Gestures(False, hold_ns=S), 0, 1000) == ["press", "hold", "release"]
    assert run(Gestures(False, hold_ns=S), 0, 999) == ["press", "release", "click"]


def test_three_quick_clicks_are_a_double_one_and_a_single_one() -> None:
    events = run(Gestures(False, double_ns=S), 0, 100, 200, 300, 400, 500)

    assert events == [
        *("press", "release", "press", "double", "release"),
        *("press", "release", "click"),
    ]


def test_two_slow_clicks_are_two() -> None:
    events = run(Gestures(False, double_ns=S), 0, 100, 1100, 1200)

    assert events == ["press", "release", "click"] * 2


def test_the_second_press_of_a_double_click_can_be_held() -> None:
    events = run(Gestures(False, double_ns=S, hold_ns=S), 0, 100, 200, 1500)

    assert events == ["press", "release", "press", "double", "hold", "release"]


def test_a_release_of_a_button_that_was_down_before_is_no_click() -> None:
    assert Gestures(True, hold_ns=S).edge(False, 0) == ["release"]


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 3000), max_size=12),
    st.sampled_from([0, S]),
    st.sampled_from([0, S]),
)
def test_each_press_ends_in_a_click_a_hold_or_a_double(
    steps_ms: list[int], double_ns: int, hold_ns: int
) -> None:
    """As many clicks, doubles and holds of presses as an account by durations alone says."""
    times, now = [], 0
    for step in steps_ms[: len(steps_ms) // 2 * 2]:
        now += step
        times.append(now)
    events = run(Gestures(False, double_ns=double_ns, hold_ns=hold_ns), *times)

    presses = list(zip(times[::2], times[1::2], strict=True))
    holds = sum(1 for down, up in presses if hold_ns and up - down >= 1000)
    doubles = clicks = 0
    waiting_since: int | None = None
    for down, up in presses:
        is_held = bool(hold_ns) and up - down >= 1000
        if waiting_since is not None and down - waiting_since < 1000:
            doubles += 1
            waiting_since = None
            continue
        clicks += waiting_since is not None
        waiting_since = None
        if not is_held and double_ns:
            waiting_since = up
        elif not is_held:
            clicks += 1
    clicks += waiting_since is not None

    counts = [events.count(name) for name in ("press", "release", "click", "double", "hold")]
    assert counts == [len(presses), len(presses), clicks, doubles, holds]
