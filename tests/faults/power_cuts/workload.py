"""A node's store at work, telling what it holds for safe: run on the traced disk.

``python -m tests.faults.power_cuts.workload MOUNT SEED ROUNDS [BROKEN | virtual]``. Each event
has a number as its value. Marks are lines: ``new EPOCH LANE SEQ NUMBER`` before an event is handed
to the store, ``safe SEQ``, ``sent SEQ`` when the upstream router has it, ``kept KEY VALUE`` when a
device's value is safe.

BROKEN names a store that is wrong on purpose; the proof has to find each of them. In virtual time
the pauses between two tries to write cost nothing.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.power_cuts.ops import MARKS
from wampedge.config.buffering_model import StorePolicy
from wampedge.runtime.system_clock import SystemClock
from wampedge.store import database as database_module
from wampedge.store.database import Database
from wampedge.store.outbox import Outbox
from wampedge.store.store import Store
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import run_virtual

__all__ = ["BROKEN", "GAP_TOPIC", "STATE", "opened"]

STATE = "state/wampedge/gh1.db"
GAP_TOPIC = "edge.gh1.sys.gap"
POLICY = StorePolicy(commit_s=0.01)
_PATIENCE_S = 100.0


async def opened(folder: Path, *, is_inline: bool = False) -> tuple[Store, Outbox]:
    """Return a store on the disk at *folder* with an outbox, both ready."""
    store = Store(folder / STATE, is_inline=is_inline)
    outbox = Outbox(store, "upstream", SystemClock(), gap_topic=GAP_TOPIC)
    store.join(outbox)
    store.open()
    return store, outbox


class _Work:
    """One run; *acknowledges_first* is the order that loses events."""

    def __init__(self, mount: Path, seed: int, *, acknowledges_first: bool) -> None:
        self._mount = mount
        self._luck = random.Random(seed)
        self._marks = os.open(mount / MARKS.lstrip("/"), os.O_WRONLY)
        self._acknowledges_first = acknowledges_first
        self._number = 0
        self._sent = 0

    async def run(self, rounds: int, *, is_inline: bool) -> None:
        store, outbox = await opened(self._mount, is_inline=is_inline)
        for number in range(rounds):
            await self._append(outbox)
            if number % 5 == 0:
                await self._keep(store, number)
            if self._luck.random() < 0.4:
                await self._send(outbox)
        outbox.finish()
        await store.close()

    async def _append(self, outbox: Outbox) -> None:
        """Append some events, and wait until they are safe."""
        waiting = []
        for _ in range(self._luck.randint(1, 8)):
            self._number += 1
            text = "x" * self._luck.randint(0, 400)
            payload = Payload((self._number,), {"text": text})
            topic = f"edge.gh1.{self._number % 3}"
            entry = outbox.append(topic, payload, POLICY, waited=True)
            assert entry is not None, "there is room"
            self._mark(f"new {entry.epoch} {entry.lane} {entry.seq} {self._number}")
            waiting.append((entry, outbox.when_safe(entry)))
        for entry, future in waiting:
            if future is None or await _in_time(future):
                self._mark(f"safe {entry.seq}")

    async def _keep(self, store: Store, number: int) -> None:
        store.kept.of("pump").put("count", number, within_s=0.0)
        if await store.flush():
            self._mark(f"kept count {number}")

    async def _send(self, outbox: Outbox) -> None:
        """Let the upstream router have some events."""
        limit = self._luck.randint(1, 12)
        events = outbox.next(0, self._sent, limit) or await outbox.fetch(0, self._sent, limit)
        if not events:
            return
        self._sent = events[-1].seq
        if self._acknowledges_first:
            outbox.acknowledge(0, self._sent)
            outbox.hurry()
            await asyncio.sleep(0.05)
        self._mark(f"sent {self._sent}")
        outbox.acknowledge(0, self._sent)
        if self._luck.random() < 0.5:
            outbox.hurry()

    def _mark(self, text: str) -> None:
        os.pwrite(self._marks, text.encode(), 0)  # in one piece: never across a page


async def _in_time(future: asyncio.Future[bool]) -> bool:
    """Wait for *future*, but not for ever: a disk that failed for good says nothing."""
    await asyncio.wait({future}, timeout=_PATIENCE_S)
    return future.done() and future.result()


def _with_pragma(statement: str) -> Callable[[], None]:
    def install() -> None:
        prepare = Database._prepare

        def prepared(self: Database, tables: Any) -> None:
            prepare(self, tables)
            self._connection.execute(statement)

        Database._prepare = prepared  # type: ignore[method-assign] # broken on purpose

    return install


def _without_folders() -> None:
    database_module._sync_folder = lambda folder: None


BROKEN: Mapping[str, Callable[[], None] | None] = {
    "no_fsync": _with_pragma("PRAGMA synchronous = OFF"),
    "normal": _with_pragma("PRAGMA synchronous = NORMAL"),
    "no_folder_fsync": _without_folders,
    "cursor_first": None,
}
"""What each does to the store; None: to the order in which it is used."""


def main() -> None:
    """Work, and leave."""
    mount, seed, rounds, *how = sys.argv[1:]
    for name in how:
        install = BROKEN.get(name)
        if install is not None:
            install()
    work = _Work(Path(mount), int(seed), acknowledges_first="cursor_first" in how)
    is_virtual = "virtual" in how
    run = work.run(int(rounds), is_inline=is_virtual)
    if is_virtual:
        run_virtual(run)
    else:
        asyncio.run(run)


if __name__ == "__main__":
    main()
