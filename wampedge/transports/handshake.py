"""What the WebSocket handshakes of both sides share."""

from __future__ import annotations

import logging

__all__ = ["END_OF_HEAD", "MAX_HEAD_BYTES", "reason_of", "silent_log"]

END_OF_HEAD = b"\r\n\r\n"
"""What ends the head of an HTTP request or answer."""

MAX_HEAD_BYTES = 16 * 1024
"""Longest head taken from a peer, in bytes."""

silent_log = logging.getLogger("wampedge.transports.websockets_library")
"""Takes what websockets logs, tracebacks of what peers send; what matters is told by our lines."""
silent_log.disabled = True


def reason_of(error: BaseException | None) -> str:
    """Tell in one line what websockets did not like, with the causes."""
    texts = []
    while error is not None:
        texts.append(str(error))
        error = error.__cause__
    text = ": ".join(texts) or "no WebSocket handshake"
    return text.encode("ascii", "backslashreplace").decode()[:200]
