"""Files of a folder as answers: caching, security headers, reading beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeVar

from wampedge.errors import ConnectionLostError
from wampedge.transports.http.exchange import Exchange
from wampedge.transports.http.files import OpenFile, WebFolder
from wampedge.transports.http.requests import RequestHead
from wampedge.transports.http.responses import Response, text_response

__all__ = ["StaticFiles"]

_Result = TypeVar("_Result")

_CHUNK_BYTES: Final = 64 * 1024
_MAX_THREADS: Final = 2


class StaticFiles:
    """The resource at all paths of a folder; owned by the website, which closes it.

    Disks may be slow: files are found and read by at most two threads of its own, a chunk at a
    time and the next only when the client has taken the last one.

    Args:
        root: the folder.
        mount: the path below which it is served, without the last slash; empty: all paths.
    """

    max_body_bytes = 0

    def __init__(self, root: Path, mount: str = "") -> None:
        self._folder = WebFolder(root)
        self._mount = mount
        self._threads: ThreadPoolExecutor | None = None
        self._is_closed = False

    def serve(self, exchange: Exchange) -> None:
        """Answer with the file, or say that there is none."""
        exchange.sink.run(self._answer(exchange))

    def close(self) -> None:
        """End the threads; requests under way end with them."""
        self._is_closed = True
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, exchange: Exchange) -> None:
        head = exchange.head
        path = head.path.removeprefix(self._mount)
        found = await self._in_thread(partial(self._folder.find, path))
        if isinstance(found, OpenFile):
            try:
                await self._send(exchange, found)
            finally:
                found.close()
        elif found == "folder":
            place = {"Location": f"{head.path}/"}
            exchange.respond(text_response(HTTPStatus.PERMANENT_REDIRECT, "", place))
        elif found == "too long":
            text = "this file is too long to be served\n"
            exchange.respond(text_response(HTTPStatus.FORBIDDEN, text))
        else:
            exchange.respond(text_response(HTTPStatus.NOT_FOUND, "nothing here\n"))

    async def _send(self, exchange: Exchange, file: OpenFile) -> None:
        head, sink = exchange.head, exchange.sink
        headers = {
            "ETag": file.etag,
            "Last-Modified": file.modified,
            "Cache-Control": "no-cache",
            **_security_headers(head),
        }
        if _is_known(head, file):
            exchange.respond(Response(HTTPStatus.NOT_MODIFIED, headers=headers))
            return
        response = Response(HTTPStatus.OK, content_type=file.content_type, headers=headers)
        sink.begin(response, file.size_bytes)
        left_bytes = file.size_bytes if head.method == "GET" else 0
        while left_bytes:
            chunk = await self._in_thread(partial(file.read, min(left_bytes, _CHUNK_BYTES)))
            if not chunk:
                sink.abort()  # the file was cut short meanwhile: its length is told already
                return
            left_bytes -= len(chunk)
            await sink.write(chunk)
        sink.end()

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        if self._is_closed:
            raise ConnectionLostError("the server stops")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="web")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _is_known(head: RequestHead, file: OpenFile) -> bool:
    """Tell whether the client has this very file already (RFC 9110 section 13.1)."""
    tags = head.one("if-none-match")
    if tags:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return file.etag in known or "*" in known
    return head.one("if-modified-since") == file.modified


def _security_headers(head: RequestHead) -> dict[str, str]:
    """Return what keeps a page to what this server gives it.

    The sockets are named, because not every browser takes them for part of ``'self'``.
    """
    host = head.one("host")
    policy = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
        f"frame-ancestors 'self'; connect-src 'self' ws://{host} wss://{host}"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
