from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.router.matchers import (
    MATCHERS,
    ExactMatcher,
    Matcher,
    PrefixMatcher,
    WildcardMatcher,
    gaps,
    is_match,
)

NO_URIS = ["a b", "a#b", "a\x00b", "a\nb", "a" * 256, "\ud800"]


def filled(make: Callable[[], Matcher[str]], *patterns: str) -> Matcher[str]:
    """Make a matcher whose entries are the patterns themselves."""
    matcher = make()
    for pattern in patterns:
        matcher.add(pattern, pattern)
    return matcher


def prefix_matches(pattern: str, uri: str) -> bool:
    return uri.startswith(pattern)


def wildcard_matches(pattern: str, uri: str) -> bool:
    wanted, given_components = pattern.split("."), uri.split(".")
    return len(wanted) == len(given_components) and all(
        want in ("", have) for want, have in zip(wanted, given_components, strict=True)
    )


def portions(pattern: str) -> list[int]:
    """Say how many components stand before each wildcard, as the specification counts them."""
    lengths = [0]
    for component in pattern.split("."):
        if component:
            lengths[-1] += 1
        else:
            lengths.append(0)
    return lengths


def test_the_ways_to_match_stand_in_order_of_precedence() -> None:
    """Specification, "Calls matching multiple registrations"."""
    assert [make().policy for make in MATCHERS] == ["exact", "prefix", "wildcard"]


@pytest.mark.parametrize("make", MATCHERS)
def test_an_entry_can_be_had_replaced_and_removed(make: Callable[[], Matcher[str]]) -> None:
    matcher = make()
    matcher.add("edge.pump", "old")
    matcher.add("edge.pump", "new")
    assert matcher.get("edge.pump") == "new"
    assert list(matcher.matches("edge.pump")) == ["new"]

    matcher.remove("edge.pump")

    assert matcher.get("edge.pump") is None
    assert list(matcher.matches("edge.pump")) == []


@pytest.mark.parametrize("make", MATCHERS)
@pytest.mark.parametrize("pattern", NO_URIS)
def test_what_is_no_pattern_is_not_accepted(make: Callable[[], Matcher[str]], pattern: str) -> None:
    assert not make().accepts(pattern)


@pytest.mark.parametrize(
    ("make", "accepted"),
    [
        (ExactMatcher, ["a.b"]),
        (PrefixMatcher, ["", "a.b", "a."]),
        (WildcardMatcher, ["", "a.b", "a.", "a..b", ".a", ".", "..."]),
    ],
)
def test_empty_components_are_accepted_where_they_have_a_meaning(
    make: Callable[[], Matcher[Any]], accepted: list[str]
) -> None:
    tried = ["", "a.b", "a.", "a..b", ".a", ".", "..."]

    assert [pattern for pattern in tried if make().accepts(pattern)] == accepted


@pytest.mark.parametrize(
    ("uri", "is_match"),
    [
        ("com.myapp.topic.emergency.11", True),
        ("com.myapp.topic.emergency-low", True),
        ("com.myapp.topic.emergency.category.severe", True),
        ("com.myapp.topic.emergency", True),
        ("com.myapp.topic.emerge", False),
    ],
)
def test_a_prefix_matches_as_the_examples_of_the_specification_say(
    uri: str, *, is_match: bool
) -> None:
    """Specification, "Prefix Matching"."""
    matcher = filled(PrefixMatcher, "com.myapp.topic.emergency")

    assert bool(list(matcher.matches(uri))) is is_match


@pytest.mark.parametrize(
    ("uri", "is_match"),
    [
        ("com.myapp.foo.userevent", True),
        ("com.myapp.bar.userevent", True),
        ("com.myapp.a12.userevent", True),
        ("com.myapp.foo.userevent.bar", False),
        ("com.myapp.foo.user", False),
        ("com.myapp2.foo.userevent", False),
    ],
)
def test_a_wildcard_matches_as_the_examples_of_the_specification_say(
    uri: str, *, is_match: bool
) -> None:
    """Specification, "Wildcard Matching"."""
    matcher = filled(WildcardMatcher, "com.myapp..userevent")

    assert bool(list(matcher.matches(uri))) is is_match


def test_the_longest_prefix_goes_first() -> None:
    matcher = filled(PrefixMatcher, "a1", "a1.b2.c3", "a1.b2.", "a1.b2.c3.d4.e5", "")

    assert list(matcher.matches("a1.b2.c3.d4")) == ["a1.b2.c3", "a1.b2.", "a1", ""]


def test_prefixes_of_one_length_do_not_hide_each_other() -> None:
    matcher = filled(PrefixMatcher, "a.b", "a.c")

    matcher.remove("a.b")

    assert list(matcher.matches("a.b.x")) == []
    assert list(matcher.matches("a.c.x")) == ["a.c"]


