"""A publisher is told that its event was taken when it is safe, where somebody stores it."""

from __future__ import annotations

from typing import Any

from tests.router.site import Site
from wampedge.router.holding import MAX_HELD, Holding
from wampedge.wamp.messages import Error, Event, Publish, Published, Subscribe

TOPIC = "edge.gh1.note"


class Stored:
    """A site with a publisher, and a session that stores what is below ``edge.gh1.``."""

    def __init__(self) -> None:
        self.site = Site()
        self.publisher, self.keeper = self.site.join(), self.site.join()
        self.keeper.ask(Subscribe(1, {"match": "prefix"}, "edge."))
        self.holding.keep(self.keeper.session.id, self.stores)

    @property
    def holding(self) -> Holding:
        """What waits."""
        return self.site.router.holding("edge")

    def stores(self, topic: str) -> bool:
        """Tell whether it does."""
        return topic.startswith("edge.gh1.")

    def publish(self, request_id: int = 1, topic: str = TOPIC, **options: Any) -> Any:
        """Publish an event, and return its publication as the keeper hears of it."""
        self.publisher.send(Publish(request_id, {"acknowledge": True, **options}, topic))
        (event,) = self.keeper.read()
        assert isinstance(event, Event)
        return event.publication_id

    def settle(self, publication_id: int, *, is_safe: bool) -> None:
        """Tell whether it is safe."""
        self.site.deliver(self.holding.settle(publication_id, is_safe=is_safe))


def test_the_answer_waits_until_the_event_is_safe() -> None:
    stored = Stored()

    publication_id = stored.publish()
    assert stored.publisher.read() == []
    assert stored.holding.has(publication_id)
    stored.settle(publication_id, is_safe=True)

    assert stored.publisher.read() == [Published(1, publication_id)]
    assert not stored.holding.has(publication_id)


def test_an_event_that_is_not_stored_is_an_error() -> None:
    stored = Stored()

    stored.settle(stored.publish(), is_safe=False)

    error = stored.publisher.read_one()
    assert isinstance(error, Error)
    assert (error.request_type, error.request_id) == (Publish.TYPE, 1)
    assert error.error == "wampedge.error.not_stored"


def test_other_topics_and_other_publications_are_answered_at_once() -> None:
    stored = Stored()

    publication_id = stored.publish(topic="edge.gh2.note")
    assert stored.publisher.read() == [Published(1, publication_id)]
    stored.publisher.send(Publish(2, {}, TOPIC))

    assert stored.publisher.read() == []
    assert len(stored.holding) == 0


def test_who_stores_and_does_not_get_an_event_is_not_waited_for() -> None:
    stored = Stored()

    stored.publisher.send(Publish(1, {"acknowledge": True, "eligible": []}, TOPIC))

    assert isinstance(stored.publisher.read_one(), Published)


def test_all_that_store_an_event_have_to_say_so() -> None:
    stored = Stored()
    stored.holding.keep(stored.keeper.session.id, lambda topic: True)

    publication_id = stored.publish()
    stored.settle(publication_id, is_safe=True)
    assert stored.publisher.read() == []
    stored.settle(publication_id, is_safe=True)

    assert isinstance(stored.publisher.read_one(), Published)


def test_one_that_does_not_store_it_is_enough_for_an_error() -> None:
    stored = Stored()
    stored.holding.keep(stored.keeper.session.id, lambda topic: True)

    publication_id = stored.publish()
    stored.settle(publication_id, is_safe=False)
    stored.settle(publication_id, is_safe=True)

    assert isinstance(stored.publisher.read_one(), Error)


def test_who_stores_no_more_is_not_waited_for() -> None:
    stored = Stored()
    stored.holding.release(stored.keeper.session.id, stored.stores)
    stored.holding.release(stored.keeper.session.id, stored.stores)

    stored.publish()

    assert isinstance(stored.publisher.read_one(), Published)


def test_a_publisher_waits_half_a_minute_at_most() -> None:
    stored = Stored()
    stored.publish()

    stored.site.wait(29.0)
    assert stored.publisher.read() == []
    stored.site.wait(1.0)

    error = stored.publisher.read_one()
    assert isinstance(error, Error)
    assert error.error == "wampedge.error.not_stored"


def test_a_publisher_that_has_left_is_told_nothing() -> None:
    stored = Stored()
    publication_id = stored.publish()
    stored.publisher.lose()

    stored.settle(publication_id, is_safe=True)

    assert stored.publisher.read() == []


def test_no_more_wait_than_there_is_room_for() -> None:
    stored = Stored()
    for request_id in range(1, MAX_HELD + 1):
        stored.publish(request_id)

    stored.publish(MAX_HELD + 1)

    error = stored.publisher.read_one()
    assert isinstance(error, Error)
    assert (error.request_id, error.error) == (10_001, "wampedge.error.limit")
