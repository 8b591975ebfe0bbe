from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import ApplicationError
from wampedge.router.matching import MATCHERS, ExactMatcher, Routes, check_uri, quoted


class PrefixMatcher:
    """A second way to match, as a later release may add one."""

    policy = "prefix"
    is_exact = False
    has_wildcards = True

    def __init__(self) -> None:
        self._entry_by_prefix: dict[str, str] = {}

    def add(self, pattern: str, entry: str) -> None:
        self._entry_by_prefix[pattern] = entry

    def remove(self, pattern: str) -> None:
        del self._entry_by_prefix[pattern]

    def get(self, pattern: str) -> str | None:
        return self._entry_by_prefix.get(pattern)

    def matches(self, uri: str) -> Iterator[str]:
        for prefix in sorted(self._entry_by_prefix, key=len, reverse=True):
            if uri.startswith(prefix):
                yield self._entry_by_prefix[prefix]


def exact_routes(max_remembered: int = 100) -> Routes[str]:
    return Routes([ExactMatcher[str]()], max_remembered=max_remembered)


def entries(routes: Routes[str], uri: str) -> tuple[str, ...]:
    return routes.find(uri).entries


def test_exact_matching_is_the_only_way_so_far() -> None:
    assert [make().policy for make in MATCHERS] == ["exact"]


def test_an_exact_pattern_matches_only_itself() -> None:
    routes = exact_routes()

    routes.add("exact", "edge.pump", "pump")

    assert entries(routes, "edge.pump") == ("pump",)
    assert entries(routes, "edge") == ()
    assert entries(routes, "edge.pump.state") == ()
    assert entries(routes, "edge.Pump") == ()


def test_an_entry_added_after_a_look_is_found() -> None:
    routes = exact_routes()
    assert entries(routes, "edge.pump") == ()

    routes.add("exact", "edge.pump", "pump")

    assert entries(routes, "edge.pump") == ("pump",)


def test_a_removed_entry_is_found_no_more() -> None:
    routes = exact_routes()
    routes.add("exact", "edge.pump", "pump")
    assert entries(routes, "edge.pump") == ("pump",)

    routes.remove("exact", "edge.pump")

    assert entries(routes, "edge.pump") == ()
    assert routes.get("exact", "edge.pump") is None


def test_a_pattern_gives_back_its_entry() -> None:
    routes = exact_routes()

    routes.add("exact", "edge.pump", "pump")

    assert routes.get("exact", "edge.pump") == "pump"


def test_a_route_is_worked_out_once() -> None:
    routes = exact_routes()
    routes.add("exact", "edge.pump", "pump")
    pump, fan = routes.find("edge.pump"), routes.find("edge.fan")

    assert routes.find("edge.pump") is pump
    assert routes.find("edge.fan") is fan


def test_an_entry_makes_only_its_own_route_forgotten() -> None:
    routes = exact_routes()
    fan = routes.find("edge.fan")

    routes.add("exact", "edge.pump", "pump")

    assert routes.find("edge.fan") is fan


def test_the_memory_of_routes_is_bounded() -> None:
    routes = exact_routes(max_remembered=2)
    first = routes.find("edge.a")
    routes.find("edge.b")

    routes.find("edge.c")

    assert routes.find("edge.a") is not first


@pytest.mark.parametrize("uri", ["wamp.session.on_join", "wampedge.node", "wamp", "wampedge"])
def test_a_route_knows_that_its_uri_is_reserved(uri: str) -> None:
    assert exact_routes().find(uri).is_reserved


@pytest.mark.parametrize("uri", ["wamper.x", "edge.wamp", "wampedges"])
def test_a_route_knows_that_its_uri_is_free(uri: str) -> None:
    assert not exact_routes().find(uri).is_reserved


def test_another_matcher_slots_in_behind_the_exact_one() -> None:
    routes: Routes[str] = Routes([ExactMatcher[str](), PrefixMatcher()])
    routes.add("prefix", "edge.", "all of edge")
    routes.add("exact", "edge.pump", "pump")
    assert entries(routes, "edge.pump") == ("pump", "all of edge")
    assert entries(routes, "edge.fan") == ("all of edge",)

    routes.remove("prefix", "edge.")

    assert entries(routes, "edge.pump") == ("pump",)
    assert entries(routes, "edge.fan") == ()


def test_a_pattern_with_gaps_is_allowed_only_where_gaps_have_a_meaning() -> None:
    routes: Routes[str] = Routes([ExactMatcher[str](), PrefixMatcher()])

    assert routes.get("prefix", "edge..state") is None
    with pytest.raises(ApplicationError):
        routes.get("exact", "edge..state")


@pytest.mark.parametrize(
    "uri",
    ["", " ", "a b", "a#b", "a..b", ".a", "a.", "a\x00b", "a\nb", "a" * 256, "\ud800"],
)
def test_what_is_no_uri_has_no_route(uri: str) -> None:
    """Specification, "Relaxed/Loose URIs"; ROBUSTNESS P18 to P20."""
    with pytest.raises(ApplicationError) as caught:
        exact_routes().find(uri)

    assert caught.value.uri == "wamp.error.invalid_uri"


def test_a_uri_of_255_bytes_is_the_longest() -> None:
    check_uri("a" * 255)
    check_uri("ä" * 127)
    with pytest.raises(ApplicationError):
        check_uri("ä" * 128)


def test_a_short_text_is_quoted_whole() -> None:
    assert quoted("edge.pump") == "'edge.pump'"


def test_a_long_text_is_cut_when_quoted() -> None:
    assert quoted("a" * 1_000_000) == "'" + "a" * 64 + "'..."


@given(st.text())
def test_a_quoted_text_is_printable_and_short(text: str) -> None:
    """Ten characters (``\\U0010ffff``) are the most one character takes when escaped."""
    assert quoted(text).isprintable()
    assert len(quoted(text)) <= 64 * 10 + 5
