"""Answers to HTTP requests as bytes, without I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

__all__ = ["NEVER_STORED", "Response", "encode_head", "json_response", "refusal", "text_response"]

NEVER_STORED: Final = MappingProxyType({"Cache-Control": "no-store"})
"""Header of answers that are true only now."""

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_WITHOUT_BODY: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer.

    Attributes:
        status: of the answer.
        body: what follows the head; for a file it is sent apart from it.
        content_type: of the body.
        headers: further headers.
        refusal: why the request was refused, for the log; the connection ends with the answer.
    """

    status: HTTPStatus
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""


def text_response(
    status: HTTPStatus, text: str, headers: Mapping[str, str] = _NO_HEADERS
) -> Response:
    """Answer with plain text; what of it is no character is escaped."""
    body = text.encode(errors="backslashreplace")
    return Response(status, body, "text/plain; charset=utf-8", headers)


def json_response(
    status: HTTPStatus, value: Any, headers: Mapping[str, str] = NEVER_STORED
) -> Response:
    """Answer with JSON that nobody on the way keeps."""
    return Response(status, json.dumps(value).encode(), "application/json", headers)


def refusal(status: HTTPStatus, text: str, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """Refuse a request with one line that goes to the log as well."""
    return replace(text_response(status, f"{text}\n", headers), refusal=text)


def encode_head(response: Response, *, body_bytes: int, is_last: bool) -> bytes:
    """Build the head of an answer.

    Args:
        response: the answer.
        body_bytes: length of its body, which an answer to HEAD tells without sending it.
        is_last: the connection ends with this answer.
    """
    status = response.status
    lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
    if response.content_type:
        lines.append(f"Content-Type: {response.content_type}")
    if status not in _WITHOUT_BODY:
        lines.append(f"Content-Length: {body_bytes}")
    # A browser shall never take a text for a script.
    lines.append("X-Content-Type-Options: nosniff")
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    if is_last:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("ascii")
