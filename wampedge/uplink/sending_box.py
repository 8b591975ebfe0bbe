"""What the sending side needs of the place where events wait (``wampedge.store.outbox``)."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from wampedge.config.buffering_model import StorePolicy
from wampedge.wamp.payload import Payload

__all__ = ["EventBox", "WaitingEvent"]


class WaitingEvent(Protocol):
    """One event, from its publication until the upstream router has it."""

    @property
    def epoch(self) -> int:
        """The random number that tells its stream from all others."""
        ...

    @property
    def lane(self) -> int:
        """0 for events in order, 1 for those that may overtake them."""
        ...

    @property
    def seq(self) -> int:
        """Number in its lane."""
        ...

    @property
    def time(self) -> float:
        """When it was published, Unix seconds."""
        ...

    @property
    def monotonic(self) -> float:
        """The same on the clock that nobody sets."""
        ...

    @property
    def topic(self) -> str:
        """As the upstream router calls it."""
        ...

    @property
    def payload(self) -> Payload:
        """Its arguments."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """Of its PUBLISH, beside the mark."""
        ...

    @property
    def is_own(self) -> bool:
        """The node itself published it."""
        ...

    @property
    def has_waited(self) -> bool:
        """The link was down, or others waited, when it was published."""
        ...


class EventBox(Protocol):
    """Where events of one link wait until the upstream router has acknowledged them."""

    def append(
        self,
        topic: str,
        payload: Payload,
        policy: StorePolicy,
        *,
        options: Mapping[str, Any],
        time: float | None,
        is_own: bool,
        waited: bool,
    ) -> WaitingEvent | None:
        """Take an event; None when the policy refuses it or thins it out, which is counted.

        Raises:
            LocalProtocolError: no serializer can write it.
        """
        ...

    def next(self, lane: int, after_seq: int, limit: int) -> Sequence[WaitingEvent]:
        """Return events behind *after_seq*, the oldest first, none when they are not in memory."""
        ...

    async def fetch(self, lane: int, after_seq: int, limit: int) -> Sequence[WaitingEvent]:
        """Return the same, from the disk where needed; none when that cannot be read now."""
        ...

    def has_after(self, lane: int, seq: int) -> bool:
        """Tell whether there is any event behind *seq*, in memory or on the disk."""
        ...

    def when_safe(self, entry: Any, within_s: float | None = None) -> Future[bool] | None:
        """Return what tells whether *entry*, which was appended here, cannot be lost any more.

        None when it is safe already. With *within_s* it is on the disk so soon, if it has to be.
        """
        ...

    def acknowledge(self, lane: int, seq: int) -> None:
        """Hear that the upstream router has all up to *seq*."""
        ...

    def give_up(self, lane: int, seq: int) -> None:
        """Hear that the upstream router will never take the event *seq*."""
        ...
