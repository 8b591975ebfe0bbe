"""The broker against a model that is small enough to be seen to be right."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.router.site import ALL_ROLES, Peer, Site
from wampedge.router import RealmSettings
from wampedge.router.history import HistoryRule
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Message,
    Publish,
    Published,
    Result,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)
from wampedge.wamp.payload import Payload

SEATS = 4
TOPICS = ["edge.a", "edge.b", "edge.a.b"]
PATTERNS = [
    ("exact", "edge.a"),
    ("exact", "edge.b"),
    ("prefix", "edge.a"),
    ("prefix", "edge."),
    ("prefix", ""),
    ("wildcard", "edge.a"),
    ("wildcard", "edge."),
    ("wildcard", "edge..b"),
]
ROLES = ["guest", "staff"]
HISTORY = ("prefix", "edge.a")
HISTORY_EVENTS = 4
SUBSCRIBER = {"subscriber": {"features": {"subscription_revocation": True}}}

seats = st.integers(0, SEATS - 1)
topics = st.sampled_from(TOPICS)
patterns = st.sampled_from(PATTERNS)
role_lists = st.sampled_from([None, *ROLES])


def is_match(policy: str, pattern: str, topic: str) -> bool:
    """Say what the specification says of a pattern, as plainly as can be."""
    if policy == "exact":
        return topic == pattern
    if policy == "prefix":
        return topic.startswith(pattern)
    wanted, had = pattern.split("."), topic.split(".")
    return len(wanted) == len(had) and all(w in ("", h) for w, h in zip(wanted, had, strict=True))


class Remembered:
    """One event that was published, as the model remembers it."""

    def __init__(self, number: int, topic: str, role: str | None, excluded: Peer | None) -> None:
        self.number, self.topic, self.role, self.excluded = number, topic, role, excluded

    def is_meant_for(self, seat: int) -> bool:
        return self.role in (None, ROLES[seat % 2])


class BrokerModel(RuleBasedStateMachine):
    """Peers take seats, subscribe, publish, ask for what was before, and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        rule = HistoryRule(HISTORY[1], match=HISTORY[0], events=HISTORY_EVENTS)
        self.site = Site([RealmSettings("edge", history=(rule,))])
        self.broker = self.site.router._realm_by_name["edge"].broker
        self.peers: list[Peer | None] = [None] * SEATS
        self.subscribers: dict[tuple[str, str], list[int]] = {key: [] for key in PATTERNS}
        lasting = self.broker.lookup(*HISTORY)
        assert lasting is not None
        self.id_by_key = {HISTORY: lasting.id}
        self.retained: dict[str, list[Remembered]] = {}
        self.history: list[Remembered] = []
        self.number = 0

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def drop(self, seat: int, key: tuple[str, str]) -> None:
        self.subscribers[key].remove(seat)
        if not self.subscribers[key] and key != HISTORY:
            del self.id_by_key[key]

    def read(self, seat: int) -> list[Message]:
        """Return what a peer got, but for what the router tells everybody who listens to all."""
        peer = self.peers[seat]
        arrived = peer.read() if peer is not None else []
        return [
            message
            for message in arrived
            if not isinstance(message, Event)
            or not message.details.get("topic", "").startswith(("wamp.", "wampedge."))
        ]

    def read_others(self, *seats: int) -> None:
        """See that nobody else was told anything."""
        for seat in set(range(SEATS)).difference(seats):
            assert self.read(seat) == []

    @rule(seat=seats)
    def come_or_go(self, seat: int) -> None:
        peer = self.peers[seat]
        if peer is None:
            roles = {**ALL_ROLES, **SUBSCRIBER} if seat < 2 else ALL_ROLES
            self.peers[seat] = self.site.join(authrole=ROLES[seat % 2], roles=roles)
            return
        self.peers[seat] = None
        for key in PATTERNS:
            if seat in self.subscribers[key]:
                self.drop(seat, key)
        peer.lose()

    @precondition(lambda self: any(self.peers))
    @rule(seat=seats, key=patterns, wants_retained=st.booleans())
    def subscribe(self, seat: int, key: tuple[str, str], *, wants_retained: bool) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        peer.send(Subscribe(number, {"match": key[0], "get_retained": wants_retained}, key[1]))

        answer, *events = self.read(seat)
        assert isinstance(answer, Subscribed)
        assert answer.request_id == number
        assert self.id_by_key.setdefault(key, answer.subscription_id) == answer.subscription_id
        assert len(set(self.id_by_key.values())) == len(self.id_by_key)
        if seat not in self.subscribers[key]:
            self.subscribers[key].append(seat)
        if wants_retained:
            self.check_retained(seat, key, events)
        else:
            assert events == []
        self.read_others(seat)

    def check_retained(self, seat: int, key: tuple[str, str], events: list[Message]) -> None:
        wanted = []
        for topic in sorted(self.retained):
            meant = [
                each
                for each in self.retained[topic]
                if each.is_meant_for(seat) and each.excluded is not self.peers[seat]
            ]
            if meant and is_match(*key, topic):
                wanted.append((topic, meant[-1].number))
        heard = []
        for event in events:
            assert isinstance(event, Event)
            assert event.subscription_id == self.id_by_key[key]
            assert event.details["retained"] is True
            topic = key[1] if key[0] == "exact" else event.details["topic"]
            heard.append((topic, event.payload.value))
        assert heard == wanted

    @precondition(lambda self: len(self.id_by_key) > 1)
    @rule(seat=seats, key=patterns)
    def unsubscribe(self, seat: int, key: tuple[str, str]) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None or key not in self.id_by_key:
            return
        peer.send(Unsubscribe(number, self.id_by_key[key]))

        (answer,) = self.read(seat)
        if seat in self.subscribers[key]:
            assert answer == Unsubscribed(number)
            self.drop(seat, key)
        else:
            assert isinstance(answer, Error)
            assert answer.error == "wamp.error.no_such_subscription"
        self.read_others(seat)

    @precondition(lambda self: len(self.id_by_key) > 1)
    @rule(seat=seats, key=patterns)
    def revoke(self, seat: int, key: tuple[str, str]) -> None:
        peer = self.peers[seat]
        if peer is None or key not in self.id_by_key:
            return
        subscription = self.broker.subscription_by_id[self.id_by_key[key]]
        self.site.deliver(self.broker.revoke(peer.session, subscription, "edge.error.gone"))

        told = self.read(seat)
        if seat in self.subscribers[key] and seat < 2:
            details = {"subscription": self.id_by_key[key], "reason": "edge.error.gone"}
            assert told == [Unsubscribed(0, details)]
        else:
            assert told == []
        if seat in self.subscribers[key]:
            self.drop(seat, key)
        self.read_others(seat)

    @precondition(lambda self: any(self.peers))
    @rule(
        seat=seats,
        topic=topics,
        is_acknowledged=st.booleans(),
        exclude_me=st.sampled_from([None, True, False]),
        role=role_lists,
        is_retained=st.booleans(),
        is_clearing=st.sampled_from([False, False, True]),
    )
    def publish(
        self,
        seat: int,
        topic: str,
        *,
        is_acknowledged: bool,
        exclude_me: bool | None,
        role: str | None,
        is_retained: bool,
        is_clearing: bool,
    ) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        options: dict[str, Any] = {"acknowledge": is_acknowledged, "exclude_me": exclude_me}
        if role:
            options["eligible_authrole"] = [role]
        options.update(retain=is_retained, x_clear_retained=is_clearing)
        peer.send(Publish(number, options, topic, Payload([number])))
        excluded = None if exclude_me is False else peer
        self.remember(Remembered(number, topic, role, excluded), is_retained, is_clearing)

        publications = set()
        for other_seat in range(SEATS):
            arrived = self.read(other_seat)
            if other_seat == seat and is_acknowledged:
                published = arrived.pop()
                assert isinstance(published, Published)
                assert published.request_id == number
                publications.add(published.publication_id)
            is_wanted = self.peers[other_seat] is not excluded and role in (
                None,
                ROLES[other_seat % 2],
            )
            wanted = {
                self.id_by_key[key]: {} if key[0] == "exact" else {"topic": topic}
                for key, subscribers in self.subscribers.items()
                if is_wanted and other_seat in subscribers and is_match(*key, topic)
            }
            heard = {}
            for event in arrived:
                assert isinstance(event, Event)
                assert event.payload.args == [number]
                assert event.subscription_id not in heard
                heard[event.subscription_id] = event.details
                publications.add(event.publication_id)
            assert heard == wanted
        assert len(publications) <= 1

    def remember(self, published: Remembered, is_retained: bool, is_clearing: bool) -> None:
        if is_match(*HISTORY, published.topic):
            self.history = [*self.history, published][-HISTORY_EVENTS:]
        before = self.retained.pop(published.topic, [])
        if is_clearing:
            return
        if is_retained and published.role is None:
            before = []
        after = [*before, published] if is_retained else before
        for_all = [each for each in after if each.role is None]
        listed = [each for each in after if each.role is not None]
        if after:
            self.retained[published.topic] = for_all + listed[-8:]

    @precondition(lambda self: any(self.peers))
    @rule(seat=seats, key=patterns, limit=st.sampled_from([None, 2]), is_reverse=st.booleans())
    def ask_for_history(
        self, seat: int, key: tuple[str, str], *, limit: int | None, is_reverse: bool
    ) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None or key not in self.id_by_key:
            return
        filters = {"limit": limit, "reverse": is_reverse}
        arguments = Payload([self.id_by_key[key]], filters)
        peer.send(Call(number, {}, "wamp.subscription.get_events", arguments))

        (result,) = self.read(seat)
        assert isinstance(result, Result)
        meant = [
            each for each in self.history if each.is_meant_for(seat) and is_match(*key, each.topic)
        ]
        wanted = [each.number for each in (meant[::-1] if is_reverse else meant)]
        assert [event["args"] for event in result.payload.args] == [[n] for n in wanted[:limit]]
        assert result.payload.kwargs == {"is_limit_reached": len(wanted) > (limit or 99)}

    def teardown(self) -> None:
        for peer in self.peers:
            if peer is not None:
                peer.lose()
        assert list(self.broker.subscription_by_id) == [self.id_by_key[HISTORY]]
        left = {entry.id for topic in TOPICS for entry in self.broker.match(topic)}
        assert left <= {self.id_by_key[HISTORY]}


TestBrokerModel = BrokerModel.TestCase
TestBrokerModel.settings = settings(stateful_step_count=40)
