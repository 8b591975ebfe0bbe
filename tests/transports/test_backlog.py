"""What waits for a peer that falls behind, without any connection."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wampedge.errors import LocalProtocolError
from wampedge.transports.backlog import Backlog
from wampedge.wamp.messages import Event, Message, Result
from wampedge.wamp.overflow import DISCONNECT, DROP_OLDEST, LATEST_PER_TOPIC
from wampedge.wamp.payload import Payload
from wampedge.wamp.serializers import SERIALIZERS

PLENTY = 10**6
POLICY_BY_SUBSCRIPTION = {1: DROP_OLDEST, 2: LATEST_PER_TOPIC, 3: DISCONNECT, 4: DROP_OLDEST}


class Waiting:
    """A backlog in which the subscription decides on the policy; frames are bare messages."""

    def __init__(self, serializer: str = "json", *, longest: int = PLENTY) -> None:
        self.serializer = SERIALIZERS[serializer]
        self.longest = longest
        self.losses: list[str] = []
        self.backlog = Backlog(self.serializer, self._encode)
        self.backlog.policy_of = lambda event: POLICY_BY_SUBSCRIPTION[event.subscription_id]
        self.backlog.on_loss = lambda policy, is_replaced: self.losses.append(policy)

    def _encode(self, message: Message) -> bytes:
        frame = self.serializer.encode(message)
        if len(frame) > self.longest:
            raise LocalProtocolError("too long")
        return frame

    def add(self, message: Message, *, room: int = PLENTY) -> bool:
        return self.backlog.add(self.serializer.encode(message), message, room_bytes=room)

    def all(self) -> list[Message]:
        """Take all that waits, one message at a time."""
        taken = []
        while len(self.backlog):
            taken.append(self.serializer.decode(self.backlog.take(1)))
        return taken


def event(subscription: int, publication: int, **details: Any) -> Event:
    return Event(subscription, publication, details, Payload(["x", publication], {"a": None}))


def result(request: int) -> Result:
    return Result(request, {}, Payload(["r"]))


def room_for(*messages: Message) -> int:
    """Return how much room *messages* need in JSON, with 200 bytes of bookkeeping each."""
    return sum(len(SERIALIZERS["json"].encode(message)) + 200 for message in messages)


def publications(messages: list[Message]) -> list[int]:
    return [message.publication_id for message in messages if isinstance(message, Event)]


def test_all_that_waits_comes_out_in_the_order_it_came() -> None:
    waiting = Waiting()
    sent: list[Message] = [event(1, 1), result(2), event(3, 3), event(2, 4), result(5), event(1, 6)]
    for message in sent:
        assert waiting.add(message)

    assert waiting.all() == sent
    assert waiting.backlog.size_bytes == 0
    assert waiting.losses == []


def test_as_many_messages_are_taken_as_are_wanted() -> None:
    waiting = Waiting()
    for number in (1, 2, 3):
        waiting.add(result(number))
    size = len(waiting.serializer.encode(result(1)))

    assert len(waiting.backlog.take(size + 1)) == 2 * size
    assert len(waiting.backlog.take(PLENTY)) == size
    assert waiting.backlog.take(PLENTY) == b""


def test_the_oldest_events_make_room_for_the_newest() -> None:
    waiting = Waiting()
    room = room_for(event(1, 1), event(1, 2))
    for number in (1, 2, 3, 4):
        assert waiting.add(event(1, number), room=room)

    assert publications(waiting.all()) == [3, 4]
    assert waiting.backlog.dropped == 2
    assert waiting.losses == [DROP_OLDEST, DROP_OLDEST]


def test_replies_make_events_go_and_never_go_themselves() -> None:
    waiting = Waiting()
    room = room_for(event(1, 1), result(1), result(2))
    for message in (event(1, 1), result(1), event(1, 2), result(2)):
        assert waiting.add(message, room=room)

    told = Event(1, 2, {"x_dropped": 1}, event(1, 2).payload)
    assert waiting.all() == [result(1), told, result(2)]


def test_replies_alone_are_too_much_at_the_bound() -> None:
    waiting = Waiting()
    room = room_for(result(1), result(2))
    assert waiting.add(result(1), room=room)
    assert waiting.add(event(1, 1), room=room)
    assert waiting.add(result(2), room=room)

    assert not waiting.add(result(3), room=room)
    assert waiting.backlog.dropped == 1


def test_events_of_the_policy_disconnect_are_kept_like_replies() -> None:
    waiting = Waiting()
    room = room_for(event(3, 1), event(3, 2))

    assert [waiting.add(event(3, number), room=room) for number in (1, 2, 3)] == [True, True, False]
    assert waiting.losses == []
    assert waiting.backlog.kept_count == 3


def test_only_the_newest_event_of_a_topic_waits() -> None:
    waiting = Waiting()
    for number in range(1, 101):
        waiting.add(event(2, number))

    (last,) = waiting.all()

    assert last == Event(2, 100, {"x_dropped": 99}, event(2, 100).payload)
    assert waiting.backlog.conflated == 99
    assert waiting.backlog.dropped == 0
    assert set(waiting.losses) == {LATEST_PER_TOPIC}


def test_each_topic_of_a_pattern_keeps_its_newest_event_and_its_turn() -> None:
    waiting = Waiting()
    for number, topic in enumerate(["a", "b", "a", "c", "a"], 1):
        waiting.add(event(2, number, topic=topic))

    messages = waiting.all()

    # A busy topic keeps its place: it can neither push others back nor be pushed back for ever.
    assert publications(messages) == [5, 2, 4]
    assert [m.details for m in messages if isinstance(m, Event)] == [
        {"topic": "a", "x_dropped": 2},
        {"topic": "b"},
        {"topic": "c"},
    ]


def test_a_newer_event_does_not_overtake_a_reply() -> None:
    waiting = Waiting()
    sent: list[Message] = [event(2, 1), event(2, 2, topic="b"), result(1), event(2, 3)]
    for message in sent:
        waiting.add(message)

    messages = waiting.all()

    assert [type(message) for message in messages] == [Event, Result, Event]
    assert publications(messages) == [2, 3]


def test_the_newest_event_of_a_topic_is_dropped_only_after_all_others() -> None:
    waiting = Waiting()
    room = room_for(event(2, 1), event(1, 2)) + 50
    waiting.add(event(2, 1), room=room)
    waiting.add(event(1, 2), room=room)
    waiting.add(event(2, 3, topic="b"), room=room)
    assert waiting.losses == [DROP_OLDEST]

    waiting.add(event(2, 4, topic="c"), room=room)

    assert waiting.losses == [DROP_OLDEST, LATEST_PER_TOPIC]
    assert waiting.backlog.dropped == 2
    assert publications(waiting.all()) == [3, 4]


def test_an_event_larger_than_the_bound_is_dropped_alone() -> None:
    waiting = Waiting()
    waiting.add(result(1), room=1000)

    assert waiting.add(Event(1, 1, {}, Payload(["x" * 2000])), room=1000)
    assert waiting.all() == [result(1)]


@pytest.mark.parametrize("serializer", sorted(SERIALIZERS))
@pytest.mark.parametrize(
    "payload", [Payload(), Payload([1]), Payload([], {"b": 1}), Payload(["]]"]), Payload([[]])]
)
def test_the_next_event_of_a_subscription_tells_its_losses(
    serializer: str, payload: Payload
) -> None:
    waiting = Waiting(serializer)
    for number in (1, 2, 3):
        waiting.add(Event(1, number, {"topic": "t"}, payload), room=300)
    waiting.add(Event(4, 4, {}, payload), room=600)

    told, other = waiting.all()

    assert told == Event(1, 3, {"topic": "t", "x_dropped": 2}, payload)
    assert other == Event(4, 4, {}, payload)
    assert not waiting.backlog.has_losses_to_tell


def test_losses_of_a_subscription_with_nothing_left_are_told_by_its_next_event() -> None:
    waiting = Waiting()
    waiting.add(event(1, 1), room=300)
    waiting.add(event(4, 2), room=300)
    assert publications(waiting.all()) == [2]
    assert waiting.backlog.has_losses_to_tell

    tell = waiting.backlog.tell_losses
    of_others = tell(b"frame", event(4, 3)), tell(b"frame", result(1)), tell(b"frame", None)
    own = waiting.serializer.decode(tell(b"frame", event(1, 4)))

    assert of_others == (b"frame", b"frame", b"frame")
    assert own == Event(1, 4, {"x_dropped": 1}, event(1, 4).payload)
    assert not waiting.backlog.has_losses_to_tell


def test_an_event_that_cannot_carry_the_number_leaves_it_to_the_next() -> None:
    longest = len(SERIALIZERS["json"].encode(event(1, 2)))
    waiting = Waiting(longest=longest)
    waiting.add(event(1, 1), room=300)
    waiting.add(event(1, 2), room=300)

    assert waiting.all() == [event(1, 2)]
    assert waiting.backlog.has_losses_to_tell


def test_an_event_whose_arguments_do_not_show_in_its_frame_leaves_it_to_the_next() -> None:
    waiting = Waiting()
    waiting.add(event(1, 1), room=210)
    waiting.backlog.add(b"masked", event(1, 2), room_bytes=300)

    assert waiting.backlog.take(1) == b"masked"
    assert waiting.backlog.has_losses_to_tell


def test_frames_are_shared_and_not_copied() -> None:
    waiting = Waiting()
    frame = waiting.serializer.encode(event(1, 1))
    waiting.backlog.add(frame, event(1, 1), room_bytes=PLENTY)

    assert waiting.backlog._take_one() is frame


def test_what_waited_for_a_lost_connection_is_forgotten() -> None:
    waiting = Waiting()
    waiting.add(event(1, 1), room=210)
    for message in (event(1, 2), event(2, 3), result(1)):
        waiting.add(message)

    waiting.backlog.clear()

    assert len(waiting.backlog) == 0
    assert waiting.backlog.size_bytes == 0
    assert not waiting.backlog.has_losses_to_tell


def test_without_a_policy_nothing_is_dropped() -> None:
    codec = SERIALIZERS["json"]
    backlog = Backlog(codec, codec.encode)
    frame = codec.encode(event(1, 1))

    assert backlog.add(frame, event(1, 1), room_bytes=PLENTY)
    assert not backlog.add(frame, event(1, 2), room_bytes=300)


def test_a_loss_nobody_listens_for_is_counted() -> None:
    waiting = Waiting()
    waiting.backlog.on_loss = None
    waiting.add(event(1, 1), room=10)

    assert waiting.backlog.dropped == 1


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([1, 2, 3, 4]), st.sampled_from(["", "a", "b"])),
        st.just("reply"),
        st.just("read"),
    ),
    max_size=60,
)


@given(_STEPS, st.integers(500, 3000))
def test_whatever_happens_every_event_comes_or_is_counted_and_replies_come_in_order(
    steps: list[Any], room: int
) -> None:
    waiting, sent, heard = Waiting(), 0, []
    for number, step in enumerate(steps, 1):
        if step == "read":
            frame = waiting.backlog.take(1)
            heard += [waiting.serializer.decode(frame)] if frame else []
            continue
        details = {"topic": step[1]} if step != "reply" and step[1] else {}
        message = result(number) if step == "reply" else event(step[0], number, **details)
        sent += isinstance(message, Event)
        if not waiting.add(message, room=room):
            assert waiting.backlog.size_bytes > room
            return
        assert waiting.backlog.size_bytes <= room
    heard += waiting.all()

    replies = [m.request_id for m in heard if isinstance(m, Result)]
    events = [m for m in heard if isinstance(m, Event)]
    assert replies == [number for number, step in enumerate(steps, 1) if step == "reply"]
    assert sent == len(events) + waiting.backlog.dropped + waiting.backlog.conflated
    for subscription in POLICY_BY_SUBSCRIPTION:
        for topic in (None, "a", "b"):
            numbers = publications(
                [
                    m
                    for m in events
                    if (m.subscription_id, m.details.get("topic")) == (subscription, topic)
                ]
            )
            assert numbers == sorted(numbers)
