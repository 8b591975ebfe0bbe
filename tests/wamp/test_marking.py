"""The mark of an event as an option, as details, and on its way over several nodes."""

from __future__ import annotations

from typing import Any

import pytest

from wampedge.wamp.marking import Mark, event_mistake, historical_options, mark_mistake

MARK = Mark("gh1", 2**64 - 1, 1, 7, 1_000.5, is_historical=True)


def test_an_option_has_all_fields_and_is_read_back() -> None:
    option = MARK.option

    assert option == {
        "node": "gh1",
        "epoch": 18_446_744_073_709_551_615,
        "lane": 1,
        "seq": 7,
        "time": 1_000.5,
        "historical": True,
    }
    assert mark_mistake(option) is None
    assert Mark.found_in(option) == MARK


def test_details_tell_of_what_waited_and_never_the_epoch() -> None:
    assert MARK.details == {"x_historical": True, "x_time": 1_000.5}
    assert MARK._replace(is_historical=False).details == {}


@pytest.mark.parametrize(
    ("details", "wanted"),
    [
        ({"x_historical": True, "x_time": 1.0}, {"x_historical": True}),
        ({"x_historical": 1}, {}),
        ({}, {}),
    ],
)
def test_an_event_that_waited_goes_on_as_one(
    details: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert historical_options(details) == wanted


@pytest.mark.parametrize(
    ("seq", "time", "wanted"),
    [
        (1, 0, None),
        (2**63 - 1, 999_999_999_999.0, None),
        (2**63, 0.0, "seq must be an integer from 1"),
        (1, -1.0, "time must be a number of seconds since 1970"),
        (1, float("nan"), "time must be a number of seconds since 1970"),
        (1, 1e12, "time must be a number of seconds since 1970"),
    ],
)
def test_number_and_time_have_bounds(seq: int, time: float, wanted: str | None) -> None:
    assert event_mistake(seq, time) == wanted
