"""What a client offers: its registrations by id, and the invocations it has not answered yet."""

from __future__ import annotations

from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.messages import Invocation
from wampedge.wamp.recent_ids import RecentIds

__all__ = ["ClientRegistrations"]


class ClientRegistrations:
    """The callee's side of one session; owned by its ``ClientProtocol``."""

    __slots__ = ("_endpoint_by_id", "_open", "_recent")

    def __init__(self) -> None:
        self._endpoint_by_id: dict[int, Any] = {}
        self._recent = RecentIds()
        self._open: set[int] = set()

    def accepted(self, registration_id: int, endpoint: Any) -> None:
        """Note that the router gave *endpoint* this id; raises when the id is in use."""
        if registration_id in self._endpoint_by_id:
            raise RemoteProtocolError(f"REGISTERED with id {registration_id}, which is in use")
        self._endpoint_by_id[registration_id] = endpoint
        self._recent.discard(registration_id)

    def ended(self, registration_id: int) -> Any:
        """Forget a registration; returns its endpoint, None when it had ended before.

        Raises:
            RemoteProtocolError: there was no such registration lately.
        """
        endpoint = self._endpoint_by_id.pop(registration_id, None)
        if endpoint is None and registration_id not in self._recent:
            raise RemoteProtocolError(f"UNREGISTERED for unknown registration {registration_id}")
        self._recent.add(registration_id)
        return endpoint

    def invoked(self, invocation: Invocation) -> Any:
        """Open an invocation; returns its endpoint, None when that has just ended.

        Raises:
            RemoteProtocolError: the registration is unknown, or the invocation is open already.
        """
        registration_id = invocation.registration_id
        if invocation.request_id in self._open:
            raise RemoteProtocolError(f"INVOCATION {invocation.request_id}, which is still open")
        endpoint = self._endpoint_by_id.get(registration_id)
        if endpoint is not None:
            self._open.add(invocation.request_id)
        elif registration_id not in self._recent:
            raise RemoteProtocolError(f"INVOCATION for unknown registration {registration_id}")
        return endpoint

    def is_open(self, request_id: int) -> bool:
        """Tell whether invocation *request_id* still waits for our answer."""
        return request_id in self._open

    def answered(self, request_id: int) -> bool:
        """Close invocation *request_id*; returns whether it was open."""
        if request_id not in self._open:
            return False
        self._open.discard(request_id)
        return True

    def drain(self) -> None:
        """Forget all invocations: the session is over."""
        self._open.clear()
