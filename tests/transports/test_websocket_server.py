from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.transports.cookies import CookieMint
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.websocket_server import ServerAnswer, ServerHandshake

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The sample of RFC 6455 section 1.3; its answer is s3pPLMBiTxaQ9kYGzzhZRbK+xOo=."""

HEADERS = {
    "Host": "127.0.0.1:8080",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "wamp.2.json",
}


def request(path: str = "/ws", changes: Mapping[str, str | None] | None = None) -> bytes:
    """Build a request; a header changed to None is left out."""
    headers: dict[str, str | None] = {**HEADERS, **(changes or {})}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


def answer_to(data: bytes, *origins: str) -> ServerAnswer:
    answer = ServerHandshake(OriginRule(origins)).receive(data)
    assert answer is not None
    return answer


def status_of(answer: ServerAnswer) -> int:
    return int(answer.data.split(b" ", 2)[1])


def test_the_sample_request_of_the_rfc_is_accepted() -> None:
    answer = answer_to(request() + b"\x81\x80")

    head = answer.data.decode()
    assert head.startswith("HTTP/1.1 101 Switching Protocols\r\n")
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head
    assert "Sec-WebSocket-Protocol: wamp.2.json\r\n" in head
    assert answer.subprotocol is not None
    assert answer.subprotocol.serializer.name == "json"
    assert answer.leftover == b"\x81\x80"
    assert answer.refusal == ""


def test_a_request_in_single_bytes_is_answered_at_its_end() -> None:
    handshake = ServerHandshake()
    data = request()

    answers = [handshake.receive(bytes((byte,))) for byte in data]

    assert answers[:-1] == [None] * (len(data) - 1)
    assert answers[-1] is not None
    assert status_of(answers[-1]) == 101


@pytest.mark.parametrize(
    ("offer", "chosen"),
    [
        ("wamp.2.msgpack, wamp.2.json", "msgpack"),
        ("wamp.2.json, wamp.2.msgpack", "json"),
        ("wamp.2.cbor, wamp.2.msgpack", "cbor"),
        ("wamp.2.ubjson, wamp.2.msgpack", "msgpack"),
        ("wamp.2.json.batched, wamp.2.json", "json"),
    ],
)
def test_the_clients_first_choice_among_ours_is_taken(offer: str, chosen: str) -> None:
    answer = answer_to(request(changes={"Sec-WebSocket-Protocol": offer}))

    assert answer.subprotocol is not None
    assert answer.subprotocol.serializer.name == chosen


def test_compression_is_declined() -> None:
    answer = answer_to(request(changes={"Sec-WebSocket-Extensions": "permessage-deflate"}))

    assert status_of(answer) == 101
    assert b"Extensions" not in answer.data


@pytest.mark.parametrize(
    ("changes", "status", "part"),
    [
        ({"Sec-WebSocket-Protocol": None}, 400, "names no subprotocol, this router speaks wamp"),
        ({"Sec-WebSocket-Protocol": "chat"}, 400, "offers chat, this router speaks wamp.2.json"),
        ({"Sec-WebSocket-Protocol": "wamp.2.jsön"}, 400, "non-ASCII"),
        ({"Sec-WebSocket-Protocol": "wamp.2.json," * 10_000}, 431, "longer than 16384 bytes"),
        # Each version of websockets says in its own words that the line is too long.
        ({"Sec-WebSocket-Protocol": "wamp.2.json," * 1000}, 400, ""),
        ({"Sec-WebSocket-Key": None}, 400, "Sec-WebSocket-Key"),
        ({"Sec-WebSocket-Key": "short"}, 400, "Sec-WebSocket-Key"),
        ({"Sec-WebSocket-Version": "8"}, 400, "Sec-WebSocket-Version"),
        ({"Connection": None}, 400, "Connection"),
        ({"Content-Length": "5"}, 400, "body"),
    ],
)
def test_a_request_that_cannot_be_served_is_told_why(
    changes: dict[str, str | None], status: int, part: str
) -> None:
    answer = answer_to(request(changes=changes))

    assert status_of(answer) == status
    assert part in answer.refusal
    assert answer.data.endswith(f"{answer.refusal}\n".encode())


@pytest.mark.parametrize("path", ["/", "/ws", "/lp/open?x=1"])
def test_a_request_without_upgrade_is_left_to_others(path: str) -> None:
    changes = {"Upgrade": None, "Connection": "keep-alive", "Upgrade-Insecure-Requests": "1"}

    answer = answer_to(request(path, changes) + b"GET /next")

    assert answer.plain is not None
    assert answer.plain.target == path
    assert answer.leftover == b"GET /next"
    assert (answer.data, answer.subprotocol, answer.refusal) == (b"", None, "")


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"POST / HTTP/1.1\r\n\r\n", "Host"),
        (b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", "non-ASCII"),
        (b"GET / HTTP/1.0\r\n\r\n", "HTTP/1.0"),
        (b"GET\r\n\r\n", "invalid HTTP request line"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "header"),
        (b"\x16\x03\x01\x02\x00\x01", "does not speak TLS"),
        (b"\x00", "neither HTTP nor RawSocket"),
    ],
)
def test_what_is_no_request_gets_400(data: bytes, part: str) -> None:
    answer = answer_to(data)

    assert status_of(answer) == 400
    assert part in answer.refusal


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("192.168.1.4", "http://192.168.1.4"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("localhost:8080", "http://LOCALHOST:8080"),
        (f"{socket.gethostname().lower()}:1", f"http://{socket.gethostname().lower()}:1"),
        ("127.0.0.1:8080", "https://panel.example"),
    ],
)
def test_pages_of_this_machine_and_listed_ones_may_connect(host: str, origin: str) -> None:
    answer = answer_to(request(changes={"Host": host, "Origin": origin}), "https://panel.example")

    assert status_of(answer) == 101


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8080", "https://evil.example"),
        ("127.0.0.1:8080", "http://127.0.0.1:9999"),
        ("127.0.0.1:8080", "null"),
        ("127.0.0.1:8080", "http://[::1"),
        ("[::1", "http://[::1"),
        ("rebound.evil.example:8080", "http://rebound.evil.example:8080"),
        ("127.0.0.1:8080", "file://127.0.0.1:8080"),
        ("", "http://"),
    ],
)
def test_foreign_pages_may_not_connect(host: str, origin: str) -> None:
    answer = answer_to(request(changes={"Host": host, "Origin": origin}))

    assert status_of(answer) == 403
    assert "may not connect" in answer.refusal


@given(st.binary(max_size=300))
def test_any_bytes_are_answered_or_waited_for(data: bytes) -> None:
    answer = ServerHandshake().receive(b"G" + data)

    assert answer is None or answer.plain or answer.data.startswith(b"HTTP/1.1 ")


header_texts = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=40)


@given(st.sampled_from(sorted(HEADERS)), header_texts, header_texts)
def test_any_header_value_is_answered(name: str, value: str, origin: str) -> None:
    headers = {**HEADERS, name: value, "Origin": origin}
    lines = [f"{key}: {text}" for key, text in headers.items()]
    data = "\r\n".join(["GET / HTTP/1.1", *lines, "", ""]).encode("latin-1")

    answer = answer_to(data)
    assert answer.plain or status_of(answer) in (101, 400, 403, 431)


def set_cookie_in(answer: ServerAnswer) -> str:
    lines = answer.data.decode().split("\r\n")
    return next((line for line in lines if line.startswith("Set-Cookie: ")), "")


def test_without_cookies_none_is_set_and_none_is_read() -> None:
    answer = answer_to(request(changes={"Cookie": "wampedge=crumb"}))

    assert (answer.cookie, answer.new_cookie) == (None, None)
    assert set_cookie_in(answer) == ""


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_a_browser_gets_a_cookie_until_it_has_one_that_stands_for_somebody(
    is_encrypted: bool,
) -> None:
    known: set[str] = set()
    mint = CookieMint(60.0, os.urandom, is_known=known.__contains__)
    given: list[ServerAnswer] = []
    for _ in range(3):
        handshake = ServerHandshake(cookies=mint)
        handshake.is_encrypted = is_encrypted
        sent = given[-1].new_cookie if given else "planted"
        answer = handshake.receive(request(changes={"Cookie": f"a=b; wampedge={sent}"}))
        assert answer is not None
        given.append(answer)
        if len(given) == 2:
            assert answer.new_cookie is not None
            known.add(answer.new_cookie)

    first, second, third = given
    for answer in (first, second):
        assert answer.cookie is None
        assert answer.new_cookie
        assert set_cookie_in(answer).startswith(f"Set-Cookie: wampedge={answer.new_cookie}; Path")
        assert set_cookie_in(answer).endswith("; Secure") is is_encrypted
    assert first.new_cookie != second.new_cookie
    assert (third.cookie, third.new_cookie) == (second.new_cookie, None)
    assert set_cookie_in(third) == ""


OFFER = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}


def test_an_offer_to_compress_is_declined_unless_that_is_wanted() -> None:
    answer = answer_to(request(changes=OFFER))

    assert status_of(answer) == 101
    assert b"Extensions" not in answer.data
    assert answer.compression is None


def test_an_offer_to_compress_is_taken_without_contexts_where_that_is_wanted() -> None:
    """RFC 7692 section 7.1: what keeps memory stays off, whatever was offered."""
    answer = ServerHandshake(compression=True).receive(request(changes=OFFER))

    assert answer is not None
    assert (
        b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover;"
        b" client_no_context_takeover; server_max_window_bits=12\r\n"
    ) in answer.data
    assert answer.compression is not None
    assert answer.compression.window_bits == 12


@pytest.mark.parametrize(
    ("offer", "window_bits"),
    [
        ("x-webkit-deflate-frame", None),
        ("permessage-deflate; server_max_window_bits=8", None),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", 12),
        ("permessage-deflate; server_max_window_bits=9", 9),
        ("permessage-deflate; unknown", None),
    ],
)
def test_the_first_offer_to_compress_that_can_be_kept_is_taken(
    offer: str, window_bits: int | None
) -> None:
    changes = {"Sec-WebSocket-Extensions": offer}

    answer = ServerHandshake(compression=True).receive(request(changes=changes))

    assert answer is not None
    assert status_of(answer) == 101
    assert (b"permessage-deflate" in answer.data) == (window_bits is not None)
    agreed = answer.compression
    assert (None if agreed is None else agreed.window_bits) == window_bits


def test_a_client_that_offers_nothing_is_answered_as_ever() -> None:
    answer = ServerHandshake(compression=True).receive(request())

    assert answer is not None
    assert answer.compression is None
    assert b"Extensions" not in answer.data
