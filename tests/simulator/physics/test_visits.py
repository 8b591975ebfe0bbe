from __future__ import annotations

from wampedge_simulator.physics.visits import Visits
from wampedge_simulator.world import World

DAY_S = 86_400.0


def habit(count: int = 3, seed: int = 0) -> Visits:
    """Between 8 and 10 o'clock, for ten minutes."""
    return Visits(count, (8 * 3600.0, 10 * 3600.0), 600.0, World(seed).chance)


def changes(visits: Visits, days: int) -> list[float]:
    found, time_s = [], 0.0
    while (next_s := visits.next_change(time_s)) is not None and next_s < days * DAY_S:
        found.append(next_s)
        time_s = next_s
    return found


def test_so_many_come_and_go_each_day_between_the_hours() -> None:
    found = changes(habit(), 5)

    assert len(found) == 5 * 3 * 2
    hours = [time_s % DAY_S / 3600.0 for time_s in found]
    assert all(8.0 <= hour <= 10.25 for hour in hours)


def test_somebody_is_there_from_coming_to_going() -> None:
    """Half of the stay to one and a half of it."""
    visits = habit(count=1)
    come_s, gone_s = changes(visits, 1)

    assert 300.0 <= gone_s - come_s <= 900.0
    assert visits.is_one(come_s)
    assert visits.is_one((come_s + gone_s) / 2)
    assert not visits.is_one(gone_s)


def test_days_differ_and_seeds_differ() -> None:
    first, second = changes(habit(count=1), 2)[::2]

    assert first != second - DAY_S
    assert changes(habit(count=1, seed=1), 1) != changes(habit(count=1), 1)


def test_nobody_comes_where_there_are_no_visits() -> None:
    assert habit(count=0).next_change(0.0) is None


def test_a_year_keeps_a_few_days_only() -> None:
    visits = habit()
    changes(visits, 365)

    assert len(visits._visits_by_day) <= 4