@pytest.mark.parametrize(
    ("uri", "first"),
    [
        ("a1.b2.c55.d4.e5", "a1.b2..d4.e5"),
        ("a1.b2.c33.d4.e5", "a1.b2.c33..e5"),
        ("a1.b2.c88.d4.e5.f6.g7", "a1.b2..d4.e5..g7"),
        ("a2.b2.c2.d2.e2", None),
    ],
)
def test_the_most_specific_wildcard_goes_first_as_in_the_specification(
    uri: str, first: str | None
) -> None:
    """Specification, "Calls matching multiple registrations", rows 4 to 7 of the example."""
    matcher = filled(
        WildcardMatcher, "a1.b2..d4.e5", "a1.b2.c33..e5", "a1.b2..d4.e5..g7", "a1.b2..d4..f6.g7"
    )

    assert next(iter(matcher.matches(uri)), None) == first


def test_a_pattern_of_nothing_but_gaps_matches_what_is_as_long() -> None:
    matcher = filled(WildcardMatcher, "", ".", "..")

    assert [list(matcher.matches(uri)) for uri in ("a", "a.b", "a.b.c")] == [[""], ["."], [".."]]


def test_a_shape_is_where_the_gaps_are() -> None:
    assert gaps("a..c.") == (False, True, False, True)
    assert gaps("") == (True,)


def test_a_wildcard_that_goes_leaves_those_beside_it() -> None:
    matcher = filled(WildcardMatcher, "a..c", "a.", "a..c.")

    matcher.remove("a..c")

    assert matcher.get("a..c") is None
    assert list(matcher.matches("a.b")) == ["a."]
    assert list(matcher.matches("a.b.c.d")) == ["a..c."]
    assert matcher.get("x.y") is None


def test_wildcards_that_went_leave_nothing_behind() -> None:
    matcher: WildcardMatcher[str] = WildcardMatcher()
    matcher.add("a..c", "one")
    matcher.add("a..d.", "two")

    matcher.remove("a..c")
    matcher.remove("a..d.")

    assert matcher._shapes_by_length == {}


def test_lengths_of_prefixes_that_went_are_tried_no_more() -> None:
    matcher: PrefixMatcher[str] = PrefixMatcher()
    matcher.add("a.b", "one")

    matcher.remove("a.b")

    assert matcher._lengths == []


components = st.sampled_from(["a", "b", "ab"])
uris = st.lists(components, min_size=1, max_size=4).map(".".join)
wildcards = st.lists(st.sampled_from(["", "a", "b"]), min_size=1, max_size=4).map(".".join)
prefixes = st.tuples(uris, st.integers(0, 6)).map(lambda drawn: drawn[0][: drawn[1]])


@given(st.lists(prefixes, unique=True), uris, st.data())
def test_prefixes_match_as_the_plain_rule_says(
    patterns: list[str], uri: str, data: st.DataObject
) -> None:
    matcher = filled(PrefixMatcher, *patterns)
    removed = data.draw(st.sets(st.sampled_from(patterns))) if patterns else set()
    for pattern in removed:
        matcher.remove(pattern)

    wanted = [each for each in patterns if each not in removed and prefix_matches(each, uri)]
    assert list(matcher.matches(uri)) == sorted(wanted, key=len, reverse=True)
    assert all((matcher.get(each) is None) is (each in removed) for each in patterns)


@given(st.lists(wildcards, unique=True), uris, st.data())
def test_wildcards_match_as_the_plain_rule_says(
    patterns: list[str], uri: str, data: st.DataObject
) -> None:
    matcher = filled(WildcardMatcher, *patterns)
    removed = data.draw(st.sets(st.sampled_from(patterns))) if patterns else set()
    for pattern in removed:
        matcher.remove(pattern)

    wanted = [each for each in patterns if each not in removed and wildcard_matches(each, uri)]
    assert list(matcher.matches(uri)) == sorted(wanted, key=portions, reverse=True)
    assert all((matcher.get(each) is None) is (each in removed) for each in patterns)


@pytest.mark.parametrize(
    ("policy", "pattern", "uri", "wanted"),
    [
        ("exact", "a.b", "a.b", True),
        ("exact", "a.b", "a.b.c", False),
        ("prefix", "a.b", "a.bc.d", True),
        ("prefix", "a.b", "a.c", False),
        ("wildcard", "a..c", "a.b.c", True),
        ("wildcard", "a..c", "a.b.d", False),
        ("wildcard", "a..", "a.b", False),
    ],
)
def test_one_pattern_can_be_looked_at_alone(
    policy: str, pattern: str, uri: str, wanted: bool
) -> None:
    assert is_match(policy, pattern, uri) is wanted
