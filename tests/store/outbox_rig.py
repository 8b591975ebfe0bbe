"""A node with an outbox on a disk that can fail, and the hub that its events go to."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wampedge.config.buffering_model import StorePolicy
from wampedge.store.database import Database, StoreError
from wampedge.store.outbox import Outbox, OutboxLimits
from wampedge.store.outbox_entry import Entry
from wampedge.store.sections import Batch
from wampedge.store.store import Store
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import SimulatedClock

__all__ = ["GAP_TOPIC", "Disk", "Hub", "Site"]

GAP_TOPIC = "edge.gh1.sys.gap"


class _SetClock(SimulatedClock):
    """A wall clock that can be set."""

    offset_s = 0.0

    def time(self) -> float:
        return super().time() + self.offset_s


class Disk:
    """What the disk does with writes: ``fine``, ``full``, or written and then reported ``lost``."""

    def __init__(self) -> None:
        self.mood = "fine"
        self.writes = 0

    def open(self, path: Path, tables: Sequence[str]) -> Database:
        return _MoodyDatabase(path, tables, self)


class _MoodyDatabase(Database):
    def __init__(self, path: Path, tables: Sequence[str], disk: Disk) -> None:
        super().__init__(path, tables)
        self._disk = disk

    def write(self, batches: Sequence[Batch]) -> list[tuple[Batch, Exception]]:
        if self._disk.mood == "full":
            raise StoreError("the disk is full")
        refused = super().write(batches)
        self._disk.writes += 1
        if self._disk.mood == "lost":
            raise StoreError("nobody knows")
        return refused


class Hub:
    """Takes each event once, and never two under one name."""

    def __init__(self) -> None:
        self.contents: dict[tuple[int, int, int], object] = {}
        self.numbers: list[int] = []
        self.numbers_by_lane: tuple[list[int], list[int]] = ([], [])
        self.gaps: list[dict[str, Any]] = []
        self.refused: set[int] = set()

    @property
    def missed(self) -> int:
        """How many events the gaps count."""
        return sum(gap["count"] for gap in self.gaps)

    def has(self, entry: Entry) -> bool:
        return (entry.epoch, entry.lane, entry.seq) in self.contents

    def receive(self, entry: Entry) -> None:
        name = (entry.epoch, entry.lane, entry.seq)
        content = (entry.topic, list(entry.payload.args), dict(entry.payload.kwargs))
        if name in self.contents:
            assert self.contents[name] == content, "one name stands for two events"
            return
        self.contents[name] = content
        if entry.topic == GAP_TOPIC:
            self.gaps.append(dict(entry.payload.kwargs))
        else:
            number = entry.payload.args[0]
            self.numbers.append(number)
            self.numbers_by_lane[entry.lane].append(number)


class Site:
    """The node: publishes numbered events, and sends them up while its link is up.

    ``begin`` and ``end`` are called on a virtual loop.
    """

    def __init__(self, folder: Path, limits: OutboxLimits) -> None:
        self.hub, self.disk = Hub(), Disk()
        self.published = 0
        self.is_up = False
        self.boot = "boot-1"
        self.is_synced = True
        self._folder, self._limits = folder, limits
        self._lives = 0

    @property
    def path(self) -> Path:
        return self._folder / str(self._lives) / "gh1.db"

    def begin(self, *, path: Path | str | None = "") -> None:
        self.store = Store(
            self.path if path == "" else path,  # type: ignore[arg-type] # None or a path here
            is_inline=True,
            open_database=self.disk.open,
        )
        self.clock = _SetClock()
        self.outbox = Outbox(
            self.store, "up", self.clock, gap_topic=GAP_TOPIC, limits=self._limits,
            is_synced=lambda: self.is_synced, boot=self.boot,
        )  # fmt: skip
        self.store.join(self.outbox)
        self.store.open()
        self.sent, self.acked = [0, 0], [0, 0]
        self.in_flight = [0, 0]

    def set_clock(self, offset_s: float) -> None:
        """Let the wall clock be wrong by so much."""
        self.clock.offset_s = offset_s

    async def end(self) -> None:
        """End in good order."""
        self.outbox.finish()
        await self.store.close()
        self.is_up = False

    async def crash(self) -> None:
        """Lose the power: go on with the files as they were at the last commit."""
        before = self.path.parent
        self._lives += 1
        if before.exists():
            shutil.copytree(before, self.path.parent)
        self.store._drop_database()
        self.store._is_closed = True
        self.store._forget_timer()
        self.is_up = False
        self.begin()

    def publish(self, topic: str, policy: StorePolicy) -> Entry | None:
        """Publish the next number; it goes up at once where nothing is in its way."""
        self.published += 1
        is_free = policy.overtake or not self.outbox.has_after(0, self.sent[0])
        lane = int(policy.overtake)
        has_room = self.in_flight[lane] < self._limits.max_window
        waited = not (self.is_up and is_free and has_room)
        payload = Payload([self.published])
        entry = self.outbox.append(topic, payload, policy, waited=waited)
        if entry is not None and not waited:
            self._send(entry)
        return entry

    async def send(self, count: int, *, gives_up: bool = False) -> int:
        """Send what waits; return how many went up."""
        self.is_up = True
        done = 0
        for lane in (1, 0):
            room = min(count, self._limits.max_window - self.in_flight[lane])
            found = self.outbox.next(lane, self.sent[lane], room)
            found = found or await self.outbox.fetch(lane, self.sent[lane], room)
            for entry in found:
                number = None if entry.is_gap else entry.payload.args[0]
                if gives_up and number is not None and not self.hub.has(entry):
                    self.hub.refused.add(number)
                if number in self.hub.refused:
                    self.sent[lane] = entry.seq
                    self.outbox.give_up(lane, entry.seq)
                else:
                    self._send(entry)
            done += len(found)
        return done

    def acknowledge(self) -> None:
        """Let the hub acknowledge all it has."""
        for lane in (0, 1):
            self.acked[lane] = self.sent[lane]
            self.in_flight[lane] = 0
            self.outbox.acknowledge(lane, self.sent[lane])

    def cut(self) -> None:
        """Lose the link: what was not acknowledged is sent again."""
        self.is_up = False
        self.sent = list(self.acked)
        self.in_flight = [0, 0]

    async def drain(self) -> None:
        """Send and acknowledge until nothing is left."""
        self.cut()
        while await self.send(64):
            self.acknowledge()

    def _send(self, entry: Entry) -> None:
        assert entry.seq > self.sent[entry.lane], "out of order"
        self.hub.receive(entry)
        self.sent[entry.lane] = entry.seq
        self.in_flight[entry.lane] += 1
