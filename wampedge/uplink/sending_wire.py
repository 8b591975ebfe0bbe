"""What lanes send with, and what they make of answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from wampedge.errors import ProtocolError
from wampedge.uplink.sending_box import WaitingEvent
from wampedge.wamp.payload import Payload
from wampedge.wamp.serializers import SERIALIZERS

__all__ = ["Sent", "Wire", "listed", "refusals", "size_of"]

_MSGPACK: Final = SERIALIZERS["msgpack"]


class Wire:
    """How a lane sends: set anew with each session; see ``Drain``.

    Args:
        publish: sends one event, which was published just now or before that, and returns what
            its answer will be in.
        pack: makes the arguments of a call that brings many.
        ingest: makes that call; None where the router does not offer it.
        is_congested: tells whether the connection takes no more for now.
        on_answer: called when an answer is there.
    """

    __slots__ = ("ingest", "is_congested", "on_answer", "pack", "publish")

    def __init__(
        self,
        publish: Callable[[WaitingEvent, bool], asyncio.Future[Any]],
        pack: Callable[[Sequence[WaitingEvent]], Payload],
        ingest: Callable[[Payload], asyncio.Future[Any]] | None,
        is_congested: Callable[[], bool],
        on_answer: Callable[[object], None],
    ) -> None:
        self.publish = publish
        self.pack = pack
        self.ingest = ingest
        self.is_congested = is_congested
        self.on_answer = on_answer


class Sent:
    """What was sent in one message."""

    __slots__ = ("answer", "events", "sent_s", "size_bytes", "tries")

    def __init__(self, events: Sequence[WaitingEvent], size_bytes: int) -> None:
        self.events = events
        self.size_bytes = size_bytes
        self.tries = 1
        self.answer: asyncio.Future[Any] | None = None
        """None while it waits to be sent again."""
        self.sent_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the router has not answered yet."""
        return self.answer is not None and not self.answer.done()


def size_of(event: WaitingEvent) -> int:
    """Return the bytes of the arguments of *event*, about."""
    try:
        return len(event.payload.tail(_MSGPACK))
    except ProtocolError:
        return 0  # no form in this serializer; maybe in that of the connection


def listed(told: Any) -> Any:
    """Return *told* as the only one of a list, or None where there is none."""
    return None if told is None else [told]


def refusals(told: Any, sent: Sent) -> dict[int, str] | None:
    """Return the errors of a batch by index; None when they are not what we know."""
    reasons: dict[int, str] = {}
    if not isinstance(told, list | tuple | None):
        return None
    for each in told or ():
        if not isinstance(each, list | tuple) or len(each) < 2:
            return None
        index, uri = each[:2]
        if type(index) is not int or not 0 <= index < len(sent.events) or type(uri) is not str:
            return None
        reasons[index] = uri
    return reasons
