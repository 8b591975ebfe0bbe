from __future__ import annotations

import os

import pytest

from wampedge.transports.cookies import CookieMint


def test_a_mint_knows_its_own_cookies_again() -> None:
    mint = CookieMint(3600.0, os.urandom)
    cookie = mint.make()

    assert len(cookie) == 48
    assert mint.find([f"a=b; wampedge={cookie}; c=d"]) == cookie
    assert mint.find(["a=b", f"wampedge={cookie}"]) == cookie
    assert mint.make() != cookie


@pytest.mark.parametrize(
    "header", ["", "wampedge", "wampedge=", "wampedge=abc", "other={}", "wampedge={}x", "; =;;"]
)
def test_what_it_did_not_make_is_no_cookie(header: str) -> None:
    """A value chosen by somebody else must never come to stand for a user."""
    mint = CookieMint(3600.0, os.urandom)

    assert mint.find([header.format(mint.make())]) is None


def test_a_cookie_of_another_process_is_none() -> None:
    cookie = CookieMint(3600.0, os.urandom).make()

    assert CookieMint(3600.0, os.urandom).find([f"wampedge={cookie}"]) is None


def test_a_strange_one_before_ours_does_not_hide_it() -> None:
    mint = CookieMint(3600.0, os.urandom)
    cookie = mint.make()

    assert mint.find([f"wampedge=planted; wampedge={cookie}"]) == cookie


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites(is_encrypted: bool) -> None:
    header = CookieMint(3600.5, os.urandom).header("crumb", is_encrypted=is_encrypted)

    parts = header.split("; ")
    assert parts[:5] == [
        "wampedge=crumb",
        "Path=/",
        "Max-Age=3600",
        "HttpOnly",
        "SameSite=Strict",
    ]
    assert parts[5:] == (["Secure"] if is_encrypted else [])
