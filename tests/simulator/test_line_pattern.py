from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge_simulator.line_pattern import LinePattern

PATTERNS = (
    r"^D(?P<angle>\d+),(?P<distance>\d+)$",
    r"T=(?P<t>[+-]?\d{2}\.\d) H=(?P<h>\d{1,3})%( ok)?",
    r"^(?P<mode>auto|manual|off);[^;,]+;\s?.\w\W\D\S$",
    r"(?:ST|US),(?P<kind>GS|NT),(?P<w>[+-]\s*\d{4}\.\d{3})kg",
    r"^(?P<a>x)(?P=a)\1(?=y)y++[a-c]*?(?>z)[^q]$",
    r"(?P<hex>(?:[0-9A-F]{2} ){3})(?i:end)",
)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(5))
def test_a_line_matches_its_pattern(pattern: str, seed: int) -> None:
    line = LinePattern(pattern).line({}, Random(seed))

    assert line is not None
    assert re.search(pattern, line)


def test_the_same_choices_give_the_same_line() -> None:
    pattern = LinePattern(PATTERNS[2])

    assert pattern.line({}, Random("a:1")) == pattern.line({}, Random("a:1"))


def test_the_groups_have_their_names() -> None:
    assert LinePattern(PATTERNS[0]).names == ("angle", "distance")


@pytest.mark.parametrize(
    ("pattern", "value", "line"),
    [
        (r"^(?P<v>\d+)$", 47, "47"),
        (r"^(?P<v>\d+)$", 47.6, "48"),
        (r"^(?P<v>\d{4})$", 47, "0047"),
        (r"^(?P<v>\d+\.\d{2})$", 1.5, "1.50"),
        (r"^(?P<v>\d+\.\d)$", 1.26, "1.3"),
        (r"^(?P<v>-?\d+\.\d+)$", -0.25, "-0.25"),
        (r"^(?P<v>[+-]\d{3}\.\d)$", 1.5, "+001.5"),
        (r"^(?P<v>[+-]\d{3}\.\d)$", -1.5, "-001.5"),
        (r"^(?P<v>\d)$", True, "1"),
        (r"^(?P<v>on|off)$", False, "off"),
        (r"^(?P<v>auto|manual)$", "manual", "manual"),
    ],
)
def test_a_value_is_written_as_its_group_allows(pattern: str, value: Any, line: str) -> None:
    turned = LinePattern(pattern)

    assert turned.line({"v": value}, Random(1)) == line
    assert turned.can_carry("v", value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"^(?P<v>\d+)$", -1),
        (r"^(?P<v>\d{2})$", 100),
        (r"^(?P<v>on|off)$", "maybe"),
        (r"^(?P<v>[a-z]+)$", 3),
    ],
)
def test_a_value_that_does_not_fit_is_known(pattern: str, value: Any) -> None:
    turned = LinePattern(pattern)

    assert not turned.can_carry("v", value)
    line = turned.line({"v": value}, Random(1))
    assert line is not None
    assert re.search(pattern, line)


def test_a_value_that_fits_again_after_one_that_did_not_is_written() -> None:
    turned = LinePattern(r"^(?P<v>\d{2}\.\d)$")

    lines = [turned.line({"v": value}, Random(1)) for value in (5.5, 500, 5.25, 6)]

    assert lines[0] == "05.5"
    assert lines[2:] == ["05.2", "06.0"]


def test_a_number_that_needs_more_decimals_than_the_one_before_is_written_whole() -> None:
    turned = LinePattern(r"^T=(?P<t>-?\d+\.\d+) L=(?P<l>\d{4})$")

    lines = [turned.line({"t": t, "l": 7}, Random(1)) for t in (1.5, 2.5, 2.25, -3.5)]

    assert lines == ["T=1.5 L=0007", "T=2.5 L=0007", "T=2.25 L=0007", "T=-3.50 L=0007"]


def test_a_line_takes_one_try_once_its_numbers_were_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turned = LinePattern(r"^T=(?P<t>-?\d+\.\d+) L=(?P<l>\d{4})$")
    turned.line({"t": 1.5, "l": 7}, Random(1))
    tried: list[dict[str, str]] = []
    sample = LinePattern._sample

    def counting(self: LinePattern, texts: Mapping[str, str], random: Random) -> str | None:
        tried.append(dict(texts))
        return sample(self, texts, random)

    monkeypatch.setattr(LinePattern, "_sample", counting)

    turned.line({"t": 2.5, "l": 8}, Random(1))

    assert tried == [{"t": "2.5", "l": "0008"}]


def test_a_pattern_that_cannot_be_matched_gives_no_line() -> None:
    assert LinePattern(r"(?P<v>a)(?!x)x$").line({"v": "a"}, Random(1)) is None


SIGNED_AND_BARE = LinePattern(r"^S=(?P<signed>-?\d+\.\d{2}) B=(?P<bare>\d+)$")


@given(st.floats(-999, 999), st.floats(0, 99))
def test_a_number_comes_back_within_the_decimals_of_its_group(signed: float, bare: float) -> None:
    line = SIGNED_AND_BARE.line({"signed": signed, "bare": bare}, Random(0))

    assert line is not None
    found = re.fullmatch(r"S=(-?\d+\.\d+) B=(\d+)", line)
    assert found
    assert float(found[1]) == pytest.approx(signed, abs=0.00501)
    assert float(found[2]) == pytest.approx(bare, abs=0.501)


def test_line_with_all_its_groups_given_leaves_nothing_to_choose() -> None:
    pattern = LinePattern(r"^L=(?P<level>\d+) T=(?P<temperature>-?\d+\.\d+)$")
    pattern.line({"level": 412, "temperature": 18.5}, Random(0))  # finds how they are written
    spent = Random(0)
    before = spent.getstate()

    assert pattern.line({"level": 87, "temperature": -2.5}, spent) == "L=87 T=-2.5"
    assert spent.getstate() == before
