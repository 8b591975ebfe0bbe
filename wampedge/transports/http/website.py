"""What stands at which path of the port: the state of the node, long-poll, and the web folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

from wampedge.records import Record
from wampedge.transports.http.exchange import Exchange, Resource, ResourceFinder
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.http.paths import HEALTH_PATH, LONGPOLL_PATH, WEBSOCKET_PATH
from wampedge.transports.http.requests import RequestHead
from wampedge.transports.http.responses import Response, json_response, refusal, text_response
from wampedge.transports.http.static import StaticFiles
from wampedge.wamp.serializers import SERIALIZERS

__all__ = ["Website"]

_READY = "ready"


class _Fixed(Record):
    """A resource that is always the same answer, made when it is asked for."""

    make: Callable[[], Response]
    max_body_bytes: int = 0

    def serve(self, exchange: Exchange) -> None:
        exchange.respond(self.make())


class Website:
    """All plain HTTP of one server; ``close`` ends the threads that read files.

    Args:
        origins: names of this machine, under which files are served.
        web: folder to serve; None serves a page that says what this port is.
        pages: further folders, by the path below which they are served, such as ``/board``.
        health: returns the state of the node; ``ready`` counts as healthy.
        longpoll: answers below ``/lp``; None: no long-poll.
    """

    def __init__(
        self,
        origins: OriginRule,
        *,
        web: Path | None = None,
        pages: Mapping[str, Path] = MappingProxyType({}),
        health: Callable[[], str] = lambda: _READY,
        longpoll: ResourceFinder | None = None,
    ) -> None:
        self._origins = origins
        self._files = StaticFiles(web) if web is not None else None
        self._pages = {path: StaticFiles(folder, path) for path, folder in pages.items()}
        self._health = health
        self._longpoll = longpoll

    def find(self, head: RequestHead) -> Resource | Response:
        """Return what answers the request, or the answer itself when it needs no body."""
        path = head.path
        if self._longpoll is not None and path.startswith(f"{LONGPOLL_PATH}/"):
            return self._longpoll.find(head)
        if head.method not in ("GET", "HEAD"):
            text = f"{head.method} is not served here"
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, text, {"Allow": "GET, HEAD"})
        if path == HEALTH_PATH:
            return _Fixed(self._health_response)
        if path == WEBSOCKET_PATH:
            text = "this path speaks WebSocket, not plain HTTP"
            return refusal(HTTPStatus.UPGRADE_REQUIRED, text, {"Upgrade": "websocket"})
        files = self._files_at(path)
        if files is None:
            return _welcome() if path == "/" else _nothing_at(path)
        if not self._origins.admits_host(head.all("host")):
            text = (
                f"{head.one('host')[:100]} is no name of this machine"
                " (use its address, or list the origin at the router)"
            )
            return refusal(HTTPStatus.MISDIRECTED_REQUEST, text)
        return files

    def close(self) -> None:
        """End the threads that read files."""
        for files in (self._files, *self._pages.values()):
            if files is not None:
                files.close()

    def _files_at(self, path: str) -> StaticFiles | None:
        for mount, files in self._pages.items():
            if path.startswith(f"{mount}/"):
                return files
        return self._files

    def _health_response(self) -> Response:
        state = self._health()
        is_ready = state == _READY
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return json_response(status, {"status": state})


def _welcome() -> Response:
    names = ", ".join(serializer.subprotocol for serializer in SERIALIZERS.values())
    text = f"""wampedge: a WAMP router for devices

This port speaks WAMP v2 over WebSocket (subprotocols {names}),
over RawSocket and over HTTP long-poll (at {LONGPOLL_PATH}).
Connect with a WAMP client, for example:

    wampedge call --url ws://HOST:PORT/ws PROCEDURE

There are no web pages here: the key web of [router] names a folder with some.
"""
    return text_response(HTTPStatus.OK, text)


def _nothing_at(path: str) -> Response:
    return refusal(HTTPStatus.NOT_FOUND, f"nothing at {path[:100]} (try /)")
