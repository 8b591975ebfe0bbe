from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.wamp.uris import is_loose_uri, is_reserved_uri, is_strict_uri


@pytest.mark.parametrize(
    "uri", ["a", "edge.gh1.drip.on", "com.Example.T-1", "ünïcode.日本", "a.b/c:d"]
)
def test_loose_uris(uri: str) -> None:
    assert is_loose_uri(uri)
    assert is_loose_uri(uri, allow_empty_components=True)


@pytest.mark.parametrize(
    "uri", ["a b", "a#b", "a.b\n", "a\0b", "a\x07", "a\x7fb", "a\x85b", "\u2003"]
)
def test_white_space_hashes_and_control_characters_are_refused(uri: str) -> None:
    """Rows P18 and P19."""
    assert not is_loose_uri(uri)
    assert not is_loose_uri(uri, allow_empty_components=True)
    assert not is_strict_uri(uri)


@pytest.mark.parametrize("uri", ["", ".", "a..b", ".a", "a.", "a.b..c.", ".."])
def test_empty_components_belong_to_patterns_only(uri: str) -> None:
    assert not is_loose_uri(uri)
    assert not is_strict_uri(uri)
    assert is_loose_uri(uri, allow_empty_components=True)
    assert is_strict_uri(uri, allow_empty_components=True)


@pytest.mark.parametrize("uri", ["a", "edge.gh_1.drip2.on", "_"])
def test_strict_uris(uri: str) -> None:
    assert is_strict_uri(uri)


@pytest.mark.parametrize("uri", ["A", "a-b", "ü.a", "a.b:c", "٣"])
def test_strict_uris_are_lower_case_letters_digits_and_underscores(uri: str) -> None:
    assert not is_strict_uri(uri)


def test_a_uri_has_at_most_255_bytes() -> None:
    assert is_loose_uri("a" * 255)
    assert not is_loose_uri("a" * 256)
    assert is_loose_uri("ü" * 127)
    assert not is_loose_uri("ü" * 128)


def test_a_lone_surrogate_is_no_uri() -> None:
    assert not is_loose_uri("a.\ud800")


@pytest.mark.parametrize("uri", ["wamp", "wamp.session.on_join", "wampedge.error.busy", "wampedge"])
def test_uris_under_wamp_and_wampedge_are_reserved(uri: str) -> None:
    assert is_reserved_uri(uri)


@pytest.mark.parametrize("uri", ["wampy.x", "wamped", "edge.wamp", "", "Wamp.x"])
def test_other_uris_are_free(uri: str) -> None:
    assert not is_reserved_uri(uri)


@given(st.text())
def test_a_strict_uri_is_a_loose_one(text: str) -> None:
    assert is_loose_uri(text) or not is_strict_uri(text)


@given(st.lists(st.text("ab_1", max_size=3), min_size=1, max_size=6))
def test_a_uri_is_its_components(components: list[str]) -> None:
    uri = ".".join(components)

    assert is_strict_uri(uri) is all(components)
    assert is_strict_uri(uri, allow_empty_components=True)
