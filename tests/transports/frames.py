"""WebSocket frames as a test's own code builds them (RFC 6455 section 5.2)."""

from __future__ import annotations

__all__ = ["MASK", "client_frame", "server_frame"]

MASK = b"\x37\xfa\x21\x3d"


def client_frame(first: int, body: bytes = b"", *, mask: bytes = MASK) -> bytes:
    """Build a masked frame that starts with the byte *first*."""
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(body))
    return bytes((first,)) + _length(len(body), 0x80) + mask + masked


def server_frame(first: int, body: bytes = b"") -> bytes:
    """Build an unmasked frame that starts with the byte *first*."""
    return bytes((first,)) + _length(len(body), 0) + body


def _length(length: int, mask_bit: int) -> bytes:
    if length < 126:
        return bytes((mask_bit | length,))
    if length < 65536:
        return bytes((mask_bit | 126,)) + length.to_bytes(2, "big")
    return bytes((mask_bit | 127,)) + length.to_bytes(8, "big")
