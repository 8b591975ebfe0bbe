"""One connection of plain HTTP/1.1: requests one after another, each bounded in size and time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from wampedge.errors import ConnectionLostError
from wampedge.transports.handshake import END_OF_HEAD
from wampedge.transports.http.exchange import Exchange, Resource, ResourceFinder
from wampedge.transports.http.requests import (
    MAX_PLAIN_HEAD_BYTES,
    BadRequestError,
    RequestHead,
    parse_head,
)
from wampedge.transports.http.responses import Response, encode_head, refusal
from wampedge.transports.limits import TransportLimits
from wampedge.transports.wire import peer_name, read_memory_of

__all__ = ["ConnectionOwner", "HttpConnection"]

log = logging.getLogger(__name__)

_MAX_REQUESTS = 1000
_HIGH_WATER_BYTES = 64 * 1024

# What a client may send ahead of the answer to its request; more is not read until then.
_MAX_AHEAD_BYTES = 16 * 1024

# What a client may go on sending after the last answer, so that the answer reaches it.
_LINGER_BYTES = 1024 * 1024

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ConnectionOwner(Protocol):
    """Who counts the HTTP connections."""

    def on_refusal(self, connection: HttpConnection, text: str) -> None:
        """Hear that a request was refused, and why."""
        ...

    def on_http_closed(self, connection: HttpConnection) -> None:
        """Hear, exactly once, that the connection is gone."""
        ...


class HttpConnection(asyncio.BufferedProtocol):
    """Answers the requests of one client in the order they came.

    States::

        idle ──bytes──▶ head ──complete──▶ body ──complete──▶ answering ──▶ idle
        (any) ──malformed, time-out, asked to, 1,000 requests──▶ ending ──▶ gone

    Made by the front when the first head is there, which it hands over with ``take_over``.

    Args:
        owner: counts the connection.
        finder: knows what answers a request.
        limits: bounds.
        facts: what else is known of the connection, for the details of its sessions.
        is_single: end the connection with the first answer.
    """

    def __init__(
        self,
        owner: ConnectionOwner,
        finder: ResourceFinder,
        limits: TransportLimits,
        *,
        facts: Mapping[str, Any] | None = None,
        is_single: bool = False,
    ) -> None:
        self.peer = ""
        self.facts = facts or {}
        self._owner = owner
        self._finder = finder
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._read_memory = read_memory_of(self._loop)
        self._wire: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._requests_left = 1 if is_single else _MAX_REQUESTS
        self._head: RequestHead | None = None
        self._resource: Resource | None = None
        self._exchange: Exchange | None = None
        self._work: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_head_timed = False
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_ending = False
        self._is_lost = False
        self._ignored_bytes = 0

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way, so that nobody misses the connection."""
        return self._head is None and not self._buffer

    def take_over(self, wire: asyncio.Transport, head: RequestHead, leftover: bytes) -> None:
        """Take the connection with its first request.

        Args:
            wire: the connection.
            head: of the first request.
            leftover: what the client sent behind it.
        """
        self._wire = wire
        self.peer = peer_name(wire)
        wire.set_write_buffer_limits(high=_HIGH_WATER_BYTES)
        wire.set_protocol(self)
        self._buffer += leftover
        self._begin(head)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Lend the event loop the memory to read into."""
        return self._read_memory

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read (called by the event loop)."""
        self.data_received(bytes(self._read_memory[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Take bytes of the client."""
        if self._is_ending:
            self._ignored_bytes += len(data)
            if self._ignored_bytes > _LINGER_BYTES:
                self.abort()
            return
        self._buffer += data
        self._advance()
        self._update_reading()

    def eof_received(self) -> bool:
        """Let a client that ends its side early still have its answer (called by the loop)."""
        exchange, wire = self._exchange, self._wire
        if exchange is None or exchange.on_abandoned is not None or wire is None:
            return False
        self._requests_left = 0
        return wire.can_write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the request under way (called by the event loop)."""
        self._is_lost = True
        self._stop_timer()
        self._may_write.set()
        if self._exchange is not None:
            self._exchange.abandon()
        if self._work is None:
            self._owner.on_http_closed(self)

    def pause_writing(self) -> None:
        """Note that the client falls behind (called by the event loop)."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """Note that the client has caught up (called by the event loop)."""
        self._may_write.set()
        if self._exchange is None and not self._is_ending:
            self._stop_timer()
            self._go_on()

    def abort(self) -> None:
        """Cut the connection."""
        if self._wire is not None:
            self._wire.abort()

    def _go_on(self) -> None:
        self._advance()
        self._update_reading()

    def _update_reading(self) -> None:
        """Read only as far ahead as the request under way needs, and a little."""
        wire, head = self._wire, self._head
        if wire is None or wire.is_closing() or self._is_ending:
            return
        body_bytes = head.body_bytes if head is not None and self._exchange is None else 0
        if len(self._buffer) <= max(_MAX_AHEAD_BYTES, body_bytes):
            wire.resume_reading()
        else:
            wire.pause_reading()

    def _advance(self) -> None:
        """Take the next step of a request, if its bytes are there."""
        if self._exchange is not None or self._is_ending or self._is_lost:
            return
        if not self._may_write.is_set():
            # A client that does not read its answers shall not ask for more of them.
            self._arm(self._limits.http_patience_s, self._on_unread)
        elif self._head is not None:
            if len(self._buffer) >= self._head.body_bytes:
                self._serve()
        else:
            self._read_head()

    def _read_head(self) -> None:
        if not self._buffer:
            self._arm(self._limits.http_patience_s, self._close_quietly)
            return
        end = self._buffer.find(END_OF_HEAD, 0, MAX_PLAIN_HEAD_BYTES)
        if end >= 0 or len(self._buffer) >= MAX_PLAIN_HEAD_BYTES:
            # Without an end in sight all of it is read, and refused for its length.
            end = end + len(END_OF_HEAD) if end >= 0 else len(self._buffer)
            self._read_request(end)
            return
        if not self._is_head_timed:  # from its first byte on: more bytes win no more time
            self._arm(self._limits.open_timeout_s, self._on_late_request)
            self._is_head_timed = True

    def _read_request(self, end: int) -> None:
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        try:
            head = parse_head(data)
        except BadRequestError as error:
            self._refuse(refusal(error.status, str(error)))
        else:
            self._begin(head)

    def _begin(self, head: RequestHead) -> None:
        """Find who answers a request, and wait for its body."""
        self._requests_left -= 1
        self._head = head
        if head.is_last:
            self._requests_left = 0
        resource = self._finder.find(head)
        if isinstance(resource, Response):
            # The body may be anything: what comes behind it cannot be trusted to be a request.
            if head.body_bytes:
                self._requests_left = 0
            self.respond(resource)
            return
        if head.body_bytes > resource.max_body_bytes:
            text = f"a body of {head.body_bytes} bytes is too long here"
            self._refuse(refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text))
            return
        self._resource = resource
        if head.awaits_continue and len(self._buffer) < head.body_bytes:
            self._write(_CONTINUE)
        self._arm(self._limits.http_patience_s, self._on_late_request)
        self._advance()

    def _serve(self) -> None:
        head, resource = self._head, self._resource
        assert head is not None, "the head comes before the body"
        assert resource is not None, "found with the head"
        self._stop_timer()
        body = bytes(self._buffer[: head.body_bytes])
        del self._buffer[: head.body_bytes]
        self._exchange = Exchange(head, body, self)
        resource.serve(self._exchange)

    def respond(self, response: Response) -> None:
        """Send a whole answer."""
        if self._is_lost:
            return
        if response.refusal:
            self._owner.on_refusal(self, response.refusal)
            self._requests_left = 0
        self.begin(response, len(response.body))
        if self._head is None or self._head.method != "HEAD":
            self._write(response.body)
        self.end()

    def begin(self, response: Response, body_bytes: int) -> None:
        """Send the head of an answer whose body follows by ``write``."""
        is_last = self._requests_left <= 0
        self._write(encode_head(response, body_bytes=body_bytes, is_last=is_last))

    async def write(self, data: bytes) -> None:
        """Send a part of a body, and wait until the client has taken most of what waits."""
        self._write(data)
        if not self._may_write.is_set():
            self._arm(self._limits.http_patience_s, self._on_unread)
            await self._may_write.wait()
            self._stop_timer()
        if self._is_lost:
            raise ConnectionLostError("the client is gone")

    def end(self) -> None:
        """Go on with the next request, or end the connection."""
        self._head = self._resource = self._exchange = None
        if self._is_lost:
            return
        if self._requests_left <= 0:
            self._finish()
            return
        # Not at once: a client that sent a thousand requests must not hold the loop, or the stack.
        self._loop.call_soon(self._go_on)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Answer in a task; it is done before the connection counts as gone."""
        self._work = self._loop.create_task(self._guard(work))

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ConnectionLostError:
            pass
        except Exception:  # outermost edge: other connections go on
            log.exception("%s: a request failed", self.peer)
            self.abort()
        finally:
            self._work = None
            if self._is_lost:
                self._owner.on_http_closed(self)

    def _write(self, data: bytes) -> None:
        if data and self._wire is not None and not self._wire.is_closing():
            self._wire.write(data)

    def _refuse(self, response: Response) -> None:
        """Answer a request that cannot be served, and end the connection."""
        self._requests_left = 0
        self.respond(response)

    def _finish(self) -> None:
        """End our side; the client has a moment to read and to end its own."""
        assert self._wire is not None, "taken over before"
        self._is_ending = True
        self._buffer.clear()
        self._wire.resume_reading()
        if self._wire.can_write_eof():
            self._wire.write_eof()
        else:
            self._wire.close()
        self._arm(self._limits.close_timeout_s, self.abort)

    def _close_quietly(self) -> None:
        assert self._wire is not None, "taken over before"
        self._is_ending = True
        self._wire.close()

    def _on_late_request(self) -> None:
        self._refuse(refusal(HTTPStatus.REQUEST_TIMEOUT, "the request did not come in time"))

    def _on_unread(self) -> None:
        self._owner.on_refusal(self, "the answer was not read in time")
        self.abort()

    def _arm(self, seconds: float, act: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, act)

    def _stop_timer(self) -> None:
        self._is_head_timed = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
