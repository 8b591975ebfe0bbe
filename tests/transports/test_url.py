from __future__ import annotations

import pytest

from wampedge.errors import ConfigError
from wampedge.transports.url import TransportUrl, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ws://gh1.local:8080/ws?x=1",
            TransportUrl(framing="websocket", host="gh1.local", port=8080, resource="/ws?x=1"),
        ),
        ("ws://gh1.local", TransportUrl(framing="websocket", host="gh1.local", port=80)),
        (
            "wss://router.example/ws",
            TransportUrl(
                framing="websocket", host="router.example", port=443, resource="/ws", is_tls=True
            ),
        ),
        ("rs://[::1]:9000", TransportUrl(framing="rawsocket", host="::1", port=9000)),
        ("tcp://127.0.0.1:9000/", TransportUrl(framing="rawsocket", host="127.0.0.1", port=9000)),
        ("rss://a.b:1", TransportUrl(framing="rawsocket", host="a.b", port=1, is_tls=True)),
        ("unix:/run/w.sock", TransportUrl(framing="rawsocket", socket_path="/run/w.sock")),
        ("unix:w.sock", TransportUrl(framing="rawsocket", socket_path="w.sock")),
        ("unix:/run/w.sock?ws", TransportUrl(framing="websocket", socket_path="/run/w.sock")),
        ("ws://127.0.0.1:0/", TransportUrl(framing="websocket", host="127.0.0.1", port=0)),
    ],
)
def test_every_form_is_understood(text: str, expected: TransportUrl) -> None:
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ws://gh1.local:8080/ws?x=1",
        "wss://router.example:443/ws",
        "rs://[::1]:9000",
        "rss://a.b:1",
        "unix:/run/w.sock",
        "unix:/run/w.sock?ws",
    ],
)
def test_an_address_is_shown_as_it_is_written(text: str) -> None:
    assert str(parse_url(text)) == text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "unknown form"),
        ("gh1.local:8080", "unknown form"),
        ("http://gh1.local", "unknown form"),
        ("ws://", "names no host"),
        ("ws:///ws", "names no host"),
        ("rs://gh1.local", "names no port (write rs://host:port)"),
        ("ws://gh1.local:99999", "port out of range"),
        ("ws://gh1.local:x", "cannot be read"),
        ("ws://[::1", "cannot be read"),
        ("ws://gh1.local/#top", "fragment"),
        ("rs://gh1.local:1/ws", "RawSocket has none (drop /ws)"),
        ("ws://gh 1.local", "space, control or non-ASCII"),
        ("ws://gh1.local/\n", "space, control or non-ASCII"),
        ("ws://gewächshaus/", "space, control or non-ASCII"),
        ("unix:", "names no socket path"),
        ("unix://host/path", "names no socket path"),
        ("unix:/run/w.sock?json", "only ?ws is known"),
        ("unix:/" + "a" * 107, "108 bytes long (the system takes 107"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(text: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url(text)

    assert part in str(caught.value)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_url("ws://pilot:s3cret@gh1.local/")

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "is_loopback"),
    [
        ("ws://127.0.0.1:1", True),
        ("ws://127.9.9.9:1", True),
        ("ws://[::1]:1", True),
        ("ws://localhost:1", True),
        ("unix:/run/w.sock", True),
        ("ws://0.0.0.0:1", False),
        ("ws://[::]:1", False),
        ("ws://192.168.1.4:1", False),
        ("ws://localhost.evil.example:1", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(text: str, is_loopback: bool) -> None:
    assert parse_url(text).is_loopback is is_loopback
