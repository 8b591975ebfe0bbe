"""WebSocket frames (RFC 6455 section 5), without I/O and without the opening handshake.

Own code, because every message of the router passes here: the frames of one read are parsed in
one loop, and whole unfragmented messages take its short way. ``websockets`` lends its C routine
for unmasking. Compressed messages (RFC 7692) are told by a reserved bit, so that they take the long
way and the others need not look for them.
"""

from __future__ import annotations

import codecs
from struct import Struct

from wampedge.errors import RemoteProtocolError
from wampedge.transports.base import Ending
from wampedge.transports.compression import Compression, inflate
from wampedge.transports.masking import apply_mask, fresh_mask_keys, masked_frame
from wampedge.wamp.oversized import Oversized, Skipping

__all__ = ["BINARY", "TEXT", "WebSocketFraming"]

CONTINUATION = 0x0
TEXT = 0x1
BINARY = 0x2
CLOSE = 0x8
PING = 0x9
PONG = 0xA

_FIN = 0x80
_COMPRESSED = 0x40
_RESERVED = 0x70
_MASKED = 0x80

# Equals no byte.
_NEVER = -1

_CLOSE_NORMAL = 1000
_CLOSE_PROTOCOL_ERROR = 1002
_CLOSE_INVALID_PAYLOAD = 1007
_CLOSE_TOO_BIG = 1009

# RFC 6455 section 7.4 and the IANA registry; 1004, 1005, 1006 and 1015 never travel.
_KNOWN_CLOSE_CODES = frozenset((1000, 1001, 1002, 1003, *range(1007, 1015)))

# So much is inflated in one go: a read of some KiB must not become many MiB of messages.
_INFLATED_AT_ONCE_BYTES = 64 * 1024

_MAX_CONTROL_BYTES = 125
_MAX_REASON_BYTES = 123

_MEDIUM = Struct(">BBH")
_LONG = Struct(">BBQ")
_CLOSE_CODE = Struct(">H")
_length_of_2 = Struct(">H").unpack_from
_length_of_8 = Struct(">Q").unpack_from


