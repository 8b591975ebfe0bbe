"""A history against a list: whatever is noted, written, asked and cut, both say the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.history_rig import NOON_S, Book
from wampedge.store import history_upkeep
from wampedge.store.history_query import Bucket, Span, read_buckets, read_rows
from wampedge_simulator.clock import run_virtual

CHANNELS = ("air.t", "lamp.state")
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9))
PAUSES = st.one_of(st.just(1), st.integers(-2, 3), st.integers(-30, 30))
NOTE = st.tuples(
    st.just("note"), st.sampled_from(CHANNELS), PAUSES, VALUES
)  # tens of seconds from the last reading: the clock jumps both ways
STEPS = st.lists(
    st.one_of(NOTE, NOTE, NOTE, st.just(("write",)), st.just(("restart",)), st.just(("cut",))),
    min_size=5,
    max_size=40,
)
STEP_BACK_MS = 10_000


class Model:
    """What there should be: milliseconds and value by channel, in the order of arrival."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[int, Any]]] = {name: [] for name in CHANNELS}
        self.safe = dict.fromkeys(CHANNELS, 0)
        self.last_ms: dict[str, int] = {}

    def note(self, name: str, time_ms: int, value: Any) -> None:
        last_ms = self.last_ms.get(name)
        if last_ms is not None and last_ms - STEP_BACK_MS < time_ms <= last_ms:
            time_ms = last_ms + 1
        self.last_ms[name] = time_ms
        self.rows[name].append((time_ms, value))

    def write(self) -> None:
        self.safe = {name: len(rows) for name, rows in self.rows.items()}

    def start(self) -> None:
        """Begin anew with what is safe."""
        self.rows = {name: rows[: self.safe[name]] for name, rows in self.rows.items()}
        self.last_ms.clear()

    def sorted(self, name: str) -> list[tuple[int, Any]]:
        return sorted(self.rows[name], key=lambda row: row[0])

    def buckets(self, name: str, span: Span, every_ms: int) -> list[Bucket]:
        found: dict[int, list[float]] = {}
        for time_ms, value in self.sorted(name):
            if span.start_ms <= time_ms < span.end_ms and value is not None:
                found.setdefault(time_ms // every_ms * every_ms, []).append(value)
        return [
            Bucket(at, min(values), sum(values), max(values), len(values))
            for at, values in found.items()
        ]


def near(found: list[Bucket], wanted: list[Bucket]) -> bool:
    """Tell whether both are the same but for the order in which floats were added."""
    exact = [(each.time_ms, each.least, each.most, each.numbers) for each in found]
    return exact == [(w.time_ms, w.least, w.most, w.numbers) for w in wanted] and all(
        abs(one.total - other.total) <= 1e4  # a part in 10**12 of the largest sum
        for one, other in zip(found, wanted, strict=True)
    )


def files_of(folder: Path) -> list[tuple[Path, bytes]]:
    return [(part, part.read_bytes()) for part in folder.iterdir()]


def put_back(folder: Path, files: list[tuple[Path, bytes]]) -> None:
    for part in folder.iterdir():
        part.unlink()
    for part, content in files:
        part.write_bytes(content)


@settings(max_examples=60, deadline=None)
@given(
    steps=STEPS,
    moved=st.sampled_from([1, 2, 7]),
    every_s=st.sampled_from([7, 10, 20, 400]),
    start_s=st.sampled_from([-10_000, -17, 20]),
    limit=st.integers(1, 30),
)
def test_a_history_says_what_a_list_would(
    steps: list[tuple[Any, ...]], moved: int, every_s: int, start_s: int, limit: int
) -> None:
    async def work(folder: Path) -> None:
        book, model, now_ms = Book(folder / "n.db", channels=CHANNELS), Model(), int(NOON_S * 1_000)
        for number, (step, *what) in enumerate(steps):
            if step == "note":
                name, after, value = what
                # No two readings in one millisecond: which of them stays is not promised.
                now_ms = (now_ms // 10_000 + after) * 10_000
                if any(now_ms - 50 < time_ms <= now_ms for time_ms, _ in model.rows[name]):
                    now_ms += 50 * number
                model.note(name, now_ms, value)
                book.table.note(name, now_ms / 1_000 + 1e-5, value, "good")
            elif step == "write":
                await book.write()
                model.write()
            elif step == "restart":
                await book.close()
                model.write()
                model.start()
                book = Book(folder / "n.db", channels=CHANNELS)
            else:
                book, model = await cut(book, model, folder)
            for name in CHANNELS:
                await compare(book, model, name)
        await book.close()

    async def cut(book: Book, model: Model, folder: Path) -> tuple[Book, Model]:
        saved = files_of(folder)
        await book.close()
        put_back(folder, saved)
        model.start()
        return Book(folder / "n.db", channels=CHANNELS), model

    async def compare(book: Book, model: Model, name: str) -> None:
        span = Span(int((NOON_S + start_s) * 1_000), 2**53)
        within = [row for row in model.sorted(name) if row[0] >= span.start_ms]
        rows, has_more = await read_rows(book.table, name, span, limit, is_newest=False)
        assert [(row.time_ms, row.value) for row in rows] == within[:limit]
        assert has_more is (len(within) > limit)
        rows, _ = await read_rows(book.table, name, span, limit, is_newest=True)
        assert [(row.time_ms, row.value) for row in rows] == within[-limit:]
        found, _ = await read_buckets(book.table, name, span, every_s * 1_000, 10_000)
        assert near(found, model.buckets(name, span, every_s * 1_000))

    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(history_upkeep, "moved_rows", return_value=moved),
    ):
        run_virtual(work(Path(folder)))
