"""The opening handshake of WebSocket at the server (RFC 6455 section 4.2), without I/O.

``websockets`` reads the request and computes the key; this module decides which requests are
welcome and says in plain words why one is not. Requests for anything else than a WebSocket are
read here as well, and answered by ``wampedge.transports.http``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from websockets.exceptions import InvalidHandshake
from websockets.headers import parse_connection
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from wampedge.transports.compression import SERVER_ANSWER, Compression
from wampedge.transports.cookies import CookieMint
from wampedge.transports.handshake import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    reason_of,
    silent_log,
)
from wampedge.transports.http.last_words import plain_answer
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.http.requests import BadRequestError, RequestHead, parse_head
from wampedge.transports.quick_handshake import quick_answer
from wampedge.transports.subprotocols import SUBPROTOCOLS, WampSubprotocol

__all__ = ["ServerAnswer", "ServerHandshake"]

# First byte of a TLS connection (RFC 8446 section 5.1).
_TLS_HANDSHAKE = 0x16


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server answers to one request.

    Attributes:
        data: bytes for the client.
        subprotocol: what the session will use, None when the request was not accepted.
        leftover: what the client sent behind the request.
        refusal: why the request was refused; empty otherwise.
        plain: the request, when it asks for something else than a WebSocket; not answered yet.
        compression: what was agreed on, if anything.
        cookie: the cookie that the browser sent, if it stands for somebody.
        new_cookie: the cookie that the browser is given, if it did not.
    """

    data: bytes
    subprotocol: WampSubprotocol | None = None
    leftover: bytes = b""
    refusal: str = ""
    plain: RequestHead | None = None
    compression: Compression | None = None
    cookie: str | None = None
    new_cookie: str | None = None


class ServerHandshake:
    """The opening handshake of one WebSocket at the server.

    Args:
        origins: which web pages may connect; by default those this machine serves itself.
        cookies: makes the cookies of browsers; None gives them none.
        compression: whether clients that offer to compress messages (RFC 7692) may.

    Attributes:
        is_encrypted: the connection has TLS, so that its cookie needs it, too.
    """

    def __init__(
        self,
        origins: OriginRule | None = None,
        cookies: CookieMint | None = None,
        *,
        compression: bool = False,
    ) -> None:
        self.is_encrypted = False
        self._compression = compression
        self._origins = origins or OriginRule()
        self._cookies = cookies
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
        quickly = quick_answer(head) if self._cookies is None else None
        if quickly is not None:
            return ServerAnswer(*quickly, leftover)
        if not _may_be_upgrade(head):
            return _plain(head, leftover)
        protocol = ServerProtocol(
            subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS],
            select_subprotocol=_select_subprotocol,
            extensions=[SERVER_ANSWER] if self._compression else None,
            logger=silent_log,
        )
        protocol.receive_data(head)
        requests = [event for event in protocol.events_received() if isinstance(event, Request)]
        if not requests:
            return _refuse(HTTPStatus.BAD_REQUEST, reason_of(protocol.handshake_exc))
        request = requests[0]
        if not _wants_upgrade(request):
            return _plain(head, leftover)
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        response = protocol.accept(request)
        chosen = SUBPROTOCOLS.get(protocol.subprotocol or "")
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS or chosen is None:
            return _refuse(HTTPStatus.BAD_REQUEST, reason_of(protocol.handshake_exc))
        cookie, new_cookie = self._cookie_of(request), None
        if cookie is None:
            new_cookie = self._give_cookie(response)
        return ServerAnswer(
            response.serialize(),
            chosen,
            leftover,
            compression=Compression.agreed(protocol.extensions),
            cookie=cookie,
            new_cookie=new_cookie,
        )

    def _cookie_of(self, request: Request) -> str | None:
        if self._cookies is None:
            return None
        return self._cookies.find(request.headers.get_all("Cookie"))

    def _give_cookie(self, response: Response) -> str | None:
        if self._cookies is None:
            return None
        cookie = self._cookies.make()
        header = self._cookies.header(cookie, is_encrypted=self.is_encrypted)
        response.headers["Set-Cookie"] = header
        return cookie

    def _refusal(self, request: Request) -> ServerAnswer | None:
        """Answer what is no acceptable WebSocket request; None for one that may go on."""
        headers = request.headers
        texts = [request.path, *(value for _, value in headers.raw_items())]
        if not all(text.isascii() for text in texts):
            return _refuse(HTTPStatus.BAD_REQUEST, "the request head has non-ASCII characters")
        for origin in headers.get_all("Origin"):
            if not self._origins.admits_page(origin, headers.get_all("Host")):
                return _refuse(
                    HTTPStatus.FORBIDDEN,
                    f"web pages from {origin[:100]} may not connect"
                    " (list the origin at the router if they should)",
                )
        return None


def _refuse(status: HTTPStatus, reason: str) -> ServerAnswer:
    return ServerAnswer(plain_answer(status, f"{reason}\n"), refusal=reason)


def _may_be_upgrade(head: bytes) -> bool:
    """Tell cheaply whether a request could ask for a WebSocket; ``websockets`` reads only those."""
    line = head.partition(b"\r\n")[0]
    is_readable = line.startswith(b"GET ") and line.endswith(b" HTTP/1.1") and line.count(b" ") == 2
    return is_readable and line.isascii() and b"upgrade" in head.lower()


def _plain(head: bytes, leftover: bytes) -> ServerAnswer:
    try:
        return ServerAnswer(b"", leftover=leftover, plain=parse_head(head))
    except BadRequestError as error:
        return _refuse(error.status, str(error))


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
        if name in SUBPROTOCOLS:
            return name
    what = f"offers {', '.join(offered)[:100]}" if offered else "names no subprotocol"
    raise InvalidHandshake(f"the request {what}, this router speaks {', '.join(SUBPROTOCOLS)}")
