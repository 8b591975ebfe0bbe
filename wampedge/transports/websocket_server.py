"""The opening handshake of WebSocket at the server (RFC 6455 section 4.2), without I/O.

``websockets`` reads the request and computes the key; this module decides which requests are
welcome and says in plain words why one is not.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.exceptions import InvalidHandshake
from websockets.headers import parse_connection
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from wampedge.transports.handshake import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    reason_of,
    silent_log,
)
from wampedge.wamp.serializers import SERIALIZERS, Serializer, serializer_for_subprotocol

__all__ = ["ServerAnswer", "ServerHandshake", "plain_answer"]

_SUBPROTOCOLS = ", ".join(serializer.subprotocol for serializer in SERIALIZERS.values())

# First byte of a TLS connection (RFC 8446 section 5.1).
_TLS_HANDSHAKE = 0x16

_WELCOME_PAGE = f"""wampedge: a WAMP router for devices

This port speaks WAMP v2 over WebSocket (subprotocols {_SUBPROTOCOLS})
and over RawSocket. Connect with a WAMP client, for example:

    wampedge call --url ws://HOST:PORT/ws PROCEDURE
"""


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server answers to one request.

    Attributes:
        data: bytes for the client.
        serializer: what the session will use, None when the request was not accepted.
        leftover: what the client sent behind the request.
        refusal: why the request was refused; empty for an accepted one and for the welcome page.
    """

    data: bytes
    serializer: Serializer | None = None
    leftover: bytes = b""
    refusal: str = ""


class ServerHandshake:
    """The opening handshake of one WebSocket at the server.

    Args:
        allowed_origins: web pages (such as ``https://panel.example``) that may connect besides
            those this machine serves itself.
    """

    def __init__(self, allowed_origins: Collection[str] = ()) -> None:
        self._allowed_origins = allowed_origins
        self._head = bytearray()

    def receive(self, data: bytes) -> ServerAnswer | None:
        """Take bytes of the request; None while it is incomplete."""
        searched = max(len(self._head) - len(END_OF_HEAD), 0)
        self._head += data
        if not 0x41 <= self._head[0] <= 0x5A:
            hint = " (this port does not speak TLS)" if self._head[0] == _TLS_HANDSHAKE else ""
            return _refuse(HTTPStatus.BAD_REQUEST, f"neither HTTP nor RawSocket{hint}")
        end = self._head.find(END_OF_HEAD, searched, MAX_HEAD_BYTES)
        if end < 0:
            if len(self._head) > MAX_HEAD_BYTES:
                return _refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    f"the request head is longer than {MAX_HEAD_BYTES} bytes",
                )
            return None
        end += len(END_OF_HEAD)
        return self._answer(bytes(self._head[:end]), bytes(self._head[end:]))

    def _answer(self, head: bytes, leftover: bytes) -> ServerAnswer:
        fault = _fault_of_request_line(head.partition(b"\r\n")[0])
        if fault:
            return _refuse(HTTPStatus.BAD_REQUEST, fault)
        protocol = ServerProtocol(
            subprotocols=[Subprotocol(known.subprotocol) for known in SERIALIZERS.values()],
            select_subprotocol=_select_subprotocol,
            logger=silent_log,
        )
        protocol.receive_data(head)
        requests = [event for event in protocol.events_received() if isinstance(event, Request)]
        if not requests:
            return _refuse(HTTPStatus.BAD_REQUEST, reason_of(protocol.handshake_exc))
        request = requests[0]
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        response = protocol.accept(request)
        serializer = serializer_for_subprotocol(protocol.subprotocol or "")
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS or serializer is None:
            return _refuse(HTTPStatus.BAD_REQUEST, reason_of(protocol.handshake_exc))
        return ServerAnswer(response.serialize(), serializer, leftover)

    def _refusal(self, request: Request) -> ServerAnswer | None:
        """Answer what is no acceptable WebSocket request; None for one that may go on."""
        headers = request.headers
        texts = [request.path, *(value for _, value in headers.raw_items())]
        if not all(text.isascii() for text in texts):
            return _refuse(HTTPStatus.BAD_REQUEST, "the request head has non-ASCII characters")
        if not _wants_upgrade(request):
            path = request.path.partition("?")[0]
            if path == "/":
                return ServerAnswer(plain_answer(HTTPStatus.OK, _WELCOME_PAGE))
            if path == "/ws":
                return _refuse(
                    HTTPStatus.UPGRADE_REQUIRED, "this path speaks WebSocket, not plain HTTP"
                )
            return _refuse(HTTPStatus.NOT_FOUND, f"nothing at {path[:100]} (try /)")
        for origin in headers.get_all("Origin"):
            if not self._is_welcome(origin, headers.get_all("Host")):
                return _refuse(
                    HTTPStatus.FORBIDDEN,
                    f"web pages from {origin[:100]} may not connect"
                    " (list the origin at the router if they should)",
                )
        return None

    def _is_welcome(self, origin: str, hosts: Sequence[str]) -> bool:
        """Tell whether a web page of *origin* may connect.

        A page of the very address the request went to is welcome, if that address is an IP
        address or a name of this machine: any other name may be a foreign page's own domain,
        pointed at this machine to get past the browser (DNS rebinding).
        """
        if origin in self._allowed_origins:
            return True
        try:
            page = urlsplit(origin)
            host = urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 else None
        except ValueError:
            return False
        return (
            page.scheme in ("http", "https")
            and host is not None
            and page.netloc.lower() == hosts[0].lower()
            and _is_own_name(host)
        )


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


def _refuse(status: HTTPStatus, reason: str) -> ServerAnswer:
    return ServerAnswer(plain_answer(status, f"{reason}\n"), refusal=reason)


def _fault_of_request_line(line: bytes) -> str:
    """Tell what is wrong with the first line of a request; empty for a GET of HTTP/1.1.

    Some versions of ``websockets`` refuse other methods and versions while they read, some only
    when they accept, and a page that is no WebSocket is never accepted.
    """
    if not line.isascii():
        return "the request head has non-ASCII characters"
    parts = line.decode().split(" ")
    if len(parts) != 3:
        return f"invalid HTTP request line {line.decode()[:100]!r}"
    if parts[0] != "GET" or parts[2] != "HTTP/1.1":
        return f"only GET of HTTP/1.1 is served, got {parts[0][:20]!r} of {parts[2][:20]!r}"
    return ""


def _wants_upgrade(request: Request) -> bool:
    try:
        options = [
            option.lower()
            for value in request.headers.get_all("Connection")
            for option in parse_connection(value)
        ]
    except InvalidHandshake:
        return True  # accept() says what is wrong with the header
    return "upgrade" in options or "Upgrade" in request.headers


def _select_subprotocol(
    _protocol: ServerProtocol, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Pick the client's first choice among ours."""
    for name in offered:
        if serializer_for_subprotocol(name) is not None:
            return name
    what = f"offers {', '.join(offered)[:100]}" if offered else "names no subprotocol"
    raise InvalidHandshake(f"the request {what}, this router speaks {_SUBPROTOCOLS}")


def _is_own_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        own = socket.gethostname().lower()
        return host in ("localhost", own, f"{own}.local")
    return True
