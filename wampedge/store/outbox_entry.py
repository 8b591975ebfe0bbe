"""Events that wait for the upstream router: as others see them, in memory, and as rows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any, Final

from wampedge.errors import ProtocolError
from wampedge.records import Record
from wampedge.store.outbox_runs import Runs
from wampedge.wamp.payload import Payload
from wampedge.wamp.stored_payload import StoredPayload

__all__ = [
    "ROW_COST",
    "UNREADABLE",
    "Entry",
    "Flag",
    "Item",
    "Place",
    "Row",
    "encode_options",
    "entry_of_row",
    "item_of_row",
]

Row = tuple[Any, ...]
"""seq, rule, size, flags, time, monotonic, topic, serializer, elements, content, options."""
ROW_COST: Final = 64
"""What an event takes beside its topic, its payload and its options, in bytes."""
UNREADABLE: Final = (ProtocolError, LookupError, TypeError, ValueError, AttributeError)
"""What reading a row of another making may raise."""


class Entry(Record):
    """One event that goes up.

    Attributes:
        epoch: random number of the run that numbered it.
        lane: 0 for events in order, 1 for those that may overtake them.
        seq: number in the lane; with *epoch* and *lane* it never means another event.
        time: when it was published, in seconds since 1970, as far as is known by now.
        monotonic: the same on the clock that is never set, in seconds.
        is_synced: whether *time* is right; otherwise the clock had not been set yet.
        topic: as the upstream router calls it.
        payload: arguments and keyword arguments.
        options: what else to publish it with.
        is_own: the node said it, and not one of its clients.
        has_waited: it could not go up when it was published.
        is_gap: it stands for events that were dropped here.
    """

    epoch: int
    lane: int
    seq: int
    time: float
    monotonic: float
    is_synced: bool
    topic: str
    payload: Payload
    options: Mapping[str, Any]
    is_own: bool
    has_waited: bool
    is_gap: bool = False


class Flag(IntEnum):
    """Bits of a row."""

    OWN = 1
    WAITED = 2
    SYNCED = 4


class Place(IntEnum):
    """Where an event in memory is besides."""

    NOWHERE = 0
    """In memory only, and it stays so."""
    PENDING = 1
    """To be written."""
    WRITING = 2
    """Part of the group under way: maybe on the disk, maybe not."""
    DISK = 3


class Item:
    """An event in memory, as bytes; changed by the outbox only."""

    __slots__ = (
        "due_s", "flags", "future", "lane", "monotonic", "options", "place", "rule", "seq", "size",
        "stored", "time", "topic",
    )  # fmt: skip

    future: asyncio.Future[bool] | None

    def __init__(
        self, lane: int, seq: int, rule: int, topic: str, *, stored: StoredPayload,
        options: bytes | None, flags: int,
    ) -> None:  # fmt: skip
        self.lane, self.seq, self.rule, self.topic = lane, seq, rule, topic
        self.stored, self.options, self.flags = stored, options, flags
        self.time = self.monotonic = self.due_s = 0.0
        self.size = size_of(topic, stored, options)
        self.place = Place.NOWHERE
        self.future = None

    @property
    def row(self) -> Row:
        """What is written."""
        return (
            self.seq, self.rule, self.size, self.flags, self.time, self.monotonic, self.topic,
            *self.stored.parts, self.options,
        )  # fmt: skip

    def settle(self, is_safe: bool) -> None:
        """Tell who waits for it whether it is safe."""
        if self.future is not None and not self.future.done():
            self.future.set_result(is_safe)
        self.future = None


def size_of(topic: str, stored: StoredPayload, options: bytes | None) -> int:
    """Return what an event is counted with, in bytes."""
    return len(topic) + stored.size_bytes + len(options or b"") + ROW_COST


def encode_options(options: Mapping[str, Any]) -> bytes | None:
    """Return *options* as bytes, None for none; raises LocalProtocolError."""
    if not options:
        return None
    if len(options) == 1 and options.get("retain") is True:  # what nodes say is nothing else
        return _retained()
    return _encoded(options)


@cache
def _retained() -> bytes:
    return _encoded({"retain": True})


def _encoded(options: Mapping[str, Any]) -> bytes:
    name, _, content = StoredPayload(Payload([dict(options)])).parts
    assert isinstance(content, bytes), "a list is no blob"
    return name.encode() + b"\0" + content


@lru_cache(maxsize=64)  # nearly all events of a node have one of a few
def _decode_options(written: bytes | None) -> Mapping[str, Any]:
    if written is None:
        return {}
    name, _, content = written.partition(b"\0")
    options = StoredPayload.of_parts(name.decode(), 1, content).restore().value
    if not isinstance(options, dict):
        raise TypeError("the options of an event are a dict")
    return options


def item_of_row(row: Row, lane: int) -> Item:
    """Return a row of the file as an event in memory; raises UNREADABLE."""
    seq, rule, _, flags, time, monotonic, topic, serializer, elements, content, options = row
    stored = StoredPayload.of_parts(serializer, elements, content)
    item = Item(lane, seq, rule, topic, stored=stored, options=options, flags=flags)
    item.time, item.monotonic = time, monotonic
    return item


def entry_of_row(row: Row, lane: int, runs: Runs) -> Entry:
    """Return the event of a row of the file, or of ``Item.row``.

    Raises:
        UNREADABLE: it was not written by this program.
    """
    seq, _, _, flags, time, monotonic, topic, serializer, elements, content, options = row
    run = runs.of(lane, seq)
    is_synced = bool(flags & Flag.SYNCED)
    if not is_synced and run.base_s is not None:
        time, is_synced = run.base_s + monotonic, True
    return Entry(
        epoch=run.epoch,
        lane=lane,
        seq=seq,
        time=time,
        monotonic=monotonic,
        is_synced=is_synced,
        topic=topic,
        payload=StoredPayload.of_parts(serializer, elements, content).restore(),
        options=_decode_options(options),
        is_own=bool(flags & Flag.OWN),
        has_waited=bool(flags & Flag.WAITED),
    )
