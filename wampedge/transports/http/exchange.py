"""One HTTP request and the answer it gets, and who may answer it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Protocol

from wampedge.transports.http.requests import RequestHead
from wampedge.transports.http.responses import Response

__all__ = ["AnswerSink", "Exchange", "Resource", "ResourceFinder"]


class AnswerSink(Protocol):
    """The connection a request came over."""

    peer: str
    facts: Mapping[str, Any]

    def respond(self, response: Response) -> None:
        """Send the whole answer."""
        ...

    def begin(self, response: Response, body_bytes: int) -> None:
        """Send the head of an answer whose body follows by ``write``."""
        ...

    async def write(self, data: bytes) -> None:
        """Send a part of the body, and wait until the client has taken most of it.

        Raises:
            ConnectionLostError: the client is gone.
        """
        ...

    def end(self) -> None:
        """Tell that the body is complete."""
        ...

    def abort(self) -> None:
        """Cut the connection: the answer that has begun cannot be completed."""
        ...

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Answer in a task; it is done before the connection counts as gone."""
        ...


class Exchange:
    """One request under way; answered exactly once, unless its client goes away.

    Args:
        head: the request.
        body: its body, complete.
        sink: the connection it came over.
    """

    def __init__(self, head: RequestHead, body: bytes, sink: AnswerSink) -> None:
        self.head = head
        self.body = body
        self.sink = sink
        self.on_abandoned: Callable[[], None] | None = None
        """Called when the client goes away before its answer."""
        self.extra_headers: Mapping[str, str] = {}
        """Headers of any answer."""
        self.is_over = False

    def respond(self, response: Response) -> None:
        """Send the whole answer; does nothing once the exchange is over."""
        if not self.is_over:
            self.is_over = True
            self.on_abandoned = None
            if self.extra_headers:
                headers = {**response.headers, **self.extra_headers}
                response = replace(response, headers=headers)
            self.sink.respond(response)

    def abandon(self) -> None:
        """Note that the client is gone (called by the connection)."""
        self.is_over = True
        on_abandoned, self.on_abandoned = self.on_abandoned, None
        if on_abandoned is not None:
            on_abandoned()


class Resource(Protocol):
    """What stands at one path."""

    @property
    def max_body_bytes(self) -> int:
        """Longest body a request may have here."""
        ...

    def serve(self, exchange: Exchange) -> None:
        """Answer *exchange*, now or later."""
        ...


class ResourceFinder(Protocol):
    """Who knows what stands where."""

    def find(self, head: RequestHead) -> Resource | Response:
        """Return what answers the request, or the answer itself when it needs no body."""
        ...
