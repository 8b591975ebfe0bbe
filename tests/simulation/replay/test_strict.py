"""What strict replay takes for the same, and what it does not; times are in ms."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from wampedge.hardware.recording.entries import Entry
from wampedge.simulation.replay.player import ReplayOverError, Request, Timeline
from wampedge.simulation.replay.strict import StrictPlayer
from wampedge.simulation.replay.trace import Trace
from wampedge_simulator.clock import run_virtual

MS = 1_000_000
READ_A: list[Any] = ["0a", 1]
READ_B: list[Any] = ["0b", 1]
WRITE: list[Any] = ["0c01"]


def i2c(at_ms: float, sent: list[Any], read: str | None = None, at: str = "0x20") -> Entry:
    return Entry(round(at_ms * MS), "i2c", "/dev/i2c-1", at, "", sent, read, line=round(at_ms))


def asked(sent: list[Any], at: str = "0x20") -> Request:
    return "i2c", "/dev/i2c-1", at, "", sent


def mark(at_ms: int, op: str) -> Entry:
    return Entry(at_ms * MS, "mark", "", op=op, line=at_ms)


def played(
    entries: list[Entry],
    act: Callable[[StrictPlayer], Awaitable[None]],
    *,
    tolerance_s: float = 2.0,
    muxed: tuple[str, ...] = (),
) -> StrictPlayer:
    """Return the player of *entries* after *act*, which begins when the trace does."""

    async def run() -> StrictPlayer:
        trace = Trace(Path("t"), {}, tuple(entries))
        player = StrictPlayer(trace, Timeline(0.0), muxed, tolerance_s=tolerance_s)
        await act(player)
        player.finish()
        return player

    return run_virtual(run())


def asking(*requests: Request) -> Callable[[StrictPlayer], Awaitable[None]]:
    """Return what makes *requests* one after another."""

    async def act(player: StrictPlayer) -> None:
        for request in requests:
            player.answer(request)

    return act


@pytest.mark.parametrize("tolerance_s", [0.0, 2.0])
def test_answers_come_in_order(tolerance_s: float) -> None:
    seen: list[str] = []

    async def act(player: StrictPlayer) -> None:
        seen.extend(player.answer(asked(READ_A)).r for _ in range(2))

    entries = [i2c(0, READ_A, "01"), Entry(0, *i2c(0, READ_A, "02")[1:-1], line=1), mark(1, "stop")]

    assert played(entries, act, tolerance_s=tolerance_s).difference is None
    assert seen == ["01", "02"]


def test_early_request_is_answered_when_the_board_was() -> None:
    seen: list[int] = []

    async def act(player: StrictPlayer) -> None:
        seen.append(player.answer(asked(READ_A)).ns)

    entry = i2c(30, READ_A, "01")._replace(ns=5 * MS)

    player = played([entry, mark(40, "stop")], act)

    assert seen == [35 * MS]
    assert player.largest_lag_ns == 30 * MS


def test_reads_may_change_places_within_the_tolerance_only() -> None:
    swapped = asking(asked(READ_B), asked(READ_A))
    entries = [i2c(10, READ_A, "01"), i2c(60, READ_B, "02"), mark(99, "stop")]

    assert played(entries, swapped).difference is None
    with pytest.raises(ReplayOverError):
        played(entries, swapped, tolerance_s=0.04)


def test_read_may_pass_a_write_that_does_not_belong_to_it() -> None:
    swapped = asking(asked(READ_B), asked(WRITE))
    far = [i2c(10, WRITE), i2c(15, READ_B, "02"), mark(99, "stop")]
    near = [i2c(10, WRITE), i2c(14, READ_B, "02"), mark(99, "stop")]

    assert played(far, swapped).difference is None
    with pytest.raises(ReplayOverError):
        played(near, swapped)


def test_writes_never_change_places() -> None:
    entries = [i2c(10, WRITE), i2c(500, ["0d02"]), mark(999, "stop")]

    with pytest.raises(ReplayOverError):
        played(entries, asking(asked(["0d02"]), asked(WRITE)))


def test_read_that_is_left_out_is_found_once_its_time_is_over() -> None:
    entries = [i2c(10, READ_A, "01"), *(i2c(t, READ_B, "02") for t in range(50, 5000, 50))]
    differences = []

    async def act(player: StrictPlayer) -> None:
        with contextlib.suppress(ReplayOverError):
            for _ in range(99):
                await asyncio.sleep(0.05)
                player.answer(asked(READ_B))
        differences.append(player.difference)

    played([*entries, mark(5001, "stop")], act)

    (found,) = differences
    assert found is not None
    assert found.expected == entries[0]
    assert found.at_ns == 2050 * MS  # two seconds after 10 ms, at the next poll


def test_parts_have_orders_of_their_own_but_not_behind_a_multiplexer() -> None:
    entries = [i2c(10, WRITE, at="0x70"), i2c(12, READ_A, "01", at="0x44"), mark(99, "stop")]
    swapped = asking(asked(READ_A, "0x44"), asked(WRITE, "0x70"))

    assert played(entries, swapped).difference is None
    with pytest.raises(ReplayOverError):
        played(entries, swapped, muxed=("/dev/i2c-1",))


def test_bytes_that_answer_come_as_late_as_their_question() -> None:
    heard: list[tuple[int, str]] = []
    port = ("serial", "usb")
    entries = [
        Entry(10 * MS, "serial", "usb", "", "tx", "3f", line=2),
        Entry(20 * MS, "serial", "usb", "", "rx", None, "21", line=3),
        Entry(9000 * MS, "serial", "usb", "", "rx", None, "22", line=4),
        mark(9001, "stop"),
    ]

    async def act(player: StrictPlayer) -> None:
        loop = asyncio.get_running_loop()
        player.listen(port, lambda entry, _: heard.append((round(loop.time() * 1e3), entry.r)))
        await asyncio.sleep(0.510)
        assert heard == []
        player.answer(("serial", "usb", "", "tx", "3f"))
        await asyncio.sleep(9.0)

    player = played(entries, act)

    assert player.difference is None
    assert heard == [(520, "21"), (9000, "22")]


@pytest.mark.parametrize(("left_at_ms", "is_missed"), [(100, True), (3900, False)])
def test_end_of_a_trace_that_was_cut_may_be_missing(left_at_ms: int, is_missed: bool) -> None:
    entries = [i2c(left_at_ms, WRITE), i2c(4000, READ_A, "01", at="0x44")]

    async def act(player: StrictPlayer) -> None:
        await asyncio.sleep(4.0)
        player.answer(asked(READ_A, "0x44"))

    assert (played(entries, act).difference is not None) == is_missed