class _FramingError(Exception):
    """The peer broke a rule of RFC 6455; ends up as an ``Ending``."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class WebSocketFraming:
    """The frames of one open WebSocket.

    States: open -> ending set (close frame received, or a rule broken); then input is ignored.
    A message of the wrong kind is the last one taken, but control frames are read on.

    Args:
        is_server: which side this is; the client masks what it sends.
        opcode: TEXT or BINARY, what the session's serializer writes. None takes both and
            notes the kind of each message in ``opcodes`` (conformance tests do that).
        max_message_bytes: longest message taken, over all its fragments.
        compression: what was agreed on, if anything.
    """

    name = "websocket"
    seal = None
    answers_pings = True
    has_closing_handshake = True

    def __init__(
        self,
        *,
        is_server: bool,
        opcode: int | None,
        max_message_bytes: int,
        compression: Compression | None = None,
    ) -> None:
        self.max_message_bytes = max_message_bytes
        self.max_skipped_bytes = 0
        self.withholds = False
        self._skipping: Skipping | None = None
        self._skipping_key = b""
        self._mask_keys = fresh_mask_keys()
        self.replies: list[bytes] = []
        self.bad_message: RemoteProtocolError | None = None
        self.ending: Ending | None = None
        self.opcodes: list[int] = []
        self.ends_stream = is_server
        self.frame_key = "websocket" if is_server else ""
        if is_server and compression is not None:
            self.frame_key = compression.frame_key
        self._compression = compression
        self._is_compressed, self._inflated_bytes = False, 0
        self._is_server = is_server
        self._opcode = opcode
        # A frame that starts with this byte is a whole message; while fragments are awaited, none.
        self._whole = self._whole_message = _NEVER if opcode is None else _FIN | opcode
        self._first_byte = _FIN | (opcode or BINARY)
        self._mask_bit = _MASKED if is_server else 0
        self._mask_bytes = 4 if is_server else 0
        self._pending = bytearray()
        self._needed_bytes = 2
        self._fragments = bytearray()
        self._fragments_opcode = 0
        self._text_check = codecs.getincrementaldecoder("utf-8")()

    def receive(self, data: bytes) -> list[bytes]:
        """Take bytes of the wire, give the bodies of the messages they complete.

        Control frames are answered in ``replies``; a close frame or a broken rule sets
        ``ending``, a message of the wrong kind ``bad_message``.
        """
        bodies: list[bytes] = []
        if self.ending is not None:
            return bodies
        pending = self._pending
        if pending:
            self.withholds = False
            pending += data
            if len(pending) < self._needed_bytes:
                return bodies
            data = bytes(pending)
            pending.clear()
        try:
            if self._skipping is not None:
                data = data[self._skip(data, 0, bodies) :]
            self._parse(data, bodies)
        except _FramingError as error:
            self.ending = Ending(self.close(error.code, str(error)), str(error), is_fault=True)
        return bodies

    def _parse(self, data: bytes, bodies: list[bytes]) -> None:  # noqa: C901, PLR0912 - hot: calls cost more than branches
        at, end, needed = 0, len(data), 2
        mask_bit, mask_bytes = self._mask_bit, self._mask_bytes
        while end - at >= 2:
            first = data[at]
            length = data[at + 1] ^ mask_bit
            body_at = at + 2
            if length > _MAX_CONTROL_BYTES:
                if length > 127:
                    raise _FramingError(_CLOSE_PROTOCOL_ERROR, "frame with the wrong masking")
                body_at += 2 if length == 126 else 8
                if body_at > end:
                    needed = body_at - at
                    break
                (length,) = (_length_of_2 if length == 126 else _length_of_8)(data, at + 2)
            body_at += mask_bytes
            next_at = body_at + length
            if first != self._whole or length > self.max_message_bytes:
                if body_at <= end and self._may_skip(first, length):
                    at = self._begin_skipping(first, length, data, body_at, bodies)
                    continue
                self._check_head(first, length)
            if next_at > end:
                needed = (next_at if length <= self.max_message_bytes else body_at) - at
                break
            body = data[body_at:next_at]
            if mask_bytes:
                body = apply_mask(body, data[body_at - 4 : body_at])
            at = next_at
            if first != self._whole:
                self._take_other(first, body, bodies)
                if self.ending is not None or self._has_inflated_enough(has_more=at < end):
                    break
            else:
                if first == _FIN | TEXT and not body.isascii():
                    _check_text(body)
                bodies.append(body)
        if at < end:
            self._pending += data[at:]
            self._needed_bytes = needed

    def _has_inflated_enough(self, *, has_more: bool) -> bool:
        """Tell whether what was inflated is to be used before more is; then ``withholds`` says so.

        Args:
            has_more: whether bytes were received that are not parsed yet.
        """
        if self._inflated_bytes <= _INFLATED_AT_ONCE_BYTES:
            return False
        self._inflated_bytes = 0
        self.withholds = has_more
        return True

    def _may_skip(self, first: int, length: int) -> bool:
        """Tell whether a frame is a whole message that is too long, and to be read over."""
        if not self.max_message_bytes < length <= self.max_skipped_bytes:
            return False
        return first == self._whole or (
            self._compression is not None and first == self._whole | _COMPRESSED
        )

    def _begin_skipping(
        self, first: int, length: int, data: bytes, start: int, bodies: list[bytes]
    ) -> int:
        """Read over a message of *length* bytes; return the index behind it in *data*."""
        self._is_compressed = first != self._whole
        self._skipping = Skipping(length, self.max_message_bytes)
        self._skipping_key = data[start - self._mask_bytes : start]
        return self._skip(data, start, bodies)

    def _skip(self, data: bytes, start: int, bodies: list[bytes]) -> int:
        """Read over more of a message that is too long; return the index behind it in *data*."""
        skipping = self._skipping
        assert skipping is not None, "checked by the callers"
        stop = skipping.take(data, start)
        if skipping.is_done:
            self._skipping = None
            key = self._skipping_key
            body = skipping.body(lambda head: apply_mask(head, key) if key else head)
            bodies.append(self._inflated(body, BINARY) if self._is_compressed else body)
        return stop

    def _check_head(self, first: int, length: int) -> None:
        """Check the first byte and the length of a frame before its body has arrived."""
        if self._may_skip(first, length):
            return  # to be read over, once the mask is here
        opcode = first & 0x0F
        if first & _RESERVED and not self._begins_compressed(first):
            raise _FramingError(_CLOSE_PROTOCOL_ERROR, "frame with reserved bits")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise _FramingError(_CLOSE_PROTOCOL_ERROR, f"unknown opcode {opcode}")
            if length > _MAX_CONTROL_BYTES:
                raise _FramingError(_CLOSE_PROTOCOL_ERROR, "control frame over 125 bytes")
            if not first & _FIN:
                raise _FramingError(_CLOSE_PROTOCOL_ERROR, "fragmented control frame")
            return
        if opcode > BINARY:
            raise _FramingError(_CLOSE_PROTOCOL_ERROR, f"unknown opcode {opcode}")
        if (opcode == CONTINUATION) != (self._fragments_opcode != 0):
            text = "new message inside" if opcode else "continuation without"
            raise _FramingError(_CLOSE_PROTOCOL_ERROR, f"{text} a fragmented message")
        if length + len(self._fragments) > self.max_message_bytes:
            raise _FramingError(_CLOSE_TOO_BIG, _too_big_text(self.max_message_bytes))

    def _begins_compressed(self, first: int) -> bool:
        """Tell whether a frame is the first one of a compressed message (RFC 7692 section 6.1)."""
        return (
            self._compression is not None
            and first & _RESERVED == _COMPRESSED
            and first & 0x0F in (TEXT, BINARY)
        )

    def _take_other(self, first: int, body: bytes, bodies: list[bytes]) -> None:
        """Take a frame that is not simply a whole message of the expected kind."""
        opcode = first & 0x0F
        if opcode == PING:
            self.replies.append(self._control(PONG, body))
        elif opcode == CLOSE:
            self._take_close(body)
        elif opcode != PONG:
            self._take_fragment(first, body, bodies)

    def _take_fragment(self, first: int, body: bytes, bodies: list[bytes]) -> None:
        opcode = first & 0x0F or self._fragments_opcode
        is_last = bool(first & _FIN)
        if first & _COMPRESSED:
            self._is_compressed = True
        if opcode == TEXT and not self._is_compressed:
            # Fragment by fragment: a bad byte fails at once, not when the message is complete.
            self._check_text_part(body, is_last=is_last)
        if not is_last:
            self._fragments += body
            self._fragments_opcode = opcode
            self._whole = _NEVER
            return
        if self._fragments_opcode:
            body = bytes(self._fragments) + body
            self._fragments.clear()
            self._fragments_opcode = 0
            self._whole = self._whole_message
        if self._opcode is None:
            self.opcodes.append(opcode)
        elif opcode != self._opcode or self.bad_message is not None:
            self._is_compressed = False
            self._refuse(opcode)
            return
        bodies.append(self._inflated(body, opcode) if self._is_compressed else body)

    def _inflated(self, packed: bytes, opcode: int) -> bytes:
        """Return the message that was compressed; what stands for it when it is too long."""
        self._is_compressed = False
        limit = self.max_message_bytes
        try:
            body = inflate(packed, limit)
        except ValueError as error:
            raise _FramingError(_CLOSE_INVALID_PAYLOAD, str(error)) from error
        self._inflated_bytes += len(body) or limit
        if type(body) is not Oversized:
            if opcode == TEXT and not body.isascii():
                _check_text(body)
        elif body.length > self.max_skipped_bytes:
            raise _FramingError(_CLOSE_TOO_BIG, _too_big_text(limit))
        return body

    def _refuse(self, opcode: int) -> None:
        """Take no messages any more; control frames are still read, a close frame above all."""
        self._whole = self._whole_message = _NEVER
        if self.bad_message is None:
            kind, wanted = ("text", "binary") if opcode == TEXT else ("binary", "text")
            self.bad_message = RemoteProtocolError(f"{kind} frame on a session of {wanted} frames")

    def _check_text_part(self, part: bytes, *, is_last: bool) -> None:
        try:
            self._text_check.decode(part, is_last)
        except UnicodeDecodeError as error:
            raise _FramingError(_CLOSE_INVALID_PAYLOAD, "text that is not UTF-8") from error

    def _take_close(self, body: bytes) -> None:
        if len(body) == 1:
            raise _FramingError(_CLOSE_PROTOCOL_ERROR, "close frame of one byte")
        if not body:
            # Echo the empty payload: a code here would be one the peer never sent.
            self.ending = Ending(self._control(CLOSE, b""))
            return
        (code,) = _CLOSE_CODE.unpack_from(body)
        if code not in _KNOWN_CLOSE_CODES and not 3000 <= code < 5000:
            raise _FramingError(_CLOSE_PROTOCOL_ERROR, f"close code {code} must not be sent")
        _check_text(body[2:])
        text = "" if code in (_CLOSE_NORMAL, 1001) else _closed_text(code, body[2:].decode())
        self.ending = Ending(self._control(CLOSE, body[:2]), text)

    def frame(self, body: bytes) -> bytes:
        """Put one message into a frame."""
        length = len(body)
        first = self._first_byte
        if self._compression is not None:
            packed = self._compression.deflate(body)
            if packed:
                first, body, length = first | _COMPRESSED, packed, len(packed)
        if self._is_server:
            if length <= _MAX_CONTROL_BYTES:
                return bytes((first, length)) + body
            if length < 0x10000:
                return _MEDIUM.pack(first, 126, length) + body
            return _LONG.pack(first, 127, length) + body
        return masked_frame(first, body, next(self._mask_keys))

    def frame_as(self, opcode: int, body: bytes) -> bytes:
        """Put one message of the given kind into a frame (for framings that take both kinds)."""
        self._first_byte = _FIN | opcode
        return self.frame(body)

    def ping(self) -> bytes:
        """Build a ping without payload: any pong, any byte at all, proves the peer alive."""
        return self._control(PING, b"")

    def end_of_stream(self) -> str:
        """Tell that the peer left without a close frame."""
        return "" if self.ending is not None else "connection ended without a close frame"

    def close(self, code: int, reason: str) -> bytes:
        """Build a close frame; the reason is cut at 123 bytes, at a whole character."""
        text = reason.encode("utf-8", "replace")[:_MAX_REASON_BYTES]
        text = text.decode("utf-8", "ignore").encode()
        return self._control(CLOSE, _CLOSE_CODE.pack(code) + text)

    def _control(self, opcode: int, body: bytes) -> bytes:
        if self._is_server:
            return bytes((_FIN | opcode, len(body))) + body
        return masked_frame(_FIN | opcode, body, next(self._mask_keys))


def _check_text(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _FramingError(_CLOSE_INVALID_PAYLOAD, "text that is not UTF-8") from error


def _too_big_text(limit: int) -> str:
    return f"message over the limit of {limit} bytes"


def _closed_text(code: int, reason: str) -> str:
    return f"peer closed with code {code}" + (f" ({reason[:100]!r})" if reason else "")
