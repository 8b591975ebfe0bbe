from __future__ import annotations

import pytest

from wampedge.transports.client_cookies import ClientCookies


def cookies_of(*headers: str) -> ClientCookies:
    cookies = ClientCookies()
    cookies.take(headers)
    return cookies


def test_what_a_router_gives_is_sent_back_to_it() -> None:
    cookies = cookies_of("a=1; Path=/; HttpOnly", "b=2=3; SameSite=Strict")
    cookies.take(["a=4"])

    assert cookies.header(is_encrypted=False) == "a=4; b=2=3"


def test_what_is_meant_for_tls_stays_there() -> None:
    cookies = cookies_of("a=1; Path=/; Secure")

    assert cookies.header(is_encrypted=False) == ""
    assert cookies.header(is_encrypted=True) == "a=1"


@pytest.mark.parametrize("header", ["", "a", "=1", "a=" + "x" * 4096])
def test_what_is_no_cookie_is_dropped(header: str) -> None:
    assert len(cookies_of(header)) == 0


def test_a_router_cannot_fill_our_memory() -> None:
    cookies = cookies_of(*(f"c{number}=1" for number in range(100)), "c0=2")

    assert len(cookies) == 16
    assert cookies.header(is_encrypted=False).startswith("c0=2; c1=1")
