"""WAMP over HTTP long-poll: what one session needs between two requests of its client.

To ``StreamTransport`` a session looks like any connection: ``PollWire`` takes the place of the
socket and holds, like the memory of the system, what the client has not asked for yet. So queues,
bounds and the rules for slow peers are those of every transport.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from wampedge.errors import RemoteProtocolError
from wampedge.transports.base import Ending
from wampedge.transports.batches import join_batch, split_batch
from wampedge.transports.http.exchange import Exchange
from wampedge.transports.http.responses import NEVER_STORED, Response
from wampedge.transports.limits import TransportLimits
from wampedge.transports.stream import StreamTransport
from wampedge.wamp.messages import Message
from wampedge.wamp.serializers import Serializer

__all__ = ["LongPollFraming", "LongPollTransport", "PollWire"]

_LENGTH_BYTES: Final = 4


class LongPollFraming:
    """The messages of one long-poll session; pure, without I/O.

    Down, each message goes to the wire behind its length, which ``PollWire`` takes off again. Up,
    the body of a request is one message, or one batch.

    Args:
        max_message_bytes: longest body taken.
        is_batched: whether a body holds a batch.
        is_binary: whether the serializer is any other than JSON.
    """

    name = "longpoll"
    frame_key = "longpoll"
    withholds = False
    seal = None
    has_closing_handshake = False
    ends_stream = True

    def __init__(self, *, max_message_bytes: int, is_batched: bool, is_binary: bool) -> None:
        self.max_message_bytes = max_message_bytes
        self.max_skipped_bytes = 0  # HTTP has refused a body that is too long before
        self.is_batched = is_batched
        self.is_binary = is_binary
        self.replies: list[bytes] = []
        self.answers_pings = False
        self.bad_message: RemoteProtocolError | None = None
        self.ending: Ending | None = None

    def receive(self, data: bytes) -> list[bytes]:
        """Take the body of one request, give the bodies of its messages."""
        if not self.is_batched:
            return [data]
        try:
            return split_batch(data, is_binary=self.is_binary)
        except RemoteProtocolError as error:
            self.bad_message = error
            return []

    def frame(self, body: bytes) -> bytes:
        """Put the length of a message before it."""
        return len(body).to_bytes(_LENGTH_BYTES, "big") + body

    def ping(self) -> bytes:
        """Build nothing: a client that polls is alive."""
        return b""

    def end_of_stream(self) -> str:
        """Tell that a session may end at any time."""
        return ""

    def close(self, code: int, reason: str) -> bytes:
        """Build nothing: the last answers are the end."""
        return b""


class PollWire(asyncio.Transport):
    """Stands for the socket of one long-poll session; belongs to its event loop.

    The client's requests come in by ``take`` and ``poll``. The session is lost when the client
    closes it, does not poll for ``poll_gap_s``, or the transport aborts.

    Args:
        framing: tells whether answers are batches.
        limits: bounds.
        content_type: of answers with messages.
    """

    def __init__(
        self, framing: LongPollFraming, limits: TransportLimits, content_type: str
    ) -> None:
        super().__init__()
        self.on_lost: Callable[[], object] | None = None
        """Called when the session is gone."""
        self._framing = framing
        self._limits = limits
        self._content_type = content_type
        self._loop = asyncio.get_running_loop()
        self._protocol: LongPollTransport | None = None
        self._bodies: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._high_bytes = limits.high_water_bytes
        self._is_writing_paused = False
        self._is_reading = False
        self._is_ended = False
        self._is_lost = False
        self._poll: Exchange | None = None
        self._parked: deque[tuple[bytes, Callable[[], None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._await_poll()

    def poll(self, exchange: Exchange) -> None:
        """Answer with the next message, or all of them, once there are any.

        Only one request waits: a newer one takes the place of an older one, whose connection may
        be long dead without our knowing.
        """
        self._answer_nothing()
        self._poll = exchange
        exchange.on_abandoned = self._on_abandoned
        self._arm(self._limits.poll_timeout_s, self._on_poll_timeout)
        self._hand_over()

    def take(self, body: bytes, on_taken: Callable[[], None]) -> None:
        """Hand the body of one request to the session, now or when it reads again.

        Args:
            body: one message, or one batch.
            on_taken: called when the session has had it, or is gone.
        """
        self._parked.append((body, on_taken))
        self._feed()

    @property
    def parked_count(self) -> int:
        """How many requests wait until the session reads again."""
        return len(self._parked)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Learn whose wire this is."""
        assert isinstance(protocol, LongPollTransport), "made for these"
        self._protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set how much may wait before the session is told."""
        self._high_bytes = self._limits.high_water_bytes if high is None else high

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait for the client to poll."""
        return self._waiting_bytes

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Take whole messages, each behind its length."""
        if self._is_lost:
            return
        whole = bytes(data)
        at = 0
        while at < len(whole):
            body_at = at + _LENGTH_BYTES
            at = body_at + int.from_bytes(whole[at:body_at], "big")
            self._bodies.append(whole[body_at:at])
        self._waiting_bytes += len(whole)
        self._hand_over()
        if self._waiting_bytes > self._high_bytes and not self._is_writing_paused:
            self._is_writing_paused = True
            if self._protocol is not None:
                self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """Tell that the end can be said without losing what waits."""
        return True

    def write_eof(self) -> None:
        """Say that no more messages come; the client may still fetch those that wait."""
        self._is_ended = True

    def is_reading(self) -> bool:
        """Tell whether the session takes messages."""
        return self._is_reading

    def pause_reading(self) -> None:
        """Let requests with messages wait."""
        self._is_reading = False

    def resume_reading(self) -> None:
        """Take messages again."""
        if not self._is_reading:
            self._is_reading = True
            self._loop.call_soon(self._feed)

    def is_closing(self) -> bool:
        """Tell whether the session is gone."""
        return self._is_lost

    def close(self) -> None:
        """Lose the session, and what waits."""
        self._lose()

    def abort(self) -> None:
        """Lose the session, and what waits."""
        self._lose()

    def _feed(self) -> None:
        """Hand over what requests brought, for as long as the session reads."""
        while self._parked and (self._is_reading or self._is_lost):
            body, on_taken = self._parked.popleft()
            if self._protocol is not None and not self._is_lost:
                self._protocol.data_received(body)
            on_taken()

    def _hand_over(self) -> None:
        """Answer the request that waits, if there is something to tell."""
        exchange, bodies = self._poll, self._bodies
        if exchange is None or not bodies:
            return
        if self._framing.is_batched:
            taken = list(bodies)
            bodies.clear()
            data = join_batch(taken, is_binary=self._framing.is_binary)
        else:
            taken = [bodies.popleft()]
            data = taken[0]
        self._waiting_bytes -= sum(_LENGTH_BYTES + len(body) for body in taken)
        self._poll = None
        self._await_poll()
        exchange.respond(Response(HTTPStatus.OK, data, self._content_type, NEVER_STORED))
        if self._is_writing_paused and self._waiting_bytes <= self._high_bytes // 4:
            self._is_writing_paused = False
            # Not at once: what the session has in store for the client goes out in its own turn.
            self._loop.call_soon(self._resume_writing)

    def _resume_writing(self) -> None:
        if self._protocol is not None and not (self._is_lost or self._is_writing_paused):
            self._protocol.resume_writing()

    def _on_abandoned(self) -> None:
        """Note that the connection of the request that waits is gone; nothing was lost with it."""
        self._poll = None
        self._await_poll()

    def _on_poll_timeout(self) -> None:
        self._answer_nothing()
        self._await_poll()

    def _answer_nothing(self) -> None:
        exchange, self._poll = self._poll, None
        if exchange is not None:
            exchange.respond(Response(HTTPStatus.NO_CONTENT, headers=NEVER_STORED))

    def _await_poll(self) -> None:
        self._arm(self._limits.poll_gap_s, self._on_gap)

    def _on_gap(self) -> None:
        if self._protocol is not None:
            self._protocol.fail(f"no poll within {self._limits.poll_gap_s:g} s")

    def _arm(self, seconds: float, act: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if self._is_lost else self._loop.call_later(seconds, act)

    def _lose(self) -> None:
        if self._is_lost:
            return
        self._is_lost = True
        if self._timer is not None:
            self._timer.cancel()
        self._bodies.clear()
        self._waiting_bytes = 0
        self._answer_nothing()
        if self.on_lost is not None:
            self.on_lost()
        self._loop.call_soon(self._tell_lost)

    def _tell_lost(self) -> None:
        self._feed()
        if self._protocol is not None:
            self._protocol.connection_lost(None)


class LongPollTransport(StreamTransport):
    """One long-poll session; a ``Transport``.

    Args:
        framing: of the session.
        serializer: how messages become bytes.
        description: for session details.
        limits: bounds.
    """

    def __init__(
        self,
        framing: LongPollFraming,
        *,
        serializer: Serializer,
        description: Mapping[str, Any],
        limits: TransportLimits,
    ) -> None:
        super().__init__(framing, serializer=serializer, description=description, limits=limits)
        self.has_heard_nonsense = False
        self._decode_body = self._decode
        self._decode = self._decode_and_note

    def fail(self, text: str) -> None:
        """End the session for a fault of the client."""
        self._fail(text)

    def _decode_and_note(self, body: bytes) -> Message:
        try:
            return self._decode_body(body)
        except RemoteProtocolError:
            self.has_heard_nonsense = True
            raise

    def _send_ping(self) -> bool:
        """Send none, whatever the client calls itself: a client that polls is alive."""
        return False
