"""Takes what a power cut left, starts a store on it, and says what is wrong with what it finds."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.power_cuts.disk import MODELS, RESTS, Disk, write_to
from tests.faults.power_cuts.ops import Op
from tests.faults.power_cuts.workload import GAP_TOPIC, POLICY, opened
from wampedge.store.outbox_entry import Entry
from wampedge.wamp.payload import Payload

__all__ = ["Verdict", "check_states", "states_at_end", "states_of"]


class Known(NamedTuple):
    """What the program was told before the power failed.

    Args:
        number_by_event: the number of each event, by epoch, lane and seq.
        safe: seqs of events that are not to be lost.
        sent: the last seq the upstream router has.
        kept: what devices were told is safe.
    """

    number_by_event: dict[tuple[int, int, int], int]
    safe: set[int]
    sent: int
    kept: dict[str, int]


class State(NamedTuple):
    """What may be left, and what was known then."""

    place: str
    files: dict[str, bytes | None]
    known: Known


class Verdict(NamedTuple):
    """What came of many states.

    Args:
        states: how many were tried.
        faults: what was wrong, with its place in the trace.
    """

    states: int
    faults: list[str]


def states_of(trace: Sequence[Op], count: int, seed: int) -> Iterator[State]:
    """Yield *count* states or some more a disk may be in, evenly over the trace, in all models."""
    moments = sum(op.kind != "mark" for op in trace) * len(MODELS)
    a_time, every = max(1, math.ceil(count / moments)), max(1, moments // count)
    luck = random.Random(seed)
    for model in MODELS:
        disk, known, done = Disk(model), Known({}, set(), 0, {}), 0
        for index, op in enumerate(trace):
            if op.kind == "mark":
                known = _told(known, op.data.decode())
                continue
            disk.do(op)
            done += 1
            if done % every:
                continue
            for _ in range(a_time):
                rest = luck.choice(RESTS)
                place = f"after operation {index} ({op.kind} {op.path}), {model}, {rest}"
                yield State(place, disk.after(rest, luck), known)


def states_at_end(trace: Sequence[Op]) -> Iterator[State]:
    """Yield what may be on the disk when the program has ended, and when the power failed then."""
    for model in MODELS:
        disk, known = Disk(model), Known({}, set(), 0, {})
        for op in trace:
            if op.kind == "mark":
                known = _told(known, op.data.decode())
            else:
                disk.do(op)
        for rest in RESTS:
            yield State(f"at the end, {model}, {rest}", disk.after(rest, random.Random(1)), known)


def check_states(states: Iterator[State], *, most_faults: int = 10) -> Verdict:
    """Recover from each of *states*, until there are too many faults."""
    count, faults = 0, []
    logging.disable(logging.ERROR)  # damaged files are told of, as they are to be
    try:
        with tempfile.TemporaryDirectory(dir=_memory()) as scratch:
            for state in states:
                folder = Path(scratch) / str(count)
                folder.mkdir()
                write_to(folder, state.files)
                count += 1
                faults += [f"{state.place}: {each}" for each in asyncio.run(_faults(folder, state))]
                shutil.rmtree(folder)
                if len(faults) >= most_faults:
                    break
    finally:
        logging.disable(logging.NOTSET)
    return Verdict(count, faults)


async def _faults(folder: Path, state: State) -> list[str]:
    """Return what is wrong with the store that finds *state*."""
    known, faults = state.known, []
    store, outbox = await opened(folder)
    found = []
    after = 0
    while True:
        events = outbox.next(0, after, 100) or await outbox.fetch(0, after, 100)
        if not events:
            break
        found += events
        after = events[-1].seq
        outbox.acknowledge(0, after)
    seqs = [event.seq for event in found]
    if seqs != sorted(set(seqs)):
        faults.append(f"events are out of order or twice: {seqs}")
    faults += filter(None, (_fault_of(event, known) for event in found))
    lost = {seq for seq in known.safe if seq > known.sent} - set(seqs)
    if lost:
        faults.append(f"lost: {sorted(lost)[:5]} ({len(lost)} of {len(known.safe)})")
    kept = store.kept.get("pump", "count", -1)
    if kept < known.kept.get("count", -1):
        faults.append(f"kept value {known.kept['count']} is {kept}")
    fresh = outbox.append("edge.gh1.0", Payload((0,)), POLICY, waited=True)
    if fresh is None or (fresh.epoch, fresh.lane, fresh.seq) in known.number_by_event:
        faults.append("the number of an event is given away again")
    outbox.finish()
    await store.close()
    return faults


def _fault_of(event: Entry, known: Known) -> str | None:
    """Return what is wrong with one event that was found."""
    if event.topic == GAP_TOPIC:
        return f"a gap where nothing was dropped: {event.payload.kwargs}"
    number = known.number_by_event.get((event.epoch, event.lane, event.seq))
    if number is None:
        return f"nobody published {event.epoch}/{event.seq}"
    if event.payload.value != number or event.topic != f"edge.gh1.{number % 3}":
        return f"event {event.seq} is {event.payload.value}, not {number}"
    return None


def _told(known: Known, mark: str) -> Known:
    kind, *words = mark.split()
    if kind == "new":
        epoch, lane, seq, number = map(int, words)
        return known._replace(number_by_event=known.number_by_event | {(epoch, lane, seq): number})
    if kind == "safe":
        return known._replace(safe=known.safe | {int(words[0])})
    if kind == "sent":
        return known._replace(sent=int(words[0]))
    return known._replace(kept={words[0]: int(words[1])})


def _memory() -> Path | None:
    """Return a file system without a disk, where there is one."""
    memory = Path("/dev/shm")  # a folder of its own is made in it
    return memory if memory.is_dir() else None
