from __future__ import annotations

import os

import pytest

from wampedge.transports.cookies import CookieMint


def mint_that_knows(*cookies: str) -> CookieMint:
    return CookieMint(3600.5, os.urandom, is_known=frozenset(cookies).__contains__)


def test_a_cookie_cannot_be_guessed() -> None:
    mint = mint_that_knows()

    assert len(mint.make()) == 32
    assert mint.make() != mint.make()


def test_a_known_cookie_is_found_again() -> None:
    mint = mint_that_knows("crumb")

    assert mint.find(["a=b; wampedge=crumb; c=d"]) == "crumb"
    assert mint.find(["a=b", "wampedge=crumb"]) == "crumb"


@pytest.mark.parametrize("header", ["", "wampedge", "wampedge=", "other=crumb", "wampedge=crumbs"])
def test_what_stands_for_nobody_is_no_cookie(header: str) -> None:
    """A value that somebody else knows must never come to stand for a user."""
    mint = mint_that_knows("crumb")

    assert mint.find([header, "; =;;", f"wampedge={mint.make()}"]) is None


def test_a_strange_one_before_ours_does_not_hide_it() -> None:
    assert mint_that_knows("crumb").find(["wampedge=planted; wampedge=crumb"]) == "crumb"


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites(is_encrypted: bool) -> None:
    header = mint_that_knows().header("crumb", is_encrypted=is_encrypted)

    parts = header.split("; ")
    assert parts[:5] == [
        "wampedge=crumb",
        "Path=/",
        "Max-Age=3600",
        "HttpOnly",
        "SameSite=Strict",
    ]
    assert parts[5:] == (["Secure"] if is_encrypted else [])
