"""Marked events of nodes: each is passed on once, and says that it waited."""

from __future__ import annotations

from typing import Any

import pytest

from tests.router.site import Peer, Site, payload_text
from wampedge.router import RealmSettings, RoleLimits
from wampedge.router.deduplication import Deduplication, Stream
from wampedge.router.holding import MARKED_LIMIT_S
from wampedge.wamp.marking import Mark
from wampedge.wamp.messages import Error, Event, Publish, Published, Subscribe, Subscribed
from wampedge.wamp.payload import Payload

EPOCH = 0xFFFF_FFFF_FFFF_FFFE
TOPIC = "edge.gh1.air.temperature"


class RecordedLog:
    """Keeps what is written, as a store would."""

    def __init__(self) -> None:
        self.known_by_stream: dict[Stream, tuple[int, int]] = {}

    def write(self, stream: Stream, seq: int, seen: int) -> None:
        """Keep it."""
        self.known_by_stream[stream] = seq, seen

    @property
    def rows(self) -> list[tuple[Stream, int, int]]:
        """All of it."""
        return [(stream, *known) for stream, known in self.known_by_stream.items()]

    def forget_stream(self, stream: Stream) -> None:
        """Drop it."""
        del self.known_by_stream[stream]


def mark(seq: int, **fields: Any) -> dict[str, Any]:
    plain = {"node": "gh1", "epoch": EPOCH, "lane": 0, "time": 1_000.5, "historical": False}
    return {**plain, "seq": seq, **fields}


def publish(
    peer: Peer, seq: int, *, value: Any = None, options: dict[str, Any] | None = None, **fields: Any
) -> Any:
    marked = {"acknowledge": True, "x_wampedge": mark(seq, **fields), **(options or {})}
    payload = Payload((seq if value is None else value,))
    return peer.ask(Publish(seq, marked, TOPIC, payload))


def listener(site: Site) -> Peer:
    peer = site.join()
    assert isinstance(peer.ask(Subscribe(1, {}, TOPIC)), Subscribed)
    return peer


def values(peer: Peer) -> list[Any]:
    return [event.payload.value for event in peer.read() if isinstance(event, Event)]


def test_an_event_that_comes_again_is_acknowledged_and_passed_on_once() -> None:
    site = Site()
    node, reader = site.join(), listener(site)

    for seq in (1, 2, 1, 2, 3):
        assert isinstance(publish(node, seq), Published)

    assert values(reader) == [1, 2, 3]


def test_who_does_not_ask_for_an_acknowledgement_gets_none() -> None:
    site = Site()
    node, reader = site.join(), listener(site)

    for _ in range(2):
        node.send(Publish(1, {"x_wampedge": mark(1)}, TOPIC, Payload((1,))))

    assert node.read() == []
    assert values(reader) == [1]


def test_the_same_node_is_known_by_another_session() -> None:
    site = Site()
    first, reader = site.join(authid="gh1"), listener(site)
    publish(first, 1)
    first.lose()

    publish(site.join(authid="gh1"), 1)

    assert values(reader) == [1]


def test_sessions_without_a_name_are_known_by_their_role() -> None:
    site = Site()
    reader = listener(site)
    publish(site.join(authrole="nodes"), 1)
    publish(site.join(authrole="nodes"), 1)
    publish(site.join(authrole="others"), 1)

    assert values(reader) == [1, 1]


@pytest.mark.parametrize("other", [{"node": "gh2"}, {"epoch": 7}, {"lane": 1}])
def test_another_stream_has_numbers_of_its_own(other: dict[str, Any]) -> None:
    site = Site()
    node, reader = site.join(), listener(site)
    publish(node, 1, value="one")

    publish(node, 1, value="other", **other)

    assert values(reader) == ["one", "other"]


def test_another_user_cannot_keep_the_events_of_a_node_away() -> None:
    site = Site()
    node, thief, reader = site.join(authid="gh1"), site.join(authid="eve"), listener(site)
    publish(thief, 2**62, value="thief")

    publish(node, 1, value="node")

    assert values(reader) == ["thief", "node"]


def test_subscribers_are_told_that_an_event_waited_and_since_when_but_not_the_epoch() -> None:
    site = Site()
    node, reader = site.join(), listener(site)
    publish(node, 1)
    publish(node, 2, historical=True)

    live, late = reader.read()

    assert isinstance(live, Event)
    assert isinstance(late, Event)
    assert live.details == {}
    assert late.details == {"x_historical": True, "x_time": 1_000.5}


