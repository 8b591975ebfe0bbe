"""The opening handshake of WebSocket at the client (RFC 6455 section 4.1), without I/O."""

from __future__ import annotations

from collections.abc import Sequence

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from wampedge.errors import ConnectError
from wampedge.transports.base import Agreed
from wampedge.transports.client_cookies import ClientCookies
from wampedge.transports.compression import CLIENT_OFFER, Compression
from wampedge.transports.handshake import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    reason_of,
    silent_log,
)
from wampedge.transports.limits import TransportLimits
from wampedge.transports.subprotocols import WampSubprotocol
from wampedge.transports.url import TransportUrl

__all__ = ["WebSocketHandshake"]

_ACCEPTED = b"HTTP/1.1 101 "


class WebSocketHandshake:
    """The opening handshake of one WebSocket at the client.

    Args:
        url: where to connect.
        offered: subprotocols, the most wanted first.
        limits: bounds of the connection to be.
        cookies: sent along, and added to; None sends none.
        compression: offer to compress messages (RFC 7692).
    """

    def __init__(
        self,
        url: TransportUrl,
        offered: Sequence[WampSubprotocol],
        limits: TransportLimits,
        cookies: ClientCookies | None = None,
        *,
        compression: bool = False,
    ) -> None:
        path, _, query = url.resource.partition("?")
        self._protocol = ClientProtocol(
            WebSocketURI(url.is_tls, url.host or "localhost", url.port or 80, path, query),
            subprotocols=[Subprotocol(subprotocol.name) for subprotocol in offered],
            extensions=[CLIENT_OFFER] if compression else None,
            logger=silent_log,
        )
        self._offered = offered
        self._limits = limits
        self._is_tls = url.is_tls
        self._cookies = cookies
        self._head = bytearray()
        self._is_refused = False

    def request(self) -> bytes:
        """Build the request."""
        request = self._protocol.connect()
        cookie = self._cookies.header(is_encrypted=self._is_tls) if self._cookies else ""
        if cookie:
            request.headers["Cookie"] = cookie
        return request.serialize()

    def receive(self, data: bytes) -> Agreed | None:
        """Take bytes of the answer; None while it is incomplete.

        Raises:
            ConnectError: the server refused, or does not speak WebSocket or WAMP.
        """
        if self._is_refused:
            self._protocol.receive_data(data)
            self._result()
            return None
        self._head += data
        end = self._head.find(END_OF_HEAD)
        if end < 0:
            if len(self._head) > MAX_HEAD_BYTES:
                raise ConnectError("the server's answer is no HTTP")
            return None
        # Of an answer that opens the connection only the head is for websockets, the rest is
        # frames; of a refusal it reads the text, too.
        self._is_refused = not self._head.startswith(_ACCEPTED)
        end = len(self._head) if self._is_refused else end + len(END_OF_HEAD)
        leftover = bytes(self._head[end:])
        self._protocol.receive_data(bytes(self._head[:end]))
        chosen = self._result()
        if chosen is None:
            return None
        limit = self._limits.max_message_bytes
        framing = chosen.framing(
            is_server=False,
            max_message_bytes=limit,
            compression=Compression.agreed(self._protocol.extensions),
        )
        return Agreed(framing, chosen.serializer, leftover)

    def end_of_stream(self) -> ConnectError:
        """Tell why a connection that ended before the answer was complete is no use."""
        if self._is_refused:
            self._protocol.receive_eof()
            try:
                self._result()
            except ConnectError as error:
                return error
        return ConnectError("the server closed the connection during the opening handshake")

    def _result(self) -> WampSubprotocol | None:
        error = self._protocol.handshake_exc
        if isinstance(error, InvalidStatus):
            raise ConnectError(_refusal_text(error.response))
        if error is not None:
            raise ConnectError(f"the server's answer is no WebSocket handshake: {reason_of(error)}")
        responses = [
            event for event in self._protocol.events_received() if isinstance(event, Response)
        ]
        if not responses:
            return None
        if self._cookies is not None:
            self._cookies.take(responses[0].headers.get_all("Set-Cookie"))
        for subprotocol in self._offered:
            if subprotocol.name == self._protocol.subprotocol:
                return subprotocol
        raise ConnectError(
            "the server took none of the WAMP subprotocols offered"
            f" ({', '.join(subprotocol.name for subprotocol in self._offered)})"
        )


def _refusal_text(response: Response) -> str:
    """Tell the status and the first line of the text of a refused handshake."""
    lines = response.body.decode("utf-8", "replace").strip().splitlines() if response.body else []
    is_plain = "html" not in response.headers.get("Content-Type", "")
    text = f": {lines[0][:200]!r}" if lines and is_plain else ""
    return f"the server answered HTTP {response.status_code} {response.reason_phrase}{text}"
