"""Every event that goes up one link, and what becomes of it while it cannot.

::

                     ┌─ store = "none" ─▶ sent, or dropped and counted
    publish ─ policy ┤
                     └─ else ─▶ box (memory or disk) ─▶ Drain ─▶ upstream router

Of a *state* topic the newest value is kept here and said again after each join, marked as retained
where the upstream router can: it may have lost its memory.
"""

from __future__ import annotations

import logging
from asyncio import Future
from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.client import Connection, ConnectionState, ConnectionStatus, Session
from wampedge.config.buffering_model import BufferConfig
from wampedge.devices.contracts import Clock
from wampedge.errors import LocalProtocolError, NotJoinedError, ProtocolError
from wampedge.uplink.once import Once
from wampedge.uplink.sending_box import EventBox, WaitingEvent
from wampedge.uplink.sending_drain import Drain, State
from wampedge.wamp.marking import MARK_OPTION
from wampedge.wamp.payload import Payload

__all__ = ["Sending"]

log = logging.getLogger(__name__)

_NONE: Final[Mapping[str, Any]] = {}


class _Latest:
    """What was said last on a state topic."""

    __slots__ = ("event", "options", "payload", "waits")

    def __init__(
        self,
        payload: Payload,
        options: Mapping[str, Any],
        event: WaitingEvent | None,
        *,
        waits: bool,
    ) -> None:
        self.payload, self.options, self.event = payload, options, event
        self.waits = waits
        """It could not be put into the box, so it has to be said when all others are."""


