"""``wampedge.ingest``: many marked events in one call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.meta_procedures.ask import call_of
from tests.router.site import Peer, Site, payload_text
from wampedge.router import Action, RealmSettings, RoleLimits, RouterSession
from wampedge.router.holding import MARKED_LIMIT_S
from wampedge.router.parking import Undecided
from wampedge.wamp.messages import Error, Event, Result, Subscribe
from wampedge.wamp.payload import Payload

EPOCH = 7
INGEST = "wampedge.ingest"


class PublishOnly:
    """Lets nobody do anything but subscribe, and publish below ``edge.gh1.``."""

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Tell whether it is that."""
        return action == "subscribe" or (action == "publish" and uri.startswith("edge.gh1."))


def entry(seq: int, topic: str = "edge.gh1.air", **fields: Any) -> list[Any]:
    plain = {"time": 1_000.0, "flags": 0, "options": {}, "args": [seq], "kwargs": {}}
    return [seq, topic, *{**plain, **fields}.values()]


def ingest(peer: Peer, *entries: Any) -> Any:
    return peer.ask(call_of(INGEST, "gh1", EPOCH, 0, list(entries)))


def listener(site: Site) -> Peer:
    peer = site.join()
    peer.ask(Subscribe(1, {"match": "prefix"}, "edge"))
    return peer


def events(peer: Peer) -> list[Event]:
    return [event for event in peer.read() if isinstance(event, Event)]


def values(peer: Peer) -> list[Any]:
    return [event.payload.value for event in events(peer)]


def test_entries_are_published_in_order_and_the_highest_number_is_the_answer() -> None:
    site = Site()
    node, reader = site.join(), listener(site)

    answer = ingest(node, entry(1, "edge.gh1.air"), entry(2, "edge.gh1.light"))

    assert isinstance(answer, Result)
    assert answer.payload == Payload((2,))
    heard = events(reader)
    assert [event.details["topic"] for event in heard] == ["edge.gh1.air", "edge.gh1.light"]
    assert [event.payload.value for event in heard] == [1, 2]


def test_an_entry_has_arguments_options_and_a_time_as_a_publication_has() -> None:
    site = Site()
    node, late = site.join(), site.join()
    options = {"retain": True, "acknowledge": True}

    ingest(node, entry(1, flags=1, options=options, args=[20.5], kwargs={"unit": "°C"}))

    late.send(Subscribe(1, {"get_retained": True}, "edge.gh1.air"))
    _, event = late.read()
    assert isinstance(event, Event)
    assert event.payload == Payload((20.5,), {"unit": "°C"})
    assert event.details == {"retained": True, "x_historical": True, "x_time": 1_000.0}


def test_a_sealed_payload_passes_as_it_is() -> None:
    site = Site()
    node, reader = site.join(), listener(site)

    ingest(node, entry(1, options={"ppt_scheme": "x_own"}, args=b"\x00\x01", kwargs=None))

    (event,) = events(reader)
    assert event.payload.blob == b"\x00\x01"
    assert event.details["ppt_scheme"] == "x_own"


def test_entries_that_came_before_are_taken_and_not_passed_on() -> None:
    site = Site()
    node, reader = site.join(), listener(site)
    ingest(node, entry(1), entry(2))

    answer = ingest(node, entry(1), entry(2), entry(3))

    assert answer.payload == Payload((3,))
    assert values(reader) == [1, 2, 3]


