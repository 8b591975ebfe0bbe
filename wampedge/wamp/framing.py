"""WAMP over raw sockets as bytes in, frames out: the handshake of both sides and the frames.

Specification, "RawSocket Transport". A connection starts with four bytes each way
(``0x7F``, length and serializer, two reserved zeros); after that each frame has a prefix of four
bytes (kind, 24-bit length). All of it is big-endian.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator

from wampedge.errors import LocalProtocolError, RemoteProtocolError
from wampedge.records import Record
from wampedge.wamp.oversized import Skipping

__all__ = [
    "MAGIC",
    "Agreement",
    "ClientHandshake",
    "FrameKind",
    "FrameSplitter",
    "HandshakeFault",
    "ServerHandshake",
    "encode_frame",
    "encode_refusal",
]

MAGIC = 0x7F
"""First byte of a raw-socket connection; no HTTP request starts with it."""

_HANDSHAKE_BYTES = 4
_PREFIX_BYTES = 4
_LARGEST_FRAME = 2**24
_SHORTEST_LIMIT = 2**9

_unpack_prefix = struct.Struct(">I").unpack_from


class FrameKind(enum.IntEnum):
    """What a frame carries."""

    MESSAGE = 0
    PING = 1
    PONG = 2


_PONG = int(FrameKind.PONG)


class HandshakeFault(enum.IntEnum):
    """Why a server refuses a connection, as the number it sends."""

    SERIALIZER_UNSUPPORTED = 1
    LENGTH_UNACCEPTABLE = 2
    RESERVED_BITS_USED = 3
    TOO_MANY_CONNECTIONS = 4


class Agreement(Record):
    """What both sides agreed on in the handshake."""

    serializer_id: int
    max_outgoing_bytes: int
    """Longest message the peer takes."""
    rest: bytes
    """What arrived after the handshake: the start of the first frame, often empty."""


def encode_refusal(fault: HandshakeFault) -> bytes:
    """Return the reply of a server that refuses the connection."""
    return bytes((MAGIC, fault << 4, 0, 0))


class ServerHandshake:
    """The server's side: feed it bytes until there is an ``Agreement`` or an error.

    One per connection. Whatever ``feed`` does, the bytes in ``reply`` are to be sent: the
    acceptance, the refusal, or nothing.

    Args:
        serializer_ids: numbers of the serializers on offer.
        max_incoming_bytes: longest message this side takes, 512 to 2**24; rounded down to a
            power of two.
        min_outgoing_bytes: refuse peers that take only shorter messages; a WELCOME must fit.
    """

    def __init__(
        self,
        serializer_ids: tuple[int, ...],
        max_incoming_bytes: int,
        *,
        min_outgoing_bytes: int = 1024,
    ) -> None:
        self._serializer_ids = serializer_ids
        self._length_code = _length_code(max_incoming_bytes)
        self._min_outgoing_bytes = min_outgoing_bytes
        self._received = b""
        self.reply = b""

    def feed(self, data: bytes) -> Agreement | None:
        """Take more bytes; returns None while the handshake is incomplete.

        Raises:
            RemoteProtocolError: the peer is refused; send ``reply`` and close.
        """
        self._received += data
        if self._received and self._received[0] != MAGIC:
            raise RemoteProtocolError("not a raw-socket handshake: the first byte is not 0x7f")
        if len(self._received) < _HANDSHAKE_BYTES:
            return None
        choice = self._received[1]
        serializer_id, max_outgoing_bytes = choice & 0x0F, _length_of(choice >> 4)
        if self._received[2] or self._received[3]:
            self._refuse(HandshakeFault.RESERVED_BITS_USED, "reserved bits are set")
        if serializer_id not in self._serializer_ids:
            self._refuse(
                HandshakeFault.SERIALIZER_UNSUPPORTED, f"serializer {serializer_id} is not offered"
            )
        if max_outgoing_bytes < self._min_outgoing_bytes:
            self._refuse(
                HandshakeFault.LENGTH_UNACCEPTABLE,
                f"the peer takes at most {max_outgoing_bytes} bytes, "
                f"{self._min_outgoing_bytes} are needed",
            )
        self.reply = bytes((MAGIC, self._length_code << 4 | serializer_id, 0, 0))
        return Agreement(serializer_id, max_outgoing_bytes, self._received[_HANDSHAKE_BYTES:])

    def _refuse(self, fault: HandshakeFault, text: str) -> None:
        self.reply = encode_refusal(fault)
        raise RemoteProtocolError(f"raw-socket handshake refused: {text}")


class ClientHandshake:
    """The client's side: send ``request``, then feed it the server's bytes. One per connection.

    Args:
        serializer_id: number of the wanted serializer.
        max_incoming_bytes: longest message this side takes, 512 to 2**24; rounded down to a
            power of two.
    """

    def __init__(self, serializer_id: int, max_incoming_bytes: int) -> None:
        self._serializer_id = serializer_id
        self._received = b""
        self.request = bytes((MAGIC, _length_code(max_incoming_bytes) << 4 | serializer_id, 0, 0))

    def feed(self, data: bytes) -> Agreement | None:
        """Take more bytes; returns None while the handshake is incomplete.

        Raises:
            RemoteProtocolError: the server refused, or it does not speak raw socket.
        """
        self._received += data
        if self._received and self._received[0] != MAGIC:
            raise RemoteProtocolError("the server does not speak WAMP over raw sockets")
        if len(self._received) < _HANDSHAKE_BYTES:
            return None
        choice = self._received[1]
        serializer_id, code = choice & 0x0F, choice >> 4
        if serializer_id == 0:
            raise RemoteProtocolError(f"the server refused the connection: {_fault_name(code)}")
        if serializer_id != self._serializer_id:
            raise RemoteProtocolError(
                f"the server chose serializer {serializer_id}, asked for {self._serializer_id}"
            )
        if self._received[2] or self._received[3]:
            raise RemoteProtocolError("the server set reserved bits in its handshake")
        return Agreement(serializer_id, _length_of(code), self._received[_HANDSHAKE_BYTES:])


class FrameSplitter:
    """Cuts the bytes of one connection into frames, however they arrive. One per connection.

    Args:
        max_length: longest payload accepted, in bytes; a longer one is refused by its prefix,
            before anything is stored.

    Attributes:
        max_skipped: longest message that is read over, and yielded as ``Oversized``, instead.
    """

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length
        self.max_skipped = 0
        self._skipping: Skipping | None = None
        self._partial = bytearray()
        self._needed = _PREFIX_BYTES

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:  # noqa: C901 - hot: calls cost more than branches
        """Yield kind and payload of each frame that *data* completes; run it to its end.

        Raises:
            RemoteProtocolError: reserved bits, an unknown kind, or a frame that is too long. The
                frames before it have been yielded.
        """
        if self._skipping is not None:
            stop = self._skipping.take(data, 0)
            if not self._skipping.is_done:
                return
            yield 0, self._skipping.body()
            self._skipping = None
            data = data[stop:]
        elif self._partial:
            self._partial += data
            if len(self._partial) < self._needed:
                return
            data = bytes(self._partial)
            self._partial.clear()
        start, end = 0, len(data)
        needed = _PREFIX_BYTES
        while end - start >= _PREFIX_BYTES:
            (length,) = _unpack_prefix(data, start)
            kind = 0
            if length > self.max_length:  # or it is no message: the kind stands above the length
                kind, length = self._unusual(length >> 24, length & 0xFFFFFF)
                if length > self.max_length:
                    skipping = Skipping(length, self.max_length)
                    start = skipping.take(data, start + _PREFIX_BYTES)
                    if not skipping.is_done:
                        self._skipping = skipping
                        break
                    yield kind, skipping.body()
                    continue
            stop = start + _PREFIX_BYTES + length
            if stop > end:
                needed = _PREFIX_BYTES + length
                break
            yield kind, data[start + _PREFIX_BYTES : stop]
            start = stop
        if start < end:
            self._partial += data[start:] if start else data
        self._needed = needed

    def _unusual(self, first_byte: int, length: int) -> tuple[int, int]:
        """Return kind and length of a frame that is no short message, or refuse it."""
        kind = first_byte & 0x07
        if first_byte & 0xF0:
            raise RemoteProtocolError(f"raw-socket frame with reserved bits: 0x{first_byte:02x}")
        if kind > _PONG:
            raise RemoteProtocolError(f"raw-socket frame of unknown kind {kind}")
        if first_byte & 0x08:
            if length:
                raise RemoteProtocolError("raw-socket frame longer than 2**24 bytes")
            length = _LARGEST_FRAME
        if length > (self.max_length if kind else max(self.max_length, self.max_skipped)):
            raise RemoteProtocolError(
                f"raw-socket frame of {length} bytes, at most {self.max_length} are accepted"
            )
        return kind, length


def encode_frame(payload: bytes, kind: int = FrameKind.MESSAGE) -> bytes:
    """Return *payload* as one frame; raises LocalProtocolError beyond 2**24 bytes."""
    length = len(payload)
    if length < _LARGEST_FRAME:
        return (kind << 24 | length).to_bytes(4, "big") + payload
    if length == _LARGEST_FRAME:
        return bytes((kind | 0x08, 0, 0, 0)) + payload
    raise LocalProtocolError(f"a frame carries at most 2**24 bytes, got {length}")


def _length_of(code: int) -> int:
    return 1 << (code + 9)


def _length_code(max_bytes: int) -> int:
    """Return the code of the largest power of two within *max_bytes*."""
    if not _SHORTEST_LIMIT <= max_bytes <= _LARGEST_FRAME:
        raise ValueError(f"a length limit must be 512 to 2**24 bytes, got {max_bytes}")
    return max_bytes.bit_length() - 10


def _fault_name(code: int) -> str:
    try:
        return HandshakeFault(code).name.lower().replace("_", " ")
    except ValueError:
        return f"error {code}"
