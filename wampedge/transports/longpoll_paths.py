"""The paths of WAMP over HTTP long-poll: ``/lp/open``, ``/lp/ID/receive``, ``send`` and ``close``.

What the specification leaves open follows the clients there are: 204 (autobahn-js takes no 202) for
what has no answer of its own, and an empty answer to a poll after 10 s (they give up at 12 s).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from wampedge.transports.batches import BATCHED
from wampedge.transports.evidence import certificate_of, evidence_of
from wampedge.transports.http.exchange import Exchange, Resource
from wampedge.transports.http.origins import OriginRule
from wampedge.transports.http.requests import RequestHead
from wampedge.transports.http.responses import (
    NEVER_STORED,
    Response,
    json_response,
    refusal,
    text_response,
)
from wampedge.transports.limits import TransportLimits
from wampedge.transports.longpoll import LongPollFraming, LongPollTransport, PollWire
from wampedge.wamp.serializers import Serializer, serializer_for_subprotocol

__all__ = ["LongPolls"]

_MAX_OPEN_BYTES: Final = 4096
_MAX_EMPTY_BYTES: Final = 1024
"""Clients say something like ``{}`` where the specification has nothing."""
_MAX_PROTOCOLS: Final = 32
_ID_BYTES: Final = 16
_MAX_PARKED: Final = 4

_NO_SESSION: Final = "no such session\n"
_CONTENT_TYPES: Final = {
    "json": "application/json",
    "msgpack": "application/x-msgpack",
    "cbor": "application/cbor",
}

OpenSession = Callable[[LongPollTransport, Exchange], str]
"""Takes over the transport of a new session; returns why it is refused, or empty."""


@dataclass(frozen=True, slots=True)
class _Session:
    transport: LongPollTransport
    framing: LongPollFraming
    wire: PollWire


@dataclass(frozen=True, slots=True)
class _Path:
    """A resource at one of the paths."""

    serve: Callable[[Exchange], None]
    max_body_bytes: int = 0


class LongPolls:
    """All long-poll sessions of one server, by their ids; lives as long as the server.

    An id is 128 random bits: who knows it is the client, and comes with the same certificate, if
    the one who opened the session had one. Each connection may be another one, so there is nothing
    a channel could be bound to.

    Args:
        base: path of all, without the slash at its end.
        origins: which web pages may use it.
        limits: bounds.
        open_session: takes over the transport of a new session.
    """

    def __init__(
        self, base: str, origins: OriginRule, limits: TransportLimits, open_session: OpenSession
    ) -> None:
        self._base = base
        self._origins = origins
        self._limits = limits
        self._open_session = open_session
        self._session_by_id: dict[str, _Session] = {}

    def knows(self, path: str) -> bool:
        """Tell whether *path* belongs to a session there is."""
        return path.removeprefix(f"{self._base}/").partition("/")[0] in self._session_by_id

    def find(self, head: RequestHead) -> Resource | Response:
        """Return what answers a request below the base path."""
        cross = self._refusal_of_page(head)
        if isinstance(cross, Response):
            return cross
        if head.method == "OPTIONS":
            return Response(HTTPStatus.NO_CONTENT, headers=_preflight(cross))
        if head.method != "POST":
            allow = {"Allow": "POST, OPTIONS"}
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, "long-poll is done by POST", allow)
        resource = self._resource_at(head.path.removeprefix(f"{self._base}/"))
        if resource is None:
            return text_response(HTTPStatus.NOT_FOUND, _NO_SESSION, cross)

        def serve(exchange: Exchange) -> None:
            exchange.extra_headers = cross
            resource.serve(exchange)

        return _Path(serve, resource.max_body_bytes)

    def _resource_at(self, rest: str) -> _Path | None:
        if rest == "open":
            return _Path(self._open, _MAX_OPEN_BYTES)
        session_id, _, verb = rest.partition("/")
        session = self._session_by_id.get(session_id)
        if session is None:
            return None
        if verb not in _VERBS:
            return None

        def serve(exchange: Exchange) -> None:
            if certificate_of(exchange.sink.facts) != session.transport.evidence.certificate:
                exchange.respond(text_response(HTTPStatus.NOT_FOUND, _NO_SESSION))
            else:
                _VERBS[verb](session, exchange)

        limit = session.framing.max_message_bytes if verb == "send" else _MAX_EMPTY_BYTES
        return _Path(serve, limit)

    def _refusal_of_page(self, head: RequestHead) -> Response | dict[str, str]:
        """Refuse foreign pages as for WebSocket; return what a listed one needs to read answers."""
        hosts, origins = head.all("host"), head.all("origin")
        for origin in origins:
            if not self._origins.admits_page(origin, hosts):
                return refusal(
                    HTTPStatus.FORBIDDEN,
                    f"web pages from {origin[:100]} may not connect"
                    " (list the origin at the router if they should)",
                )
        if len(origins) != 1:
            return {}
        return {
            "Access-Control-Allow-Origin": origins[0],
            "Access-Control-Allow-Credentials": "true",
            "Vary": "Origin",
        }

    def _open(self, exchange: Exchange) -> None:
        protocols = _protocols_of(exchange.body)
        if protocols is None:
            text = 'the body must be {"protocols": ["wamp.2.json"]}, or other protocols'
            exchange.respond(refusal(HTTPStatus.BAD_REQUEST, text))
            return
        for protocol in protocols:
            serializer = serializer_for_subprotocol(protocol.removesuffix(BATCHED))
            if serializer is not None:
                self._open_with(exchange, serializer, protocol)
                return
        text = f"no protocol of {', '.join(protocols)[:100]} is spoken here"
        exchange.respond(refusal(HTTPStatus.BAD_REQUEST, text))

    def _open_with(self, exchange: Exchange, serializer: Serializer, protocol: str) -> None:
        framing = LongPollFraming(
            max_message_bytes=self._limits.max_unjoined_message_bytes,
            is_batched=protocol.endswith(BATCHED),
            is_binary=serializer.is_binary,
        )
        description: dict[str, Any] = {
            "type": framing.name,
            "peer": exchange.sink.peer,
            "serializer": serializer.name,
            **exchange.sink.facts,
        }
        transport = LongPollTransport(
            framing, serializer=serializer, description=description, limits=self._limits
        )
        wire = PollWire(framing, self._limits, _CONTENT_TYPES[serializer.name])
        transport.evidence = evidence_of(wire, description)
        transport.take_over(wire, b"")
        reason = self._open_session(transport, exchange)
        if reason:
            transport.abort()
            exchange.respond(refusal(HTTPStatus.SERVICE_UNAVAILABLE, reason))
            return
        session_id = secrets.token_urlsafe(_ID_BYTES)
        self._session_by_id[session_id] = _Session(transport, framing, wire)
        wire.on_lost = lambda: self._session_by_id.pop(session_id, None)
        answer = {"protocol": protocol, "transport": session_id}
        exchange.respond(json_response(HTTPStatus.OK, answer))


def _receive(session: _Session, exchange: Exchange) -> None:
    session.wire.poll(exchange)


def _send(session: _Session, exchange: Exchange) -> None:
    transport = session.transport
    if transport.is_closed:
        exchange.respond(text_response(HTTPStatus.BAD_REQUEST, "the session has ended\n"))
        return
    if session.wire.parked_count >= _MAX_PARKED:
        text = "too many messages wait until this client reads its answers"
        exchange.respond(refusal(HTTPStatus.SERVICE_UNAVAILABLE, text))
        return
    transport.has_heard_nonsense = False

    def answer() -> None:
        is_bad = transport.has_heard_nonsense or session.framing.bad_message is not None
        if session.wire.is_closing() or (transport.is_closed and is_bad):
            # The ABORT that says why is fetched like any message.
            exchange.respond(text_response(HTTPStatus.BAD_REQUEST, "this was not taken\n"))
        else:
            exchange.respond(Response(HTTPStatus.NO_CONTENT, headers=NEVER_STORED))

    session.wire.take(exchange.body, answer)


def _close(session: _Session, exchange: Exchange) -> None:
    session.wire.close()
    exchange.respond(Response(HTTPStatus.NO_CONTENT, headers=NEVER_STORED))


_VERBS: Final[Mapping[str, Callable[[_Session, Exchange], None]]] = {
    "receive": _receive,
    "send": _send,
    "close": _close,
}


def _protocols_of(body: bytes) -> list[str] | None:
    """Read the request to open a session; None when it is none."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    protocols = asked.get("protocols") if isinstance(asked, dict) else None
    if not isinstance(protocols, list) or not 0 < len(protocols) <= _MAX_PROTOCOLS:
        return None
    return protocols if all(isinstance(each, str) for each in protocols) else None


def _preflight(cross: Mapping[str, str]) -> dict[str, str]:
    """Tell a browser what a page of another origin may send."""
    return {
        **cross,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "600",
    }
