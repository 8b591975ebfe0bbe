"""One connection of the server: a transport on one side, a session of the router on the other."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from wampedge.errors import (
    InvalidPayloadError,
    RemoteProtocolError,
    TooLongMessageError,
    TransportError,
)
from wampedge.records import Record
from wampedge.router.call_input import break_off
from wampedge.router.router import Router
from wampedge.router.session import SessionState
from wampedge.router.settings import Admission
from wampedge.server.counters import ServerCounters
from wampedge.server.delivery import Delivery
from wampedge.server.overflow import OverflowWatch
from wampedge.server.patience import Patience
from wampedge.server.peer_log import PeerLog
from wampedge.transports.limits import TransportLimits
from wampedge.transports.memory import MemoryTransport
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.features import is_wampedge
from wampedge.wamp.messages import Abort, Call, Hello, Message
from wampedge.wamp.stand_ins import stand_in_for

__all__ = ["Peer", "PeerOwner", "Surroundings"]

_PROTOCOL_VIOLATION = "wamp.error.protocol_violation"
_JOIN_TIMEOUT = "wamp.error.timeout"

_CLOSE_NORMAL = 1000
_CLOSE_PROTOCOL_ERROR = 1002
_CLOSE_TOO_BIG = 1009

_CLOSED = SessionState.CLOSED


class Surroundings(Record, kw_only=True):
    """What all peers of one server share.

    Attributes:
        router: routes the messages.
        delivery: takes what the router wants sent.
        counters: counts what goes wrong.
        log: tells what goes wrong.
        limits: bounds.
    """

    router: Router
    delivery: Delivery
    counters: ServerCounters
    log: PeerLog
    limits: TransportLimits


class PeerOwner(Protocol):
    """Who counts the peers."""

    def on_joined(self, peer: Peer) -> None:
        """Hear that the session of *peer* was welcomed."""
        ...

    def on_gone(self, peer: Peer) -> None:
        """Hear, exactly once, that the connection of *peer* is gone."""
        ...


class Peer:
    """A ``MessageSink`` that feeds the router and sends what it answers.

    States::

        joining ──WELCOME──▶ joined ──last words, bad message, connection lost──▶ gone
           └──time-out, ABORT, connection lost──────────────────────────────────▶ gone

    Made by the server when a connection is open; forgets itself when it is lost.

    Args:
        transport: the connection; its ``send`` is the peer's.
        admission: how the peer may join.
        surroundings: what all peers share.
        owner: counts the peers.
    """

    def __init__(
        self,
        transport: StreamTransport | MemoryTransport,
        *,
        admission: Admission,
        surroundings: Surroundings,
        owner: PeerOwner,
    ) -> None:
        self.transport = transport
        self.send = transport.send
        self.is_joined = False
        self.patience = Patience(surroundings.limits.max_pause_s)
        self._surroundings = surroundings
        self._router = surroundings.router
        self._delivery = surroundings.delivery
        self._owner = owner
        self._holds = 0
        self.session = self._router.attach(transport=transport.description, auth=admission)
        self.session.on_parked = self._on_parked
        self.session.probe = self.probe
        self.session.is_silent = self.is_silent
        self._delivery.add(self)
        self.overflow: OverflowWatch | None = None
        if isinstance(transport, StreamTransport):
            self.overflow = OverflowWatch(
                self.session,
                transport.outgoing,
                counters=surroundings.counters,
                publish=self._delivery.publish,
            )
            transport.outgoing.on_caught_up = self._on_caught_up
        self._catching_up: asyncio.Future[None] | None = None
        self._goodbye_timer: asyncio.TimerHandle | None = None
        self._join_timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(
            surroundings.limits.hello_timeout_s, self._on_join_timeout
        )
        transport.sink = self

    @property
    def name(self) -> str:
        """How logs call the peer."""
        return str(self.transport.description.get("peer", "?"))

    def on_message(self, message: Message) -> None:
        """Route one message."""
        session = self.session
        if not self.is_joined:
            self._look_at_first_message(message)
        self._delivery.deliver(self._router.receive(session, message))
        if session.state is _CLOSED:
            self.transport.close()

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        """Tell the peer what it did wrong, and close; if only arguments are bad, go on."""
        if (
            isinstance(error, InvalidPayloadError)
            and error.message is not None
            and self.session.is_established
        ):
            self._refuse_arguments(error)
            return
        if isinstance(error, TooLongMessageError):
            self._surroundings.log.write(logging.WARNING, self.name, str(error))
            self.transport.close(_CLOSE_TOO_BIG, str(error))
            return
        self._delivery.deliver(self._router.abort(self.session, error.reason, str(error)))
        self.transport.close(_CLOSE_PROTOCOL_ERROR, "protocol violation")

    def on_batch_end(self) -> None:
        """Write what the messages caused; wait for receivers that fall behind.

        The node's own sessions never wait: all devices would, for one slow client.
        """
        backed_up = self._delivery.flush()
        if backed_up and isinstance(self.transport, StreamTransport):
            for receiver in backed_up:
                if receiver is not self:
                    receiver.patience.hold(self)

    async def wait_writable(self) -> None:
        """Wait while the peer reads what it was sent too slowly, until it has it or is gone."""
        transport = self.transport
        while isinstance(transport, StreamTransport) and transport.outgoing.is_congested:
            if not self.session.is_established:
                return
            if self._catching_up is None:
                self._catching_up = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._catching_up)

    def on_closed(self, error: TransportError | None) -> None:
        """Free all that the session held and tell those who waited for it."""
        self._stop_join_timer()
        if self._goodbye_timer is not None:
            self._goodbye_timer.cancel()
        self.patience.release()
        self._wake()
        if self.overflow is not None:
            self.overflow.stop()
            if isinstance(self.transport, StreamTransport) and self.transport.outgoing.is_overrun:
                self._surroundings.counters.slow_sessions_closed += 1
                self.overflow.on_cut()
        self._delivery.remove(self)
        if isinstance(self.transport, StreamTransport) and self.transport.was_silent:
            self.session.ending = "silent"
        self._delivery.deliver(self._router.detach(self.session))
        self._delivery.flush()
        if error is not None:
            self._tell_of_loss(error)
        self._owner.on_gone(self)

    def after_welcome(self) -> None:
        """Hear that the session has joined, maybe long after the last message of the peer.

        A procedure that knows the users answers in its own time.
        """
        if not self.session.is_established:
            return
        self.is_joined = True
        self._owner.on_joined(self)
        if self.overflow is not None:
            self.overflow.start()
        self._stop_join_timer()
        transport = self.transport
        if isinstance(transport, StreamTransport):
            limits = self._surroundings.limits
            transport.framing.max_message_bytes = limits.max_message_bytes
            transport.framing.max_skipped_bytes = limits.max_skipped_bytes

    def after_last_words(self, message: Message) -> None:
        """Close once the session is closed: its ABORT or GOODBYE is on its way.

        A peer that was sent a GOODBYE has a while to send its own.
        """
        if self.session.state is not _CLOSED:
            self._goodbye_timer = asyncio.get_running_loop().call_later(
                self._surroundings.limits.close_timeout_s, self.transport.close
            )
            return
        if not isinstance(message, Abort):
            self.transport.close(_CLOSE_NORMAL, "goodbye")
            return
        counters, log = self._surroundings.counters, self._surroundings.log
        counters.sessions_aborted += 1
        text = message.details.get("message", "")
        level = logging.INFO if message.reason.startswith("wamp.close.") else logging.WARNING
        log.write(level, self.name, f"session aborted: {message.reason}: {text}")
        is_violation = message.reason == _PROTOCOL_VIOLATION
        self.transport.close(_CLOSE_PROTOCOL_ERROR if is_violation else _CLOSE_NORMAL, "aborted")

    def fail(self, text: str) -> None:
        """Cut the connection: the peer cannot be told what it must know."""
        self._surroundings.log.write(logging.WARNING, self.name, text)
        self.transport.abort()

    def probe(self, deadline_s: float) -> bool:
        """Ping the peer now; the connection is cut unless a sign of life comes in time.

        Args:
            deadline_s: how long the peer has.

        Returns:
            False when there is no way to find out, as with a raw socket that knows no pings.
        """
        transport = self.transport
        return isinstance(transport, StreamTransport) and transport.probe(deadline_s)

    def is_silent(self) -> bool:
        """Tell whether the peer still owes the sign of life it was asked for."""
        return isinstance(self.transport, StreamTransport) and self.transport.is_silent

    def hold(self) -> None:
        """Read no more from the peer until as many calls of ``unhold``."""
        self._holds += 1
        if self._holds == 1:
            self.transport.pause_reading()

    def unhold(self) -> None:
        """Take back one ``hold``."""
        self._holds -= 1
        if self._holds == 0:
            self.transport.resume_reading()

    def _on_parked(self, is_parked: bool) -> None:
        """Read on only when the router has decided what the peer may do."""
        if is_parked:
            self.hold()
        else:
            self.unhold()

    def _tell_of_loss(self, error: TransportError) -> None:
        transport = self.transport
        is_cut = isinstance(transport, StreamTransport) and transport.is_cut
        level = logging.WARNING if is_cut else logging.INFO
        self._surroundings.log.write(level, self.name, f"session ended: {error}")

    def _refuse_arguments(self, error: InvalidPayloadError) -> None:
        """Settle the one exchange whose arguments no serializer can carry on."""
        self._surroundings.counters.messages_replaced += 1
        message, text = error.message, str(error)
        pending = self.session.calls.get(message.request_id) if isinstance(message, Call) else None
        if pending is not None:
            self._delivery.deliver(break_off(pending, error.reason, text))
            return
        stand_in = stand_in_for(message, text, uri=error.reason)
        if stand_in.onward is not None:
            self.on_message(stand_in.onward)
        if stand_in.back is not None:
            self.send(stand_in.back)

    def _on_caught_up(self) -> None:
        self.patience.release()
        self._wake()
        if self.overflow is not None:
            self.overflow.on_caught_up()

    def _wake(self) -> None:
        waiting, self._catching_up = self._catching_up, None
        if waiting is not None:
            waiting.set_result(None)

    def _look_at_first_message(self, message: Message) -> None:
        transport = self.transport
        if not isinstance(message, Hello) or not isinstance(transport, StreamTransport):
            return
        # Not every raw-socket client survives a PING; ours does.
        if is_wampedge(message.details):
            transport.framing.answers_pings = True

    def _on_join_timeout(self) -> None:
        text = f"not joined within {self._surroundings.limits.hello_timeout_s:g} s"
        self._delivery.deliver(self._router.abort(self.session, _JOIN_TIMEOUT, text))
        self._delivery.flush()

    def _stop_join_timer(self) -> None:
        if self._join_timer is not None:
            self._join_timer.cancel()
            self._join_timer = None