def test_nobody_needs_a_right_but_to_publish_the_topics() -> None:
    site = Site([RealmSettings("edge", authorizer=PublishOnly())])
    node, reader = site.join(), listener(site)

    answer = ingest(node, entry(1), entry(2, "edge.gh2.air"), entry(3))

    assert answer.payload.args == [3]
    assert answer.payload.kwargs == {
        "refused": [
            [1, "wamp.error.not_authorized", "not allowed to publish to 'edge.gh2.air'"],
        ]
    }
    assert values(reader) == [1, 3]


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        (3, "invalid_argument", "an entry must be a list of 7, got 3"),
        ([1, "edge.a"], "invalid_argument", "an entry must be a list of 7, got a list"),
        (entry(2, "edge..a"), "invalid_uri", "not a URI: 'edge..a'"),
        (entry(2, ""), "invalid_uri", "not a URI: ''"),
        (entry(2, "wamp.a"), "invalid_uri", "reserved for the router: 'wamp.a'"),
        (entry(0), "invalid_argument", "seq must be an integer from 1"),
        (entry(2, time=None), "invalid_argument", "time must be a number of seconds since 1970"),
        (
            entry(2, flags="1"),
            "invalid_argument",
            "flags must be an integer and options a dict",
        ),
        (
            entry(2, options=None),
            "invalid_argument",
            "flags must be an integer and options a dict",
        ),
        (
            entry(2, args={}),
            "invalid_argument",
            "args must be a list or a sealed payload, and kwargs a dict or null",
        ),
        (
            entry(2, args=b"1", kwargs={"a": 1}),
            "invalid_argument",
            "args must be a list or a sealed payload, and kwargs a dict or null",
        ),
        (
            entry(2, options={"exclude": 5}),
            "invalid_argument",
            "option exclude must be a list of session ids, got 5",
        ),
        (
            entry(2, options={"enc_algo": "mqtt"}),
            "protocol_violation",
            "option enc_algo: payload transparency was not announced",
        ),
    ],
)
def test_a_wrong_entry_is_refused_and_the_others_are_taken(
    wrong: Any, error: str, text: str
) -> None:
    site = Site()
    node, reader = site.join(), listener(site)

    answer = ingest(node, entry(1), wrong, entry(3))

    assert answer.payload.args == [3]
    assert answer.payload.kwargs == {"refused": [[1, f"wamp.error.{error}", text]]}
    assert values(reader) == [1, 3]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((), "wanted node, epoch, lane and entries, got 0 arguments"),
        ((3, EPOCH, 0, []), "node must be a text of 1 to 255 characters"),
        (("gh1", "7", 0, []), "epoch must be an integer of 64 bits"),
        (("gh1", EPOCH, 9, []), "lane must be 0 or 1"),
        (("gh1", EPOCH, 0, {}), "entries must be a list of 256 or fewer"),
        (("gh1", EPOCH, 0, [0] * 257), "entries must be a list of 256 or fewer"),
    ],
)
def test_a_wrong_call_is_refused_as_a_whole(args: tuple[Any, ...], text: str) -> None:
    error = Site().join().ask(call_of(INGEST, *args))

    assert isinstance(error, Error)
    assert (error.error, payload_text(error)) == ("wamp.error.invalid_argument", text)


def test_no_entries_are_no_mistake() -> None:
    assert ingest(Site().join()).payload == Payload((0,))


def test_the_limits_of_a_publisher_hold_and_end_the_batch() -> None:
    limits = {"guest": RoleLimits(publications_per_s=2)}
    site = Site([RealmSettings("edge", limits_by_role=limits)])
    node, reader = site.join(authrole="guest"), listener(site)

    answer = ingest(node, *(entry(seq) for seq in (1, 2, 3, 4)))

    assert answer.payload.args == [2]
    index, error, _ = answer.payload.kwargs["stopped"]
    assert (index, error) == (2, "wampedge.error.limit")
    assert values(reader) == [1, 2]
    site.wait(1.0)
    assert ingest(node, entry(3), entry(4)).payload == Payload((4,))
    assert values(reader) == [3, 4]


class Asking:
    """Asks before it lets anybody publish; forgets each answer after it was used *often*."""

    def __init__(self, often: int) -> None:
        self.answers: dict[str, int] = {}
        self.asked: list[str] = []
        self._often = often

    def allows(
        self, session: RouterSession, action: Action, uri: str, policy: str = "exact"
    ) -> bool:
        """Allow what was asked for."""
        if action != "publish":
            return True
        if self.answers.get(uri, 0):
            self.answers[uri] -= 1
            return True

        def ask(go_on: Any) -> Any:
            self.asked.append(uri)
            self.answers[uri] = self._often
            return go_on()

        raise Undecided(ask)


