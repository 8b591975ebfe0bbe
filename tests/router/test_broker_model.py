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
TOPICS = ["edge.a", "edge.b"]
ROLES = ["guest", "staff"]

seats = st.integers(0, SEATS - 1)
topics = st.sampled_from(TOPICS)


class BrokerModel(RuleBasedStateMachine):
    """Peers take seats, subscribe, publish and leave in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.peers: list[Peer | None] = [None] * SEATS
        self.subscribers: dict[str, list[int]] = {topic: [] for topic in TOPICS}
        self.id_by_topic: dict[str, int] = {}
        self.number = 0

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def drop(self, seat: int, topic: str) -> None:
        self.subscribers[topic].remove(seat)
        if not self.subscribers[topic]:
            del self.id_by_topic[topic]

    @rule(seat=seats)
    def come_or_go(self, seat: int) -> None:
        peer = self.peers[seat]
        if peer is None:
            self.peers[seat] = self.site.join(authrole=ROLES[seat % 2])
            return
        self.peers[seat] = None
        for topic in TOPICS:
            if seat in self.subscribers[topic]:
                self.drop(seat, topic)
        peer.lose()

    @precondition(lambda self: any(self.peers))
    @rule(seat=seats, topic=topics)
    def subscribe(self, seat: int, topic: str) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None:
            return
        answer = peer.ask(Subscribe(number, {}, topic))
        assert isinstance(answer, Subscribed)
        assert answer.request_id == number
        assert self.id_by_topic.setdefault(topic, answer.subscription_id) == answer.subscription_id
        assert len(set(self.id_by_topic.values())) == len(self.id_by_topic)
        if seat not in self.subscribers[topic]:
            self.subscribers[topic].append(seat)

    @precondition(lambda self: bool(self.id_by_topic))
    @rule(seat=seats, topic=topics)
    def unsubscribe(self, seat: int, topic: str) -> None:
        peer, number = self.peers[seat], self.next_number()
        if peer is None or topic not in self.id_by_topic:
            return
        answer = peer.ask(Unsubscribe(number, self.id_by_topic[topic]))
        if seat in self.subscribers[topic]:
            assert answer == Unsubscribed(number)
            self.drop(seat, topic)
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
            is_wanted = (
                other_seat in self.subscribers[topic]
                and (other_seat != seat or exclude_me is False)
                and role in (None, ROLES[other_seat % 2])
            )
            assert len(arrived) == is_wanted
            for event in arrived:
                assert isinstance(event, Event)
                assert event.subscription_id == self.id_by_topic[topic]
                assert event.payload.args == [number]
                publications.add(event.publication_id)
        assert len(publications) <= 1

    def teardown(self) -> None:
        for peer in self.peers:
            if peer is not None:
                peer.lose()
        broker = self.site.router._realm_by_name["edge"]._broker
        assert all(not broker._routes.find(topic).entries for topic in TOPICS)


TestBrokerModel = BrokerModel.TestCase
TestBrokerModel.settings = settings(stateful_step_count=40)
