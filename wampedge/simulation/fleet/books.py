"""What a witness writes down of one node: events on their way, procedures the router has granted.

A node's own account of itself is not asked: what it says and hears on its link is, and what a
subscriber of the router hears.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from typing import NamedTuple

from wampedge.simulation.fleet.marked_events import MarkedEvents, marked_in
from wampedge.wamp.messages import (
    Call,
    Message,
    Publish,
    Register,
    Registered,
    Unregister,
    Unregistered,
)
from wampedge.wamp.payload import Payload

__all__ = ["EventBook", "GrantBook", "NodeBook"]

_MOST_UNSURE = 10_000
_FOR_SOME = frozenset({"eligible", "eligible_authid", "eligible_authrole", "exclude"})
"""Options that may keep an event from the witness."""


class _Sent(NamedTuple):
    topic: str
    payload: Payload


class EventBook:
    """The events of a node that are on their way, in order.

    Args:
        on_wrong: called with what is wrong when one is lost or comes out of order.
    """

    def __init__(self, on_wrong: Callable[[str], None]) -> None:
        self.arrived = 0
        """How many have come to the witness."""
        self.is_blind = False
        """Whether the witness is away: nothing is sure to come to it."""
        self.marked = MarkedEvents()
        """Those that carry a mark; the others are not sent again when a connection ends."""
        self._on_wrong = on_wrong
        self._maybe: deque[_Sent] = deque(maxlen=_MOST_UNSURE)
        """Sent on a connection that has ended: they may come, or not."""
        self._sure: deque[_Sent] = deque()

    @property
    def waiting(self) -> int:
        """How many have to come yet."""
        return len(self._sure) + self.marked.waiting

    def first_waiting(self) -> str:
        """Return the topic of the first one that has to come yet."""
        return self._sure[0].topic if self._sure else self.marked.first_waiting()

    def sent(self, topic: str, payload: Payload) -> None:
        """Note an event that was sent over a connection that is held for open."""
        (self._maybe if self.is_blind else self._sure).append(_Sent(topic, payload))

    def connection_lost(self) -> None:
        """Note that what is on its way may be lost."""
        self._maybe.extend(self._sure)
        self._sure.clear()

    def said(self, message: Publish | Call) -> bool:
        """Note the marked events of *message*; tell whether there were any."""
        events = list(marked_in(message))
        for event in events:
            self.marked.said(event, is_sure=not self.is_blind)
        return bool(events)

    def witness_lost(self) -> None:
        """Note that the witness is away, and may have missed what was on its way."""
        self.connection_lost()
        self.marked.unsure()

    def came(self, topic: str, payload: Payload) -> None:
        """Note an event that came to the witness."""
        self.arrived += 1
        if self.marked.came(topic, payload):
            return
        while self._maybe:
            if _is_same(self._maybe.popleft(), topic, payload):
                return
        if self._sure and _is_same(self._sure[0], topic, payload):
            self._sure.popleft()
            return
        self._on_wrong(self._what_is_wrong(topic, payload))

    def _what_is_wrong(self, topic: str, payload: Payload) -> str:
        if (skipped := self.marked.skipped(topic, payload)) is not None:
            return f"lost before one of {topic}: {skipped[0]}, the first of {skipped[1]}"
        for index, sent in enumerate(self._sure):
            if _is_same(sent, topic, payload):
                first = self._sure[0].topic
                for _ in range(index + 1):
                    self._sure.popleft()
                return f"lost before one of {topic}: {index}, the first of {first}"
        return f"an event of {topic} came twice, late or from nowhere"


class GrantBook:
    """The procedures that the router has granted to the present session of a node."""

    def __init__(self) -> None:
        self._procedure_by_request: dict[int, str] = {}
        self._procedure_by_registration: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._procedure_by_registration)

    def missing(self, wanted: Collection[str]) -> list[str]:
        """Return those of *wanted* that are not granted."""
        return sorted(set(wanted) - set(self._procedure_by_registration.values()))

    def asked(self, request_id: int, procedure: str) -> None:
        """Note a REGISTER."""
        self._procedure_by_request[request_id] = procedure

    def granted(self, request_id: int, registration_id: int) -> None:
        """Note a REGISTERED."""
        procedure = self._procedure_by_request.pop(request_id, None)
        if procedure is not None:
            self._procedure_by_registration[registration_id] = procedure

    def gone(self, registration_id: object) -> None:
        """Note an UNREGISTER, or that the router took a registration away."""
        if isinstance(registration_id, int):
            self._procedure_by_registration.pop(registration_id, None)

    def connection_lost(self) -> None:
        """Note that nothing is granted any more."""
        self._procedure_by_request.clear()
        self._procedure_by_registration.clear()


class NodeBook:
    """Implements ``LinkObserver`` for one node.

    Args:
        prefix: what the URIs of the node begin with, with the dot.
        on_wrong: called with what is wrong with its events.
        on_grant: called after each grant.
    """

    def __init__(
        self, prefix: str, on_wrong: Callable[[str], None], on_grant: Callable[[], None]
    ) -> None:
        self.events = EventBook(on_wrong)
        self.grants = GrantBook()
        self._prefix = prefix
        self._on_grant = on_grant

    def said(self, message: Message) -> None:
        """Hear that the node sent *message* over a connection that it holds for open."""
        kind = type(message)
        if kind is Publish:
            assert isinstance(message, Publish), "its type says so"
            if self.events.said(message):
                return
            if message.topic.startswith(self._prefix) and not _is_for_some(message):
                self.events.sent(message.topic, message.payload)
        elif kind is Call:
            assert isinstance(message, Call), "its type says so"
            self.events.said(message)
        elif kind is Register:
            assert isinstance(message, Register), "its type says so"
            self.grants.asked(message.request_id, message.procedure)
        elif isinstance(message, Unregister):
            self.grants.gone(message.registration_id)

    def heard(self, message: Message) -> None:
        """Hear that *message* of the router has come to the node."""
        if isinstance(message, Registered):
            self.grants.granted(message.request_id, message.registration_id)
            self._on_grant()
        elif isinstance(message, Unregistered):
            self.grants.gone(message.details.get("registration"))

    def broken(self) -> None:
        """Hear that the node's connection is gone."""
        self.events.connection_lost()
        self.grants.connection_lost()


def _is_for_some(event: Publish) -> bool:
    return not _FOR_SOME.isdisjoint(event.options)


def _is_same(sent: _Sent, topic: str, payload: Payload) -> bool:
    if sent.topic != topic:
        return False
    if sent.payload is payload:
        return True
    return sent.payload.args == payload.args and sent.payload.kwargs == payload.kwargs
