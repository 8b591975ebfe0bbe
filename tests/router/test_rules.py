from __future__ import annotations

import pytest

from wampedge.errors import ConfigError
from wampedge.router.rules import Rules, is_rule


@pytest.mark.parametrize(
    ("rule", "covered", "others"),
    [
        ("edge.a", ["edge.a"], ["edge", "edge.a.b", "edge.ab", "edge.b", "Edge.a"]),
        ("edge.", ["edge.a", "edge.a.b"], ["edge", "edgeware", "edgeware.a", "other.edge.a"]),
        ("edge..x", ["edge.a.x", "edge.b.x"], ["edge.x", "edge.a.y", "edge.a.x.z", "edge.a.b.x"]),
        ("edge..x.", ["edge.a.x.y", "edge.a.x.y.z"], ["edge.a.x", "edge.a.y.z"]),
        (".a", ["x.a", "y.a"], ["a", "x.y.a"]),
        (".", ["a.b", "a.b.c"], ["a"]),
    ],
)
def test_a_rule_covers_its_uris_and_no_others(
    rule: str, covered: list[str], others: list[str]
) -> None:
    rules = Rules([rule])

    assert [uri for uri in covered if not rules.cover(uri)] == []
    assert [uri for uri in others if rules.cover(uri)] == []


def test_an_empty_list_covers_nothing() -> None:
    """ROBUSTNESS section 4: an empty allow list means nobody."""
    assert not Rules([]).cover("edge.a")


def test_one_of_several_rules_is_enough() -> None:
    assert Rules(["edge.a", "edge.b"]).cover("edge.b")


@pytest.mark.parametrize(
    ("rule", "policy", "pattern", "is_covered"),
    [
        ("edge.a", "prefix", "edge.a", False),
        ("edge.a.", "prefix", "edge.a", False),
        ("edge.a.", "prefix", "edge.a.", True),
        ("edge.a.", "prefix", "edge.a.lam", True),
        ("edge.a.", "prefix", "edge.", False),
        ("edge.", "prefix", "edge.a.", True),
        ("edge..", "prefix", "edge.a.", True),
        ("edge..b", "prefix", "edge.a.b", False),
        ("edge.", "prefix", "", False),
        ("edge.a", "wildcard", "edge.", False),
        ("edge..x", "wildcard", "edge..x", True),
        ("edge..x", "wildcard", "edge.a.x", True),
        ("edge.a.x", "wildcard", "edge..x", False),
        ("edge..x", "wildcard", "edge..", False),
        ("edge.", "wildcard", "edge..x", True),
        ("edge.", "wildcard", ".a", False),
        (".", "wildcard", "..", True),
    ],
)
def test_a_pattern_is_covered_with_all_that_it_matches(
    rule: str, policy: str, pattern: str, is_covered: bool
) -> None:
    assert Rules([rule]).cover(pattern, policy) is is_covered


def test_the_name_of_the_user_stands_where_the_rule_wants_it() -> None:
    rules = Rules(["edge.users.{authid}.", "edge.from_{authid}", "edge.all"])

    tom = rules.for_user("tom")

    assert rules.names_user
    assert tom.cover("edge.users.tom.inbox")
    assert tom.cover("edge.from_tom")
    assert tom.cover("edge.all")
    assert not tom.cover("edge.users.ann.inbox")
    assert not rules.cover("edge.users.{authid}.inbox")


@pytest.mark.parametrize("authid", ["", "ann.x", ".", "a b", "{authid}", "#"])
def test_a_name_that_is_no_component_opens_nothing(authid: str) -> None:
    rules = Rules(["edge.{authid}.", "edge.all"]).for_user(authid)

    assert rules.cover("edge.all")
    assert not rules.cover("edge.ann.x.y")
    assert not rules.cover(f"edge.{authid}.y")


def test_rules_without_the_name_are_the_same_for_all() -> None:
    rules = Rules(["edge."])

    assert not rules.names_user
    assert rules.for_user("tom") is rules


@pytest.mark.parametrize("text", ["", "a b", "edge.#", "edge.{user}", "{", "a" * 256, "edge.\n"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    assert not is_rule(text)
    with pytest.raises(ConfigError, match="not a rule"):
        Rules([text])