def test_a_retained_event_still_tells_that_it_waited() -> None:
    site = Site()
    node, late = site.join(), site.join()
    publish(node, 1, options={"retain": True}, historical=True)

    late.send(Subscribe(1, {"get_retained": True}, TOPIC))

    _, event = late.read()
    assert isinstance(event, Event)
    assert event.details == {"retained": True, "x_historical": True, "x_time": 1_000.5}


def test_an_event_that_was_refused_may_come_behind_its_successors() -> None:
    site = Site([RealmSettings("edge", limits_by_role={"guest": RoleLimits(publications_per_s=1)})])
    node, reader = site.join(authrole="guest"), listener(site)
    publish(node, 1)
    assert isinstance(publish(node, 2), Error)
    site.wait(1.0)
    publish(node, 3)
    site.wait(1.0)

    assert isinstance(publish(node, 2), Published)

    assert values(reader) == [1, 3, 2]


def test_who_may_not_publish_is_told_so_as_ever() -> None:
    settings = RealmSettings("edge", actions_by_role={"nodes": frozenset({"publish"})})
    site = Site([settings])
    publish(site.join(authid="gh1", authrole="nodes"), 1)

    stranger = site.join(authid="gh1", authrole="nobody")

    for seq in (1, 2):
        answer = publish(stranger, seq)
        assert isinstance(answer, Error)
        assert answer.error == "wamp.error.not_authorized"


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (3, "option x_wampedge must be a dict, got 3"),
        ({}, "option x_wampedge: node must be a text of 1 to 255 characters"),
        (mark(1, node=""), "option x_wampedge: node must be a text of 1 to 255 characters"),
        (mark(1, epoch=-1), "option x_wampedge: epoch must be an integer of 64 bits"),
        (mark(1, epoch=2**64), "option x_wampedge: epoch must be an integer of 64 bits"),
        (mark(1, lane=2), "option x_wampedge: lane must be 0 or 1"),
        (mark(0), "option x_wampedge: seq must be an integer from 1"),
        ({**mark(1), "seq": True}, "option x_wampedge: seq must be an integer from 1"),
        (mark(1, time="now"), "option x_wampedge: time must be a number of seconds since 1970"),
        (mark(1, time=True), "option x_wampedge: time must be a number of seconds since 1970"),
        (mark(1, historical=1), "option x_wampedge: historical must be true or false"),
    ],
)
def test_a_wrong_mark_is_refused_and_names_its_field(option: Any, text: str) -> None:
    node = Site().join()

    error = node.ask(Publish(1, {"acknowledge": True, "x_wampedge": option}, TOPIC))

    assert isinstance(error, Error)
    assert (error.error, payload_text(error)) == ("wamp.error.invalid_argument", text)


def test_a_mark_of_null_is_none() -> None:
    site = Site()
    node, reader = site.join(), listener(site)

    for seq in (1, 2):
        node.ask(Publish(seq, {"acknowledge": True, "x_wampedge": None}, TOPIC, Payload((7,))))

    assert values(reader) == [7, 7]


def test_what_was_written_is_known_to_the_next_router() -> None:
    log = RecordedLog()
    settings = RealmSettings("edge", stream_log=log)
    first = Site([settings])
    node = first.join(authid="gh1")
    for seq in (1, 2, 3, 2):
        publish(node, seq)
    assert log.known_by_stream == {Stream("authid:gh1", "gh1", EPOCH, 0): (3, 0b111)}

    second = Site([settings])
    second.router.deduplication("edge").restore(log.rows)
    reader, node = listener(second), second.join(authid="gh1")
    for seq in (2, 3, 4):
        publish(node, seq)

    assert values(reader) == [4]


def test_what_was_refused_may_still_come_behind_its_successors_at_the_next_router() -> None:
    log = RecordedLog()
    first = Site([RealmSettings("edge", stream_log=log)])
    node = first.join(authid="gh1")
    for seq in (7, 9):
        publish(node, seq)

    second = Site()
    second.router.deduplication("edge").restore(log.rows)
    reader, node = listener(second), second.join(authid="gh1")
    for seq in (7, 8, 9):
        publish(node, seq)

    assert values(reader) == [8]


class Storing:
    """A site where somebody stores the events of the topic."""

    def __init__(self) -> None:
        self.log = RecordedLog()
        self.site = Site([RealmSettings("edge", stream_log=self.log)])
        self.node, self.keeper = self.site.join(authid="gh1"), listener(self.site)
        self.holding = self.site.router.holding("edge")
        self.holding.keep(self.keeper.session.id, lambda topic: True)

    def settle(self, *, is_safe: bool) -> None:
        """Tell whether the next event is safe."""
        event = self.keeper.read_one()
        assert isinstance(event, Event)
        self.site.deliver(self.holding.settle(event.publication_id, is_safe=is_safe))


