"""Batched WebSocket: many WAMP messages in one message of the WebSocket, without I/O.

Specification, "Message Batching". What one flush writes goes out as one batch. In JSON a peer is
answered with the separator it uses itself (see ``wampedge.transports.batches``).
"""

from __future__ import annotations

from struct import Struct

from wampedge.errors import RemoteProtocolError
from wampedge.transports.base import Ending
from wampedge.transports.batches import split_batch
from wampedge.transports.compression import Compression
from wampedge.transports.websocket import TEXT, WebSocketFraming

__all__ = ["BatchedFraming"]

_RECORD_SEPARATOR = b"\x1e"
_OF_AUTOBAHN = b"\x18"

_LENGTH = Struct(">I")
_LENGTH_BYTES = 4

# A batch is sent when it has so much: receivers bound the messages of a WebSocket.
_BATCH_BYTES = 32 * 1024


class _ControlFrame(bytes):
    """A frame that stands for itself, among messages that go into a batch."""


class BatchedFraming:
    """The frames of one open WebSocket whose messages are batches.

    A batch that is empty or cut off ends the messages of the peer, as a message of the wrong kind
    does.

    Args:
        is_server: which side this is; the client masks what it sends.
        opcode: TEXT or BINARY, what the session's serializer writes.
        max_message_bytes: longest WAMP message taken. A batch of several may be as long.
        compression: what was agreed on, if anything; each connection compresses its own batches.
    """

    name = "websocket"
    has_closing_handshake = True

    def __init__(
        self,
        *,
        is_server: bool,
        opcode: int,
        max_message_bytes: int,
        compression: Compression | None = None,
    ) -> None:
        self.replies: list[bytes] = []
        self.max_skipped_bytes = 0  # of a batch that is too long no single message is at fault
        self.bad_message: RemoteProtocolError | None = None
        self.frame_key = "batched websocket" if is_server else ""
        self.ends_stream = is_server
        self._is_text = opcode == TEXT
        self._separator = _RECORD_SEPARATOR
        self._inner = WebSocketFraming(
            is_server=is_server,
            opcode=opcode,
            max_message_bytes=max_message_bytes + _LENGTH_BYTES,
            compression=compression,
        )

    @property
    def max_message_bytes(self) -> int:
        """Longest WAMP message taken."""
        return self._inner.max_message_bytes - _LENGTH_BYTES

    @max_message_bytes.setter
    def max_message_bytes(self, value: int) -> None:
        self._inner.max_message_bytes = value + _LENGTH_BYTES

    @property
    def withholds(self) -> bool:
        """Whether batches may be left of what was received."""
        return self._inner.withholds

    @withholds.setter
    def withholds(self, value: bool) -> None:
        self._inner.withholds = value

    @property
    def answers_pings(self) -> bool:
        """Whether the peer is known to answer a ping: every WebSocket does."""
        return self._inner.answers_pings

    @answers_pings.setter
    def answers_pings(self, value: bool) -> None:
        self._inner.answers_pings = value

    @property
    def ending(self) -> Ending | None:
        """Set when no more messages will come."""
        ending = self._inner.ending
        if ending is None:
            return None
        return Ending(_ControlFrame(ending.answer), ending.text, ending.is_fault)

    def receive(self, data: bytes) -> list[bytes]:
        """Take bytes of the wire, give the bodies of the messages in the batches they complete."""
        inner = self._inner
        batches = inner.receive(data)
        if inner.replies:
            self.replies += [_ControlFrame(reply) for reply in inner.replies]
            inner.replies.clear()
        bodies: list[bytes] = []
        for batch in batches:
            if self.bad_message is not None:
                break
            if self._is_text and batch.endswith(_OF_AUTOBAHN):
                self._separator = _OF_AUTOBAHN
            try:
                bodies += split_batch(batch, is_binary=not self._is_text)
            except RemoteProtocolError as error:
                self.bad_message = error
        self.bad_message = self.bad_message or inner.bad_message
        return bodies

    def frame(self, body: bytes) -> bytes:
        """Make one message ready for a batch; ``seal`` puts the batch into a frame."""
        if self._is_text:
            return body + _RECORD_SEPARATOR
        return _LENGTH.pack(len(body)) + body

    def seal(self, frames: list[bytes]) -> bytes:
        """Put messages that are ready into batches; control frames keep their places."""
        parts: list[bytes] = []
        ready: list[bytes] = []
        for frame in frames:
            if type(frame) is not _ControlFrame:
                ready.append(frame)
                continue
            self._seal_batches(b"".join(ready), parts)
            ready.clear()
            parts.append(frame)
        self._seal_batches(b"".join(ready), parts)
        return b"".join(parts)

    def _seal_batches(self, ready: bytes, parts: list[bytes]) -> None:
        if self._separator is not _RECORD_SEPARATOR:
            ready = ready.replace(_RECORD_SEPARATOR, self._separator)
        start = 0
        while start < len(ready):
            end = len(ready)
            if end - start > _BATCH_BYTES:
                end = self._end_of_batch(ready, start)
            parts.append(self._inner.frame(ready[start:end]))
            start = end

    def _end_of_batch(self, ready: bytes, start: int) -> int:
        """Return where a batch from *start* on ends that holds as many messages as it may."""
        end = start
        while end < len(ready):
            next_end = self._end_of_message(ready, end)
            if end > start and next_end - start > _BATCH_BYTES:
                break
            end = next_end
        return end

    def _end_of_message(self, ready: bytes, start: int) -> int:
        if self._is_text:
            return ready.index(self._separator, start) + 1
        return start + _LENGTH_BYTES + int(_LENGTH.unpack_from(ready, start)[0])

    def ping(self) -> bytes:
        """Build a ping without payload."""
        return _ControlFrame(self._inner.ping())

    def end_of_stream(self) -> str:
        """Tell that the peer left without a close frame."""
        return self._inner.end_of_stream()

    def close(self, code: int, reason: str) -> bytes:
        """Build a close frame."""
        return _ControlFrame(self._inner.close(code, reason))
