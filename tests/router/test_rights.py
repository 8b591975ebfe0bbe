"""Rights that end while a session lives."""

from __future__ import annotations

from typing import Any

from tests.router.site import ALL_ROLES, Peer, Site
from wampedge.router import (
    DynamicAuthorization,
    RealmSettings,
    RoleRules,
    RuleAuthorizer,
    Rules,
)
from wampedge.router.rights import MAX_QUESTIONS
from wampedge.wamp.messages import (
    Call,
    Invocation,
    Publish,
    Register,
    Registered,
    Result,
    Subscribe,
    Subscribed,
    Unregistered,
    Unsubscribed,
    Yield,
)
from wampedge.wamp.payload import Payload

ASKED = "site.may"
REVOKING = {**ALL_ROLES, "subscriber": {"features": {"subscription_revocation": True}}}
RECHECK = "wampedge.router.recheck"


def _asking_site() -> tuple[Site, Peer]:
    """A site whose guests may do what the judge says, and the judge."""
    rules = RuleAuthorizer(
        {"judge": RoleRules(register=Rules([ASKED]), call=Rules([RECHECK]))}, open_roles=["local"]
    )
    dynamic = DynamicAuthorization({"guest": ASKED}, holds_s=60.0)
    site = Site([RealmSettings("edge", authorizer=rules, dynamic=dynamic)])
    judge = site.join(authrole="judge")
    assert isinstance(judge.ask(Register(1, {}, ASKED)), Registered)
    return site, judge


def _answer(judge: Peer, answer: Any) -> list[Any]:
    """Answer the open questions alike; return what was asked."""
    asked = []
    for invocation in judge.read():
        assert isinstance(invocation, Invocation)
        asked.append(invocation.payload.args[1])
        judge.send(Yield(invocation.request_id, {}, Payload((answer,))))
    return asked


def _guest(site: Site, judge: Peer, roles: Any = REVOKING) -> tuple[Peer, int, int]:
    """A guest with a subscription to ``news`` and a registration of ``work``."""
    guest = site.join(authrole="guest", roles=roles)
    guest.send(Subscribe(1, {}, "news"))
    _answer(judge, True)
    subscribed = guest.read_one()
    guest.send(Register(2, {}, "work"))
    _answer(judge, True)
    registered = guest.read_one()
    return guest, subscribed.subscription_id, registered.registration_id


def test_an_answer_that_changes_ends_what_it_allowed() -> None:
    site, judge = _asking_site()
    guest, subscription, registration = _guest(site, judge)
    site.wait(61.0)

    assert _answer(judge, False) == ["news", "work"]
    told = guest.read()
    assert told == [
        Unsubscribed(0, {"subscription": subscription, "reason": "wamp.error.not_authorized"}),
        Unregistered(0, {"registration": registration, "reason": "wamp.error.not_authorized"}),
    ]
    local = site.join(authrole="local")
    local.send(Publish(1, {}, "news"))
    assert local.refused(Call(2, {}, "work")) == "wamp.error.no_such_procedure"
    assert guest.read() == []


def test_an_answer_that_stays_changes_nothing() -> None:
    site, judge = _asking_site()
    guest, _subscription, _registration = _guest(site, judge)
    for _minute in range(3):
        site.wait(61.0)
        assert _answer(judge, True) == ["news", "work"]

    assert guest.read() == []
    site.join(authrole="local").send(Publish(1, {}, "news"))
    assert len(guest.read()) == 1


def test_nobody_is_asked_for_sessions_that_are_gone() -> None:
    site, judge = _asking_site()
    guest, _subscription, _registration = _guest(site, judge)
    guest.lose()
    site.wait(61.0)

    assert judge.read() == []
    assert site.router.deadlines.next_due_s is None


def test_a_guest_that_leaves_while_it_is_asked_about_loses_nothing_more() -> None:
    site, judge = _asking_site()
    guest, _subscription, _registration = _guest(site, judge)
    site.wait(61.0)
    guest.lose()
    _answer(judge, False)

    assert guest.read() == []


def test_not_too_much_is_asked_at_once() -> None:
    """Thousands of questions at once would overrun the connection of the authorizer."""
    site, judge = _asking_site()
    guest = site.join(authrole="guest", roles=REVOKING)
    for number in range(1, 201):
        guest.send(Subscribe(number, {}, f"news.{number}"))
        _answer(judge, True)
    guest.read()
    site.wait(121.0)
    judge.send(Call(2, {}, RECHECK))
    first = [each for each in judge.read() if isinstance(each, Invocation)]
    judge.send(Yield(first[0].request_id, {}, Payload((False,))))
    second = [each for each in judge.read() if isinstance(each, Invocation)]
    for question in [*first[1:], *second]:
        judge.send(Yield(question.request_id, {}, Payload((False,))))
    rest = _answer(judge, False)

    assert (len(first), len(second), len(rest)) == (MAX_QUESTIONS, 1, MAX_QUESTIONS)
    while rest:
        rest = _answer(judge, False)
    assert guest.session.subscriptions == {}
    assert len(guest.read()) == 200


