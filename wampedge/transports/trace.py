"""One debug line for each message: direction, kind, numbers and URI, never arguments or secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable

from wampedge.wamp.messages import Message

__all__ = ["is_tracing", "traced_decode", "traced_encode"]

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


def is_tracing() -> bool:
    """Tell whether messages are to be logged; asked once for each connection, for speed."""
    return log.isEnabledFor(logging.DEBUG)


def traced_decode(decode: Callable[[bytes], Message], peer: str) -> Callable[[bytes], Message]:
    """Log each message that *decode* makes of the bytes of *peer*."""

    def decode_and_log(data: bytes) -> Message:
        message = decode(data)
        log.debug("%s < %s", peer, _summary(message))
        return message

    return decode_and_log


def traced_encode(encode: Callable[[Message], bytes], peer: str) -> Callable[[Message], bytes]:
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
