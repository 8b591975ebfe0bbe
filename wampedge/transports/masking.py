"""Frames as the client of a WebSocket writes them: masked (RFC 6455 section 5.3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from struct import Struct

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without the compiled part of websockets
    from websockets.utils import apply_mask

__all__ = ["apply_mask", "fresh_mask_keys", "masked_frame"]

_MASKED = 0x80
_MEDIUM = Struct(">BBH")
_LONG = Struct(">BBQ")


def masked_frame(first: int, body: bytes, key: bytes) -> bytes:
    """Build a frame of the client side that starts with the byte *first*."""
    length = len(body)
    if length <= 125:
        head = bytes((first, _MASKED | length))
    elif length < 0x10000:
        head = _MEDIUM.pack(first, _MASKED | 126, length)
    else:
        head = _LONG.pack(first, _MASKED | 127, length)
    return head + key + apply_mask(body, key)


def fresh_mask_keys() -> Iterator[bytes]:
    """Yield keys nobody can guess, drawn from the system in stocks.

    Each connection has its own: connections of two threads must not share a generator.
    """
    while True:
        stock = secrets.token_bytes(1024)
        for at in range(0, 1024, 4):
            yield stock[at : at + 4]
