"""A transport over a byte stream: TCP, TLS or a Unix socket, with either framing.

Speed decides the shape (one routed message must cost microseconds): no task, queue or future per
message; all frames of one read are handed over in one call, and what they cause is written with
one ``write`` per connection when the batch ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from wampedge.errors import ConnectionLostError, RemoteProtocolError
from wampedge.transports.backlog import Backlog
from wampedge.transports.base import Framing, MessageSink
from wampedge.transports.heartbeat import Heartbeat
from wampedge.transports.limits import TransportLimits
from wampedge.transports.outgoing import Outgoing
from wampedge.transports.trace import codec_of
from wampedge.transports.wire import read_memory_of
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Message
from wampedge.wamp.oversized import Oversized, oversized_error
from wampedge.wamp.serializers import Serializer

__all__ = ["StreamTransport"]

# A peer that goes on sending while its connection closes is read (and ignored) so far, so that
# our last words reach it: closing with unread input makes the system throw them away.
_LINGER_BYTES = 1024 * 1024


class StreamTransport(asyncio.BufferedProtocol):
    """One open connection with WAMP messages in frames; a ``Transport``.

    States::

        open ──close()──────────────▶ closing ──peer ends, or time-out──▶ lost
          └──peer ends, breaks a rule, is too slow or silent, abort()───▶ lost

    Made by the opening handshake, which hands its connection over with ``take_over``.

    Args:
        framing: frames of this connection.
        serializer: how messages become bytes.
        description: for session details.
        limits: bounds.
    """

    # Whether this side ended the connection for a fault of the peer.
    is_cut = False
    # What the connection tells of its peer, for authentication.
    evidence: Evidence = NO_EVIDENCE
    # What only the beginning and the end of a connection touch; the rest is set in ``__init__``,
    # where each message finds it faster.
    _leftover = b""
    _ignored_bytes = 0
    _is_lost = False
    _has_told_closed = False
    _error: ConnectionLostError | None = None
    _close_timer: asyncio.TimerHandle | None = None
    _next_turn: asyncio.Handle | None = None

    def __init__(
        self,
        framing: Framing,
        *,
        serializer: Serializer,
        description: Mapping[str, Any],
        limits: TransportLimits,
    ) -> None:
        self.serializer = serializer
        self.description = description
        self.is_closed = False
        self.framing = framing
        self.frame_key = f"{framing.frame_key} {serializer.name}" if framing.frame_key else ""
        self._decode, self._encode = codec_of(serializer, peer=str(description.get("peer", "?")))
        self._frame = framing.frame
        self.outgoing = Outgoing(self, limits, Backlog(serializer, self.encode_frame))
        self.outgoing.seal = framing.seal
        self.send_frame = self.outgoing.put
        """Queues one message that ``framing`` framed already."""
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._read_memory = read_memory_of(self._loop)
        self._sink: MessageSink | None = None
        self._wire: asyncio.Transport | None = None
        self._is_paused = False
        self.was_silent = False
        """Whether the connection was cut because the peer gave no sign of life."""
        self._heartbeat = Heartbeat(
            self._loop,
            limits,
            send_ping=self._send_ping,
            backlog_bytes=lambda: self.outgoing.progress,
            on_silence=self._on_silence,
        )

    def take_over(self, wire: asyncio.Transport, leftover: bytes) -> None:
        """Take the connection from its opening handshake.

        Args:
            wire: the connection.
            leftover: what the peer sent behind the handshake.
        """
        self._wire = wire
        self._leftover = leftover
        self.outgoing.open(wire)
        wire.set_protocol(self)
        self._update_reading()
        self._heartbeat.start()

    @property
    def sink(self) -> MessageSink | None:
        """Who takes the messages; reading starts when it is set."""
        return self._sink

    @sink.setter
    def sink(self, sink: MessageSink) -> None:
        self._sink = sink
        self._loop.call_soon(self._start_reading)

    def _start_reading(self) -> None:
        leftover, self._leftover = self._leftover, b""
        if leftover and not self.is_closed:
            self.data_received(leftover)
        self._update_reading()
        if self._is_lost and self._sink is not None:
            self._tell_closed(self._sink)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the event loop the memory to read into."""
        return self._read_memory

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read (called by the event loop)."""
        self.data_received(bytes(self._read_memory[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Hand over the messages these bytes complete."""
        if self.is_closed:
            self._ignore(data)
            return
        if not self._heartbeat.has_heard:
            self._heartbeat.hear()
        framing = self.framing
        bodies = framing.receive(data)
        sink = self._sink
        assert sink is not None, "reading starts when the sink is set"
        # What is sent meanwhile is flushed below (or by the sink), not by a call of its own.
        outgoing = self.outgoing
        outgoing.is_dirty = True
        decode = self._decode
        on_message = sink.on_message
        for body in bodies:
            try:
                message = decode(body)
            except RemoteProtocolError as error:
                sink.on_bad_message(self._true_fault(body, error))
            else:
                on_message(message)
            if self.is_closed:
                break  # type: ignore[unreachable]  # on_message may have closed this transport
        sink.on_batch_end()
        if framing.replies:
            outgoing.write_ahead(framing.replies)
            framing.replies.clear()
        outgoing.flush()
        if framing.withholds:
            self._update_reading()
        if framing.ending is not None or framing.bad_message is not None:
            self._end_of_messages(sink)

    def _true_fault(self, body: bytes, error: RemoteProtocolError) -> RemoteProtocolError:
        """Say what is wrong with a message that was read over, of which no decoder knows."""
        if isinstance(body, Oversized):
            return oversized_error(body, self.serializer.name)
        return error

    def eof_received(self) -> None:
        """Note the end of the peer's bytes; the event loop closes the connection after it."""
        if not self.is_closed:
            text = self.framing.end_of_stream()
            self._error = ConnectionLostError(text) if text else None
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the sink that the connection is gone (called by the event loop)."""
        if exc is not None and not self.is_closed:
            self._error = ConnectionLostError(f"connection lost: {exc}")
        self._stop()
        self._is_lost = True
        if self._close_timer is not None:
            self._close_timer.cancel()
        if self._sink is not None and not self._leftover:
            self._tell_closed(self._sink)

    def _tell_closed(self, sink: MessageSink) -> None:
        if not self._has_told_closed:
            self._has_told_closed = True
            sink.on_closed(self._error)

    def _end_of_messages(self, sink: MessageSink) -> None:
        """Act on what ended the peer's stream of messages, once the messages are routed."""
        framing = self.framing
        if self.is_closed:
            return
        if framing.bad_message is not None:
            sink.on_bad_message(framing.bad_message)
            sink.on_batch_end()
            return
        ending = framing.ending
        assert ending is not None, "checked by the caller"
        if ending.text:
            self._error = ConnectionLostError(ending.text)
        self.is_cut = ending.is_fault
        self._finish(ending.answer)
        self._end_stream()

    def send(self, message: Message) -> None:
        """Queue one message (see ``Transport``)."""
        self.send_frame(self._frame(self._encode(message)), message)

    def encode_frame(self, message: Message) -> bytes:
        """Build the frame of one message, for all transports of this ``frame_key``.

        Raises:
            ProtocolError: the message has a value the serializer cannot carry, or is longer than
                the peer takes.
        """
        return self._frame(self._encode(message))

    def send_encoded(self, body: bytes) -> None:
        """Queue one message that ``serializer`` encoded (see ``Transport``)."""
        self.send_frame(self._frame(body))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send what is queued, then close politely (see ``Transport``)."""
        if self.is_closed:
            return
        self._finish(self.framing.close(code, reason))
        if not self.framing.has_closing_handshake:
            self._end_stream()

    def abort(self) -> None:
        """Close at once; what is queued is lost."""
        self._stop()
        self.outgoing.drop()
        if self._wire is not None:
            self._wire.abort()

    def on_overrun(self, text: str) -> None:
        """Cut the connection of a peer that does not read (called by ``outgoing``)."""
        self._fail(text)

    def _fail(self, text: str) -> None:
        self.is_cut = True
        self._error = ConnectionLostError(text)
        self.abort()

    def _stop(self) -> None:
        """Take and send no more messages."""
        self.is_closed = True
        self.outgoing.stop()
        self._heartbeat.stop()

    def _finish(self, last_frame: bytes) -> None:
        """Send the queue and the last frame; then the peer has a moment to close its side."""
        self.outgoing.finish(last_frame)
        self._stop()
        self._update_reading()
        self._close_timer = self._loop.call_later(self._limits.close_timeout_s, self.abort)

    def _end_stream(self) -> None:
        """End our bytes, but go on reading until the peer ends its own (or the time is over).

        Closing at once with input unread would make the system reset the connection, and the
        peer might lose our last words.
        """
        wire = self._wire
        if wire is None or wire.is_closing() or not self.framing.ends_stream:
            return
        if wire.can_write_eof():
            wire.write_eof()
        else:
            wire.close()

    def _ignore(self, data: bytes) -> None:
        """Read on after the end of the messages: for the peer's close frame, if one is due."""
        self._ignored_bytes += len(data)
        if self._ignored_bytes > _LINGER_BYTES:
            self.abort()
        elif not self._is_ended():
            self.framing.receive(data)
            if self._is_ended():
                self._end_stream()
            elif self.framing.withholds:
                self._update_reading()

    def _is_ended(self) -> bool:
        """Tell whether the peer has ended its side of the connection, rightly or wrongly."""
        return self.framing.ending is not None

    def pause_reading(self) -> None:
        """Take no more messages from the peer until ``resume_reading``."""
        self._is_paused = True
        self._update_reading()

    def resume_reading(self) -> None:
        """Take messages again."""
        self._is_paused = False
        self._update_reading()

    def pause_writing(self) -> None:
        """Note that the peer falls behind (called by the event loop)."""
        self.outgoing.pause()

    def resume_writing(self) -> None:
        """Go on with what waits for the peer (called by the event loop)."""
        self.outgoing.resume()

    def on_backed_up(self) -> None:
        """Read on or not: a peer that does not read its answers shall not ask for more of them."""
        self._update_reading()

    def _update_reading(self) -> None:
        wire = self._wire
        if wire is None or wire.is_closing():
            return
        if not self._may_read():
            wire.pause_reading()
        elif self.framing.withholds:
            wire.pause_reading()
            self._next_turn = self._next_turn or self._loop.call_soon(self._take_rest)
        else:
            wire.resume_reading()

    def _may_read(self) -> bool:
        is_wanted = not self._is_paused and not self.outgoing.is_backed_up
        return (is_wanted and self._sink is not None) or self.is_closed

    def _take_rest(self) -> None:
        """Take more of what was read, where that was too much for one turn."""
        self._next_turn = None
        if not self._is_lost and self._may_read():
            self.data_received(b"")
            self._update_reading()

    def probe(self, deadline_s: float) -> bool:
        """Ping the peer now, and cut the connection unless something comes back in time.

        Args:
            deadline_s: how long the peer has.

        Returns:
            False when the peer is not known to answer pings; then nothing is done.
        """
        return not self.is_closed and self._heartbeat.probe(deadline_s)

    @property
    def is_silent(self) -> bool:
        """The peer was asked for a sign of life and has given none yet."""
        return self._heartbeat.is_silent

    @property
    def round_trip_s(self) -> float | None:
        """How long the peer took to answer the newest ping, in seconds; None until it has."""
        return self._heartbeat.round_trip_s

    def _send_ping(self) -> bool:
        if not self.framing.answers_pings:
            return False
        self.outgoing.write_ahead([self.framing.ping()])
        return True

    def _on_silence(self, deadline_s: float) -> None:
        self.was_silent = True
        self._fail(f"peer is silent: nothing within {deadline_s:g} s of a ping")
