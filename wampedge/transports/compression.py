"""Compressed messages of a WebSocket (RFC 7692, permessage-deflate), without I/O.

Each message stands for itself: contexts are never kept (``server_no_context_takeover`` and
``client_no_context_takeover`` are part of every agreement). So a connection owns no window, an
event is compressed once for all its receivers, and no message tells by its length what another
one held.
"""

from __future__ import annotations

import sys
import threading
import zlib
from collections.abc import Sequence
from typing import Final

from websockets.exceptions import NegotiationError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.typing import ExtensionParameter

from wampedge.wamp.oversized import HEAD_BYTES, Oversized, Skipping

__all__ = ["CLIENT_OFFER", "SERVER_ANSWER", "Compression", "inflate"]

_WINDOW_BITS = 12
# A window of 4 KiB finds nearly all that repeats in messages of some KiB, at a fifth of the memory.
_MEMORY_LEVEL = 5
# Higher levels take twice the time for 5 % less.
_LEVEL = 1
# Below this a message does not get shorter by enough to be worth the time.
_SHORTEST_BYTES = 256
# zlib cannot write into a window of 256 bytes.
_SMALLEST_WINDOW_BITS = 9

_LARGEST_WINDOW_BITS = 15

# What the sender takes off the end (section 7.2.1), and an empty last block, with which a complete
# stream ends: so a message that was cut off is found out.
_TAIL = b"\x00\x00\xff\xff\x03\x00"
# What is left of it, and of the byte before, when the sender wrote a last block (section 7.2.3.4).
_TAILS_UNUSED = (b"", b"\x00" + _TAIL, _TAIL)

# Tells how far a long message reaches that is not to be inflated.
_BEGINNING_BYTES = 64 * 1024


class _ClientOffer(ClientPerMessageDeflateFactory):
    """Turns down an answer that wants a window we cannot write into."""

    def process_response_params(
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
    ) -> PerMessageDeflate:
        return _checked(super().process_response_params(params, accepted_extensions))


class _ServerAnswer(ServerPerMessageDeflateFactory):
    """Passes over an offer that wants a window we cannot write into."""

    def process_request_params(
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
    ) -> tuple[list[ExtensionParameter], PerMessageDeflate]:
        answer, agreed = super().process_request_params(params, accepted_extensions)
        return answer, _checked(agreed)


def _checked(agreed: PerMessageDeflate) -> PerMessageDeflate:
    if agreed.local_max_window_bits < _SMALLEST_WINDOW_BITS:
        raise NegotiationError("a window of 256 bytes is too small")
    return agreed


CLIENT_OFFER: Final = _ClientOffer(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    client_max_window_bits=True,  # answers with more than was offered are usual, and refused
)
"""What our client offers, for ``websockets``."""

SERVER_ANSWER: Final = _ServerAnswer(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=_WINDOW_BITS,
)
"""What our server answers to an offer, for ``websockets``."""


class _Compressors(threading.local):
    """The compressors of one thread, by window bits: some 30 KiB each, and at most four."""

    def __init__(self) -> None:
        self.by_window_bits: dict[int, zlib._Compress] = {}


_compressors = _Compressors()


class Compression:
    """What the two sides of a connection agreed on.

    Args:
        window_bits: size of the window the peer keeps, as a power of two: 9 to 15.

    Attributes:
        window_bits: of our own window; connections with the same write the same.
        frame_key: names what they write.
    """

    __slots__ = ("frame_key", "window_bits")

    def __init__(self, window_bits: int = _WINDOW_BITS) -> None:
        self.window_bits = min(window_bits, _WINDOW_BITS)
        self.frame_key = sys.intern(f"websocket deflate {self.window_bits}")

    @classmethod
    def agreed(cls, extensions: Sequence[Extension]) -> Compression | None:
        """Return what a handshake of ``websockets`` led to; None for no compression."""
        found = [each for each in extensions if isinstance(each, PerMessageDeflate)]
        return cls(found[0].local_max_window_bits) if found else None

    def deflate(self, body: bytes) -> bytes:
        """Return *body* compressed; empty when that is not worth while."""
        if len(body) < _SHORTEST_BYTES:
            return b""
        compressor = _compressors.by_window_bits.get(self.window_bits)
        if compressor is None:
            compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -self.window_bits, _MEMORY_LEVEL)
            _compressors.by_window_bits[self.window_bits] = compressor
        # A full flush makes the compressor forget all it has seen, without taking new memory.
        packed = compressor.compress(body) + compressor.flush(zlib.Z_FULL_FLUSH)
        return packed[:-4] if len(packed) - 4 < len(body) else b""


def inflate(packed: bytes, limit: int) -> bytes:
    """Return the message that was compressed.

    Of one longer than *limit* only the beginning is made, and its length is estimated: so a small
    message that stands for a huge one costs no more than one that may be taken. An ``Oversized``
    stands for it then, and for each one that was ``Oversized`` before.

    Raises:
        ValueError: *packed* is no compressed message.
    """
    if type(packed) is Oversized:
        return _inflate_beginning(packed)
    # Never shared: a peer could refer to what is left in the window, the message of another one.
    inflater = zlib.decompressobj(-_LARGEST_WINDOW_BITS)
    body = _decompress(inflater, packed + _TAIL, limit + 1)
    if len(body) > limit:
        used = len(packed) + len(_TAIL) - len(inflater.unconsumed_tail)
        return _oversized(body, len(body) * len(packed) // used, limit)
    if not inflater.eof or inflater.unused_data not in _TAILS_UNUSED:
        raise ValueError("a compressed message that is cut off")
    return body


def _inflate_beginning(packed: Oversized) -> Oversized:
    """Return what stands for a message that was read over without inflating it."""
    inflater = zlib.decompressobj(-_LARGEST_WINDOW_BITS)
    beginning = _decompress(inflater, packed.head, _BEGINNING_BYTES)
    used = len(packed.head) - len(inflater.unconsumed_tail)
    return _oversized(beginning, len(beginning) * packed.length // used, packed.limit)


def _decompress(inflater: zlib._Decompress, packed: bytes, limit: int) -> bytes:
    try:
        return inflater.decompress(packed, limit)
    except zlib.error as error:
        raise ValueError("data that is not compressed") from error


def _oversized(beginning: bytes, length: int, limit: int) -> Oversized:
    skipping = Skipping(max(length, limit + 1), limit)
    skipping.take(beginning[:HEAD_BYTES], 0)
    return skipping.body()
