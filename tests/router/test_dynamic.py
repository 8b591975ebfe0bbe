"""A procedure that decides what sessions may do; specification, "Authorization"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import Peer, Site
from wampedge.router import (
    DynamicAuthorization,
    RealmSettings,
    RoleRules,
    RuleAuthorizer,
    Rules,
)
from wampedge.wamp.messages import (
    Call,
    Error,
    Invocation,
    Publish,
    Published,
    Register,
    Registered,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Yield,
)
from wampedge.wamp.payload import Payload

ASKED = "site.may"
DENIED = "wamp.error.not_authorized"


def _site(*, holds_s: float = 60.0) -> tuple[Site, Peer]:
    """A site whose guests may do what the judge says, and the judge."""
    rules = RuleAuthorizer(
        {"judge": RoleRules(register=Rules([ASKED])), "guest": RoleRules(call=Rules(["free"]))},
        open_roles=["local"],
        guarded=[ASKED],
    )
    dynamic = DynamicAuthorization({"guest": ASKED}, timeout_s=5.0, holds_s=holds_s)
    site = Site([RealmSettings("edge", authorizer=rules, dynamic=dynamic)])
    judge = site.join(authrole="judge")
    assert isinstance(judge.ask(Register(1, {}, ASKED)), Registered)
    return site, judge


def _asked(judge: Peer) -> list[Any]:
    """Return what the judge is asked, and the number of the question."""
    invocation = judge.read_one()
    assert isinstance(invocation, Invocation)
    return [invocation.request_id, *invocation.payload.args]


def _answer(judge: Peer, answer: Any) -> None:
    """Answer the only open question."""
    question, *_rest = _asked(judge)
    judge.send(Yield(question, {}, Payload((answer,))))


def test_the_procedure_hears_who_wants_to_do_what() -> None:
    site, judge = _site()
    guest = site.join(authid="ann", authrole="guest")
    guest.send(Subscribe(1, {"match": "prefix"}, "news"))

    _number, session, uri, action, options = _asked(judge)

    assert session == {
        "session": guest.session.id,
        "realm": "edge",
        "authid": "ann",
        "authrole": "guest",
        "authmethod": "anonymous",
    }
    assert (uri, action, options) == ("news", "subscribe", {"match": "prefix"})


@pytest.mark.parametrize("answer", [True, {"allow": True}, {"allow": True, "cache": 7}])
def test_what_the_procedure_allows_is_done(answer: Any) -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    _answer(judge, answer)

    assert isinstance(guest.read_one(), Subscribed)


@pytest.mark.parametrize("answer", [False, None, 1, "yes", {}, {"allow": 1}, [True]])
def test_nothing_but_a_plain_yes_allows(answer: Any) -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    _answer(judge, answer)

    assert guest.read_one().error == DENIED


def test_an_empty_result_allows_nothing() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    judge.send(Yield(_asked(judge)[0], {}))

    assert guest.read_one().error == DENIED


def test_what_the_rules_allow_is_not_asked() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")

    assert guest.refused(Call(1, {}, "free")) == "wamp.error.no_such_procedure"
    assert judge.read() == []


def test_roles_without_a_procedure_are_not_asked_about() -> None:
    site, judge = _site()

    assert site.join(authrole="visitor").refused(Subscribe(1, {}, "news")) == DENIED
    assert isinstance(site.join(authrole="local").ask(Subscribe(1, {}, "news")), Subscribed)
    assert judge.read() == []


def test_an_answer_holds_for_its_time() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Publish(1, {"acknowledge": True}, "news"))
    _answer(judge, True)
    guest.read()
    site.wait(59.0)

    assert isinstance(guest.ask(Publish(2, {"acknowledge": True}, "news")), Published)
    site.wait(2.0)
    guest.send(Publish(3, {"acknowledge": True}, "news"))
    _answer(judge, False)
    assert guest.read_one().error == DENIED


@pytest.mark.parametrize(
    ("cache", "still_holds_s", "ended_s"),
    [(7, 6.0, 2.0), (1.5, 1.0, 1.0), (True, 59.0, 2.0), (9_999, 59.0, 2.0), ("long", 59.0, 2.0)],
)
def test_an_answer_can_hold_for_less(cache: Any, still_holds_s: float, ended_s: float) -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    _answer(judge, {"allow": False, "cache": cache})
    guest.read()
    site.wait(still_holds_s)

    assert guest.refused(Subscribe(2, {}, "news")) == DENIED
    site.wait(ended_s)
    guest.send(Subscribe(3, {}, "news"))
    _answer(judge, True)
    assert isinstance(guest.read_one(), Subscribed)


@pytest.mark.parametrize("cache", [False, 0, -5])
def test_an_answer_that_holds_for_no_time_is_used_once(cache: Any) -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    _answer(judge, {"allow": True, "cache": cache})

    assert isinstance(guest.read_one(), Subscribed)
    guest.send(Subscribe(2, {}, "news"))
    assert guest.read() == []
    _answer(judge, False)
    assert guest.read_one().error == DENIED


def test_an_answer_nobody_used_is_not_good_for_ever() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    _answer(judge, True)
    site.wait(61.0)
    guest.ask(Unsubscribe(2, guest.read_one().subscription_id))
    _answer(judge, {"allow": True, "cache": False})
    site.wait(10.0)

    guest.send(Subscribe(3, {}, "news"))

    assert _asked(judge)[2] == "news"
    assert guest.read() == []


def test_without_an_answer_nothing_is_allowed() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    site.wait(5.0)

    assert guest.read_one().error == DENIED
    judge.read()
    assert guest.refused(Subscribe(2, {}, "news")) == DENIED
    site.wait(1.0)
    guest.send(Subscribe(3, {}, "news"))
    _answer(judge, True)
    assert isinstance(guest.read_one(), Subscribed)


def test_an_error_of_the_procedure_allows_nothing() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    judge.send(Error(Invocation.TYPE, _asked(judge)[0], {}, "judge.is.ill"))

    assert guest.read_one().error == DENIED


def test_nothing_is_allowed_while_the_procedure_is_away() -> None:
    site, judge = _site()
    judge.lose()
    guest = site.join(authrole="guest")

    assert guest.refused(Subscribe(1, {}, "news")) == DENIED


def test_the_procedure_does_not_decide_about_itself() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")

    assert guest.refused(Call(1, {}, ASKED)) == DENIED
    assert guest.refused(Register(2, {}, ASKED)) == DENIED
    assert guest.refused(Register(3, {"match": "prefix"}, "site")) == DENIED
    assert guest.refused(Register(4, {"match": "wildcard"}, ".may")) == DENIED
    assert judge.read() == []


def test_a_role_that_may_everything_may_not_decide_for_others() -> None:
    site, judge = _site()
    judge.lose()
    local = site.join(authrole="local")

    assert local.refused(Register(1, {}, ASKED)) == DENIED
    assert local.refused(Register(2, {"match": "prefix"}, "site.")) == DENIED
    assert isinstance(local.ask(Register(3, {}, "site.else")), Registered)


def test_answers_that_are_kept_are_bounded() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    for number in range(1_001):
        guest.send(Publish(1, {}, f"news.{number}"))
        _answer(judge, True)

    assert len(guest.session.verdicts) == 1


def test_a_session_that_leaves_while_it_is_asked_about_gets_nothing() -> None:
    site, judge = _site()
    guest = site.join(authrole="guest")
    guest.send(Subscribe(1, {}, "news"))
    guest.lose()
    _answer(judge, True)

    assert guest.read() == []
