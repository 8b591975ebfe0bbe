"""The feature table says what the checks found."""

from __future__ import annotations

from tests.conformance.checks import Check
from tests.conformance.client import Stage
from tests.conformance.suite import ALL_CHECKS
from tests.conformance.table import MEASURED, PAGE, read_measured, render, write_measured


async def _nothing(_stage: Stage) -> None:
    """Check nothing."""


async def _more(_stage: Stage) -> None:
    """Check nothing either."""


def test_the_page_is_what_the_checks_found() -> None:
    assert PAGE.read_text() == render(ALL_CHECKS, read_measured())


def test_only_checks_that_exist_were_measured() -> None:
    names = {check.name for check in ALL_CHECKS}

    assert all(verdicts.keys() <= names for verdicts in read_measured().values())


def test_a_check_that_was_not_tried_has_no_mark() -> None:
    checks = [
        Check("Sessions", "First rule", "HELLO", _nothing),
        Check("Sessions", "Second rule", "WELCOME", _more),
    ]

    page = render(checks, {"other": {"_nothing": "it broke"}})

    assert "| wampedge | 2 of 2 |\n| other | 0 of 1 |" in page
    assert "| First rule (HELLO) | yes | no |" in page
    assert "| Second rule (WELCOME) | yes |  |" in page


def test_what_was_measured_is_written_as_it_is_read() -> None:
    before = MEASURED.read_text()
    write_measured(read_measured())

    assert MEASURED.read_text() == before
