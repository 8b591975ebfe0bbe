"""Heads of requests; those that end a connection stand in ``tests/wire/test_http.py``."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.transports.http.requests import BadRequestError, RequestHead, parse_head


def head_of(*lines: str, first: str = "GET /a?b=c HTTP/1.1") -> RequestHead:
    return parse_head("\r\n".join([first, "Host: localhost", *lines, "", ""]).encode())


def test_a_head_is_taken_apart() -> None:
    head = head_of("X-A: 1", "x-a:2 ", "Content-Length: 12", first="POST /a%20b?c=d?e HTTP/1.1")

    assert (head.method, head.path, head.target) == ("POST", "/a%20b", "/a%20b?c=d?e")
    assert head.all("x-a") == ("1", "2")
    assert head.one("x-a") == "1, 2"
    assert (head.all("x-b"), head.one("x-b")) == ((), "")
    assert (head.body_bytes, head.is_last, head.awaits_continue) == (12, False, False)


def test_words_of_the_connection_are_found_in_any_spelling() -> None:
    assert head_of("Connection: Keep-Alive, Close").is_last
    assert head_of("Expect: 100-Continue").awaits_continue
    assert not head_of("Connection: keep-alive").is_last


@pytest.mark.parametrize(
    ("first", "status"),
    [
        ("GET /", 400),
        ("GET  / HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400),
        ("GET / HTTP/1.0", 400),
        ("GET / HTTP/2.0", 400),
        ("GET http://localhost/ HTTP/1.1", 400),
        ("OPTIONS * HTTP/1.1", 400),
        ("PRI * HTTP/2.0", 400),
        ("BREW / HTTP/1.1", 405),
        ("get / HTTP/1.1", 405),
        ("GET /\tHTTP/1.1", 400),
    ],
)
def test_other_request_lines_are_refused(first: str, status: int) -> None:
    with pytest.raises(BadRequestError) as caught:
        head_of(first=first)

    assert caught.value.status == status


def test_there_must_be_one_host() -> None:
    with pytest.raises(BadRequestError, match="one Host"):
        parse_head(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(BadRequestError, match="one Host"):
        head_of("Host: localhost")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_head_or_a_bad_request(data: bytes) -> None:
    for given_bytes in (data, b"GET / HTTP/1.1\r\nHost: a\r\n" + data + b"\r\n\r\n"):
        with contextlib.suppress(BadRequestError):
            head = parse_head(given_bytes)
            assert head.target.startswith("/")
            assert all(name == name.lower() for name in head.fields)
