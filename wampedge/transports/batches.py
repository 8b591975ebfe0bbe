"""Several WAMP messages in one: the subprotocols ``wamp.2.*.batched``, without I/O.

JSON messages end each with a record separator, which no JSON text contains; others begin each with
their length as 32 bits, high byte first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from wampedge.errors import RemoteProtocolError

__all__ = ["BATCHED", "join_batch", "split_batch"]

BATCHED: Final = ".batched"
"""What the name of a batched subprotocol ends with."""

_SEPARATOR = b"\x1e"
# The specification names ASCII 30 and writes it "\30", which many read as octal: autobahn sends
# 0x18. Neither may stand in a JSON text, so both are taken.
_SEPARATORS = re.compile(rb"[\x18\x1e]")
_LENGTH_BYTES = 4


def split_batch(batch: bytes, *, is_binary: bool) -> list[bytes]:
    """Return the messages of a batch.

    Args:
        batch: at least one message.
        is_binary: whether the serializer is any other than JSON.

    Raises:
        RemoteProtocolError: the batch is empty or does not end with a message.
    """
    bodies = _split_lengths(batch) if is_binary else _split_records(batch)
    if not bodies:
        raise RemoteProtocolError("a batch without a message")
    return bodies


def join_batch(bodies: Iterable[bytes], *, is_binary: bool) -> bytes:
    """Return one batch of all *bodies*."""
    if is_binary:
        return b"".join(len(body).to_bytes(_LENGTH_BYTES, "big") + body for body in bodies)
    return b"".join(body + _SEPARATOR for body in bodies)


def _split_records(batch: bytes) -> list[bytes]:
    bodies = _SEPARATORS.split(batch)
    if bodies.pop():
        raise RemoteProtocolError("a batch whose last message has no separator")
    return bodies


def _split_lengths(batch: bytes) -> list[bytes]:
    bodies = []
    at = 0
    while at < len(batch):
        body_at = at + _LENGTH_BYTES
        next_at = body_at + int.from_bytes(batch[at:body_at], "big")
        if next_at > len(batch) or body_at > len(batch):
            raise RemoteProtocolError("a batch that ends within a message")
        bodies.append(batch[body_at:next_at])
        at = next_at
    return bodies