def test_what_is_being_stored_is_written_down_when_it_is_safe() -> None:
    storing = Storing()
    marked = {"acknowledge": True, "x_wampedge": mark(1)}
    storing.node.send(Publish(1, marked, TOPIC))
    assert storing.node.read() == []
    assert storing.log.known_by_stream == {}

    storing.settle(is_safe=True)

    assert isinstance(storing.node.read_one(), Published)
    assert list(storing.log.known_by_stream.values()) == [(1, 1)]


def test_what_comes_again_while_it_is_being_stored_waits_for_the_same() -> None:
    storing = Storing()
    marked = {"acknowledge": True, "x_wampedge": mark(1)}
    for request_id in (1, 2):
        storing.node.send(Publish(request_id, marked, TOPIC))
    assert storing.node.read() == []

    storing.settle(is_safe=True)

    answers = [answer for answer in storing.node.read() if isinstance(answer, Published)]
    assert [answer.request_id for answer in answers] == [1, 2]
    assert storing.keeper.read() == []


def test_only_what_is_safe_is_written_down_of_a_stream() -> None:
    storing = Storing()
    marks = [mark(1), mark(2), mark(3)]
    for number, each in enumerate(marks, start=1):
        storing.node.send(Publish(number, {"acknowledge": True, "x_wampedge": each}, TOPIC))
    heard = [event for event in storing.keeper.read() if isinstance(event, Event)]
    first, second, _ = (event.publication_id for event in heard)

    storing.site.deliver(storing.holding.settle(second, is_safe=True))
    assert list(storing.log.known_by_stream.values()) == [(3, 0b010)]
    storing.site.deliver(storing.holding.settle(first, is_safe=True))

    assert list(storing.log.known_by_stream.values()) == [(3, 0b110)]


def test_a_node_is_not_told_of_what_is_lost_here_and_counted_here() -> None:
    storing = Storing()
    marked = {"acknowledge": True, "x_wampedge": mark(1)}
    storing.node.send(Publish(1, marked, TOPIC))

    storing.settle(is_safe=False)

    assert isinstance(storing.node.read_one(), Published)
    assert list(storing.log.known_by_stream.values()) == [(1, 1)]


def test_a_node_that_waits_too_long_is_told_and_is_answered_when_it_asks_again() -> None:
    storing = Storing()
    marked = {"acknowledge": True, "x_wampedge": mark(1)}
    storing.node.send(Publish(1, marked, TOPIC))
    storing.site.wait(MARKED_LIMIT_S)
    assert storing.node.read_one().error == "wampedge.error.not_stored"
    storing.node.send(Publish(2, marked, TOPIC))
    assert storing.node.read() == []

    storing.settle(is_safe=True)

    assert storing.node.read_one().request_id == 2


def test_the_stream_that_was_silent_longest_is_forgotten() -> None:
    log = RecordedLog()
    known = Deduplication(log, max_streams=2)
    session = Site().join(authid="gh1").session
    marks = [Mark("gh1", epoch, 0, 1, 0.0, is_historical=False) for epoch in (1, 2, 3)]
    for each in (marks[0], marks[1], marks[0]._replace(seq=2), marks[2]):
        known.take(session, each)

    assert len(known) == 2
    assert [known.is_known(session, each) for each in marks] == [True, False, True]
    assert [stream.epoch for stream in log.known_by_stream] == [1, 3]


def test_a_restored_stream_that_is_one_too_many_is_forgotten() -> None:
    log = RecordedLog()
    streams = [Stream("authid:gh1", "gh1", epoch, 0) for epoch in (1, 2, 3)]
    log.known_by_stream = dict.fromkeys(streams, (9, 1))

    known = Deduplication(log, max_streams=2)
    known.restore(log.rows)

    assert [stream.epoch for stream in log.known_by_stream] == [2, 3]


@pytest.mark.parametrize(
    ("came", "seq", "wanted"),
    [
        ([10], 10, True),
        ([10], 9, False),
        ([10, 300], 10, True),
        ([10, 300], 45, False),
        ([10, 300], 44, True),
        ([10, 265], 10, True),
        ([10, 266], 10, True),
        ([10, 12, 11], 11, True),
        ([10, 12], 11, False),
        ([10], 11, False),
    ],
)
def test_what_is_more_than_a_window_behind_counts_as_known(
    came: list[int], seq: int, wanted: bool
) -> None:
    known, session = Deduplication(), Site().join().session

    for each in came:
        known.take(session, Mark("gh1", 1, 0, each, 0.0, is_historical=False))

    assert known.is_known(session, Mark("gh1", 1, 0, seq, 0.0, is_historical=False)) is wanted