class Sending:
    """Belongs to one uplink, and lives as long.

    Args:
        connection: to the upstream router; told of each join before anything else is sent.
        buffer: what the device file says; without a *box* nothing waits.
        box: where events wait.
        node: the name of the node.
        clock: the node's clock; needed with a *box*.
        is_lasting: tells whether the box has a disk.
        went_up: events of clients that were put into the box, also by the link before.

    Attributes:
        went_up: events of clients that were taken.
        published: events that were sent.
        dropped: events that came while the link was down and do not wait.
        refused: events that could not be encoded, were too long, or had no room.
    """

    def __init__(
        self,
        connection: Connection,
        buffer: BufferConfig | None = None,
        box: EventBox | None = None,
        *,
        node: str = "",
        clock: Clock | None = None,
        is_lasting: Callable[[], bool] = lambda: False,
        went_up: Once | None = None,
    ) -> None:
        self.dropped = 0
        self.refused = 0
        self._connection = connection
        self._buffer = buffer or BufferConfig()
        self._box = box
        self._is_lasting = is_lasting
        self.went_up = went_up or Once()
        self._drain: Drain | None = None
        if box is not None:
            assert clock is not None, "events that wait have a time"
            self._drain = Drain(box, node, clock, self._say_the_rest)
        self._sent = 0
        self._is_closed = False
        self._latest_by_topic: dict[str, _Latest] = {}
        connection.on_status(self._on_status)

    @property
    def published(self) -> int:
        """Events that were sent, those that were sent again counted again."""
        return self._sent + (self._drain.sent if self._drain is not None else 0)

    @property
    def outbox(self) -> EventBox | None:
        """Where events wait; None where nothing does."""
        return self._box

    @property
    def is_live(self) -> bool:
        """Whether events go up as they come."""
        if self._drain is not None:
            return self._drain.is_live
        return self._connection.status.state is ConnectionState.JOINED

    def publish(
        self,
        topic: str,
        payload: Payload,
        *,
        local_topic: str | None = None,
        options: Mapping[str, Any] = _NONE,
        is_state: bool = False,
        is_own: bool = True,
        time: float | None = None,
    ) -> WaitingEvent | None:
        """Publish one event upstream, now or later; never waits and never raises.

        Args:
            topic: topic there.
            payload: arguments of the event.
            local_topic: topic here, which decides on the policy; the same one when None.
            options: of its PUBLISH, such as ``ppt_scheme``.
            is_state: keep the value, and say it again after each join.
            is_own: the node itself publishes it.
            time: when it was published, Unix seconds; now, or what its arguments say, when None.

        Returns:
            The event, if it waits until the router acknowledges it; None for one that was sent
            without, dropped or refused.
        """
        if self._is_closed:
            return None
        policy = self._buffer.policy_of(local_topic or topic)
        if is_state and "retain" not in options:
            options = {**options, "retain": True}
        if self._box is None or self._drain is None or policy.store == "none":
            if is_state:
                self._latest_by_topic[topic] = _Latest(payload, options, None, waits=False)
            self._send(topic, payload, options)
            return None
        try:
            event = self._box.append(
                topic,
                payload,
                policy,
                options=options,
                time=_time_of(payload) if time is None and is_own else time,
                is_own=is_own,
                waited=not self._drain.is_open(1 if policy.overtake else 0),
            )
        except LocalProtocolError as error:
            self._refuse(topic, error)
            return None
        if is_state:
            self._latest_by_topic[topic] = _Latest(payload, options, event, waits=event is None)
        if event is not None:
            self._drain.take(event)
        return event

    def stores(self, topic: str) -> bool:
        """Tell whether events of a topic, as it is called here, wait on the disk."""
        if self._box is None or not self._is_lasting():
            return False
        return self._buffer.policy_of(topic).store == "disk"

    def when_safe(self, event: WaitingEvent, within_s: float | None = None) -> Future[bool] | None:
        """Return what tells whether *event* cannot be lost any more; None when it is safe.

        With *within_s* the disk has it so soon, unless the router upstream has it before.
        """
        assert self._box is not None, "only a box returns events"
        return self._box.when_safe(event, within_s)

    def forget(self, topic: str) -> None:
        """Drop the kept value of a state topic, such as when its device is gone."""
        self._latest_by_topic.pop(topic, None)

    def close(self) -> None:
        """Send nothing any more, whatever becomes of the connection: another link goes on."""
        self._is_closed = True
        if self._drain is not None:
            self._drain.end()

    async def flush(self, within_s: float) -> bool:
        """Wait until the router has all that waits, for so long; return whether it has."""
        return self._drain is None or await self._drain.flush(within_s)

    def _on_status(self, status: ConnectionStatus) -> None:
        drain = self._drain
        if self._is_closed:
            return
        if status.state is not ConnectionState.JOINED:
            if drain is not None:
                drain.end()
            return
        session = self._connection.session
        if drain is not None:
            drain.begin(session, self._states(session))
            return
        for topic, latest in self._latest_by_topic.items():
            self._send(topic, latest.payload, latest.options)

    def _states(self, session: Session) -> list[State]:
        """Return what to say again: all that does not wait to be said for the first time."""
        drain = self._drain
        assert drain is not None, "asked for only where events wait"
        states = []
        for topic, latest in self._latest_by_topic.items():
            options = _retained(latest.options, session)
            if latest.event is not None and drain.has_taken(latest.event):
                # As the same event: a router that still has it drops it.
                mark = drain.mark(latest.event, is_historical=False).option
                states.append(State(topic, latest.payload, {**options, MARK_OPTION: mark}))
            elif latest.event is None and not latest.waits:
                states.append(State(topic, latest.payload, options))
        return states

    def _say_the_rest(self) -> None:
        """Say the states that found no place among those that waited."""
        for topic, latest in self._latest_by_topic.items():
            if latest.waits:
                latest.waits = False
                self._send(topic, latest.payload, latest.options)

    def _send(self, topic: str, payload: Payload, options: Mapping[str, Any]) -> None:
        """Send what does not wait, or drop it."""
        try:
            session = self._connection.session
            session.publish_payload(topic, payload, options=_retained(options, session))
        except NotJoinedError:
            self.dropped += 1
        except ProtocolError as error:
            self._refuse(topic, error)
        else:
            self._sent += 1

    def _refuse(self, topic: str, error: ProtocolError) -> None:
        if not self.refused:
            log.warning("an event of %s cannot be published upstream: %s", topic, error)
        self.refused += 1


def _retained(options: Mapping[str, Any], session: Session) -> Mapping[str, Any]:
    """Leave out what the router does not know."""
    if "retain" not in options or session.router_supports("broker", "event_retention"):
        return options
    return {name: each for name, each in options.items() if name != "retain"}


def _time_of(payload: Payload) -> float | None:
    """Return when an event of the node itself was sampled."""
    time = payload.kwargs.get("time")
    return float(time) if isinstance(time, int | float) and not isinstance(time, bool) else None
