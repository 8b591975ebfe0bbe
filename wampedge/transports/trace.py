"""One debug line for each message: direction, kind, numbers and URI, never arguments or secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable

from wampedge.wamp.messages import Message
from wampedge.wamp.serializers import Serializer

__all__ = ["codec_of"]

log = logging.getLogger(__name__)

_SHOWN = (
    "request_id",
    "subscription_id",
    "registration_id",
    "publication_id",
    "session_id",
    "request_type",
    "realm",
    "procedure",
    "topic",
    "error",
    "reason",
)


def codec_of(
    serializer: Serializer, *, peer: str
) -> tuple[Callable[[bytes], Message], Callable[[Message], bytes]]:
    """Return what decodes and what encodes a message of one connection.

    Whether messages are logged is asked here, once for each connection: without a log they are
    the serializer's own methods.

    Args:
        serializer: of the connection.
        peer: what the log calls the other end.
    """
    if not log.isEnabledFor(logging.DEBUG):
        return serializer.decode, serializer.encode
    return _traced_decode(serializer.decode, peer), _traced_encode(serializer.encode, peer)


def _traced_decode(decode: Callable[[bytes], Message], peer: str) -> Callable[[bytes], Message]:
    """Log each message that *decode* makes of the bytes of *peer*."""

    def decode_and_log(data: bytes) -> Message:
        message = decode(data)
        log.debug("%s < %s", peer, _summary(message))
        return message

    return decode_and_log


def _traced_encode(encode: Callable[[Message], bytes], peer: str) -> Callable[[Message], bytes]:
    """Log each message that is encoded for *peer*; one of many receivers stands for all."""

    def encode_and_log(message: Message) -> bytes:
        log.debug("%s > %s", peer, _summary(message))
        return encode(message)

    return encode_and_log


def _summary(message: Message) -> str:
    shown = (getattr(message, name, None) for name in _SHOWN)
    words = (
        f"{value!r:.100}" if isinstance(value, str) else str(value) for value in shown if value
    )
    return " ".join((type(message).__name__.upper(), *words))
