"""Opening a connection to a router, with an error that tells what to do when it fails."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Protocol

from wampedge.errors import ConfigError, ConnectError, RemoteProtocolError
from wampedge.transports.base import Agreed
from wampedge.transports.batches import BATCHED
from wampedge.transports.client_cookies import ClientCookies
from wampedge.transports.evidence import evidence_of
from wampedge.transports.limits import TransportLimits
from wampedge.transports.rawsocket import RawSocketFraming
from wampedge.transports.stream import StreamTransport
from wampedge.transports.tls import client_context, reason_for_client, tls_facts
from wampedge.transports.tls_files import ClientTls
from wampedge.transports.url import TransportUrl, parse_url
from wampedge.transports.wire import keep_alive, peer_name
from wampedge.wamp.framing import ClientHandshake
from wampedge.wamp.serializers import SERIALIZERS, Serializer

__all__ = ["connect"]


async def connect(
    url: str | TransportUrl,
    *,
    serializers: Sequence[str] = ("msgpack", "json"),
    limits: TransportLimits | None = None,
    tls: ClientTls | None = None,
    cookies: ClientCookies | None = None,
    compression: bool = False,
) -> StreamTransport:
    """Open a connection to a router.

    Nothing is read from it until its ``sink`` is set.

    Args:
        url: where to, in a form of ``wampedge.transports.url``.
        serializers: names of what to offer, the most wanted first, such as ``msgpack`` or
            ``json.batched`` (WebSocket only); RawSocket can offer one only, the first.
        limits: bounds and time-outs.
        tls: for ``wss`` and ``rss``: authorities to trust instead of the system's, and our own
            certificate.
        cookies: those of the router, for WebSocket; kept by the caller for its next connection.
        compression: offer to compress messages, over WebSocket; a router may decline.

    Raises:
        ConfigError: the address, a serializer or a file of certificates is no good.
        ConnectError: the connection could not be made; the text tells why.
    """
    target = parse_url(url) if isinstance(url, str) else url
    limits = limits or TransportLimits()
    _check_names(serializers, target)
    context = client_context(tls) if target.is_tls else None
    handshake: _Handshake
    if target.framing == "websocket":
        handshake = _websocket_handshake(
            target, serializers, limits, cookies, compression=compression
        )
    else:
        handshake = _RawSocketHandshake(SERIALIZERS[serializers[0]], limits)
    opening = _Opening(handshake, limits)
    try:
        async with asyncio.timeout(limits.open_timeout_s):
            await _connect_stream(target, opening, context)
            return await opening.opened
    except BaseException as error:
        opening.abandon()
        if isinstance(error, TimeoutError):
            text = f"cannot connect to {target}: no answer within {limits.open_timeout_s:g} s"
            raise ConnectError(text) from error
        if isinstance(error, ssl.SSLError):
            reason = reason_for_client(
                error, target.host, has_ca_file=tls is not None and tls.ca_file is not None
            )
            raise ConnectError(f"cannot connect to {target}: {reason}") from error
        if isinstance(error, OSError):
            raise ConnectError(f"cannot connect to {target}: {_reason(error)}") from error
        raise


def _check_names(serializers: Sequence[str], target: TransportUrl) -> None:
    """Refuse serializers that we do not have, or not there; raises ConfigError."""
    names = [name.removesuffix(BATCHED) for name in serializers]
    if not names or any(name not in SERIALIZERS for name in names):
        raise ConfigError(f"serializers must be of {', '.join(SERIALIZERS)}, got {serializers!r}")
    if target.framing == "rawsocket" and names[0] != serializers[0]:
        raise ConfigError(f"serializer {serializers[0]} is for WebSocket; RawSocket has no batches")


def _websocket_handshake(
    target: TransportUrl,
    serializers: Sequence[str],
    limits: TransportLimits,
    cookies: ClientCookies | None,
    *,
    compression: bool,
) -> _Handshake:
    # Loading websockets takes longer than all else a command on a Unix socket does.
    from wampedge.transports.subprotocols import find_subprotocol  # noqa: PLC0415 - see above
    from wampedge.transports.websocket_client import WebSocketHandshake  # noqa: PLC0415 - see above

    found = [find_subprotocol(name) for name in serializers]
    offered = [known for known in found if known is not None]
    return WebSocketHandshake(target, offered, limits, cookies, compression=compression)


class _Handshake(Protocol):
    """The client's side of an opening handshake, without I/O."""

    def request(self) -> bytes:
        """Build the first bytes to send."""
        ...

    def receive(self, data: bytes) -> Agreed | None:
        """Take bytes of the answer; raises ConnectError when it is no good."""
        ...

    def end_of_stream(self) -> ConnectError:
        """Tell why a connection that ended before the answer was complete is no use."""
        ...


