"""The contracts around one open connection that carries WAMP messages.

::

    router or client  <- MessageSink <-  Transport  <- Framing <-  bytes of the wire

A transport knows frames, time-outs and queues, and nothing about WAMP sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from wampedge.errors import RemoteProtocolError, TransportError
from wampedge.records import Record
from wampedge.wamp.evidence import Evidence
from wampedge.wamp.messages import Message
from wampedge.wamp.serializers import Serializer

__all__ = ["Agreed", "Ending", "Framing", "MessageSink", "Transport"]


class Transport(Protocol):
    """One open connection that carries WAMP messages; belongs to the event loop that made it.

    Whoever owns it sets ``sink``, and hears of its end by ``sink.on_closed``, exactly once.
    Nothing is read before ``sink`` is set, and nothing is lost until then.

    Attributes:
        serializer: how messages become bytes here; None for the in-process pair.
        description: ``type`` and ``peer`` and what else is known; for session details.
        evidence: what the connection tells of its peer, for authentication.
        is_closed: no message can be sent any more.
        sink: who takes the messages.
    """

    @property
    def serializer(self) -> Serializer | None:
        """How messages become bytes; None for the in-process pair."""
        ...

    description: Mapping[str, Any]
    evidence: Evidence
    is_closed: bool

    @property
    def sink(self) -> MessageSink | None:
        """Who takes the messages that arrive."""
        ...

    @sink.setter
    def sink(self, sink: MessageSink) -> None: ...

    def send(self, message: Message) -> None:
        """Queue one message; never blocks.

        When the peer takes its messages too slowly the connection closes itself; messages sent
        after the end are dropped silently.

        Raises:
            ProtocolError: the message has a value the serializer cannot carry, or is longer than
                the peer takes; nothing was sent.
        """
        ...

    def send_encoded(self, body: bytes) -> None:
        """Queue one message that ``serializer`` encoded already.

        Raises:
            LocalProtocolError: the message is longer than the peer takes; nothing was sent.
        """
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send what is queued, then close politely; does nothing on a closed transport.

        Args:
            code: WebSocket close code; other transports have none.
            reason: short text for the peer, cut at 123 bytes.
        """
        ...

    def abort(self) -> None:
        """Close at once; what is queued is lost."""
        ...

    def pause_reading(self) -> None:
        """Take no more messages from the peer until ``resume_reading``."""
        ...

    def resume_reading(self) -> None:
        """Take messages again."""
        ...


class MessageSink(Protocol):
    """Who takes the messages of one transport."""

    def on_message(self, message: Message) -> None:
        """Take one message."""
        ...

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        """Hear that the peer sent something that is no message.

        The transport stays open for sending, so that an ABORT can go out, and goes on with the
        next message unless the sink closes it.
        """
        ...

    def on_batch_end(self) -> None:
        """Hear that all messages that arrived together were handed over."""
        ...

    def on_closed(self, error: TransportError | None) -> None:
        """Hear, exactly once, that the connection is gone; None after an orderly end."""
        ...


class Ending(Record):
    """Why a peer's stream of messages ended, and what is still to be written.

    Attributes:
        answer: last bytes for the peer (a close frame), or empty.
        text: what happened, or empty after an orderly close.
        is_fault: the peer broke a rule, so that this side ends the connection.
    """

    answer: bytes = b""
    text: str = ""
    is_fault: bool = False


class Framing(Protocol):
    """The frames of one connection after the opening handshake; pure, without I/O.

    Attributes:
        name: ``websocket`` or ``rawsocket``.
        max_message_bytes: longest message taken; may change between two calls.
        max_skipped_bytes: longest message that is read over and stands as ``Oversized`` among the
            bodies; a longer one ends the stream. 0 at first.
        withholds: complete messages may be left of what was received: compressed ones, which are
            inflated a few at a time. ``receive`` gives more, also for no bytes.
        replies: control frames to write back, in order; the transport empties the list.
        answers_pings: whether the peer is known to answer a ping.
        bad_message: set when a frame cannot be a message of this session.
        has_closing_handshake: whether the peer answers our ``close`` with one of its own.
        ends_stream: whether this side ends the bytes first; a WebSocket client leaves it to the
            server.
        frame_key: framings with one key and one serializer make the same bytes of a message;
            empty where each frame differs.
    """

    name: str
    max_message_bytes: int
    max_skipped_bytes: int
    withholds: bool
    replies: list[bytes]
    answers_pings: bool
    bad_message: RemoteProtocolError | None
    has_closing_handshake: bool
    ends_stream: bool
    frame_key: str

    @property
    def ending(self) -> Ending | None:
        """Set when no more messages will come."""
        ...

    @property
    def seal(self) -> Callable[[list[bytes]], bytes] | None:
        """Joins what one flush writes; None where plain joining does."""
        ...

    def receive(self, data: bytes) -> list[bytes]:
        """Take bytes of the wire, give the bodies of the messages they complete."""
        ...

    def frame(self, body: bytes) -> bytes:
        """Put one message into a frame; raises LocalProtocolError when the peer takes no such."""
        ...

    def ping(self) -> bytes:
        """Build a ping."""
        ...

    def end_of_stream(self) -> str:
        """Tell what is wrong with the peer's bytes ending here; empty for an orderly end."""
        ...

    def close(self, code: int, reason: str) -> bytes:
        """Build the last frame of this side; empty where the end of the stream says it all."""
        ...


class Agreed(Record):
    """What the opening handshake of a client led to.

    Attributes:
        framing: frames of the connection.
        serializer: what both sides will use.
        leftover: what the router sent behind its answer.
    """

    framing: Framing
    serializer: Serializer
    leftover: bytes
