"""A blocking WAMP client for measurements: WebSocket and MessagePack, without any checks."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgpack

__all__ = ["PlainClient"]

_ROLES: dict[str, Any] = {"caller": {}, "publisher": {}, "subscriber": {}}
_REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: wamp.2.msgpack\r\n\r\n"
)
_WHOLE_MESSAGE = 0x82  # FIN and binary
_SAY_BYTES = 64 * 1024
_READ_BYTES = 256 * 1024


class PlainClient:
    """A session over a blocking socket of 127.0.0.1; joins at once.

    Args:
        port: of the router.
        realm: to join.
    """

    def __init__(self, port: int, realm: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._queue = bytearray()
        self._messages: deque[list[Any]] = deque()
        self._socket.sendall(_REQUEST)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._socket.recv(4096)
        self._rest = answer.partition(b"\r\n\r\n")[2]
        self.ask(1, realm, {"roles": _ROLES})

    def say(self, *message: Any) -> None:
        """Queue one message; much of them is sent together."""
        body = msgpack.packb(message)
        size = len(body)
        head = (
            bytes((_WHOLE_MESSAGE, 0x80 | size))
            if size < 126
            else b"\x82\xfe" + size.to_bytes(2, "big")
        )
        self._queue += head + b"\0\0\0\0" + body  # masked with zeros, which changes nothing
        if len(self._queue) > _SAY_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is queued, however long the router takes to read it."""
        self._socket.sendall(self._queue)
        self._queue.clear()

    def ask(self, *message: Any) -> list[Any]:
        """Send one request and wait for the next message."""
        self.say(*message)
        self.flush()
        return next(self.messages())

    def messages(self) -> Iterator[list[Any]]:
        """Read messages until the connection ends."""
        while True:
            while self._messages:
                yield self._messages.popleft()
            try:
                data = self._socket.recv(_READ_BYTES)
            except ConnectionError:
                return
            if not data:
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        """Take the frames of the router, which are whole messages, or else of no interest."""
        data = self._rest + data
        at = 0
        while len(data) - at >= 4:
            size, body_at = data[at + 1], at + 2
            if size >= 126:
                size, body_at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            if body_at + size > len(data):
                break
            if data[at] == _WHOLE_MESSAGE:
                self._messages.append(msgpack.unpackb(data[body_at : body_at + size]))
            at = body_at + size
        self._rest = data[at:]
