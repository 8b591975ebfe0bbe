"""The requests a client waits on: their ids, their answers, and those nobody waits for any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.effects import Request
from wampedge.wamp.ids import RequestIds
from wampedge.wamp.messages import MESSAGE_BY_TYPE, Call, Publish

__all__ = ["MAX_ABANDONED", "ClientRequests"]

MAX_ABANDONED = 1024
"""Cancelled calls remembered at a time: a router may never answer them, and some do not."""


class ClientRequests:
    """The open requests of one session; owned by its ``ClientProtocol``.

    An answer for an id that is open settles it. An answer for a cancelled call or publish is a
    legal race and is dropped. Any other answer is the router's fault.
    """

    __slots__ = ("_abandoned", "_forgotten_up_to", "_ids", "_open", "new_id")

    def __init__(self) -> None:
        self._ids = RequestIds()
        self._open: dict[int, Request] = {}
        self._abandoned: dict[int, int] = {}
        self._forgotten_up_to = 0
        self.new_id: Callable[[], int] = self._ids.next
        """Returns the next id of this session, for a request without an answer."""

    def open(self, kind: int, uri: str, context: Any, target_id: int = 0) -> Request:
        """Return a new request that waits for its answer."""
        request = Request(kind, self.new_id(), uri, context, target_id)
        self._open[request.request_id] = request
        return request

    def find(self, kind: int, request_id: int) -> Request | None:
        """Return the open request an answer belongs to, None when the answer is to be dropped.

        Raises:
            RemoteProtocolError: no such request is open or was given up.
        """
        request = self._open.get(request_id)
        if request is not None and request.kind == kind:
            return request
        if self._may_be_late(kind, request_id):
            return None
        raise _unknown(kind, request_id)

    def peek(self, kind: int, request_id: int) -> Request | None:
        """Return the open request of *kind* with this id, None when there is none."""
        request = self._open.get(request_id)
        return request if request is not None and request.kind == kind else None

    def settle(self, kind: int, request_id: int) -> Request | None:
        """Like ``find``, and close the request: this was its last answer."""
        request = self.find(kind, request_id)
        if request is None:
            self._abandoned.pop(request_id, None)
        else:
            del self._open[request_id]
        return request

    def close(self, kind: int, request_id: int) -> Request:
        """Close a request of a kind that stays open until it is answered, whoever waits.

        Raises:
            RemoteProtocolError: no such request is open.
        """
        request = self._open.get(request_id)
        if request is None or request.kind != kind:
            raise _unknown(kind, request_id)
        del self._open[request_id]
        return request

    def abandon(self, request_id: int) -> Request | None:
        """Stop waiting for *request_id*; returns it when it was open.

        A call or a publish is closed. The others stay open, marked, because what they create on
        the router must be undone.
        """
        request = self._open.get(request_id)
        if request is None:
            return None
        request.is_abandoned = True
        if request.kind in (Call.TYPE, Publish.TYPE):
            del self._open[request_id]
            self._abandoned[request_id] = request.kind
            if len(self._abandoned) > MAX_ABANDONED:
                self._forgotten_up_to = next(iter(self._abandoned))
                del self._abandoned[self._forgotten_up_to]
        return request

    def drain(self) -> list[Request]:
        """Close all; returns those somebody waits for, oldest first."""
        awaited = [request for request in self._open.values() if not request.is_abandoned]
        self._open.clear()
        self._abandoned.clear()
        return awaited

    def _may_be_late(self, kind: int, request_id: int) -> bool:
        if kind == Publish.TYPE and request_id <= self._ids.last:
            # Some routers report a failed publish although nobody asked for an acknowledgement.
            return request_id not in self._open
        if self._abandoned.get(request_id) == kind:
            return True
        return kind == Call.TYPE and request_id <= self._forgotten_up_to


def _unknown(kind: int, request_id: int) -> RemoteProtocolError:
    name = MESSAGE_BY_TYPE[kind].__name__.upper() if kind in MESSAGE_BY_TYPE else f"type {kind}"
    return RemoteProtocolError(f"an answer to {name} {request_id}, which is not open")
