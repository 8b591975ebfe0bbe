from __future__ import annotations

from typing import Any

import pytest

from wampedge.config.url_kinds import ListenUrl, UpstreamUrl, UriPrefix, UriText
from wampedge.devices.fields import Field, FieldError


def complaint(kind: Field, value: Any) -> str:
    with pytest.raises(FieldError) as caught:
        kind.convert(value)
    return str(caught.value)


@pytest.mark.parametrize("prefix", ["edge.gh1", "a", "fleet.rovers.rover_1", "wampum.x"])
def test_a_prefix_is_names_joined_by_dots(prefix: str) -> None:
    assert UriPrefix().convert(prefix) == prefix


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("edge..gh1", 'got "edge..gh1" (write "edge.gh1")'),
        ("Edge Gh1", 'got "Edge Gh1" (write "edge_gh1")'),
        ("edge.{secret}", 'got "edge.{secret}"'),
        (".edge", 'got ".edge" (write "edge")'),
        ("", 'got ""'),
        ("#", 'got "#"'),
    ],
)
def test_other_prefixes_are_refused_with_the_fix(value: str, text: str) -> None:
    assert complaint(UriPrefix(), value) == (
        f"must be names of a-z, 0-9 and _ joined by dots, {text}"
    )


@pytest.mark.parametrize("value", ["wamp", "wamp.gh1", "wampedge.gh1"])
def test_a_reserved_prefix_is_refused(value: str) -> None:
    root = value.partition(".")[0]

    assert complaint(UriPrefix(), value) == (
        f'must not be under {root}, got "{value}" (the router keeps it for itself)'
    )


def test_a_prefix_is_not_endless_and_a_text() -> None:
    assert complaint(UriPrefix(), "a" * 300) == "must leave room in URIs of 255 bytes, got 300"
    assert complaint(UriPrefix(), 5) == "must be a text, got 5"


def test_a_realm_is_any_loose_uri() -> None:
    assert UriText().convert("com.example.Realm-1") == "com.example.Realm-1"
    for value in ("my realm", "a#b", "", "a..b", 5, "x" * 256):
        assert complaint(UriText(), value).startswith("must be a WAMP URI, without spaces and #")


@pytest.mark.parametrize(
    "url",
    ["ws://router.example/ws", "wss://h:1/x", "tcp://h:8000", "rss://h:1", "unix:/run/x.sock"],
)
def test_an_upstream_is_any_address(url: str) -> None:
    assert UpstreamUrl().convert(url) == url


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://h/", "has an unknown form (want ws://"),
        ("ws://h:0/", "must name a port other than 0"),
        ("unix:", "names no socket path"),
        ("unix:relative", "must name the socket by an absolute path"),
        ("rs://h", "names no port"),
        ("ws://h:99999/", "cannot be read"),
        ("ws://me:hunter2@h/", "holds a user name or password"),
        (5, "must be a text, got 5"),
    ],
)
def test_what_is_no_address_is_refused(url: Any, text: str) -> None:
    refusal = complaint(UpstreamUrl(), url)

    assert refusal.startswith(text)
    assert "hunter2" not in refusal


@pytest.mark.parametrize(
    "url", ["unix:", "unix:/run/x", "ws://127.0.0.1:8080/ws", "rs://[::1]:1", "ws://localhost:0/"]
)
def test_a_router_listens_on_loopback_and_unix_sockets(url: str) -> None:
    assert ListenUrl().convert(url) == url


def test_whether_an_address_may_be_listened_on_is_for_the_whole_section_to_say() -> None:
    for url in ("ws://0.0.0.0:8080/", "wss://127.0.0.1:1/"):
        assert ListenUrl().convert(url) == url


def test_what_is_no_address_to_listen_on_is_refused() -> None:
    assert complaint(ListenUrl(), 8080) == "must be a text, got 8080"
    assert complaint(ListenUrl(), "x").startswith("has an unknown form")
