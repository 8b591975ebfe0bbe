"""One stream of events on its way up: what was sent, what was answered, what comes next.

::

    box ──next, fetch──▶ ready ──publish, ingest──▶ in flight ──answered, in order──▶ acknowledged
                           ▲                           │
                           └── refused for now, or the session ended: again from the lowest

A lane holds a window of events in flight. An event that is refused for now stays at the head of the
window and is sent again after a pause; from then on only one is in flight at a time, so that
none overtakes another one that the router refuses.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from wampedge.errors import ApplicationError, ProtocolError, WampedgeError
from wampedge.uplink.sending_box import EventBox, WaitingEvent
from wampedge.uplink.sending_wire import Sent, Wire, listed, refusals, size_of
from wampedge.wamp.marking import MAX_BATCH
from wampedge.wamp.payload import Payload

__all__ = ["WINDOW", "Lane"]

log = logging.getLogger(__name__)

WINDOW: Final = 64
"""Publications in flight."""

_WINDOW_BYTES: Final = 256 * 1024
"""Bytes in flight, so that the queue of the connection is not overrun."""
_BATCH_FROM: Final = 8
"""Events that must wait for a call to be worth it."""
_BATCH_BYTES: Final = 64 * 1024
_AFTER_STOP_S: Final = 1.0
_MAX_TRIES: Final = 12
"""How often an event is sent that is refused for now: for a good minute."""
_RETRY_MIN_S: Final = 0.05
_RETRY_MAX_S: Final = 10.0
_REREAD_S: Final = 1.0
_NOT_STORED: Final = "wampedge.error.not_stored"
"""The router has it and its disk does not; it will, or somebody will replace the card."""
_FOR_GOOD: Final = frozenset(
    {
        "wamp.error.not_authorized",
        "wamp.error.invalid_uri",
        "wamp.error.invalid_argument",
        "wamp.error.invalid_topic",
        "wamp.error.payload_size_exceeded",
        "wamp.error.option_not_allowed",
        "wamp.error.option_disallowed.disclose_me",
        "wamp.error.feature_not_supported",
    }
)
"""Errors that the same event would meet again."""


class Lane:
    """One of the streams of a link; owned by its ``Drain``.

    Args:
        number: 0 for events in order, 1 for those that may overtake.
        box: where the events wait.

    Attributes:
        acknowledged: the router has all up to this number.
        first_live: the first event that was published since the join; those before it waited.
    """

    def __init__(self, number: int, box: EventBox) -> None:
        self.number = number
        self.acknowledged = 0
        self.first_live: int | None = None
        self._box = box
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self._ready: deque[WaitingEvent] = deque()
        self._in_flight: deque[Sent] = deque()
        self._bytes = 0
        self._read_up_to = 0
        self._is_read = False
        """Whether there is nothing behind that in the box."""
        self._window = WINDOW
        self._is_batch = False
        self._packed: tuple[Sent, Payload] | None = None
        """The next batch, made while the router is busy with the one before."""
        self._retry: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_current(self) -> bool:
        """Whether all there is was sent."""
        return self._is_read and not self._ready and self._packed is None

    @property
    def is_idle(self) -> bool:
        """Whether the router has all there is."""
        return self.is_current and not self._in_flight

    @property
    def oldest_s(self) -> float | None:
        """Loop time at which the oldest message was sent that is not answered yet."""
        waiting = [each.sent_s for each in self._in_flight if each.is_open]
        return min(waiting, default=None)

    def begin(self, wire: Wire) -> None:
        """Send, from the lowest number that is not acknowledged."""
        self._wire = wire
        self._read_up_to = self.acknowledged
        self._window = WINDOW
        self.first_live = None
        self._is_read = False

    def end(self) -> None:
        """Send no more: the session is over, and what was not answered has to go again."""
        self._wire, self._is_batch, self._is_read = None, False, False
        self._ready.clear()
        self._packed = None
        self._in_flight.clear()
        self._bytes = 0
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    @property
    def is_open(self) -> bool:
        """Whether an event would go up at once."""
        return self.is_current and self._has_room()

    def take(self, event: WaitingEvent) -> None:
        """Hear of an event that was put into the box just now."""
        if self._wire is None:
            return
        if self.first_live is None:
            self.first_live = event.seq
        if self.is_open:
            self._read_up_to = event.seq
            self._publish(event, is_fresh=True)
        else:
            self._is_read = False

    def send_one(self) -> bool:
        """Send the next message, if there is one and the window has room; tell whether it did."""
        wire = self._wire
        if wire is None or not self._has_room():
            return False
        if self._packed is not None and wire.ingest is not None:
            self._send_packed(wire.ingest)
            return True
        if not self._has_ready():
            return False
        if wire.ingest is None or self._window == 1 or len(self._ready) < _BATCH_FROM:
            self._publish(self._ready.popleft())
        elif self._in_flight:
            return False  # the batch has to come behind what was published, also if that is refused
        else:
            self._pack()
            self._send_packed(wire.ingest)
        return True

    def settle(self) -> None:
        """Take the answers that are there, in the order of the events."""
        before = self.acknowledged
        while self._in_flight:
            first = self._in_flight[0]
            if first.answer is None or not first.answer.done() or first.answer.cancelled():
                break
            error = first.answer.exception()
            is_over = self._take_batch(first, error) if self._is_batch else self._take(first, error)
            if not is_over:
                break
        if self.acknowledged > before:
            self._box.acknowledge(self.number, self.acknowledged)

    def _has_room(self) -> bool:
        wire = self._wire
        return (
            wire is not None
            and not self._is_batch
            and self._retry is None
            and len(self._in_flight) < self._window
            and self._bytes < _WINDOW_BYTES
            and not wire.is_congested()
        )

    def _has_ready(self) -> bool:
        if self._ready:
            return True
        if self._reading is not None:
            return False
        self._put_ready(self._box.next(self.number, self._read_up_to, MAX_BATCH))
        if self._ready:
            return True
        if self._box.has_after(self.number, self._read_up_to):
            self._reading = self._loop.create_task(self._read())
        else:
            self._is_read = True
        return False

    def _put_ready(self, events: Sequence[WaitingEvent]) -> None:
        if events:
            self._ready.extend(events)
            self._read_up_to = events[-1].seq

    async def _read(self) -> None:
        """Get the next events from the disk."""
        events = await self._box.fetch(self.number, self._read_up_to, MAX_BATCH)
        if not events:
            await asyncio.sleep(_REREAD_S)  # the card does not answer: the store tells of it
        self._reading = None
        self._put_ready(events)
        if self._wire is not None:
            self._wire.on_answer(None)

    def _publish(self, event: WaitingEvent, *, is_fresh: bool = False) -> None:
        sent = Sent((event,), size_of(event))
        self._in_flight.append(sent)
        self._bytes += sent.size_bytes
        self._transmit(sent, is_fresh=is_fresh)

    def _transmit(self, sent: Sent, *, is_fresh: bool = False) -> None:
        """Send one event, maybe again."""
        wire = self._wire
        assert wire is not None, "sent only while there is a session"
        try:
            answer = wire.publish(sent.events[0], is_fresh)
        except WampedgeError as error:
            answer = self._loop.create_future()
            answer.set_exception(error)
        self._await(sent, answer)

    def _await(self, sent: Sent, answer: asyncio.Future[Any]) -> None:
        assert self._wire is not None, "sent only while there is a session"
        sent.answer, sent.sent_s = answer, self._loop.time()
        answer.add_done_callback(self._wire.on_answer)

    def _pack(self) -> None:
        """Make the next batch of what is ready."""
        assert self._wire is not None, "sent only while there is a session"
        events: list[WaitingEvent] = []
        size_bytes = 0
        while self._ready and len(events) < MAX_BATCH:
            size_bytes += size_of(self._ready[0])
            is_other = events and self._ready[0].epoch != events[0].epoch
            if events and (is_other or size_bytes > _BATCH_BYTES):
                break
            events.append(self._ready.popleft())
        self._packed = Sent(events, size_bytes), self._wire.pack(events)

    def _send_packed(self, ingest: Callable[[Payload], asyncio.Future[Any]]) -> None:
        assert self._packed is not None, "asked for only where there is one"
        sent, payload = self._packed
        self._packed = None
        self._in_flight.append(sent)
        self._bytes += sent.size_bytes
        self._is_batch = True
        self._await(sent, ingest(payload))
        self._loop.call_soon(self._pack_ahead)

    def _pack_ahead(self) -> None:
        """Make the next batch while the router works: it is sent when that one is answered."""
        if not self._is_batch or self._packed is not None or not self._has_ready():
            return
        if len(self._ready) >= _BATCH_FROM:
            self._pack()

    def _unpack(self) -> None:
        """Take the next batch apart again: what was before it has to go first."""
        if self._packed is not None:
            self._ready.extendleft(reversed(self._packed[0].events))
            self._packed = None

    def _take(self, sent: Sent, error: BaseException | None) -> bool:
        """Take the answer to one publication; tell whether it is done with."""
        (event,) = sent.events
        if error is None:
            return self._done(sent)
        if isinstance(error, ProtocolError):
            return self._give_up(sent, event, str(error))
        if not isinstance(error, ApplicationError):
            return False  # the session is over: all that is in flight goes again
        is_vain = sent.tries >= _MAX_TRIES and error.uri != _NOT_STORED
        if error.uri in _FOR_GOOD or is_vain:
            return self._give_up(sent, event, error.uri)
        self._window = 1
        sent.answer = None
        pause_s = min(_RETRY_MIN_S * 2.0 ** min(sent.tries, _MAX_TRIES), _RETRY_MAX_S)
        self._retry = self._loop.call_later(pause_s, self._again, sent)
        return False

    def _again(self, sent: Sent) -> None:
        self._retry = None
        sent.tries += 1
        self._transmit(sent)

    def _done(self, sent: Sent) -> bool:
        self._in_flight.popleft()
        self._bytes -= sent.size_bytes
        self.acknowledged = sent.events[-1].seq
        return True

    def _give_up(self, sent: Sent, event: WaitingEvent, reason: str) -> bool:
        log.info("an event of %s was refused for good: %s", event.topic, reason)
        self._box.give_up(self.number, event.seq)
        return self._done(sent)

    def _take_batch(self, sent: Sent, error: BaseException | None) -> bool:
        """Take the answer to a batch; what was not taken goes again, one by one."""
        assert sent.answer is not None, "a batch is sent once"
        if error is not None and not isinstance(error, ApplicationError | ProtocolError):
            return False
        answer = sent.answer.result().payload.kwargs if error is None else None
        refused = None if answer is None else refusals(answer.get("refused"), sent)
        stopped = None if answer is None else refusals(listed(answer.get("stopped")), sent)
        if stopped is None or refused is None:
            assert self._wire is not None, "answers come while there is a session"
            self._wire.ingest = None  # not the procedure we know, or not for us
            self._unpack()
            self._put_back(sent, 0)
            return True
        count = min(stopped, default=len(sent.events))
        for index in refused:
            self._box.give_up(self.number, sent.events[index].seq)
        if stopped:
            self._unpack()
            self._window = 1
            self._retry = self._loop.call_later(_AFTER_STOP_S, self._go_on)
        self._put_back(sent, count)
        return True

    def _go_on(self) -> None:
        self._retry = None
        if self._wire is not None:
            self._wire.on_answer(None)

    def _put_back(self, sent: Sent, count: int) -> None:
        """Be done with the first *count* events of a batch, and send the others again."""
        self._in_flight.popleft()
        self._bytes -= sent.size_bytes
        self._is_batch = False
        if count:
            self.acknowledged = sent.events[count - 1].seq
        self._ready.extendleft(reversed(sent.events[count:]))
