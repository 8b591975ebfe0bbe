"""Patterns that cannot hang pass; those that could are refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from wampedge_drivers.serial._lines import MAX_LINE
from wampedge_drivers.serial._patterns import compile_pattern


@pytest.mark.parametrize(
    "text",
    [
        r"^D(?P<angle>\d+),(?P<distance>\d+)$",
        r"T=(?P<t>-?\d+(?:\.\d+)?),H=(?P<h>\d+(\.\d+)?)",
        r"ST,(?:GS|NT),(?P<weight>[+-] *\d+\.\d+) *(?P<unit>kg|g)",
        r"\s*(?P<v>[-+]?[0-9.]+)\s*(?P<u>[a-zA-Z°%]+)",
        r"\$GPGGA,(?P<time>\d*),(?P<lat>[\d.]*),.*",
        r"(?P<name>.+)=(?P<value>.+)",
        r".*T=(\d+)",
        r"(?:\d+,)*\d+",
        r"(ab|ac)+d",
        r"x{2,5}y{3}",
        r"\d+?x",
        r"OK|ERROR",
        r"[^,]+,[^;]+;.*",
        r"\D\S+\s\W",
        "a|",
        "(" * 60 + "a" + ")" * 60,
    ],
)
def test_what_instruments_say_can_be_written(text: str) -> None:
    assert compile_pattern(text).pattern == text.encode()


@pytest.mark.parametrize(
    "text",
    [
        r"(a+)+b", r"(a|aa)+b", r"(a*)*", r"(a?){1,30}b", r"(?:a?b?)*c", r".*a.*b.*c",
        r"([ab]+|c)*d", r"(.*,)*x", r"(a?){500}", r"(\w+\s?)+$", r"(a|b|ab)*c", r"(?:a|a?)+b",
    ],
)  # fmt: skip
def test_what_could_take_for_ever_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="could take for ever"):
        compile_pattern(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("(", "is no regular expression: missing"),
        ("a\ud800", "is no regular expression"),
        ("(?i)a", "must not set flags"),
        ("(?i:a)", "must not set flags"),
        (r"(a)\1", "must not use references to groups"),
        (r"(?P<a>a)(?P=a)", "must not use references to groups"),
        (r"(a)?(?(1)b|c)", "must not use references to groups"),
        ("(?=a)b", "must not use look-ahead"),
        ("(?<!a)b", "must not use look-ahead"),
        ("(?>a+)b", "must not use atomic_group"),
        ("a++b", "must not use possessive_repeat"),
        ("(((((a)?b)?c)?d)?e)?", "must not nest more than 4 repetitions"),
        ("(" * 240 + "a" + ")?" * 240, "must not nest|no regular expression"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        compile_pattern(text)


def test_a_pattern_beyond_ascii_matches_the_bytes_of_the_line() -> None:
    match = compile_pattern(r"(?P<t>\d+) °C").fullmatch("21 °C".encode())

    assert match is not None
    assert match["t"] == b"21"


_LEAVES = st.sampled_from(
    ["a", "b", "c", ".", "[ab]", "[^a]", r"\d", r"\w", "a?", "b*", "c+", ".*"]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["", "*", "+", "?", "{2,4}", "*?", "{3}"])
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, repeats).map(lambda t: f"({t[0]}){t[1]}"),
        st.tuples(inner, inner, repeats).map(lambda t: f"({t[0]}|{t[1]}){t[2]}"),
    )


@given(
    text=st.recursive(_LEAVES, _grown, max_leaves=8), unit=st.text("abc", min_size=1, max_size=3)
)
def test_a_pattern_that_passes_ends_on_the_longest_line(text: str, unit: str) -> None:
    """A pattern wrongly let through makes this test hang."""
    try:
        pattern = compile_pattern(text)
    except ValueError:
        reject()
    line = (unit * MAX_LINE)[: MAX_LINE - 1] + "z"

    assert pattern.fullmatch(line.encode()) is None or re.fullmatch(text, line)