def test_nothing_is_kept_that_nobody_answers_for() -> None:
    site, judge = _asking_site()
    guest = site.join(authrole="guest", roles=REVOKING)
    for number in range(1, 1001):
        guest.send(Subscribe(number, {}, f"news.{number}"))
        _answer(judge, True)
    judge.lose()
    site.wait(121.0)

    assert guest.session.subscriptions == {}


def test_peers_that_understand_no_revocation_are_not_told() -> None:
    site, judge = _asking_site()
    guest, subscription, _registration = _guest(
        site, judge, {"callee": {}, "subscriber": {}, "caller": {}}
    )
    site.wait(61.0)
    _answer(judge, False)

    assert guest.read() == []
    assert subscription not in guest.session.subscriptions
    assert guest.session.registrations == {}


def test_a_procedure_lets_the_router_look_again_at_once() -> None:
    site, judge = _asking_site()
    guest, _subscription, _registration = _guest(site, judge)
    judge.send(Call(2, {}, RECHECK))
    result, *questions = judge.read()
    for question in questions:
        assert isinstance(question, Invocation)
        judge.send(Yield(question.request_id, {}, Payload((False,))))

    assert isinstance(result, Result)
    assert [type(message) for message in guest.read()] == [Unsubscribed, Unregistered]


def test_only_rules_let_a_session_have_the_router_look_again() -> None:
    """It costs a look at all that all sessions hold."""
    authorizer = RuleAuthorizer({}, open_roles=["local"])
    site = Site([RealmSettings("edge", authorizer=authorizer, open_roles_may_kill=False)])

    assert site.join(authrole="local").refused(Call(1, {}, RECHECK)) == (
        "wamp.error.not_authorized"
    )
    assert isinstance(site.join(is_trusted=True).ask(Call(1, {}, RECHECK)), Result)


def test_only_the_sessions_of_one_user_are_looked_at() -> None:
    site, judge = _asking_site()
    guest, _subscription, _registration = _guest(site, judge)
    judge.send(Call(2, {}, RECHECK, Payload((), {"authid": "somebody else"})))
    assert isinstance(judge.read_one(), Result)

    judge.send(Call(3, {}, RECHECK, Payload((), {"authid": guest.session.authid})))
    asked = [each for each in judge.read() if isinstance(each, Invocation)]
    assert [each.payload.args[1] for each in asked] == ["news", "work"]


def test_rules_that_are_replaced_end_what_they_allowed() -> None:
    everything = Rules(["a."])
    rules = RoleRules(subscribe=everything, register=everything)
    authorizer = RuleAuthorizer({"guest": rules})
    site = Site([RealmSettings("edge", authorizer=authorizer)])
    guest = site.join(authrole="guest", roles=REVOKING)
    node = site.join(is_trusted=True)
    kept = guest.ask(Subscribe(1, {}, "a.kept"))
    lost = guest.ask(Subscribe(2, {"match": "prefix"}, "a."))
    gone = guest.ask(Register(3, {}, "a.gone"))
    assert isinstance(kept, Subscribed)
    node.ask(Subscribe(1, {}, "b.own"))
    authorizer.replace({"guest": RoleRules(subscribe=Rules(["a.kept"]))})
    realm = guest.session.realm
    assert realm is not None
    site.deliver(realm.recheck())

    assert guest.read() == [
        Unsubscribed(
            0, {"subscription": lost.subscription_id, "reason": "wamp.error.not_authorized"}
        ),
        Unregistered(
            0, {"registration": gone.registration_id, "reason": "wamp.error.not_authorized"}
        ),
    ]
    assert list(guest.session.subscriptions) == [kept.subscription_id]
    assert node.read() == []
    assert list(site.router.receive(guest.session, Publish(4, {}, "a.kept"))) == []


def test_revoking_what_a_session_does_not_have_changes_nothing() -> None:
    site = Site()
    callee, other = site.join(), site.join()
    registered = callee.ask(Register(1, {}, "work"))
    realm = callee.session.realm
    assert realm is not None
    registration = realm.registrations.registration_by_id[registered.registration_id]

    assert list(realm.registrations.revoke(other.session, registration, "a.reason")) == []


def test_many_guests_are_looked_at_together() -> None:
    site, judge = _asking_site()
    for _number in range(3):
        guest = site.join(authrole="guest")
        assert guest.read() == []

    assert len(site.router.deadlines) == 1
    assert judge.read() == []
