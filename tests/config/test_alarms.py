"""Alarms in the device file."""

from __future__ import annotations

import pytest

from tests.config.lines_rig import complaint


@pytest.mark.parametrize(
    ("alarm", "wanted"),
    [
        ("{ clear = 5 }", 'must have below, above or both (write { below = "10V" })'),
        ("{ below = 5, above = 5 }", ".above must be more than below, got 5"),
        ("{ below = 5, clear = 4 }", ".clear must be 5 or more, got 4"),
        ("{ above = 5, clear = 6 }", ".clear must be 5 or less, got 6"),
        (
            "{ below = 1, above = 5, clear = 3 }",
            ".clear must be two amounts: one for below, one for above",
        ),
    ],
)
def test_mistakes_in_alarms_are_told(alarm: str, wanted: str) -> None:
    text = f"[devices.air.channels.temperature]\nalarm = {alarm}\n"

    found = complaint(text)

    assert found.removeprefix("devices.air.channels.temperature.alarm").lstrip() == wanted
