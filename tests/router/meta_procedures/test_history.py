"""``wamp.subscription.get_events``: specification, "Event History"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.meta_procedures.ask import ask, call_of, refusal
from tests.router.site import HELLO, Peer, Site
from wampedge.router import Action, RealmSettings, RouterSession
from wampedge.router.history import HistoryRule
from wampedge.wamp.messages import Publish, Result, Subscribe, Welcome
from wampedge.wamp.payload import Payload

GET_EVENTS = "wamp.subscription.get_events"
NOON_S = 1_777_636_800.0  # 2026-05-01T12:00:00Z


class OwnTopics:
    """Lets a session subscribe to topics and patterns that start with its role."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        return action != "subscribe" or uri.startswith(session.authrole)


class Diary:
    """A realm with the history of ``edge.``, a publisher and a reader."""

    def __init__(self, **settings: Any) -> None:
        self.now_s = NOON_S
        history = (HistoryRule("edge.", events=10),)
        self.site = Site(
            [RealmSettings("edge", history=history, **settings)], time_s=lambda: self.now_s
        )
        self.publisher, self.reader = self.site.join(), self.site.join(authrole="edge")
        self.id = ask(self.reader, "wamp.subscription.lookup", "edge.", {"match": "prefix"})

    def publish(self, topic: str, *args: Any, **options: Any) -> int:
        """Publish a second later than before; return the publication id."""
        self.now_s += 1.0
        publish = Publish(1, {"acknowledge": True, **options}, topic, Payload(args))
        publication_id = self.publisher.ask(publish).publication_id
        assert isinstance(publication_id, int)
        return publication_id

    def events(self, peer: Peer, subscription_id: int, **filters: Any) -> list[dict[str, Any]]:
        """Ask for the history as *peer*."""
        answer = peer.ask(call_of(GET_EVENTS, subscription_id, **filters))
        assert isinstance(answer, Result)
        assert answer.payload.kwargs.keys() == {"is_limit_reached"}
        return list(answer.payload.args)


def test_events_are_told_as_the_specification_wants_it() -> None:
    diary = Diary()
    first = diary.publish("edge.lux", 431.5, disclose_me=True)
    diary.publish("farm.lux", 1)
    diary.now_s += 0.25
    second = diary.publish("edge.lux")

    assert diary.events(diary.reader, diary.id) == [
        {
            "timestamp": "2026-05-01T12:00:01.000Z",
            "subscription": diary.id,
            "publication": first,
            "details": {
                "publisher": diary.publisher.session.id,
                "publisher_authid": diary.publisher.session.authid,
                "publisher_authrole": "anonymous",
                "topic": "edge.lux",
            },
            "args": [431.5],
        },
        {
            "timestamp": "2026-05-01T12:00:03.250Z",
            "subscription": diary.id,
            "publication": second,
            "details": {"topic": "edge.lux"},
        },
    ]


def test_the_filters_and_the_limit_are_those_of_the_call() -> None:
    diary = Diary()
    ids = [diary.publish("edge.lux", number) for number in range(4)]

    answer = diary.reader.ask(
        call_of(GET_EVENTS, diary.id, reverse=True, limit=2, before_publication=ids[3])
    )

    assert [event["publication"] for event in answer.payload.args] == [ids[2], ids[1]]
    assert answer.payload.kwargs == {"is_limit_reached": True}


def test_a_subscription_has_the_history_from_before_it_was_made() -> None:
    diary = Diary()
    diary.publish("edge.lux", 1)
    diary.publish("edge.temperature", 2)

    subscription_id = diary.reader.ask(Subscribe(1, {}, "edge.lux")).subscription_id

    (event,) = diary.events(diary.reader, subscription_id)
    assert (event["args"], event["details"]) == ([1], {})


def test_keywords_of_an_event_are_told_as_well() -> None:
    diary = Diary()
    diary.publisher.send(Publish(1, {}, "edge.lux", Payload([], {"unit": "lx"})))

    (event,) = diary.events(diary.reader, diary.id)

    assert (event["args"], event["kwargs"]) == ([], {"unit": "lx"})


def test_lists_of_the_publisher_hold_for_the_history() -> None:
    """Specification, "Event History", "Security Aspects"."""
    diary = Diary()
    other = diary.site.join(authrole="edge", authid="bob")
    diary.publish("edge.lux", "roles", eligible_authrole=["edge"])
    diary.publish("edge.lux", "no bob", exclude_authid=["bob"])

    assert [each["args"] for each in diary.events(diary.reader, diary.id)] == [
        ["roles"],
        ["no bob"],
    ]
    assert [each["args"] for each in diary.events(other, diary.id)] == [["roles"]]
    assert diary.events(diary.publisher, diary.id)[0]["args"] == ["no bob"]


@pytest.mark.parametrize("options", [{"eligible": [2]}, {"exclude": [99]}])
def test_events_for_sessions_by_their_id_are_not_kept(options: dict[str, Any]) -> None:
    """Specification, "Event History", "Security Aspects": the ids change, so nobody has them."""
    diary = Diary()

    diary.publish("edge.lux", 1, **options)
    diary.publish("edge.lux", 2, retain=True, **options)

    assert diary.events(diary.reader, diary.id) == []


def test_a_publisher_finds_its_own_events() -> None:
    """Specification, "Event History": only what does not change is filtered by."""
    diary = Diary()
    diary.publish("edge.lux", 1)

    assert len(diary.events(diary.publisher, diary.id)) == 1


def test_only_who_may_subscribe_gets_the_history() -> None:
    """Specification, "Event History", "Security Aspects"."""
    diary = Diary(authorizer=OwnTopics())
    diary.publish("edge.lux", 1)
    guest = diary.site.join(authrole="guest")

    assert refusal(guest, GET_EVENTS, diary.id) == "wamp.error.not_authorized"
    assert len(diary.events(diary.reader, diary.id)) == 1


@pytest.mark.parametrize(
    ("args", "filters", "expected"),
    [
        ((999,), {}, "wamp.error.no_such_subscription"),
        ((), {}, "wamp.error.invalid_argument"),
        (("edge.lux",), {}, "wamp.error.invalid_argument"),
        ((1, 2), {}, "wamp.error.invalid_argument"),
        ((1,), {"limit": 0}, "wamp.error.invalid_argument"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    args: tuple[Any, ...], filters: dict[str, Any], expected: str
) -> None:
    assert refusal(Diary().reader, GET_EVENTS, *args, **filters) == expected


def test_the_subscription_of_a_rule_is_there_without_subscribers() -> None:
    """Specification, "Event History": "dummy" subscriptions."""
    diary = Diary()
    pattern = Subscribe(1, {"match": "prefix"}, "edge.")
    assert diary.reader.ask(pattern).subscription_id == diary.id

    diary.reader.lose()

    late = diary.site.join()
    assert ask(late, "wamp.subscription.count_subscribers", diary.id) == 0
    assert late.ask(pattern).subscription_id == diary.id


def test_a_realm_announces_its_history_and_only_then_has_the_procedure() -> None:
    """Specification, "Event History", "Feature Announcement"."""
    for history, is_announced in (((HistoryRule("edge."),), True), ((), False)):
        peer = Site([RealmSettings("edge", history=history)]).connect()

        welcome = peer.ask(HELLO)

        assert isinstance(welcome, Welcome)
        features = welcome.details["roles"]["broker"]["features"]
        assert features.get("event_history", False) is is_announced
        if not is_announced:
            assert refusal(peer, GET_EVENTS, 1) == "wamp.error.no_such_procedure"
