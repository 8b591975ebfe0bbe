from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.transports.cookies import CookieMint
from wampedge.transports.quick_handshake import quick_answer
from wampedge.transports.websocket_server import ServerHandshake

REQUEST = (
    b"GET /ws HTTP/1.1\r\n"
    b"Host: 127.0.0.1:8080\r\n"
    b"Upgrade: websocket\r\n"
    b"Connection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: wamp.2.msgpack, wamp.2.json\r\n"
    b"\r\n"
)
COOKIES = CookieMint(60.0, bytes, is_known=lambda _cookie: False)


def test_a_plain_request_is_accepted() -> None:
    """RFC 6455 section 1.3 has the key of this request and its answer."""
    answer = quick_answer(REQUEST)

    assert answer is not None
    data, chosen = answer
    assert chosen.name == "wamp.2.msgpack"
    assert data == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        b"Sec-WebSocket-Protocol: wamp.2.msgpack\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Upgrade: websocket", b"UPGRADE:WebSocket "),
        (b"Connection: Upgrade", b"Connection: keep-alive, Upgrade"),
        (b"Upgrade: websocket", b"User-Agent: x\r\nUpgrade: websocket\r\nPragma: no-cache"),
    ],
)
def test_what_common_clients_write_is_plain(old: bytes, new: bytes) -> None:
    assert quick_answer(REQUEST.replace(old, new)) == quick_answer(REQUEST)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET", b"POST"),
        (b"/ws", b"/w\xc3\xa9"),
        (b"/1.1", b"/1.0"),
        (b"Host: 127.0.0.1:8080\r\n", b""),
        (b"Host: 127.0.0.1:8080", b"Host: a\r\nHost: b"),
        (b"Host: 127.0.0.1:8080", b"Host: a\x00"),
        (b"Host: 127.0.0.1:8080", b"Host: a\r\nOrigin: http://evil.example"),
        (b"Host: 127.0.0.1:8080", b"Host: a\r\nCookie: wampedge=1"),
        (b"Host: 127.0.0.1:8080", b"Host: a\r\n folded"),
        (b"Host: 127.0.0.1:8080", b"Host: a\r\nContent-Length: 1"),
        (b"Host: 127.0.0.1:8080", b"Host: a\r\nSec-WebSocket-Extensions: permessage-deflate"),
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"Connection: Upgrade", b"Connection: close"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBsZSBub25jZQ"),
        (b"Version: 13", b"Version: 8"),
        (b"wamp.2.msgpack,", b"mqtt,"),
        (b"wamp.2.msgpack,", b","),
    ],
)
def test_every_other_request_is_looked_at_more_closely(old: bytes, new: bytes) -> None:
    assert old in REQUEST

    assert quick_answer(REQUEST.replace(old, new)) is None


def test_a_browser_that_is_to_have_a_cookie_is_looked_at_more_closely() -> None:
    answer = ServerHandshake(cookies=COOKIES).receive(REQUEST)

    assert answer is not None
    assert b"Set-Cookie" in answer.data


def test_the_answer_is_given_by_the_handshake_with_what_came_behind_the_request() -> None:
    answer = ServerHandshake().receive(REQUEST + b"\x82")

    assert answer is not None
    assert (answer.data, answer.subprotocol) == quick_answer(REQUEST)
    assert (answer.leftover, answer.refusal) == (b"\x82", "")


@given(st.integers(0, len(REQUEST) - 5), st.binary(min_size=0, max_size=2))
def test_what_is_accepted_here_is_accepted_by_the_library_alike(at: int, damage: bytes) -> None:
    request = REQUEST[:at] + damage + REQUEST[at + 1 :]
    quickly = quick_answer(request)
    # Cookies make the handshake go the long way.
    answer = ServerHandshake(cookies=COOKIES).receive(request)

    assert quickly is None or (answer is not None and answer.subprotocol == quickly[1])
    if quickly is not None and answer is not None:
        (key,) = [line for line in quickly[0].split(b"\r\n") if b"-Accept:" in line]
        assert key in answer.data.split(b"\r\n")
