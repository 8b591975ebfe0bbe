"""The head of one HTTP/1.1 request (RFC 9112), without I/O.

Strict on purpose: what two programs could read in two ways (lengths said twice, codings of the
body, folded lines, bare line feeds) is refused, so no request can hide in another one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from wampedge.errors import RemoteProtocolError

__all__ = ["MAX_PLAIN_HEAD_BYTES", "BadRequestError", "RequestHead", "parse_head"]

MAX_PLAIN_HEAD_BYTES: Final = 8 * 1024
"""Longest head of a request that is no WebSocket handshake."""

_MAX_FIELDS: Final = 64

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) (HTTP/[0-9]\.[0-9])")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\t]*)")
_LENGTH = re.compile(r"[0-9]{1,15}")

_METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")


class BadRequestError(RemoteProtocolError):
    """A request that cannot be understood, or not safely; ends its connection.

    Args:
        status: what the client is answered.
        text: what is wrong, for client and log.
    """

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What a request says before its body.

    Attributes:
        method: ``GET``, ``HEAD``, ``POST`` or ``OPTIONS``.
        target: path and query as they were sent.
        fields: all values of each header, by its name in lower case.
        body_bytes: length of the body.
        is_last: the client wants the connection to end with the answer.
        awaits_continue: the client sends the body only when it is told to.
    """

    method: str
    target: str
    fields: Mapping[str, tuple[str, ...]]
    body_bytes: int = 0
    is_last: bool = False
    awaits_continue: bool = False

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded."""
        return self.target.partition("?")[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of the header *name* (lower case)."""
        return self.fields.get(name, ())

    def one(self, name: str) -> str:
        """Return the value of the header *name* (lower case); several are joined by commas."""
        return ", ".join(self.fields.get(name, ()))


def parse_head(data: bytes) -> RequestHead:
    """Read the head of a request.

    Args:
        data: from the request line to the empty line, both included.

    Raises:
        BadRequestError: with the status to answer.
    """
    if len(data) >= MAX_PLAIN_HEAD_BYTES:
        raise BadRequestError(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            f"the request head is longer than {MAX_PLAIN_HEAD_BYTES} bytes",
        )
    if not data.isascii():
        raise _bad("the request head has non-ASCII characters")
    first, *lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target = _request_line(first)
    fields = _fields(lines)
    if len(fields.get("host", ())) != 1:
        raise _bad("the request must name one Host")
    return RequestHead(
        method,
        target,
        fields,
        body_bytes=_body_bytes(fields),
        is_last="close" in _options(fields, "connection"),
        awaits_continue="100-continue" in _options(fields, "expect"),
    )


def _request_line(line: bytes) -> tuple[str, str]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise _bad(f"invalid HTTP request line {line.decode()[:100]!r}")
    method, target, version = (part.decode() for part in match.groups())
    if version != "HTTP/1.1":
        raise _bad(f"only HTTP/1.1 is served, got {version}")
    if method not in _METHODS:
        raise BadRequestError(HTTPStatus.METHOD_NOT_ALLOWED, f"method {method[:20]} is not served")
    if not target.startswith("/"):
        raise _bad(f"the target must be a path, got {target[:100]!r}")
    return method, target


def _fields(lines: list[bytes]) -> dict[str, tuple[str, ...]]:
    if len(lines) > _MAX_FIELDS:
        raise BadRequestError(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"more than {_MAX_FIELDS} header lines"
        )
    fields: dict[str, tuple[str, ...]] = {}
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise _bad(f"invalid header line {line.decode()[:100]!r}")
        name = match[1].decode().lower()
        fields[name] = (*fields.get(name, ()), match[2].decode().strip())
    return fields


def _body_bytes(fields: Mapping[str, tuple[str, ...]]) -> int:
    """Tell the length of the body; codings are not taken, so there is one way to say it."""
    lengths = fields.get("content-length", ())
    if "transfer-encoding" in fields:
        if lengths:
            raise _bad("the request has both a Content-Length and a Transfer-Encoding")
        raise BadRequestError(
            HTTPStatus.NOT_IMPLEMENTED, "bodies are taken with a Content-Length only"
        )
    if not lengths:
        return 0
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]):
        raise _bad(f"invalid Content-Length {', '.join(lengths)[:100]!r}")
    return int(lengths[0])


def _options(fields: Mapping[str, tuple[str, ...]], name: str) -> set[str]:
    """Return the words of a header that lists words."""
    return {
        word.strip().lower() for value in fields.get(name, ()) for word in value.split(",") if word
    }


def _bad(text: str) -> BadRequestError:
    return BadRequestError(HTTPStatus.BAD_REQUEST, text)
