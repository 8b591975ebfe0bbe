"""A link hears what is to be retained and who asks for it, and brings it to those alone."""

from __future__ import annotations

from typing import Any

from tests.router.site import Peer, Site
from wampedge.router.linked import Asked, Linked
from wampedge.wamp.messages import Event, Publish, Subscribe
from wampedge.wamp.payload import Payload

TOPIC = "edge.gh1.air"


class Linking:
    """A site with a client, and a session of the node that links it upstream."""

    def __init__(self) -> None:
        self.site = Site()
        self.client, self.link = self.site.join(), self.site.join(is_trusted=True)
        self.asked: list[Asked] = []
        self.linked.add(self.link.session.id, self.asked.append)

    @property
    def linked(self) -> Linked:
        """What links are told."""
        return self.site.router.linked("edge")

    def subscribe(self, peer: Peer, topic: str = TOPIC, **options: Any) -> int:
        """Subscribe, and return the id of the subscription."""
        return int(peer.ask(Subscribe(1, options, topic)).subscription_id)

    def bring(self, subscription: int, peer: Peer, topic: str = TOPIC, **options: Any) -> None:
        """Bring what is retained elsewhere for *peer*."""
        options = {"x_retained_for": subscription, "eligible": [peer.session.id], **options}
        self.link.send(Publish(9, options, topic, Payload((21,))))


def details_of(message: object) -> Any:
    assert isinstance(message, Event)
    return message.details


def test_a_link_alone_hears_that_an_event_is_to_be_retained() -> None:
    linking = Linking()
    other = linking.site.join()
    for peer in (linking.link, other):
        linking.subscribe(peer)

    linking.client.send(Publish(2, {"retain": True}, TOPIC))
    linking.client.send(Publish(3, {"x_clear_retained": True}, TOPIC))
    linking.client.send(Publish(4, {}, TOPIC))

    told = [details_of(event) for event in linking.link.read()]
    assert told == [{"x_retain": True}, {"x_clear_retained": True}, {}]
    assert [details_of(event) for event in other.read()] == [{}, {}, {}]


def test_no_link_is_told_after_it_was_removed() -> None:
    linking = Linking()
    linking.subscribe(linking.link)
    linking.linked.remove(linking.link.session.id, linking.asked.append)
    linking.linked.remove(linking.link.session.id, linking.asked.append)

    linking.client.send(Publish(2, {"retain": True}, TOPIC))
    linking.subscribe(linking.client, get_retained=True)

    assert details_of(linking.link.read_one()) == {}
    assert linking.asked == []


def test_who_asks_for_retained_events_is_told_but_never_a_link_itself() -> None:
    linking = Linking()
    linking.subscribe(linking.link, "edge.", match="prefix", get_retained=True)
    linking.subscribe(linking.client)
    subscription = linking.subscribe(linking.client, "edge..air", match="wildcard")

    linking.subscribe(linking.client, "edge..air", match="wildcard", get_retained=True)

    (asked,) = linking.asked
    assert asked[:4] == (linking.client.session.id, subscription, "wildcard", "edge..air")
    assert asked.options["get_retained"] is True


def test_what_a_link_brings_goes_to_the_one_who_asked_as_retained() -> None:
    linking = Linking()
    other = linking.site.join()
    linking.subscribe(other)
    exact = linking.subscribe(linking.client)
    prefix = linking.subscribe(linking.client, "edge.", match="prefix")

    linking.bring(exact, linking.client, x_omitted=3, x_time=5.5)
    linking.bring(prefix, linking.client)

    first, second = linking.client.read()
    assert isinstance(first, Event)
    assert (first.subscription_id, first.payload.value) == (exact, 21)
    assert first.details == {"retained": True, "x_omitted": 3, "x_time": 5.5}
    assert details_of(second) == {"retained": True, "topic": TOPIC}
    assert other.read() == []


def test_nothing_is_brought_for_a_subscription_that_is_gone_or_another_topic() -> None:
    linking = Linking()
    other = linking.site.join()
    subscription = linking.subscribe(linking.client)

    linking.bring(subscription + 1, linking.client)
    linking.bring(subscription, other)
    linking.bring(subscription, linking.client, topic="edge.gh1.soil")

    assert (linking.client.read(), other.read()) == ([], [])


def test_what_is_brought_yields_to_what_is_retained_here_where_it_says_so() -> None:
    linking = Linking()
    linking.client.send(Publish(2, {"retain": True}, TOPIC))
    subscription = linking.subscribe(linking.client)

    linking.bring(subscription, linking.client, x_yielding=True)
    assert linking.client.read() == []
    linking.bring(subscription, linking.client, x_yielding=False)

    assert details_of(linking.client.read_one()) == {"retained": True}


def test_a_client_cannot_bring_anything() -> None:
    linking = Linking()
    intruder = linking.site.join()
    subscription = linking.subscribe(linking.client)

    intruder.send(Publish(2, {"x_retained_for": subscription}, TOPIC))

    assert details_of(linking.client.read_one()) == {}
