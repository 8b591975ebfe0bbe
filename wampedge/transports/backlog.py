"""What waits for a peer that falls behind, and what is dropped when it gets too much.

Bytes handed to the system cannot be taken back. So only so many are, and the messages behind them
wait here, whole, until the peer has read on. Pure: no I/O, no clock.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from wampedge.errors import ProtocolError
from wampedge.wamp.messages import Event, Message
from wampedge.wamp.overflow import DISCONNECT, DROPPED_DETAIL, LATEST_PER_TOPIC
from wampedge.wamp.payload import EMPTY, Payload, PayloadCodec

__all__ = ["Backlog"]

# What a waiting message costs besides its own bytes: without it, many tiny events would take
# several times the memory their bound promises.
_BOOKKEEPING_BYTES = 200


class _WaitingEvent:
    """An event that may be dropped: its frame, which many peers share, and its head.

    Of the payload only its place in the frame is kept: decoded values may be far larger.
    """

    __slots__ = ("details", "elements", "frame", "number", "publication_id", "subscription_id",
                 "tail_at", "tail_bytes")  # fmt: skip

    def __init__(self, number: int, frame: bytes, event: Event, codec: PayloadCodec) -> None:
        tail = event.payload.tail(codec)
        self.number = number
        self.frame = frame
        self.subscription_id = event.subscription_id
        self.publication_id = event.publication_id
        self.details = event.details
        self.elements = len(event.payload.elements)
        self.tail_bytes = len(tail)
        self.tail_at = _start_of(tail, frame)

    @property
    def size_bytes(self) -> int:
        """What it counts against the bound."""
        return len(self.frame) + _BOOKKEEPING_BYTES

    def event(self, codec: PayloadCodec) -> Event | None:
        """Return the event again, for *codec* alone; None when its frame does not show it."""
        if self.tail_at < 0:
            return None
        payload = EMPTY
        if self.elements:
            tail = self.frame[self.tail_at : self.tail_at + self.tail_bytes]
            payload = Payload.raw(codec, tail, (None,) * self.elements)
        return Event(self.subscription_id, self.publication_id, self.details, payload)


def _start_of(tail: bytes, frame: bytes) -> int:
    """Return where in *frame* the arguments start, which are the end of it; -1 if they are not.

    JSON closes the list behind them, and a batch the message.
    """
    for end in range(len(frame), len(frame) - 3, -1):
        if frame.endswith(tail, 0, end):
            return end - len(tail)
    return -1


_NONE_KEPT: deque[tuple[int, bytes]] = deque(maxlen=0)
_NO_EVENTS: deque[_WaitingEvent] = deque(maxlen=0)
_NONE_LATEST: OrderedDict[tuple[int, Any], _WaitingEvent] = OrderedDict()


class Backlog:
    """The messages that wait for one peer, in the order it gets them.

    Replies and all else that is not an EVENT are kept, and so are events whose policy is
    ``disconnect``. Other events make room when there is too much: first those of ``drop_oldest``,
    oldest first. Of ``latest_per_topic`` an event takes the place of the one it replaces, so that
    a busy topic cannot keep a quiet one waiting; but never one before a reply that came earlier.
    The next event of a subscription that lost some tells how many (``x_dropped``).

    Belongs to one transport.

    Args:
        codec: serializer of the transport.
        encode_frame: makes a message its frame; raises ProtocolError when the peer takes no such.
    """

    __slots__ = ("_codec", "_encode_frame", "_events", "_kept", "_last_kept_number", "_latest",
                 "_lost_by_subscription", "_number", "conflated", "dropped", "kept_count",
                 "on_loss", "policy_of", "size_bytes")  # fmt: skip

    def __init__(self, codec: PayloadCodec, encode_frame: Callable[[Message], bytes]) -> None:
        self.policy_of: Callable[[Event], str] = _keep_all
        """Asked for each event that has to wait."""
        self.on_loss: Callable[[str, bool], None] | None = None
        """Told of each event that is lost: its policy, and whether a newer one replaced it."""
        self.size_bytes = 0
        """What waits, with the bookkeeping of each message."""
        self.kept_count = 0
        """How many of the messages that wait must not be dropped."""
        self.dropped = 0
        self.conflated = 0
        self._codec = codec
        self._encode_frame = encode_frame
        self._number = 0
        self._last_kept_number = 0
        # Made when first needed: empty ones are most of what a healthy connection would pay for.
        self._kept: deque[tuple[int, bytes]] = _NONE_KEPT
        self._events: deque[_WaitingEvent] = _NO_EVENTS
        self._latest: OrderedDict[tuple[int, Any], _WaitingEvent] = _NONE_LATEST
        self._lost_by_subscription: dict[int, int] = {}

    def __len__(self) -> int:
        return self.kept_count + len(self._events) + len(self._latest)

    @property
    def has_losses_to_tell(self) -> bool:
        """Some subscription has lost events and the peer was not told yet."""
        return bool(self._lost_by_subscription)

    def add(self, frame: bytes, message: Message | None, *, room_bytes: int) -> bool:
        """Let a message wait; events that may be dropped make room for it.

        Args:
            frame: the message as it will be written.
            message: the same; None for one that is not to be dropped.
            room_bytes: how much may wait in all.

        Returns:
            False when there is not enough room without dropping what must be kept.
        """
        self._number += 1
        policy = self.policy_of(message) if type(message) is Event else DISCONNECT
        if policy == DISCONNECT or type(message) is not Event:
            if not self._kept:
                self._kept = deque()
            self._kept.append((self._number, frame))
            self._last_kept_number = self._number
            self.kept_count += 1
            self.size_bytes += len(frame) + _BOOKKEEPING_BYTES
        else:
            waiting = _WaitingEvent(self._number, frame, message, self._codec)
            if policy == LATEST_PER_TOPIC:
                self._add_latest(waiting)
            else:
                if not self._events:
                    self._events = deque()
                self._events.append(waiting)
            self.size_bytes += waiting.size_bytes
        while self.size_bytes > room_bytes:
            if not self._drop_one():
                return False
        return True

    def _add_latest(self, waiting: _WaitingEvent) -> None:
        key = waiting.subscription_id, waiting.details.get("topic")
        older = self._latest.get(key)
        if older is not None:
            self.conflated += 1
            self._lose(older, LATEST_PER_TOPIC, is_replaced=True)
            if older.number > self._last_kept_number:
                waiting.number = older.number
            else:
                del self._latest[key]
        if not self._latest:
            self._latest = OrderedDict()
        self._latest[key] = waiting

    def _drop_one(self) -> bool:
        """Drop the event that is missed least; False when all that waits must be kept."""
        if self._events:
            policy, waiting = "drop_oldest", self._events.popleft()
        elif self._latest:
            policy, waiting = LATEST_PER_TOPIC, self._latest.popitem(last=False)[1]
        else:
            return False
        self.dropped += 1
        self._lose(waiting, policy, is_replaced=False)
        return True

    def _lose(self, waiting: _WaitingEvent, policy: str, *, is_replaced: bool) -> None:
        self.size_bytes -= waiting.size_bytes
        lost = self._lost_by_subscription
        lost[waiting.subscription_id] = lost.get(waiting.subscription_id, 0) + 1
        if self.on_loss is not None:
            self.on_loss(policy, is_replaced)

    def take(self, size_bytes: int) -> bytes:
        """Take the oldest messages out, until they are *size_bytes* long or none is left."""
        frames = []
        while size_bytes > 0 and len(self):
            frame = self._take_one()
            frames.append(frame)
            size_bytes -= len(frame)
        return b"".join(frames)

    def _take_one(self) -> bytes:
        kept, events, latest = self._kept, self._events, self._latest
        kept_number = kept[0][0] if kept else self._number + 1
        event_number = events[0].number if events else self._number + 1
        latest_number = next(iter(latest.values())).number if latest else self._number + 1
        if kept_number < event_number and kept_number < latest_number:
            frame = kept.popleft()[1]
            self.kept_count -= 1
            self.size_bytes -= len(frame) + _BOOKKEEPING_BYTES
            return frame
        waiting = (
            events.popleft() if event_number < latest_number else latest.popitem(last=False)[1]
        )
        self.size_bytes -= waiting.size_bytes
        if waiting.subscription_id not in self._lost_by_subscription:
            return waiting.frame
        event = waiting.event(self._codec)
        return waiting.frame if event is None else self.tell_losses(waiting.frame, event)

    def tell_losses(self, frame: bytes, message: Message | None) -> bytes:
        """Return the frame of *message*, with the number of events lost before it if there are any.

        Args:
            frame: of the message as it is, which many peers share.
            message: the same.
        """
        if type(message) is not Event or message.subscription_id not in self._lost_by_subscription:
            return frame
        lost = self._lost_by_subscription[message.subscription_id]
        details = {**message.details, DROPPED_DETAIL: lost}
        event = Event(message.subscription_id, message.publication_id, details, message.payload)
        try:
            frame = self._encode_frame(event)
        except ProtocolError:
            return frame  # a few bytes too long for the peer: the next event tells
        del self._lost_by_subscription[message.subscription_id]
        return frame

    def clear(self) -> None:
        """Forget all that waits: the connection is gone."""
        self._kept, self._events, self._latest = _NONE_KEPT, _NO_EVENTS, _NONE_LATEST
        self._lost_by_subscription.clear()
        self.kept_count = self.size_bytes = 0


def _keep_all(_event: Event) -> str:
    return DISCONNECT
