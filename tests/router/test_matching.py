from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import ApplicationError
from wampedge.router.matchers import MATCHERS, ExactMatcher
from wampedge.router.matching import Routes, quoted


def exact_routes(max_remembered: int = 100) -> Routes[str]:
    return Routes([ExactMatcher[str]()], max_remembered=max_remembered)


def all_routes(max_remembered: int = 100) -> Routes[str]:
    return Routes([make() for make in MATCHERS], max_remembered=max_remembered)


def entries(routes: Routes[str], uri: str) -> tuple[str, ...]:
    return routes.find(uri).entries


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


def test_a_reserved_uri_leads_only_where_it_may() -> None:
    asked: list[tuple[str, str]] = []

    def may_lead(uri: str, entry: str) -> bool:
        asked.append((uri, entry))
        return entry == "meta"

    routes: Routes[str] = Routes([make() for make in MATCHERS], may_lead=may_lead)
    routes.add("prefix", "", "all")
    routes.add("prefix", "wamp.", "meta")

    assert entries(routes, "wamp.session.on_join") == ("meta",)
    assert entries(routes, "edge.pump") == ("all",)
    assert asked == [("wamp.session.on_join", "meta"), ("wamp.session.on_join", "all")]


@pytest.mark.parametrize("uri", ["wamper.x", "edge.wamp", "wampedges"])
def test_a_route_knows_that_its_uri_is_free(uri: str) -> None:
    assert not exact_routes().find(uri).is_reserved


def test_an_exact_entry_that_goes_makes_room_in_the_memory() -> None:
    routes = exact_routes(max_remembered=4)
    first = routes.find("edge.a")
    routes.add("exact", "edge.b", "b")
    routes.find("edge.b")

    routes.remove("exact", "edge.b")
    routes.find("edge.c")
    routes.find("edge.d")

    assert routes.find("edge.a") is first


def test_the_memory_counts_the_entries_a_route_leads_to() -> None:
    routes = all_routes(max_remembered=5)
    for prefix in ("e", "ed", "edg"):
        routes.add("prefix", prefix, prefix)
    other = routes.find("x")
    crowded = routes.find("edge")
    assert routes.find("x") is other

    routes.find("y")

    assert routes.find("edge") is not crowded


def test_a_route_too_big_to_be_remembered_is_still_found() -> None:
    routes = all_routes(max_remembered=1)
    routes.add("prefix", "e", "e")

    assert entries(routes, "edge") == ("e",)
    assert entries(routes, "edge") == ("e",)


def test_exact_goes_before_prefix_and_prefix_before_wildcard() -> None:
    """Specification, "Calls matching multiple registrations"."""
    routes = all_routes()

    routes.add("wildcard", "edge.", "any of edge")
    routes.add("prefix", "edge.", "all of edge")
    routes.add("exact", "edge.pump", "pump")

    assert entries(routes, "edge.pump") == ("pump", "all of edge", "any of edge")
    assert entries(routes, "edge.fan") == ("all of edge", "any of edge")
    assert entries(routes, "edge.fan.state") == ("all of edge",)


@pytest.mark.parametrize(("policy", "pattern"), [("prefix", "edge."), ("wildcard", ".pump")])
def test_a_pattern_that_comes_or_goes_changes_what_was_looked_up(policy: str, pattern: str) -> None:
    routes = all_routes()
    routes.add("exact", "edge.pump", "pump")
    assert entries(routes, "edge.pump") == ("pump",)

    routes.add(policy, pattern, "more")
    assert entries(routes, "edge.pump") == ("pump", "more")

    routes.remove(policy, pattern)
    assert entries(routes, "edge.pump") == ("pump",)


def test_a_pattern_with_gaps_is_allowed_only_where_gaps_have_a_meaning() -> None:
    routes = all_routes()

    assert routes.get("wildcard", "edge..state") is None
    for policy in ("exact", "prefix"):
        with pytest.raises(ApplicationError) as caught:
            routes.get(policy, "edge..state")
        assert caught.value.uri == "wamp.error.invalid_uri"


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
    routes = exact_routes()

    assert entries(routes, "a" * 255) == ()
    assert entries(routes, "ä" * 127) == ()
    with pytest.raises(ApplicationError):
        routes.find("ä" * 128)


def test_a_short_text_is_quoted_whole() -> None:
    assert quoted("edge.pump") == "'edge.pump'"


def test_a_long_text_is_cut_when_quoted() -> None:
    assert quoted("a" * 1_000_000) == "'" + "a" * 64 + "'..."


@given(st.text())
def test_a_quoted_text_is_printable_and_short(text: str) -> None:
    """Ten characters (``\\U0010ffff``) are the most one character takes when escaped."""
    assert quoted(text).isprintable()
    assert len(quoted(text)) <= 64 * 10 + 5
