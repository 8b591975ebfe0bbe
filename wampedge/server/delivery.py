"""From what the router wants sent to the bytes on each connection.

A message for many sessions is encoded and framed once for all that use the same serializer and
framing; each connection is written to once per batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.errors import ProtocolError, TooLongForPeerError
from wampedge.router.realm import Realm
from wampedge.router.router import Router
from wampedge.router.sends import Sends
from wampedge.router.session import RouterSession
from wampedge.server.counters import ServerCounters
from wampedge.transports.memory import MemoryTransport
from wampedge.transports.outgoing import Outgoing
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.messages import Abort, Event, Goodbye, Message, Welcome
from wampedge.wamp.payload import Payload
from wampedge.wamp.stand_ins import stand_in_for

if TYPE_CHECKING:
    from wampedge.server.peer import Peer

__all__ = ["Delivery"]

_TURNS = (Abort, Goodbye, Welcome)
"""After these a peer is another one: joined, or about to go."""

_INVALID_ARGUMENT = "wamp.error.invalid_argument"
_TOO_LONG = "wamp.error.payload_size_exceeded"


class Delivery:
    """Hands messages to the transports of one server and flushes them; owned by the server.

    Args:
        router: is told of a call that cannot be encoded for its callee.
        counters: counts what could not be sent.
    """

    def __init__(self, router: Router, counters: ServerCounters) -> None:
        self._router = router
        self._counters = counters
        self._peer_by_session: dict[RouterSession, Peer] = {}
        self._peer_by_outgoing: dict[Outgoing, Peer] = {}
        self._dirty: list[Outgoing] = []

    def add(self, peer: Peer) -> None:
        """Deliver to *peer* from now on."""
        self._peer_by_session[peer.session] = peer
        if isinstance(peer.transport, StreamTransport):
            self._peer_by_outgoing[peer.transport.outgoing] = peer
            peer.transport.outgoing.on_dirty = self._dirty.append

    def remove(self, peer: Peer) -> None:
        """Deliver to *peer* no more."""
        self._peer_by_session.pop(peer.session, None)
        if isinstance(peer.transport, StreamTransport):
            self._peer_by_outgoing.pop(peer.transport.outgoing, None)

    def deliver(self, sends: Sends) -> None:
        """Queue what the router wants sent, in order; ``flush`` writes it."""
        peer_by_session = self._peer_by_session
        for send in sends:
            message = send.message
            recipients = send.recipients
            if len(recipients) == 1:
                peer = peer_by_session.get(recipients[0])
                if peer is not None:
                    try:
                        peer.send(message)
                    except ProtocolError as error:
                        self._on_unsendable(peer, message, error)
            else:
                self._fan_out(recipients, message)
            if message.__class__ in _TURNS:
                self._after_turn(recipients, message)

    def publish(self, realm: Realm, topic: str, payload: Payload) -> None:
        """Publish for the router itself, and write it; not from within a delivery."""
        self.deliver(realm.broker.publish_own(topic, payload))
        self.flush()

    def flush(self) -> list[Peer]:
        """Write what is queued, one write a connection; returns the peers to wait for.

        Those are the peers with messages that wait and must not be dropped.
        """
        dirty = self._dirty
        backed_up = []
        for outgoing in dirty:
            outgoing.flush()
            if outgoing.is_backed_up and outgoing in self._peer_by_outgoing:
                backed_up.append(self._peer_by_outgoing[outgoing])
        dirty.clear()
        return backed_up

    def _fan_out(self, recipients: tuple[RouterSession, ...], message: Message) -> None:
        """Queue one message for many sessions; one that cannot have it does not stop the rest."""
        frame_by_key: dict[str, bytes] = {}
        peer_by_session = self._peer_by_session
        for session in recipients:
            peer = peer_by_session.get(session)
            if peer is None:
                continue
            transport = peer.transport
            if isinstance(transport, MemoryTransport):
                transport.send(message)
                continue
            frame = frame_by_key.get(transport.frame_key)
            if frame is None:
                frame = frame_by_key[transport.frame_key] = _frame_or_nothing(transport, message)
            if frame:
                transport.send_frame(frame, message)
            else:
                self._counters.events_dropped += 1

    def _on_unsendable(self, peer: Peer, message: Message, error: ProtocolError) -> None:
        """Deal with a message whose values or length its receiver cannot take.

        An event is dropped for this receiver. Who waits for an answer gets an ERROR instead: the
        router hears it from the callee that was never asked, so that its call is settled.
        """
        if isinstance(message, Event):
            self._counters.events_dropped += 1
            return
        self._counters.messages_replaced += 1
        uri = _TOO_LONG if isinstance(error, TooLongForPeerError) else _INVALID_ARGUMENT
        stand_in = stand_in_for(message, f"cannot be delivered: {error}", uri=uri)
        if stand_in.back is not None:
            self.deliver(self._router.receive(peer.session, stand_in.back))
        elif stand_in.onward is not None:
            peer.send(stand_in.onward)
        else:
            peer.fail(f"{type(message).__name__.upper()} cannot be sent: {error}")

    def _after_turn(self, recipients: tuple[RouterSession, ...], message: Message) -> None:
        for session in recipients:
            peer = self._peer_by_session.get(session)
            if peer is None:
                continue
            if isinstance(message, Welcome):
                peer.after_welcome()
            else:
                peer.after_last_words(message)


def _frame_or_nothing(transport: StreamTransport, message: Message) -> bytes:
    """Encode one message for many receivers; empty when they cannot take it."""
    try:
        return transport.encode_frame(message)
    except ProtocolError:
        return b""
