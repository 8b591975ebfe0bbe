from __future__ import annotations

import re

import pytest
from websockets.utils import accept_key

from wampedge.errors import ConnectError
from wampedge.transports.limits import TransportLimits
from wampedge.transports.subprotocols import WampSubprotocol
from wampedge.transports.url import parse_url
from wampedge.transports.websocket_client import WebSocketHandshake
from wampedge.wamp.serializers import SERIALIZERS


def handshake(url: str = "ws://router.example:8080/ws?a=1") -> WebSocketHandshake:
    offered = [WampSubprotocol(SERIALIZERS["msgpack"]), WampSubprotocol(SERIALIZERS["json"])]
    return WebSocketHandshake(parse_url(url), offered, TransportLimits())


def acceptance(request: bytes, *lines: str) -> bytes:
    match = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
    assert match is not None
    head = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_key(match[1].decode())}",
        *lines,
        "",
        "",
    ]
    return "\r\n".join(head).encode()


def test_the_request_names_host_path_and_offers_in_order() -> None:
    head = handshake().request().decode()

    assert head.startswith("GET /ws?a=1 HTTP/1.1\r\n")
    assert "Host: router.example:8080\r\n" in head
    assert "Sec-WebSocket-Protocol: wamp.2.msgpack, wamp.2.json\r\n" in head
    assert "Extensions" not in head


def test_a_unix_socket_is_asked_as_localhost() -> None:
    assert b"Host: localhost\r\n" in handshake("unix:/run/w.sock?ws").request()


def test_an_acceptance_gives_serializer_and_the_frames_behind_it() -> None:
    shake = handshake()
    data = acceptance(shake.request(), "Sec-WebSocket-Protocol: wamp.2.json") + b"\x89\x00"

    answers = [shake.receive(data[:50]), shake.receive(data[50:])]

    assert answers[0] is None
    agreed = answers[1]
    assert agreed is not None
    assert agreed.serializer.name == "json"
    assert agreed.leftover == b"\x89\x00"
    assert agreed.framing.frame_key == ""


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno entry\n",
            "the server answered HTTP 403 Forbidden: 'no entry'",
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP 404 Not Found"),
        (
            b"HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
            "HTTP 502 Bad",
        ),
        (
            b"220 mail.example ESMTP\r\n\r\n",
            "no WebSocket handshake: did not receive a valid HTTP response",
        ),
        (b"x" * 20000, "no HTTP"),
    ],
)
def test_a_refusal_is_told_in_plain_words(answer: bytes, part: str) -> None:
    shake = handshake()
    shake.request()

    with pytest.raises(ConnectError) as caught:
        shake.receive(answer)

    assert part in str(caught.value)
    assert "<html>" not in str(caught.value)


def test_a_refusal_whose_text_comes_later_is_waited_for() -> None:
    shake = handshake()
    shake.request()

    assert shake.receive(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\n") is None
    with pytest.raises(ConnectError, match="403 Forbidden: 'no!'"):
        shake.receive(b"no!")


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        ([], "none of the WAMP subprotocols offered (wamp.2.msgpack, wamp.2.json)"),
        (["Sec-WebSocket-Protocol: chat"], "unsupported subprotocol"),
        (["Sec-WebSocket-Extensions: permessage-deflate"], "no extensions supported"),
    ],
)
def test_an_acceptance_of_something_else_is_refused(lines: list[str], part: str) -> None:
    shake = handshake()
    answer = acceptance(shake.request(), *lines)

    with pytest.raises(ConnectError) as caught:
        shake.receive(answer)

    assert part in str(caught.value)


def test_a_wrong_key_is_refused() -> None:
    shake = handshake()
    shake.request()
    other = acceptance(handshake().request(), "Sec-WebSocket-Protocol: wamp.2.json")

    with pytest.raises(ConnectError, match="Sec-WebSocket-Accept"):
        shake.receive(other)


@pytest.mark.parametrize(
    ("received", "part"),
    [
        (b"", "during the opening handshake"),
        (b"HTTP/1.1 101 Swi", "during the opening handshake"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\nfull", "HTTP 503 Service Unavailable: 'full'"),
    ],
)
def test_an_end_before_the_answer_is_told(received: bytes, part: str) -> None:
    shake = handshake()
    shake.request()
    if received:
        assert shake.receive(received) is None

    assert part in str(shake.end_of_stream())


def compressing() -> WebSocketHandshake:
    offered = [WampSubprotocol(SERIALIZERS["json"])]
    url = parse_url("ws://router.example:8080/ws")
    return WebSocketHandshake(url, offered, TransportLimits(), compression=True)


JSON = "Sec-WebSocket-Protocol: wamp.2.json"


def test_compression_is_offered_without_contexts() -> None:
    """RFC 7692 section 7.1."""
    head = compressing().request()

    assert (
        b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover;"
        b" client_no_context_takeover; client_max_window_bits\r\n"
    ) in head


@pytest.mark.parametrize(
    ("answer", "first_byte"),
    [
        ([], 0x81),
        (["Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"], 0xC1),
    ],
)
def test_messages_are_compressed_if_the_router_agrees(answer: list[str], first_byte: int) -> None:
    shake = compressing()

    agreed = shake.receive(acceptance(shake.request(), JSON, *answer))

    assert agreed is not None
    assert agreed.framing.frame(b"[1]" * 100)[0] == first_byte


@pytest.mark.parametrize(
    "answer",
    [
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits=8",
        "permessage-deflate; server_no_context_takeover; unknown",
        "permessage-bzip2",
    ],
)
def test_a_router_that_agrees_to_something_else_is_not_joined(answer: str) -> None:
    shake = compressing()
    data = acceptance(shake.request(), JSON, f"Sec-WebSocket-Extensions: {answer}")

    with pytest.raises(ConnectError, match=r"no WebSocket handshake: .*xtension"):
        shake.receive(data)
