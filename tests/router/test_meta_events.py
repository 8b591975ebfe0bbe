"""What the router publishes when sessions, subscriptions and registrations come and go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import HELLO, Site
from wampedge.router import Admission, RealmSettings, RoleRules, RuleAuthorizer, Rules
from wampedge.wamp.messages import (
    Call,
    Event,
    Goodbye,
    Publish,
    Register,
    Subscribe,
    Subscribed,
    Unregister,
    Unsubscribe,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import Payload

SESSION_EVENTS = ("session.on_join", "session.on_leave")
SUBSCRIPTION_EVENTS = tuple(
    f"subscription.on_{name}" for name in ("create", "subscribe", "unsubscribe", "delete")
)
REGISTRATION_EVENTS = tuple(
    f"registration.on_{name}" for name in ("create", "register", "unregister", "delete")
)


class Watcher:
    """A peer that is subscribed to some meta events."""

    def __init__(self, site: Site, *events: str) -> None:
        self.peer = site.join()
        self._event_by_subscription: dict[int, str] = {}
        for number, event in enumerate(events, 1):
            subscribed = self.peer.ask(Subscribe(number, {}, f"wamp.{event}"))
            self._event_by_subscription[subscribed.subscription_id] = event

    def heard(self) -> list[tuple[Any, ...]]:
        """Return each event with its arguments, and see that it is plain."""
        told = []
        for event in self.peer.read():
            assert isinstance(event, Event)
            assert (event.details, event.payload.kwargs) == ({}, {})
            told.append((self._event_by_subscription[event.subscription_id], *event.payload.args))
        return told


def test_the_realm_is_told_who_joins_and_how() -> None:
    """Specification, "wamp.session.on_join"."""
    site = Site()
    watcher = Watcher(site, *SESSION_EVENTS)
    peer = site.join(authid="gh1", authrole="sensors")

    assert watcher.heard() == [
        (
            "session.on_join",
            {
                "session": peer.session.id,
                "authid": "gh1",
                "authrole": "sensors",
                "authmethod": "anonymous",
                "authprovider": "static",
                "transport": {"type": "fake"},
            },
        )
    ]


def test_who_joins_is_welcomed_before_others_are_told() -> None:
    site = Site()
    Watcher(site, "session.on_join")
    peer = site.connect(Admission("anonymous"))
    sends = site.router.receive(peer.session, HELLO)

    assert [type(send.message) for send in sends] == [Welcome, Event]


@pytest.mark.parametrize("how", ["goodbye", "lost", "aborted"])
def test_the_realm_is_told_who_leaves_in_whatever_way(how: str) -> None:
    """Specification, "wamp.session.on_leave": "leaves a realm on the router or is disconnected"."""
    site = Site()
    watcher, peer = Watcher(site, "session.on_leave"), site.join(authid="gh1", authrole="sensors")
    session_id = peer.session.id
    match how:
        case "goodbye":
            peer.ask(Goodbye({}, "wamp.close.normal"))
        case "lost":
            peer.lose()
        case _:
            peer.aborted(HELLO)

    assert watcher.heard() == [("session.on_leave", session_id, "gh1", "sensors")]


def test_who_leaves_after_goodbye_is_told_of_once() -> None:
    site = Site()
    watcher, peer = Watcher(site, "session.on_leave"), site.join()
    peer.ask(Goodbye({}, "wamp.close.normal"))
    peer.lose()

    assert len(watcher.heard()) == 1


def test_the_first_subscriber_makes_a_subscription_and_the_last_ends_it() -> None:
    """Specification, "Subscription Meta-Events": on_subscribe after on_create, and so on."""
    site = Site()
    watcher = Watcher(site, *SUBSCRIPTION_EVENTS)
    one, two = site.join(), site.join()
    subscription_id = one.ask(Subscribe(1, {"match": "prefix"}, "edge")).subscription_id
    first = watcher.heard()
    two.ask(Subscribe(1, {"match": "prefix"}, "edge"))
    two.ask(Subscribe(2, {"match": "prefix"}, "edge"))
    second = watcher.heard()
    one.ask(Unsubscribe(2, subscription_id))
    third = watcher.heard()
    two.lose()

    facts = {
        "id": subscription_id,
        "created": "1970-01-01T00:00:00.000Z",
        "uri": "edge",
        "match": "prefix",
    }
    assert first == [
        ("subscription.on_create", one.session.id, facts),
        ("subscription.on_subscribe", one.session.id, subscription_id),
    ]
    assert second == [("subscription.on_subscribe", two.session.id, subscription_id)]
    assert third == [("subscription.on_unsubscribe", one.session.id, subscription_id)]
    assert watcher.heard() == [
        ("subscription.on_unsubscribe", two.session.id, subscription_id),
        ("subscription.on_delete", two.session.id, subscription_id),
    ]


def test_the_first_callee_makes_a_registration_and_the_last_ends_it() -> None:
    """Specification, "Registration Meta Events": on_register after on_create, and so on."""
    site = Site()
    watcher = Watcher(site, *REGISTRATION_EVENTS)
    one, two = site.join(), site.join()
    registration_id = one.ask(Register(1, {"invoke": "random"}, "edge.add")).registration_id
    first = watcher.heard()
    two.ask(Register(1, {"invoke": "random"}, "edge.add"))
    second = watcher.heard()
    one.ask(Unregister(2, registration_id))
    third = watcher.heard()
    two.lose()

    facts = {
        "id": registration_id,
        "created": "1970-01-01T00:00:00.000Z",
        "uri": "edge.add",
        "match": "exact",
        "invoke": "random",
    }
    assert first == [
        ("registration.on_create", one.session.id, facts),
        ("registration.on_register", one.session.id, registration_id),
    ]
    assert second == [("registration.on_register", two.session.id, registration_id)]
    assert third == [("registration.on_unregister", one.session.id, registration_id)]
    assert watcher.heard() == [
        ("registration.on_unregister", two.session.id, registration_id),
        ("registration.on_delete", two.session.id, registration_id),
    ]


def test_a_session_is_not_told_of_what_it_does_itself() -> None:
    site = Site()
    one = Watcher(site, *SUBSCRIPTION_EVENTS, *REGISTRATION_EVENTS).peer
    registration_id = one.ask(Register(20, {}, "edge.add")).registration_id
    subscription_id = one.ask(Subscribe(21, {}, "edge.state")).subscription_id
    one.ask(Unregister(22, registration_id))
    one.ask(Unsubscribe(23, subscription_id))

    assert one.read() == []


def test_subscribing_to_meta_events_is_an_event_for_others_only() -> None:
    site = Site()
    watcher = Watcher(site, "subscription.on_subscribe")
    other = Watcher(site, "subscription.on_subscribe")

    ((event, session_id, _subscription_id),) = watcher.heard()
    assert (event, session_id) == ("subscription.on_subscribe", other.peer.session.id)
    assert other.heard() == []


def test_sessions_of_another_realm_hear_nothing() -> None:
    """Specification, "Session Meta Events": "to the same realm"."""
    site = Site([RealmSettings("edge"), RealmSettings("other")])
    watcher = Watcher(site, *SESSION_EVENTS)
    site.join(realm="other").lose()

    assert watcher.heard() == []


@pytest.mark.parametrize(
    ("match", "pattern"),
    [("prefix", "wamp.session."), ("wildcard", "wamp..on_join")],
)
def test_patterns_hear_meta_events_as_well(match: str, pattern: str) -> None:
    """Specification, "Pattern-based Subscriptions": the event names its topic."""
    site = Site()
    watcher = site.join()
    watcher.ask(Subscribe(1, {"match": match}, pattern))
    site.join()

    assert watcher.read_one().details == {"topic": "wamp.session.on_join"}


def test_meta_events_are_for_those_that_may_subscribe_to_them() -> None:
    rules = {"gauges": RoleRules(subscribe=Rules(["wamp.session.on_join"]))}
    site = Site([RealmSettings("edge", authorizer=RuleAuthorizer(rules))])
    watcher = site.join(authrole="gauges")

    assert isinstance(watcher.ask(Subscribe(1, {}, "wamp.session.on_join")), Subscribed)
    for topic, match in (("wamp.session.on_leave", "exact"), ("wamp.session.", "prefix")):
        request = Subscribe(2, {"match": match}, topic)
        assert watcher.refused(request) == "wamp.error.not_authorized"


def test_the_node_itself_is_told_of_like_everybody() -> None:
    site = Site()
    watcher = Watcher(site, *SESSION_EVENTS)
    node = site.join(is_trusted=True, authid="local", authrole="trusted")
    node.lose()

    joined, left = watcher.heard()
    assert joined[1]["authrole"] == "trusted"
    assert left == ("session.on_leave", node.session.id, "local", "trusted")


def test_no_client_can_publish_meta_events() -> None:
    """Specification, "Session Meta API": "accorded the same trust level as the router"."""
    site = Site()
    watcher, liar = Watcher(site, *SESSION_EVENTS), site.join(is_trusted=True)
    watcher.heard()
    publish = Publish(1, {"acknowledge": True}, "wamp.session.on_leave")

    assert liar.refused(publish) == "wamp.error.invalid_uri"
    assert watcher.heard() == []


def test_without_listeners_nothing_is_made_of_a_session() -> None:
    site = Site()
    first = site.join()
    peer = site.connect(Admission("anonymous"))
    sends = site.router.receive(peer.session, HELLO)

    assert [type(send.message) for send in sends] == [Welcome]
    assert first.read() == []


def test_messages_make_no_meta_events() -> None:
    site = Site()
    watcher = Watcher(site, *SESSION_EVENTS, *SUBSCRIPTION_EVENTS, *REGISTRATION_EVENTS)
    peer = site.join()
    watcher.heard()
    peer.send(Yield(1, {}))
    peer.send(Publish(1, {}, "edge.state"))

    assert watcher.heard() == []


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("goodbye", "goodbye"),
        ("lost", "closed"),
        ("silent", "silent"),
        ("aborted", "aborted"),
        ("killed", "ended"),
    ],
)
def test_who_wants_to_know_is_told_how_a_session_ended(how: str, reason: str) -> None:
    site = Site()
    watcher, peer = site.join(), site.join(authid="gh1", authrole="sensors")
    watcher.ask(Subscribe(1, {}, "wampedge.session.on_end"))
    session_id = peer.session.id
    match how:
        case "goodbye":
            peer.ask(Goodbye({}, "wamp.close.normal"))
        case "aborted":
            peer.aborted(HELLO)
        case "killed":
            site.join().ask(Call(1, {}, "wamp.session.kill", Payload((session_id,))))
        case _:
            peer.session.ending = "silent" if how == "silent" else peer.session.ending
            peer.lose()

    (event,) = watcher.read()
    assert isinstance(event, Event)
    assert (event.payload.args, event.payload.kwargs) == (
        [session_id, "gh1", "sensors"],
        {"reason": reason},
    )
