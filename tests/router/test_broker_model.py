"""The broker against a model that is small enough to be seen to be right."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.router.site import Peer, Site
from wampedge.wamp.messages import (
    Error,
    Event,
    Publish,
    Published,
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

seats = st.integers(0, SEATS - 1)
topics = st.sampled_from(TOPICS)
patterns = st.sampled_from(PATTERNS)


def is_match(policy: str, pattern: str, topic: str) -> bool:
    """Say what the specification says of a pattern, as plainly as can be."""
    if policy == "exact":
        return topic == pattern
    if policy == "prefix":
        return topic.startswith(pattern)
    wanted, had = pattern.split("."), topic.split(".")
    return len(wanted) == len(had) and all(w in ("", h) for w, h in zip(wanted, had, strict=True))


class BrokerModel(RuleBasedStateMachine):
    """Peers take seats, subscribe, publish and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.peers: list[Peer | None] = [None] * SEATS
        self.subscribers: dict[tuple[str, str], list[int]] = {key: [] for key in PATTERNS}
        self.id_by_key: dict[tuple[str, str], int] = {}
        self.number = 0

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def drop(self, seat: int, key: tuple[str, str]) -> None:
        self.subscribers[key].remove(seat)
        if not self.subscribers[key]:
            del self.id_by_key[key]

    @rule(seat=seats)
    def come_or_go(self, seat: int) -> None:
        peer = self.peers[seat]
        if peer is None:
            self.peers[seat] = self.site.join(authrole=ROLES[seat % 2])
            return
        self.peers[seat] = None
        for key in PATTERNS:
            if seat in self.subscribers[key]:
                self.drop(seat, key)
        peer.lose()

    @precondition(lambda self: any(self.peers))
    @rule(seat=seats, key=patterns)
    def subscribe(self, seat: int, key: tuple[str, str]) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        answer = peer.ask(Subscribe(number, {"match": key[0]}, key[1]))
        assert isinstance(answer, Subscribed)
        assert answer.request_id == number
        assert self.id_by_key.setdefault(key, answer.subscription_id) == answer.subscription_id
        assert len(set(self.id_by_key.values())) == len(self.id_by_key)
        if seat not in self.subscribers[key]:
            self.subscribers[key].append(seat)

    @precondition(lambda self: bool(self.id_by_key))
    @rule(seat=seats, key=patterns)
    def unsubscribe(self, seat: int, key: tuple[str, str]) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None or key not in self.id_by_key:
            return
        answer = peer.ask(Unsubscribe(number, self.id_by_key[key]))
        if seat in self.subscribers[key]:
            assert answer == Unsubscribed(number)
            self.drop(seat, key)
        else:
            assert isinstance(answer, Error)
            assert answer.error == "wamp.error.no_such_subscription"

    @precondition(lambda self: any(self.peers))
    @rule(
        seat=seats,
        topic=topics,
        is_acknowledged=st.booleans(),
        exclude_me=st.sampled_from([None, True, False]),
        role=st.sampled_from([None, *ROLES]),
    )
    def publish(
        self, seat: int, topic: str, *, is_acknowledged: bool, exclude_me: bool | None, role: str
    ) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        options: dict[str, Any] = {"acknowledge": is_acknowledged, "exclude_me": exclude_me}
        if role:
            options["eligible_authrole"] = [role]
        peer.send(Publish(number, options, topic, Payload([number])))

        publications = set()
        for other_seat, other in enumerate(self.peers):
            arrived = other.read() if other is not None else []
            if other_seat == seat and is_acknowledged:
                published = arrived.pop()
                assert isinstance(published, Published)
                assert published.request_id == number
                publications.add(published.publication_id)
            is_wanted = (other_seat != seat or exclude_me is False) and role in (
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

    def teardown(self) -> None:
        for peer in self.peers:
            if peer is not None:
                peer.lose()
        broker = self.site.router._realm_by_name["edge"].broker
        assert all(not broker._routes.find(topic).entries for topic in TOPICS)


TestBrokerModel = BrokerModel.TestCase
TestBrokerModel.settings = settings(stateful_step_count=40)
