"""The in-process pair: two linked ends that hand messages over as objects.

Nothing is encoded, so both ends see the same ``Payload`` values. They are shared: whoever sends a
message does not change its values afterwards, whoever receives one treats them as read-only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any

from wampedge.transports.base import MessageSink
from wampedge.wamp.evidence import NO_EVIDENCE, Evidence
from wampedge.wamp.messages import Message
from wampedge.wamp.serializers import Serializer

__all__ = ["MemoryTransport", "linked_pair"]


class MemoryTransport:
    """One end of an in-process pair; a ``Transport``. Made by ``linked_pair``.

    A message arrives at the other end in a later turn of the event loop, never inside ``send``.
    There is no bound on what is queued: both ends are parts of one program.
    """

    serializer: Serializer | None = None
    evidence: Evidence = NO_EVIDENCE

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.description = description
        self.is_closed = False
        self._loop = asyncio.get_running_loop()
        self._sink: MessageSink | None = None
        self._peer: MemoryTransport | None = None
        self._inbox: deque[Message] = deque()
        self._is_delivery_due = False
        self._is_paused = False
        self._is_ended = False
        self._has_told_closed = False

    def link(self, peer: MemoryTransport) -> None:
        """Join this end to the other one."""
        self._peer = peer

    @property
    def sink(self) -> MessageSink | None:
        """Who takes the messages; delivery starts when it is set."""
        return self._sink

    @sink.setter
    def sink(self, sink: MessageSink) -> None:
        self._sink = sink
        self._deliver_soon()

    def send(self, message: Message) -> None:
        """Queue one message for the other end."""
        if not self.is_closed and self._peer is not None:
            self._peer._take(message)

    def send_encoded(self, body: bytes) -> None:
        """Refuse: nothing is encoded here."""
        raise TypeError("the in-process pair carries messages, not bytes")

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close both ends, after what was sent has arrived."""
        if self.is_closed:
            return
        self.is_closed = True
        self._end()
        if self._peer is not None:
            self._peer._end()

    def abort(self) -> None:
        """Close both ends; what was sent to this end is dropped."""
        self._inbox.clear()
        self.close()

    def pause_reading(self) -> None:
        """Take no more messages until ``resume_reading``."""
        self._is_paused = True

    def resume_reading(self) -> None:
        """Take messages again."""
        self._is_paused = False
        self._deliver_soon()

    def _take(self, message: Message) -> None:
        self._inbox.append(message)
        self._deliver_soon()

    def _end(self) -> None:
        self._is_ended = True
        self._deliver_soon()

    def _deliver_soon(self) -> None:
        if not self._is_delivery_due:
            self._is_delivery_due = True
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        self._is_delivery_due = False
        sink = self._sink
        if sink is None:
            return
        inbox = self._inbox
        # Only what is here now: an exchange of endless answers must not hold the loop.
        for _ in range(len(inbox)):
            if self._is_paused or not inbox:
                break
            message = inbox.popleft()
            if not self.is_closed:
                sink.on_message(message)
        sink.on_batch_end()
        if inbox and not self._is_paused:
            self._deliver_soon()
        elif self._is_ended and not inbox and not self._has_told_closed:
            self.is_closed = True
            self._has_told_closed = True
            sink.on_closed(None)


def linked_pair(name: str = "local") -> tuple[MemoryTransport, MemoryTransport]:
    """Make two linked ends, the router's and the client's.

    Args:
        name: tells this pair from others in session details.
    """
    description = {"type": "memory", "peer": name}
    router_end, client_end = MemoryTransport(description), MemoryTransport(description)
    router_end.link(client_end)
    client_end.link(router_end)
    return router_end, client_end
