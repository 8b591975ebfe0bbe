from __future__ import annotations

import pytest

from tests.router.guests import come, hello, site_of
from wampedge.router import RealmSettings, User
from wampedge.router.cookies import Cookies, Remembered
from wampedge.wamp.auth import sign_ticket
from wampedge.wamp.auth_proofs import TicketProof
from wampedge.wamp.evidence import Evidence
from wampedge.wamp.messages import Abort, Goodbye, Welcome

NO_METHOD = "wamp.error.no_matching_auth_method"
TOM = User("tom", "gardener", TicketProof("tomato"))
ANN = User("ann", "gardener", TicketProof("tomato"))
EDGE = RealmSettings("edge", users=(TOM,))
NEW = Evidence(new_cookie="crumb")
BROWSER = Evidence(cookie="crumb")


def cookies_of(*names: str, keep_s: float = 60.0) -> Cookies:
    cookies = Cookies(keep_s, lambda: 1000.0)
    for name in names:
        cookies.remember(name, realm="edge", authid="tom", role="gardener", provider="static")
    return cookies


def test_a_cookie_stands_for_its_user_in_its_realm() -> None:
    cookies = cookies_of("crumb")

    assert cookies.find("crumb", "edge") == Remembered("edge", "tom", "gardener", "static", 1060.0)
    assert cookies.find("crumb", "other") is None
    assert cookies.find("bread", "edge") is None
    assert cookies.is_known("crumb")
    assert not cookies.is_known("bread")
    assert cookies.find(None, "edge") is None


def test_the_oldest_of_too_many_cookies_is_void() -> None:
    cookies = cookies_of("first", *(f"c{number}" for number in range(1000)))

    assert len(cookies) == 1000
    assert cookies.find("first", "edge") is None
    assert cookies.find("c0", "edge")


def test_all_cookies_of_a_user_can_be_made_void() -> None:
    cookies = cookies_of("one", "two")
    cookies.remember("three", realm="edge", authid="ann", role="r", provider="static")

    assert cookies.forget_user("edge", "tom") == 2
    assert cookies.forget_user("edge", "tom") == 0
    assert cookies.find("three", "edge")


def test_nothing_is_remembered_unless_it_is_switched_on() -> None:
    cookies = cookies_of("crumb", keep_s=0.0)

    assert not cookies.is_on
    assert len(cookies) == 0


def test_a_browser_that_has_proved_who_it_is_needs_no_second_proof() -> None:
    site = site_of(EDGE, cookies_keep_s=60.0)
    first = come(site, evidence=NEW)
    first.ask(hello("cookie", "ticket", authid="tom"))
    assert isinstance(first.ask(sign_ticket("tomato")), Welcome)

    welcome = come(site, evidence=BROWSER).ask(hello("cookie"))

    told = [welcome.details[f"auth{key}"] for key in ("id", "role", "method", "provider")]
    assert told == ["tom", "gardener", "cookie", "static"]


def test_a_cookie_alone_is_nothing_before_a_proof_and_after_its_time() -> None:
    site = site_of(EDGE, cookies_keep_s=60.0)

    assert come(site, evidence=BROWSER).aborted(hello("cookie")) == NO_METHOD
    first = come(site, evidence=NEW)
    first.ask(hello("ticket", authid="tom"))
    first.ask(sign_ticket("tomato"))
    site.wait(60.0)

    assert come(site, evidence=BROWSER).aborted(hello("cookie")) == NO_METHOD
    assert len(site.router.cookies) == 0


def test_a_cookie_does_not_make_its_browser_somebody_else() -> None:
    site = site_of(EDGE, cookies_keep_s=60.0)
    first = come(site, evidence=NEW)
    first.ask(hello("ticket", authid="tom"))
    first.ask(sign_ticket("tomato"))

    assert come(site, evidence=BROWSER).aborted(hello("cookie", authid="ann")) == NO_METHOD
    assert isinstance(come(site, evidence=BROWSER).ask(hello("cookie", authid="tom")), Welcome)


def test_a_cookie_from_elsewhere_never_comes_to_stand_for_who_sends_it() -> None:
    """Session fixation: somebody else gets a cookie first, and puts it into the browser."""
    site = site_of(EDGE, cookies_keep_s=60.0)
    victim = come(site, evidence=BROWSER)
    victim.ask(hello("ticket", authid="tom"))
    assert isinstance(victim.ask(sign_ticket("tomato")), Welcome)

    assert come(site, evidence=BROWSER).aborted(hello("cookie")) == NO_METHOD


@pytest.mark.parametrize(("authid", "known"), [("tom", ["tom"]), ("ann", [])])
def test_a_cookie_goes_on_to_stand_for_its_user_and_for_no_other(
    authid: str, known: list[str]
) -> None:
    site = site_of(RealmSettings("edge", users=(TOM, ANN)), cookies_keep_s=60.0)
    first = come(site, evidence=NEW)
    first.ask(hello("ticket", authid="tom"))
    first.ask(sign_ticket("tomato"))
    site.wait(40.0)
    again = come(site, evidence=BROWSER)
    again.ask(hello("ticket", authid=authid))
    assert isinstance(again.ask(sign_ticket("tomato")), Welcome)
    site.wait(40.0)

    cookies = site.router.cookies
    assert cookies.is_known("crumb") is bool(known)
    found = cookies.find("crumb", "edge")
    assert ([] if found is None else [found.authid]) == known


def test_a_cookie_is_not_renewed_by_being_used_nor_by_joining_without_a_proof() -> None:
    site = site_of(EDGE, cookies_keep_s=60.0)
    come(site, evidence=NEW, anonymous_role="local").ask(hello("anonymous"))
    assert len(site.router.cookies) == 0
    first = come(site, evidence=NEW)
    first.ask(hello("ticket", authid="tom"))
    first.ask(sign_ticket("tomato"))
    site.wait(40.0)
    come(site, evidence=BROWSER).ask(hello("cookie"))
    site.wait(20.0)

    assert come(site, evidence=BROWSER).aborted(hello("cookie")) == NO_METHOD


@pytest.mark.parametrize(("reason", "is_void"), [("wamp.close.logout", True), ("x.y", False)])
def test_who_logs_out_takes_the_cookie_along(reason: str, is_void: bool) -> None:
    """``wamp.close.logout`` is what autobahn and Crossbar say for it."""
    site = site_of(EDGE, cookies_keep_s=60.0)
    peer = come(site, evidence=NEW)
    peer.ask(hello("ticket", authid="tom"))
    peer.ask(sign_ticket("tomato"))

    peer.send(Goodbye({}, reason))

    again = come(site, evidence=BROWSER).ask(hello("cookie"))
    assert isinstance(again, Abort) is is_void


def test_cookies_mean_nothing_where_they_are_off() -> None:
    site = site_of(EDGE)
    peer = come(site, evidence=NEW)
    peer.ask(hello("ticket", authid="tom"))
    peer.ask(sign_ticket("tomato"))

    assert come(site, evidence=BROWSER).aborted(hello("cookie")) == NO_METHOD
