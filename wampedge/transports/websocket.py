"""WebSocket frames (RFC 6455 section 5), without I/O and without the opening handshake.

Own code, because every message of the router passes here: the frames of one read are parsed in
one loop, and whole unfragmented messages take its short way. ``websockets`` lends its C routine
for unmasking. Compression is never negotiated, so reserved bits are always an error.
"""

from __future__ import annotations

import codecs
import secrets
from collections.abc import Iterator
from struct import Struct

from wampedge.errors import RemoteProtocolError
from wampedge.transports.base import Ending
from wampedge.wamp.oversized import Skipping

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the compiled part of websockets
    from websockets.utils import apply_mask

__all__ = ["BINARY", "TEXT", "WebSocketFraming"]

CONTINUATION = 0x0
TEXT = 0x1
BINARY = 0x2
CLOSE = 0x8
PING = 0x9
PONG = 0xA

_FIN = 0x80
_MASKED = 0x80

# Equals no byte.
_NEVER = -1

_CLOSE_NORMAL = 1000
_CLOSE_PROTOCOL_ERROR = 1002
_CLOSE_INVALID_TEXT = 1007
_CLOSE_TOO_BIG = 1009

# RFC 6455 section 7.4 and the IANA registry; 1004, 1005, 1006 and 1015 never travel.
_KNOWN_CLOSE_CODES = frozenset((1000, 1001, 1002, 1003, *range(1007, 1015)))

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
    """

    name = "websocket"
    seal = None

    def __init__(self, *, is_server: bool, opcode: int | None, max_message_bytes: int) -> None:
        self.max_message_bytes = max_message_bytes
        self.max_skipped_bytes = 0
        self._skipping: Skipping | None = None
        self._skipping_key = b""
        self._mask_keys = _fresh_mask_keys()
        self.replies: list[bytes] = []
        self.answers_pings = True
        self.bad_message: RemoteProtocolError | None = None
        self.ending: Ending | None = None
        self.opcodes: list[int] = []
        self.has_closing_handshake = True
        self.ends_stream = is_server
        self.frame_key = "websocket" if is_server else ""
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
        if self._skipping is not None:
            data = data[self._skip(data, 0, bodies) :]
        elif pending:
            pending += data
            if len(pending) < self._needed_bytes:
                return bodies
            data = bytes(pending)
            pending.clear()
        try:
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
                if first == self._whole and body_at <= end and length <= self.max_skipped_bytes:
                    at = self._begin_skipping(data, body_at, length, bodies)
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
                if self.ending is not None:
                    return
            else:
                if first == _FIN | TEXT and not body.isascii():
                    _check_text(body)
                bodies.append(body)
        if at < end:
            self._pending += data[at:]
            self._needed_bytes = needed

    def _begin_skipping(self, data: bytes, start: int, length: int, bodies: list[bytes]) -> int:
        """Read over a message of *length* bytes; return the index behind it in *data*."""
        self._skipping = Skipping(length, self.max_message_bytes)
        self._skipping_key = data[start - self._mask_bytes : start]
        return self._skip(data, start, bodies)

    def _skip(self, data: bytes, start: int, bodies: list[bytes]) -> int:
        """Read over more of a message that is too long; return the index behind it in *data*."""
        skipping = self._skipping
        assert skipping is not None, "checked by the callers"
        stop = skipping.take(data, start)
        if skipping.is_done:
            key = self._skipping_key
            bodies.append(skipping.body(lambda head: apply_mask(head, key) if key else head))
            self._skipping = None
        return stop

    def _check_head(self, first: int, length: int) -> None:
        """Check the first byte and the length of a frame before its body has arrived."""
        if first == self._whole and length <= self.max_skipped_bytes:
            return  # to be read over, once the mask is here
        opcode = first & 0x0F
        if first & 0x70:
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
            raise _FramingError(
                _CLOSE_TOO_BIG, f"message over the limit of {self.max_message_bytes} bytes"
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
        if opcode == TEXT:
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
            bodies.append(body)
        elif opcode != self._opcode or self.bad_message is not None:
            self._refuse(opcode)
        else:
            bodies.append(body)

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
            raise _FramingError(_CLOSE_INVALID_TEXT, "text that is not UTF-8") from error

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
        if self._is_server:
            if length <= _MAX_CONTROL_BYTES:
                return bytes((self._first_byte, length)) + body
            if length < 0x10000:
                return _MEDIUM.pack(self._first_byte, 126, length) + body
            return _LONG.pack(self._first_byte, 127, length) + body
        return _masked(self._first_byte, body, next(self._mask_keys))

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
        return _masked(_FIN | opcode, body, next(self._mask_keys))


def _masked(first: int, body: bytes, key: bytes) -> bytes:
    """Build a frame of the client side."""
    length = len(body)
    if length <= _MAX_CONTROL_BYTES:
        head = bytes((first, _MASKED | length))
    elif length < 0x10000:
        head = _MEDIUM.pack(first, _MASKED | 126, length)
    else:
        head = _LONG.pack(first, _MASKED | 127, length)
    return head + key + apply_mask(body, key)


def _fresh_mask_keys() -> Iterator[bytes]:
    """Yield keys nobody can guess (RFC 6455 section 5.3), drawn from the system in stocks.

    Each connection has its own: connections of two threads must not share a generator.
    """
    while True:
        stock = secrets.token_bytes(1024)
        for at in range(0, 1024, 4):
            yield stock[at : at + 4]


def _check_text(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise _FramingError(_CLOSE_INVALID_TEXT, "text that is not UTF-8") from error


def _closed_text(code: int, reason: str) -> str:
    return f"peer closed with code {code}" + (f" ({reason[:100]!r})" if reason else "")
