"""The answer of HTTP that ends a connection: a line of plain text, and no more."""

from __future__ import annotations

from http import HTTPStatus

__all__ = ["plain_answer"]


def plain_answer(status: HTTPStatus, text: str) -> bytes:
    """Build a whole HTTP answer of plain text that ends the connection."""
    body = text.encode()
    upgrade = "Upgrade: websocket\r\n" if status == HTTPStatus.UPGRADE_REQUIRED else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        f"{upgrade}Connection: close\r\n\r\n"
    )
    return head.encode() + body
