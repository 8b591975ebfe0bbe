"""The search for the switch: from either side, found from the same one, and never for ever."""

from __future__ import annotations

import pytest

from wampedge.errors import DeviceError
from wampedge_drivers.gpio._homing import Homing


def search(homing: Homing, *, begin: int, closed_below: int) -> tuple[int, int]:
    """Follow the search from *begin*; return where it ends and how many steps it took."""
    place = begin
    for count in range(1000):
        way = homing.next_way(place <= closed_below)
        if not way:
            return place, count
        place += way
    raise AssertionError("the search never ends")


def test_it_ends_at_the_first_place_where_the_switch_is_closed() -> None:
    assert search(Homing(-1, 50), begin=30, closed_below=0) == (0, 30)


def test_it_leaves_a_closed_switch_first() -> None:
    # 6 steps up to open it at 1, and one down.
    assert search(Homing(-1, 50), begin=-5, closed_below=0) == (0, 7)


@pytest.mark.parametrize(
    ("begin", "closed_below", "why"),
    [(30, -100, "was not found within 20"), (0, 100, "did not open within 20")],
)
def test_it_gives_up(begin: int, closed_below: int, why: str) -> None:
    with pytest.raises(DeviceError, match=why):
        search(Homing(-1, 20), begin=begin, closed_below=closed_below)
