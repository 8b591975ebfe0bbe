"""All that waits for one upstream router, on its way up.

Two lanes share the session in turns, so that live values that may overtake come through while
thousands wait. Before both go the *states*: what was said last on each state topic, said again
after each join, for a router that lost its memory meanwhile.

Each event carries its mark (``wampedge.wamp.marking``). It is marked *historical* when it was
published before this session began, so that it waited or is sent a second time, or when it goes up
more than ``LATE_S`` after it was published.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from wampedge.client import Session
from wampedge.devices.contracts import Clock
from wampedge.errors import ProtocolError, WampedgeError
from wampedge.records import Record
from wampedge.uplink.sending_box import EventBox, WaitingEvent
from wampedge.uplink.sending_lane import WINDOW, Lane
from wampedge.uplink.sending_wire import Wire
from wampedge.wamp.marking import (
    HISTORICAL_DETAIL,
    INGEST_FEATURE,
    INGEST_PROCEDURE,
    MARK_OPTION,
    Mark,
)
from wampedge.wamp.payload import Payload

__all__ = ["ACK_LIMIT_S", "LATE_S", "Drain", "State"]

log = logging.getLogger(__name__)

ACK_LIMIT_S: Final = 30.0
"""How long a router may take to acknowledge; one that never does is joined anew."""
LATE_S: Final = 1.0
"""An event that goes up so long after it was published counts as one that waited."""
_MAX_OVERTAKEN: Final = 10_000
_HISTORICAL: Final = 1


class State(Record):
    """What was said last on a state topic.

    Attributes:
        topic: as the upstream router calls it.
        payload: what was said.
        options: of its PUBLISH.
    """

    topic: str
    payload: Payload
    options: Mapping[str, Any]


class Drain:
    """Sends what waits in *box* on whatever session there is; belongs to one event loop.

    Args:
        box: where the events wait.
        node: the name of the node, in each mark.
        clock: the node's clock.
        on_caught_up: called when all that waited has been sent.

    Attributes:
        is_live: there is a session, and nothing waits.
        sent: events that were sent, those that were sent again counted again.
    """

    def __init__(
        self, box: EventBox, node: str, clock: Clock, on_caught_up: Callable[[], None]
    ) -> None:
        self.is_live = False
        self.sent = 0
        self._node, self._clock = node, clock
        self._on_caught_up = on_caught_up
        self._loop = asyncio.get_running_loop()
        self._ordered, self._express = Lane(0, box), Lane(1, box)
        self._lanes = (self._express, self._ordered)
        self._session: Session | None = None
        self._states: deque[State] = deque()
        self._states_open = 0
        self._overtaken: set[str] = set()
        """Retained topics of which a live value has gone up, before older ones."""
        self._is_settling = False
        self._is_waiting = False
        self._watch: asyncio.TimerHandle | None = None
        self._idle: asyncio.Event = asyncio.Event()

    @property
    def is_joined(self) -> bool:
        """Whether there is a session to send on."""
        return self._session is not None

    @property
    def is_idle(self) -> bool:
        """Whether the upstream router has all there is."""
        return self._session is not None and all(lane.is_idle for lane in self._lanes)

    def begin(self, session: Session, states: Sequence[State]) -> None:
        """Send on *session*: *states* first, then all that waits."""
        self._session = session
        self._states.extend(states)
        self._overtaken.clear()
        self._idle.clear()
        ingest = self._ingest if session.router_supports("broker", INGEST_FEATURE) else None
        for lane in self._lanes:
            lane.begin(Wire(self._publish, self._pack, ingest, self._is_held_back, self._on_answer))
        self._watch = self._loop.call_later(ACK_LIMIT_S / 2, self._look)
        self._pump()

    def end(self) -> None:
        """Send nothing any more: the session is over."""
        self._session, self.is_live = None, False
        self._states.clear()
        self._states_open = 0
        for lane in self._lanes:
            lane.end()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def is_open(self, lane: int) -> bool:
        """Tell whether an event of *lane* would go up at once."""
        return self._lanes[1 - lane].is_open

    def take(self, event: WaitingEvent) -> None:
        """Hear of an event that was put into the box just now; it goes up at once if it can."""
        lane = self._lanes[1 - event.lane]
        lane.take(event)
        if not lane.is_current:
            self._pump()

    def has_taken(self, event: WaitingEvent) -> bool:
        """Tell whether the upstream router has acknowledged *event*."""
        return event.seq <= self._lanes[1 - event.lane].acknowledged

    async def flush(self, within_s: float) -> bool:
        """Wait until all has gone up, for so long; return whether it has."""
        if self._session is None:
            return False
        self._check_idle()
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def _pump(self) -> None:
        """Send as much as the windows allow, a message of each lane in turns."""
        while self._session is not None:
            if self._states:
                if not self._send_state():
                    return
            elif not self._send_in_turns():
                break
        self._check_live()
        self._check_idle()

    def _send_in_turns(self) -> bool:
        """Send a message of each lane; tell whether any had one."""
        has_express = self._express.send_one()
        return self._ordered.send_one() or has_express

    def _check_live(self) -> None:
        if self.is_live or self._session is None:
            return
        if all(lane.is_current for lane in self._lanes):
            self.is_live = True
            self._on_caught_up()

    def _check_idle(self) -> None:
        if self.is_idle:
            self._idle.set()
        else:
            self._idle.clear()

    def _is_held_back(self) -> bool:
        """Tell whether the lanes have to wait: for the states, or for a slow connection."""
        return bool(self._states) or self._is_congested()

    def _is_congested(self) -> bool:
        session = self._session
        if session is None:
            return True
        if session.publications.is_congested and not self._is_waiting:
            self._is_waiting = True
            self._loop.create_task(self._wait_writable(session))
        return self._is_waiting

    async def _wait_writable(self, session: Session) -> None:
        await session.publications.wait_writable()
        self._is_waiting = False
        self._pump()

    def _send_state(self) -> bool:
        """Say again what was said last on one topic, acknowledged so that the queue stays short."""
        session = self._session
        if session is None or self._states_open >= WINDOW or self._is_congested():
            return False
        state = self._states.popleft()
        try:
            answer = session.publications.begin(state.topic, state.payload, state.options)
        except WampedgeError as error:
            log.debug("what was said on %s cannot be said again: %s", state.topic, error)
            return True
        self._states_open += 1
        answer.add_done_callback(self._on_state_answer)
        return True

    def _on_state_answer(self, answer: asyncio.Future[Any]) -> None:
        self._states_open = max(0, self._states_open - 1)
        self._on_answer(answer)

    def _on_answer(self, answer: object) -> None:
        """Hear that there is an answer; those that come together are taken together."""
        if isinstance(answer, asyncio.Future) and not answer.cancelled():
            answer.exception()  # looked at: a session that ends fails all of them
        if not self._is_settling:
            self._is_settling = True
            self._loop.call_soon(self._settle)

    def _settle(self) -> None:
        self._is_settling = False
        if self._session is None:
            return
        for lane in self._lanes:
            lane.settle()
        self._pump()

    def _publish(self, event: WaitingEvent, is_fresh: bool) -> asyncio.Future[Any]:
        """Send one event with its mark."""
        assert self._session is not None, "lanes send only while there is a session"
        is_fresh = is_fresh and HISTORICAL_DETAIL not in event.options
        is_historical = not is_fresh and self._is_historical(event)
        options = {
            **self._options(event),
            MARK_OPTION: self.mark(event, is_historical=is_historical).option,
        }
        self.sent += 1
        return self._session.publications.begin(
            event.topic, _told(event, is_historical=is_historical), options
        )

    def mark(self, event: WaitingEvent, *, is_historical: bool) -> Mark:
        """Return the mark of *event*."""
        return Mark(self._node, event.epoch, event.lane, event.seq, event.time, is_historical)

    def _pack(self, events: Sequence[WaitingEvent]) -> Payload:
        """Make the arguments of a call that brings *events*, and write them already."""
        assert self._session is not None, "lanes send only while there is a session"
        first = events[0]
        entries = [*map(self._entry, events)]
        payload = Payload((self._node, first.epoch, first.lane, entries))
        with suppress(ProtocolError):  # told when it is sent
            self._session.publications.write(payload)
        return payload

    def _ingest(self, payload: Payload) -> asyncio.Future[Any]:
        """Send what was packed."""
        assert self._session is not None, "lanes send only while there is a session"
        self.sent += len(payload.args[3])
        return self._loop.create_task(self._session.call_payload(INGEST_PROCEDURE, payload))

    def _entry(self, event: WaitingEvent) -> list[Any]:
        """Return *event* as an entry of a batch."""
        is_historical = self._is_historical(event)
        payload = _told(event, is_historical=is_historical)
        args: Any = payload.args if payload.blob is None else payload.blob
        flags = _HISTORICAL if is_historical else 0
        options = dict(self._options(event))
        return [event.seq, event.topic, event.time, flags, options, args, dict(payload.kwargs)]

    def _is_historical(self, event: WaitingEvent) -> bool:
        if event.options.get(HISTORICAL_DETAIL):
            return True  # it waited on its way to us
        lane = self._lanes[1 - event.lane]
        if lane.first_live is None or event.seq < lane.first_live:
            return True
        if self._clock.monotonic() - event.monotonic <= LATE_S:
            return False
        self.is_live = False  # the router is slower than what is published
        return True

    def _options(self, event: WaitingEvent) -> Mapping[str, Any]:
        """Return the options; what was overtaken must not be what others find retained."""
        options = event.options
        if HISTORICAL_DETAIL in options:
            options = {name: each for name, each in options.items() if name != HISTORICAL_DETAIL}
        if not options.get("retain"):
            return options
        if event.lane == 1:
            if len(self._overtaken) < _MAX_OVERTAKEN:
                self._overtaken.add(event.topic)
            return options
        if event.topic in self._overtaken or len(self._overtaken) >= _MAX_OVERTAKEN:
            return {name: each for name, each in options.items() if name != "retain"}
        return options

    def _look(self) -> None:
        """See that the router answers at all."""
        self._watch = self._loop.call_later(ACK_LIMIT_S / 2, self._look)
        sent_s = [each for lane in self._lanes if (each := lane.oldest_s) is not None]
        if not sent_s or self._loop.time() - min(sent_s) < ACK_LIMIT_S:
            return
        session, self._session = self._session, None
        if session is not None:
            log.warning("the upstream router acknowledged nothing for %g s", ACK_LIMIT_S)
            self.end()
            self._loop.create_task(session.leave())


def _told(event: WaitingEvent, *, is_historical: bool) -> Payload:
    """Return the arguments; those of the node itself say that they are old, others are not ours."""
    payload = event.payload
    if not (is_historical and event.is_own) or payload.blob is not None:
        return payload
    return Payload(payload.args, {**payload.kwargs, "historical": True})