def test_a_batch_waits_until_all_its_topics_are_decided() -> None:
    authorizer = Asking(often=100)
    site = Site([RealmSettings("edge", authorizer=authorizer)])
    node, reader = site.join(), listener(site)

    answer = ingest(node, entry(1, "edge.a"), entry(2, "edge.b"))

    assert authorizer.asked == ["edge.a", "edge.b"]
    assert answer.payload == Payload((2,))
    assert values(reader) == [1, 2]


def test_a_decision_that_does_not_last_ends_the_batch() -> None:
    site = Site([RealmSettings("edge", authorizer=Asking(often=2))])
    node, reader = site.join(), listener(site)

    answer = ingest(node, entry(1), entry(2), entry(3))

    assert answer.payload.args == [1]
    assert answer.payload.kwargs["stopped"][0] == 1
    assert values(reader) == [1]


class Storing:
    """A site where somebody stores what is published."""

    def __init__(self) -> None:
        self.site = Site()
        self.node, self.keeper = self.site.join(), listener(self.site)
        self.holding = self.site.router.holding("edge")
        self.holding.keep(self.keeper.session.id, lambda topic: "loose" not in topic)

    def begin(self, *entries: Any) -> list[int]:
        """Send a batch, and return as what it was published."""
        self.node.send(call_of(INGEST, "gh1", EPOCH, 0, list(entries)))
        return [event.publication_id for event in events(self.keeper)]

    def settle(self, publication_id: int, *, is_safe: bool = True) -> None:
        """Tell whether it is safe."""
        self.site.deliver(self.holding.settle(publication_id, is_safe=is_safe))


def test_a_batch_is_answered_when_all_of_it_is_safe() -> None:
    storing = Storing()

    first, second = storing.begin(entry(1), entry(2))
    assert storing.holding.has_batch(first)
    storing.settle(second)
    assert storing.node.read() == []
    storing.settle(first)

    assert storing.node.read_one().payload == Payload((2,))


def test_a_batch_that_nobody_stores_is_answered_at_once() -> None:
    storing = Storing()

    storing.begin(entry(1, "edge.loose"))

    assert storing.node.read_one().payload == Payload((1,))


def test_what_is_lost_and_counted_here_need_not_come_again() -> None:
    storing = Storing()

    first, second = storing.begin(entry(1), entry(2))
    storing.settle(first, is_safe=False)
    storing.settle(second)

    assert storing.node.read_one().payload == Payload((2,))


def test_what_is_not_safe_in_time_has_to_come_again_with_all_behind_it() -> None:
    storing = Storing()
    (first, second, _) = storing.begin(entry(1), entry(2), entry(3), entry(0))
    storing.settle(first)

    storing.site.wait(MARKED_LIMIT_S)

    answer = storing.node.read_one()
    assert answer.payload.args == [1]
    assert answer.payload.kwargs == {
        "stopped": [1, "wampedge.error.not_stored", "it is not stored yet"]
    }
    storing.settle(second)
    assert storing.node.read() == []


def test_what_comes_again_in_a_batch_waits_for_what_is_still_being_stored() -> None:
    storing = Storing()
    first, second = storing.begin(entry(1), entry(2))
    storing.settle(first)
    storing.site.wait(MARKED_LIMIT_S)
    storing.node.read()

    assert storing.begin(entry(2), entry(3, "edge.loose")) != [second]
    assert storing.node.read() == []
    storing.settle(second)

    assert storing.node.read_one().payload == Payload((3,))


def test_a_node_that_went_away_is_not_answered() -> None:
    storing = Storing()
    (first,) = storing.begin(entry(1))
    storing.node.lose()

    storing.settle(first)

    assert len(storing.holding) == 0
