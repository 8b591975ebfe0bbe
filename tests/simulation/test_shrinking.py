"""Delta debugging: what fails together, and what of it is needed for that."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from wampedge.simulation.campaign import MAX_RUNS
from wampedge.simulation.shrinking import smallest

ITEMS = list("abcdefghijklmnop")


@pytest.mark.parametrize("guilty", ["a", "h", "de", "ap", "bio"])
def test_only_what_is_needed_is_left(guilty: str) -> None:
    tries = 0

    def fails(some: Sequence[str]) -> bool:
        nonlocal tries
        tries += 1
        return set(guilty) <= set(some)

    assert list(smallest(ITEMS, fails)) == list(guilty)
    assert tries <= MAX_RUNS


def test_who_has_no_more_tries_keeps_what_was_found() -> None:
    answers = iter([True, None])

    assert list(smallest(ITEMS[:8], lambda _: next(answers))) == ITEMS[4:8]


def test_one_item_needs_no_try() -> None:
    assert list(smallest(ITEMS[:1], lambda _: pytest.fail("tried"))) == ["a"]
