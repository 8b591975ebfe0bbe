"""A history as a drawing: what is high is high, what is missing is missing, and nothing is wider
than the terminal."""

from __future__ import annotations

import pytest

from wampedge.cli.history_plot import HEIGHT, dots_across, plot
from wampedge.cli.history_table import Found

START = 1_770_000_000


def found(*values: float, every_s: float = 60.0, unit: str = "°C") -> Found:
    """Return buckets of one value each, a minute apart."""
    rows = [[START + number * every_s, v, v, v, 1] for number, v in enumerate(values)]
    return Found("edge.gh1.air.temperature", unit, every_s, rows)


def drawing(lines: list[str]) -> list[str]:
    """Return what is right of the axis, top line first."""
    return [line.partition("│")[2] for line in lines if "│" in line]


def test_a_rising_value_rises_from_the_bottom_left_to_the_top_right() -> None:
    drawn = drawing(plot(found(*range(100)), width=80))

    assert len(drawn) == HEIGHT
    assert drawn[-1][0] != " "
    assert drawn[-1][20:].strip() == ""
    assert drawn[0].strip() != ""
    assert drawn[0][:50].strip() == ""


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("is_plain", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, is_plain: bool) -> None:
    lines = plot(found(*range(50)), width=width, is_plain=is_plain)

    below_title = lines[-HEIGHT - 2 :]
    assert max(map(len, below_title)) <= width
    assert len(plot(found(*range(50)), width=40)) == HEIGHT + 4  # channel and figures apart
    assert len(plot(found(*range(50)), width=80)) == HEIGHT + 3


def test_plain_terminals_get_ascii_only() -> None:
    lines = plot(found(1.0, 2.0, 3.0), width=80, is_plain=True)

    assert all(line.isascii() for line in lines)
    assert sum(line.count("*") for line in lines) >= 3


def test_axes_tell_limits_and_times(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = plot(found(*([16.3] * 5 + [25.1] * 5), every_s=3_600.0), width=80)

    assert lines[0] == ("edge.gh1.air.temperature  min 16.3  mean 20.7  max 25.1 °C  (10 values)")
    assert lines[1].startswith("    25.20 │")
    assert lines[HEIGHT].startswith("    16.20 │")
    assert lines[-2] == " " * 10 + "└" + "─" * 69
    assert len(lines[-1].split()) == 6  # three times with their day


def test_what_was_not_measured_is_no_line() -> None:
    whole = found(*[20.0] * 100)
    gap = Found(whole.channel, "", 60.0, [*whole.rows[:30], *whole.rows[70:]])

    full = "".join(drawing(plot(found(*[20.0] * 100), width=80)))
    parts = [part for part in "".join(drawing(plot(gap, width=80))).split(" ") if part]

    assert full.strip().count(" ") == 0
    assert len(parts) == 2


def test_one_value_has_an_axis_too() -> None:
    lines = plot(found(0.0), width=80)

    assert lines[1].startswith("     1.00 │")
    assert lines[HEIGHT].startswith("    -1.00 │")


def test_a_bucket_reaches_from_its_least_to_its_most() -> None:
    rows = [[START, 0.0, 5.0, 10.0, 9], [START + 60, 5.0, 5.0, 5.0, 1]]

    drawn = drawing(plot(Found("a.b.c", "", 60.0, rows), width=80))

    assert all(line[0] != " " for line in drawn)


def test_nothing_is_said_to_be_nothing() -> None:
    assert plot(found(), width=80) == ["edge.gh1.air.temperature: nothing in this time"]


def test_a_column_of_dots_is_half_a_character() -> None:
    assert dots_across(80) == 2 * 69
