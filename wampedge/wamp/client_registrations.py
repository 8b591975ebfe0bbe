"""What a client offers: its registrations by id, and the invocations it has not answered yet.

An invocation marked ``progress`` is followed by others with its id, up to one without the mark.
Its answer may come before the last of them; what was under way then is a legal race.
"""

from __future__ import annotations

from typing import Any

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.messages import Invocation
from wampedge.wamp.recent_ids import RecentIds

__all__ = ["ClientRegistrations"]


class ClientRegistrations:
    """The callee's side of one session; owned by its ``ClientProtocol``.

    Attributes:
        has_taken_input: an invocation with more input to follow has come at least once.
    """

    __slots__ = (
        "_answered_early",
        "_endpoint_by_id",
        "_open",
        "_recent",
        "_unended_inputs",
        "has_taken_input",
    )

    def __init__(self) -> None:
        self._endpoint_by_id: dict[int, Any] = {}
        self._recent = RecentIds()
        self._open: set[int] = set()
        self._unended_inputs: set[int] = set()
        self._answered_early = RecentIds()
        self.has_taken_input = False

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
            if invocation.details.get("progress") is True:
                self.has_taken_input = True
                self._unended_inputs.add(invocation.request_id)
        elif registration_id not in self._recent:
            raise RemoteProtocolError(f"INVOCATION for unknown registration {registration_id}")
        return endpoint

    def continues(self, invocation: Invocation) -> bool:
        """Tell whether *invocation* is more input for one that came before; notes the last."""
        request_id = invocation.request_id
        is_early = request_id in self._answered_early
        if not is_early and request_id not in self._unended_inputs:
            return False
        if invocation.details.get("progress") is not True:
            self._unended_inputs.discard(request_id)
            self._answered_early.discard(request_id)
        return True

    def is_open(self, request_id: int) -> bool:
        """Tell whether invocation *request_id* still waits for our answer."""
        return request_id in self._open

    def answered(self, request_id: int) -> bool:
        """Close invocation *request_id*; returns whether it was open."""
        if request_id not in self._open:
            return False
        self._open.discard(request_id)
        if request_id in self._unended_inputs:
            self._unended_inputs.discard(request_id)
            self._answered_early.add(request_id)
        return True

    def drain(self) -> None:
        """Forget all invocations: the session is over."""
        self._open.clear()
        self._unended_inputs.clear()
