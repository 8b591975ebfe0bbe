"""How the node is, as its upstream router tells it to others: also when the node cannot any more.

The state of the node is kept there as a retained event, with the id of the session that said it:

=============  =====================================================================
``starting``   said by the node, with when it was started
``ready``
``stopping``
``stopped``    its last word, when it ends in order
``unlinked``   its last word, when it goes on and only leaves this router
``lost``       said by the router in its place: the session ended without a last word
=============  =====================================================================

On each new session the testament (``lost``) is left first and the state told after it, so that no
crash in between leaves a state behind that is not true. A last word begins with taking the
testament back. Routers without testaments keep the last state; its session id tells, with
``wamp.session.on_leave``, whether it still holds.

A node may be back before the router finds its old session gone. The testament of that one is
heard then, and the state is told again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.client import Connection, ConnectionState, ConnectionStatus, Session
from wampedge.errors import ApplicationError, NotJoinedError, WampedgeError
from wampedge.wamp.payload import Payload

__all__ = ["LOST", "STOPPED", "UNLINKED", "Presence"]

log = logging.getLogger(__name__)

LOST: Final = "lost"
STOPPED: Final = "stopped"
UNLINKED: Final = "unlinked"
_LOST_REASON: Final = "its session ended without a word: it crashed, or cannot be reached"
_SCOPE: Final = "destroyed"
_TIMEOUT_S: Final = 5.0
_LEAST_PAUSE_S: Final = 1.0
"""Between two answers to testaments: two nodes of one name must not chase each other."""
_RETAINED: Final[Mapping[str, Any]] = {"retain": True}


class Presence:
    """Tells the state of the node on one link; owned by who owns the link.

    Args:
        connection: to the upstream router, not started yet.
        topic: where the state is told there.
        started: when the node was started, Unix seconds: the same for all sessions of one run.
        wall_clock: gives Unix seconds.
    """

    def __init__(
        self,
        connection: Connection,
        topic: str,
        *,
        started: float,
        wall_clock: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._topic = topic
        self._started = started
        self._wall_clock = wall_clock
        self._state: Payload | None = None
        self._has_arrived = False
        self._has_testament = False
        self._arrival: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._is_contradicted = False
        self._is_over = False
        connection.on_status(self._on_status)

    @property
    def has_testament(self) -> bool:
        """Whether the router may say that the node is lost, once this session is over."""
        return self._has_testament

    def say(self, state: Payload) -> None:
        """Tell the *state* of the node, now or as soon as the link is up."""
        self._state = state
        self._tell()

    async def say_last(self, state: str, *, within_s: float) -> None:
        """Take the testament back and tell *state* as the last one; raises nothing.

        Args:
            state: ``STOPPED`` or ``UNLINKED``.
            within_s: how long the router may take; a half-open link never answers.
        """
        self.close()
        try:
            async with asyncio.timeout(within_s):
                await self._say_last(self._connection.session, state)
        except (WampedgeError, TimeoutError) as error:
            log.debug("the last word upstream was not heard: %s", error)

    def open(self) -> None:
        """Tell the state on the next sessions, after a last word."""
        self._is_over = False

    def close(self) -> None:
        """Tell nothing any more."""
        self._is_over = True
        self._forget_session()

    def _on_status(self, status: ConnectionStatus) -> None:
        if status.state is not ConnectionState.JOINED:
            self._has_testament = False
            self._forget_session()
        elif not self._is_over:
            session = self._connection.session
            self._arrival = asyncio.ensure_future(self._arrive(session))

    def _forget_session(self) -> None:
        self._has_arrived = False
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None
        if self._again is not None:
            self._again.cancel()
            self._again = None

    async def _arrive(self, session: Session) -> None:
        """Leave the testament, listen for that of a ghost, and tell the state."""
        await self._leave_testament(session)
        self._has_arrived = True
        self._tell()
        try:
            await session.subscribe(self._topic, self._on_event)
        except WampedgeError as error:
            log.debug("testaments of old sessions cannot be heard: %s", error)

    async def _leave_testament(self, session: Session) -> None:
        facts = self._facts(session, self._wall_clock()) | {"reason": _LOST_REASON}
        facts["joined"] = facts.pop("time")  # the router does not say when it publishes this
        self._has_testament = True  # whatever becomes of the answer, but for a refusal
        try:
            await session.call(
                "wamp.session.add_testament",
                self._topic,
                [LOST],
                facts,
                publish_options=dict(_options(session)),
                scope=_SCOPE,
                timeout_s=_TIMEOUT_S,
            )
        except ApplicationError as error:
            log.info("the upstream router takes no testament: %s", error)
            self._has_testament = False
        except WampedgeError as error:
            log.debug("it is not known whether the testament was taken: %s", error)

    async def _say_last(self, session: Session, state: str) -> None:
        if self._has_testament:
            await session.call("wamp.session.flush_testaments", scope=_SCOPE)
        if self._state is not None:
            payload = Payload((state,), self._facts(session, self._wall_clock()))
            options = _options(session)
            await session.publish_payload_acknowledged(self._topic, payload, options=options)

    def _on_event(self, state: Any = None, *_: Any, session: Any = None, **__: Any) -> None:
        """Hear who else tells the state of the node: a ghost, in its testament."""
        try:
            own = self._connection.session.session_id
        except NotJoinedError:
            return
        if state != LOST or session == own:
            return
        self._is_contradicted = True
        if self._again is None:
            self._tell_again()

    def _tell_again(self) -> None:
        """Tell the state if somebody else told another one, and rest a while."""
        self._again = None
        if self._is_contradicted:
            self._is_contradicted = False
            self._tell()
            self._again = asyncio.get_running_loop().call_later(_LEAST_PAUSE_S, self._tell_again)

    def _tell(self) -> None:
        state = self._state
        if state is None or not self._has_arrived:
            return
        try:
            session = self._connection.session
            facts = {**state.kwargs, **self._facts(session, None)}
            payload = Payload(state.args, facts)
            session.publish_payload(self._topic, payload, options=_options(session))
        except WampedgeError as error:
            log.debug("the state of the node was not told: %s", error)

    def _facts(self, session: Session, time_s: float | None) -> dict[str, Any]:
        facts = {"session": session.session_id, "started": self._started}
        return facts if time_s is None else {"time": time_s, **facts}


def _options(session: Session) -> Mapping[str, Any]:
    return _RETAINED if session.router_supports("broker", "event_retention") else {}
