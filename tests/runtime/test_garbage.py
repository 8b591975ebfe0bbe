from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from wampedge.runtime.garbage import settle


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    """Leave the garbage collector of the test run as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_what_exists_is_not_looked_through_again() -> None:
    settle()

    assert gc.get_freeze_count() > 1_000
    assert gc.get_count()[1:] == (0, 0)


def test_full_looks_are_about_as_frequent_as_pythons_own() -> None:
    settle()
    youngest, middle, oldest = gc.get_threshold()

    assert 50_000 <= youngest * middle * oldest <= 70_000


def test_garbage_of_what_was_settled_goes_with_the_next_settling() -> None:
    class Loop:
        """Refers to itself, so that only the collector can free it."""

    def count() -> int:
        return sum(type(each).__name__ == "Loop" for each in gc.get_objects())

    ring = Loop()
    ring.__dict__["me"] = ring
    settle()
    del ring
    settle()
    gc.unfreeze()

    assert count() == 0
