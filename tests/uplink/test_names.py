"""Rules as patterns, what two patterns have in common, and names that differ upstream."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.router.rules import Rules
from wampedge.uplink.names import NameMap, Pattern, _matches, intersection, pattern_of

PARTS = ("a", "b", "ab")
URIS = [".".join(parts) for size in (1, 2, 3) for parts in product(PARTS, repeat=size)]
EXACT = st.sampled_from(URIS).map(lambda uri: Pattern("exact", uri))
PREFIX = st.sampled_from([*URIS, *(f"{uri}." for uri in URIS), ""]).map(
    lambda uri: Pattern("prefix", uri)
)
GAPS = [".".join(parts) for size in (1, 2, 3) for parts in product((*PARTS, ""), repeat=size)]
WILDCARD = st.sampled_from(GAPS).map(lambda uri: Pattern("wildcard", uri))
PATTERNS = st.one_of(EXACT, PREFIX, WILDCARD)


def covered(pattern: Pattern | None) -> set[str]:
    return set() if pattern is None else {uri for uri in URIS if _matches(pattern, uri)}


@given(PATTERNS, PATTERNS)
def test_an_intersection_has_all_that_both_have_and_only_what_one_has(
    one: Pattern, other: Pattern
) -> None:
    common = intersection(one, other)

    assert covered(common) >= covered(one) & covered(other)
    if common is not None:
        assert covered(common) <= covered(one) | covered(other)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (("exact", "a.b"), ("prefix", "a."), ("exact", "a.b")),
        (("exact", "a.b"), ("wildcard", "a."), ("exact", "a.b")),
        (("exact", "a.b"), ("prefix", "b."), None),
        (("prefix", "a.b."), ("prefix", "a."), ("prefix", "a.b.")),
        (("prefix", "a.b"), ("wildcard", "a..c"), ("wildcard", "a..c")),
        (("prefix", "a.b."), ("wildcard", "a..c"), ("exact", "a.b.c")),
        (("prefix", "a.b."), ("wildcard", "a.c."), None),
        (("wildcard", "a..c"), ("wildcard", ".b."), ("exact", "a.b.c")),
        (("wildcard", "a."), ("wildcard", "b."), None),
    ],
)
def test_what_patterns_have_in_common(
    one: tuple[str, str], other: tuple[str, str], common: tuple[str, str] | None
) -> None:
    assert intersection(Pattern(*one), Pattern(*other)) == common
    assert intersection(Pattern(*other), Pattern(*one)) == common


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [
        ("edge.gh1.lamp.on", ("exact", "edge.gh1.lamp.on")),
        ("edge.gh1.", ("prefix", "edge.gh1.")),
        ("edge..status", ("wildcard", "edge..status")),
        ("edge..lamp.", ("prefix", "edge.")),
        (".status", ("wildcard", ".status")),
    ],
)
def test_a_rule_has_a_pattern(rule: str, pattern: tuple[str, str]) -> None:
    assert pattern_of(rule) == pattern


@given(st.sampled_from([*URIS, *(f"{uri}." for uri in URIS), "a..b", ".b", "a..", "a..b."]))
def test_the_pattern_of_a_rule_has_all_the_rule_covers(rule: str) -> None:
    rules = Rules([rule])

    assert covered(pattern_of(rule)) >= {uri for uri in URIS if rules.cover(uri)}


def test_a_prefix_has_another_name_upstream_and_back() -> None:
    names = NameMap([("local.", "site1."), ("local.lab.", "lab7.")])

    there = [names.to_upstream(uri) for uri in ("local.pump", "local.lab.x", "edge.x", "local")]
    assert there == ["site1.pump", "lab7.x", "edge.x", "local"]
    assert [names.to_local(uri) for uri in there] == [
        "local.pump",
        "local.lab.x",
        "edge.x",
        "local",
    ]


def test_a_prefix_around_a_mapped_one_is_both_upstream() -> None:
    names = NameMap([("local.lab.", "lab7.")])

    assert names.patterns_upstream(Pattern("prefix", "local.")) == [
        ("prefix", "local."),
        ("prefix", "lab7."),
    ]
    assert names.patterns_upstream(Pattern("exact", "local.lab.x")) == [("exact", "lab7.x")]