class _RawSocketHandshake:
    """The client's side of a raw-socket handshake."""

    def __init__(self, serializer: Serializer, limits: TransportLimits) -> None:
        self._serializer = serializer
        self._limits = limits
        self._handshake = ClientHandshake(serializer.rawsocket_id, limits.max_message_bytes)

    def request(self) -> bytes:
        """Build the first bytes to send."""
        return self._handshake.request

    def receive(self, data: bytes) -> Agreed | None:
        """Take bytes of the answer; raises ConnectError when it is no good."""
        try:
            agreement = self._handshake.feed(data)
        except RemoteProtocolError as error:
            raise ConnectError(str(error)) from error
        if agreement is None:
            return None
        framing = RawSocketFraming(
            max_message_bytes=self._limits.max_message_bytes,
            max_outgoing_bytes=agreement.max_outgoing_bytes,
        )
        return Agreed(framing, self._serializer, agreement.rest)

    def end_of_stream(self) -> ConnectError:
        """Tell that the connection ended before the answer was complete."""
        return ConnectError("the router closed the connection during the opening handshake")


class _Opening(asyncio.Protocol):
    """A connection of ours until its opening handshake is done.

    Args:
        handshake: what to say and how to read the answer.
        limits: bounds.
    """

    def __init__(self, handshake: _Handshake, limits: TransportLimits) -> None:
        self.opened: asyncio.Future[StreamTransport] = asyncio.get_running_loop().create_future()
        self._handshake = handshake
        self._limits = limits
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "streams are asked for"
        self._wire = transport
        keep_alive(transport, self._limits)
        transport.write(self._handshake.request())

    def data_received(self, data: bytes) -> None:
        if self.opened.done():
            return
        try:
            agreed = self._handshake.receive(data)
        except ConnectError as error:
            self.opened.set_exception(error)
            return
        if agreed is not None:
            self._open(agreed)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            if isinstance(exc, ssl.SSLError):
                self.opened.set_exception(exc)
                return
            error = self._handshake.end_of_stream()
            error.__cause__ = exc
            self.opened.set_exception(error)

    def _open(self, agreed: Agreed) -> None:
        """Hand the connection over to its transport."""
        assert self._wire is not None, "bytes come only over an open connection"
        description: dict[str, Any] = {
            "type": agreed.framing.name,
            "peer": peer_name(self._wire),
            "serializer": agreed.serializer.name,
        }
        session = self._wire.get_extra_info("ssl_object")
        if session is not None:
            description["tls"] = tls_facts(session)["tls"]
        transport = StreamTransport(
            agreed.framing,
            serializer=agreed.serializer,
            description=description,
            limits=self._limits,
        )
        transport.evidence = evidence_of(self._wire, {})
        transport.take_over(self._wire, agreed.leftover)
        self._wire = None
        self.opened.set_result(transport)

    def abandon(self) -> None:
        """Cut the connection, whether it opened or not; nobody waits for it any more."""
        if self._wire is not None:
            self._wire.abort()
        if not self.opened.done():
            self.opened.cancel()
        elif not self.opened.cancelled() and self.opened.exception() is None:
            self.opened.result().abort()


async def _connect_stream(
    target: TransportUrl, opening: _Opening, context: ssl.SSLContext | None
) -> None:
    """Connect to the first address of the target that answers."""
    loop = asyncio.get_running_loop()
    if target.socket_path:
        await loop.create_unix_connection(lambda: opening, target.socket_path)
        return
    hosts = [target.host]
    if not _is_ip_address(target.host):
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        hosts = [str(address[0]) for *_, address in found]
    server_hostname = target.host if context is not None else None
    for host in hosts:
        try:
            await loop.create_connection(
                lambda: opening, host, target.port, ssl=context, server_hostname=server_hostname
            )
        except OSError:
            if host == hosts[-1]:
                raise
        else:
            return


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _reason(error: OSError) -> str:
    """Tell in plain words why a connection failed, and what to look at."""
    if isinstance(error, ConnectError):
        return str(error)
    if isinstance(error, socket.gaierror):
        return f"unknown host ({error.strerror})"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused (is the router running?)"
    if isinstance(error, FileNotFoundError):
        return "no such socket (is the router running?)"
    if isinstance(error, PermissionError):
        return "permission denied (is this user in the group of the socket?)"
    return os.strerror(error.errno).lower() if error.errno else str(error)
