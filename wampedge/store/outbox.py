"""The outbox of a link: events wait here until the upstream router has them.

They wait in memory first. Those whose policy says so are on the disk soon after, in groups, unless
they are upstream by then: what arrives in time never touches the card. How they are numbered, how
they make room for each other and what is told of those that had to go is described where it is
done: ``outbox_runs``, ``outbox_bounds``, ``outbox_gaps``, ``outbox_queue``, ``outbox_group``.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.buffering_model import StorePolicy
from wampedge.devices.contracts import Clock
from wampedge.records import Record
from wampedge.store.outbox_bounds import Bounds
from wampedge.store.outbox_entry import Entry, Flag, Item, Place, encode_options
from wampedge.store.outbox_group import TABLES, Changes, OutboxGroup
from wampedge.store.outbox_intake import Intake
from wampedge.store.outbox_queue import Queue
from wampedge.store.outbox_reading import MAX_UNWRITTEN_ACK_SIZE, restore, restore_copy
from wampedge.store.outbox_runs import Runs
from wampedge.store.outbox_turn import OutboxTurn
from wampedge.store.outbox_window import OutboxWindow
from wampedge.wamp.payload import Payload
from wampedge.wamp.stored_payload import StoredPayload

if TYPE_CHECKING:
    import sqlite3

    from wampedge.store.store import Store

__all__ = ["Outbox", "OutboxLimits", "OutboxStatus"]

_LAZY_S: Final = 5.0
"""When the disk hears of what is upstream, in seconds."""
_REFUSED_S: Final = 60.0
_NO_OPTIONS: Final[Mapping[str, Any]] = {}


class OutboxLimits(Record):
    """Bounds of an outbox, whatever the policies of its events say.

    Attributes:
        max_bytes: of all events that wait, those on their way upstream not counted.
        max_entries: how many may wait, about.
        memory_bytes: of all events that are in memory only.
        cached_bytes: of those on the disk that are in memory as well.
        max_window: how many are handed out at once.
        max_unwritten_acks: how many may be upstream that the disk has not heard of; then it is told
            at once.
        policies: of the rules of the device file, for what is found on the disk.
    """

    max_bytes: int = 67_108_864
    max_entries: int = 1_000_000
    memory_bytes: int = 8_388_608
    cached_bytes: int = 524_288
    max_window: int = 256
    max_unwritten_acks: int = 1_000
    policies: tuple[StorePolicy, ...] = ()


_DEFAULT_LIMITS: Final = OutboxLimits()


class OutboxStatus(Record):
    """What an outbox tells of itself.

    Attributes:
        depth: events that wait or are on their way.
        size_bytes: their bytes.
        oldest_time: when the oldest was published, Unix seconds; None where there is none.
        dropped_by_reason: how many were dropped since the start of the process.
        gaps: how many gap records wait.
        written: how many events were written to the disk since the start of the process.
        is_lasting: whether events outlive the process.
        trouble: why those that should do not at the moment.
    """

    depth: int
    size_bytes: int
    oldest_time: float | None
    dropped_by_reason: Mapping[str, int]
    gaps: int
    written: int
    is_lasting: bool
    trouble: str | None


class Outbox:
    """A section of the store; used on the event loop, by one link.

    Nothing may be appended before the store has read it: it is joined before ``Store.open``, or
    ``Store.add`` has ended.

    Args:
        store: where events wait.
        link: tells its events from those of other links.
        clock: the node's clock.
        gap_topic: what gaps are published as.
        limits: see there.
        is_synced: tells whether the clock was set.
        boot: names the boot of the machine, so that what an earlier run of the node in the same
            boot could not date can be dated, too.
    """

    tables: Sequence[str] = TABLES

    def __init__(
        self, store: Store, link: str, clock: Clock, *, gap_topic: str,
        limits: OutboxLimits = _DEFAULT_LIMITS, is_synced: Callable[[], bool] = lambda: True,
        boot: str = "",
    ) -> None:  # fmt: skip
        self._store, self._link, self._clock = store, link, clock
        self._limits, self._is_synced = limits, is_synced
        self._runs = Runs(boot, clock)
        self._queue = Queue(limits.policies, self._runs)
        self._bounds = Bounds(
            self._queue, clock, max_bytes=limits.max_bytes,
            max_entries=limits.max_entries, memory_bytes=limits.memory_bytes,
        )  # fmt: skip
        self._intake = Intake(self._queue, self._bounds)
        self._turn = OutboxTurn(store, clock, self._queue)
        self._window = OutboxWindow(
            store, link, self._queue, bounds=self._bounds, turn=self._turn,
            gap_topic=gap_topic, on_change=self._tell_soon,
        )  # fmt: skip
        self._group: OutboxGroup | None = None
        self._last_group = secrets.randbits(48)
        self._written = 0
        self._is_loaded = self._is_telling = False
        self._observers: list[Callable[[], None]] = []
        store.on_trouble(lambda _: self._tell_soon())

    @property
    def epoch(self) -> int:
        """The epoch of what is appended now."""
        return self._runs.current.epoch

    @property
    def status(self) -> OutboxStatus:
        """How much waits."""
        rules = list(self._queue.rules)
        return OutboxStatus(
            depth=sum(rule.count for rule in rules),
            size_bytes=sum(rule.size for rule in rules),
            oldest_time=self._window.oldest_time,
            dropped_by_reason={str(reason): n for reason, n in self._queue.dropped.items()},
            gaps=len(self._queue.gaps),
            written=self._written,
            is_lasting=self._store.is_lasting,
            trouble=self._store.trouble,
        )

    def on_change(self, observer: Callable[[], None]) -> None:
        """Call *observer* soon after anything changes, once for all that changes at a time."""
        self._observers.append(observer)

    def append(
        self, topic: str, payload: Payload, policy: StorePolicy, *,
        options: Mapping[str, Any] = _NO_OPTIONS, time: float | None = None, is_own: bool = False,
        waited: bool,
    ) -> Entry | None:  # fmt: skip
        """Take an event.

        Args:
            topic: as the upstream router calls it.
            payload: its arguments.
            policy: what becomes of it while it waits.
            options: what else to publish it with.
            time: when it was published, Unix seconds; None for now.
            is_own: the node says it.
            waited: it cannot go up now. Otherwise it counts as handed out, unless something waits
                before it: then ``has_waited`` of what is returned tells so.

        Returns:
            The event with its number, None where it may not wait: a gap counts it.

        Raises:
            LocalProtocolError: no serializer can write it.
        """
        waited = waited or (not policy.overtake and self._queue.has_waiting)
        rule = self._queue.rules.of(policy)
        item = Item(
            1 if policy.overtake and not waited else 0, 0, rule.number, topic,
            stored=StoredPayload(payload), options=encode_options(options),
            flags=_flags(is_own=is_own, waited=waited, is_synced=self._is_synced()),
        )  # fmt: skip
        now = self._clock.time()
        item.time = now if time is None else time
        item.monotonic = self._clock.monotonic() - (now - item.time)
        self._tell_soon()
        if not self._intake.take(item, rule, waited=waited):
            self._turn.want_other(policy.commit_s)
            return None
        if item.place is Place.PENDING:
            self._turn.want(item, policy.commit_s)
        if self._queue.gaps.unwritten:
            self._turn.want_other(policy.commit_s)
        return self._entry(item, payload, options)

    def when_safe(self, entry: Entry, within_s: float | None = None) -> asyncio.Future[bool] | None:
        """Tell when *entry* cannot be lost any more: it is on the disk, or upstream.

        Args:
            entry: what was appended.
            within_s: let the disk have it so soon, whatever its policy says.

        Returns:
            None where it is safe. False comes where it was dropped.
        """
        lane = self._queue.lanes[entry.lane]
        item = lane.items.get(entry.seq)
        if item is not None and item.place is not Place.DISK:
            if item.future is None:
                item.future = asyncio.get_running_loop().create_future()
            if within_s is not None and item.place is Place.PENDING:
                self._turn.want(item, within_s)
            return item.future
        if item is not None or entry.seq <= max(lane.acked, lane.cold_until):
            return None
        dropped = asyncio.get_running_loop().create_future()
        dropped.set_result(False)
        return dropped

    def next(self, lane: int, after_seq: int, limit: int) -> list[Entry]:
        """Hand out events behind *after_seq*, in order; none where they are on the disk only."""
        return self._window.next(lane, after_seq, min(limit, self._limits.max_window))

    async def fetch(self, lane: int, after_seq: int, limit: int) -> list[Entry]:
        """Hand out the same, from the disk where needed; none where it cannot be read.

        Then ``on_change`` tells when to try again.
        """
        return await self._window.fetch(lane, after_seq, min(limit, self._limits.max_window))

    def has_after(self, lane: int, seq: int) -> bool:
        """Tell whether anything may come behind *seq*, in memory or on the disk."""
        return self._queue.has_after(lane, seq)

    def acknowledge(self, lane: int, seq: int) -> None:
        """Hear that all events of *lane* up to *seq* are upstream."""
        self._queue.acknowledge(lane, seq)
        self._runs.forget_before(self._queue.acked)
        self._note_acks()

    def give_up(self, lane: int, seq: int) -> None:
        """Hear that the upstream router will never take an event: a gap counts it."""
        self._queue.give_up(lane, seq, "refused")
        self._turn.want_other(_LAZY_S)
        self._note_acks()

    def redate(self) -> None:
        """Hear that the clock was set: once it is right, events from before get their times."""
        if not self._is_synced():
            return
        self._runs.redate()
        self._turn.want_other(1.0)
        self._tell_soon()

    def hurry(self) -> None:
        """Let nothing wait for its time."""
        self._turn.want_other(0.0)

    def finish(self) -> None:
        """Let nothing wait any more: the store is about to be closed."""
        self._turn.finish()

    def load(self, connection: sqlite3.Connection) -> None:
        """Read how much waits."""
        assert self._queue.lanes[0].next_seq == 1, "nothing is appended before it is read"
        limits = self._limits
        may_be_upstream = limits.max_window + limits.max_unwritten_acks
        restore(connection, self._link, self._queue, may_be_upstream)
        path = connection.execute("PRAGMA database_list").fetchone()[2]
        if self._store.path is None or not Path(path).samefile(self._store.path):
            restore_copy(connection, self._link, self._queue, limits.memory_bytes)
        self._is_loaded = True

    def take(self) -> OutboxGroup | None:
        """Return what is due; the same group again where it has failed."""
        if self._group is None and self._turn.is_due():
            self._last_group += 1
            self._group = self._window.group = OutboxGroup(
                self._link, self._last_group, changes=self._changes(), reads=self._window.reads,
                is_first=not self._is_loaded, on_written=self._on_written,
                on_failed=self._on_failed,
            )  # fmt: skip
        return self._group

    def forget(self) -> None:
        """Begin anew: all that was on the disk is lost."""
        if not self._is_loaded and self._queue.lanes[0].next_seq == 1:
            self._queue.note_unknown_loss()  # the file was damaged when the node started
        self._group = self._window.group = None
        self._queue.forget_disk()
        self._is_loaded = self._runs.is_told = False
        self.hurry()
        self._tell_soon()

    def _changes(self) -> Changes:
        queue = self._queue
        items, trims = queue.note_writing(), self._bounds.trims()
        gaps, deleted_gaps = queue.gaps.take()
        deleted, queue.deleted = queue.deleted, []
        queue.unwritten_acks = queue.unwritten_ack_size = 0
        runs = None if self._runs.is_told else self._runs.rows
        self._runs.is_told = True
        return Changes(
            items=items,
            acked=queue.acked,
            gone=queue.gone,
            deleted=deleted,
            gaps=gaps,
            deleted_gaps=deleted_gaps,
            runs=runs,
            rules=queue.rules.take(),
            trims=trims,
        )

    def _on_written(self, group: OutboxGroup) -> None:
        self._group = self._window.group = None
        self._is_loaded = True
        self._written += len(group.changes.items)
        self._queue.note_written(group.changes.items)
        self._queue.gaps.note_written(group.changes.gaps, group.changes.deleted_gaps)
        for trimmed in group.trimmed:
            self._queue.note_trimmed(trimmed)
        self._queue.evict(self._limits.cached_bytes)
        if any(trimmed.gaps or trimmed.has_more for trimmed in group.trimmed):
            self._turn.want_other(_LAZY_S)
        self._turn.resume()
        self._tell_soon()

    def _on_failed(self, group: OutboxGroup, error: Exception) -> None:
        self._store.plan(_REFUSED_S)  # where the disk is to blame the store comes earlier

    def _note_acks(self) -> None:
        queue = self._queue
        if (
            queue.unwritten_acks >= self._limits.max_unwritten_acks
            or queue.unwritten_ack_size >= MAX_UNWRITTEN_ACK_SIZE
        ):
            self._turn.want_other(0.0)
        elif queue.unwritten_acks or queue.gaps.unwritten:
            self._turn.want_other(_LAZY_S)
        self._tell_soon()

    def _entry(self, item: Item, payload: Payload, options: Mapping[str, Any]) -> Entry:
        run = self._runs.current
        return Entry(
            epoch=run.epoch,
            lane=item.lane,
            seq=item.seq,
            time=item.time,
            monotonic=item.monotonic,
            is_synced=bool(item.flags & Flag.SYNCED),
            topic=item.topic,
            payload=payload,
            options=options,
            is_own=bool(item.flags & Flag.OWN),
            has_waited=bool(item.flags & Flag.WAITED),
        )

    def _tell_soon(self) -> None:
        if self._observers and not self._is_telling:
            self._is_telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._is_telling = False
        for observer in self._observers:
            observer()


def _flags(*, is_own: bool, waited: bool, is_synced: bool) -> int:
    own = Flag.OWN if is_own else 0
    return own | (Flag.WAITED if waited else 0) | (Flag.SYNCED if is_synced else 0)
