"""Which answer of a trace a request gets that comes in another order or at another time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from wampedge.hardware.recording.entries import Entry, error_of
from wampedge.simulation.replay.keyed import KeyedPlayer
from wampedge.simulation.replay.player import Timeline
from wampedge.simulation.replay.report import keyed_report
from wampedge.simulation.replay.trace import Trace
from wampedge_simulator.clock import run_virtual

S = 1_000_000_000
BUS = "/dev/i2c-1"


def i2c(at_s: float, sent: list[Any], read: str | None = None) -> Entry:
    return Entry(round(at_s * S), "i2c", BUS, "0x48", "", sent, read, line=round(at_s * 10))


def played(entries: list[Entry], act: Callable[[KeyedPlayer], Awaitable[None]]) -> KeyedPlayer:
    async def run() -> KeyedPlayer:
        player = KeyedPlayer(Trace(Path("t"), {}, tuple(entries)), Timeline(0.0), ())
        await act(player)
        player.finish()
        return player

    return run_virtual(run())


def read(player: KeyedPlayer, *sent: Any) -> Entry:
    return player.answer(("i2c", BUS, "0x48", "", list(sent)))


def test_register_gives_what_it_gave_last() -> None:
    seen: list[str] = []

    async def act(player: KeyedPlayer) -> None:
        for _ in range(4):
            seen.append(read(player, "00", 2).r)
            await asyncio.sleep(2)

    # Asked at 0, 2, 4 and 6 s: before the first one there is only the first one.
    entries = [i2c(1, ["00", 2], "0001"), i2c(3, ["00", 2], "0003"), i2c(5, ["00", 2], "0005")]

    assert played(entries, act).strange == {}
    assert seen == ["0001", "0001", "0003", "0005"]


def test_answer_depends_on_what_the_part_was_told_before() -> None:
    seen: list[str] = []

    async def act(player: KeyedPlayer) -> None:
        for channel in ("01d3", "01c3"):  # the other way round than in the trace
            read(player, channel)
            seen.append(read(player, "00", 2).r)

    entries = [
        i2c(1, ["01c3"]),
        i2c(1.1, ["00", 2], "cccc"),
        i2c(1.2, ["01d3"]),
        i2c(1.3, ["00", 2], "dddd"),
    ]

    player = played(entries, act)

    assert (player.strange, player.missing) == ({}, [])
    assert seen == ["dddd", "cccc"]


def test_fewer_bytes_are_the_first_ones_and_more_cannot_be_had() -> None:
    async def act(player: KeyedPlayer) -> None:
        assert read(player, "00", 2).r == "0102"
        failed = read(player, "00", 4)
        assert getattr(error_of(failed), "errno", None) == 121

    player = played([i2c(1, ["00", 3], "010203")], act)

    assert [request[4] for request in player.strange] == [("00", 4)]
    report = keyed_report(player, Trace(Path("t"), {}, ()))
    assert "i2c /dev/i2c-1 0x48 w 00 r 4  (once, failed for want of an answer)" in report


def test_level_of_an_input_is_that_of_its_last_edge() -> None:
    seen: list[bool] = []

    async def act(player: KeyedPlayer) -> None:
        for _ in range(2):
            seen.append(player.answer(("pins", "gpio", "22", "read", None)).r)
            await asyncio.sleep(6)

    entries = [
        Entry(0, "pins", "gpio", "22", "read", None, True, line=2),
        Entry(5 * S, "pins", "gpio", "22", "edge", 5 * S, False, line=3),
    ]

    played(entries, act)

    assert seen == [True, False]


def test_reply_comes_again_when_the_question_comes_at_another_time() -> None:
    heard: list[tuple[float, str]] = []

    async def act(player: KeyedPlayer) -> None:
        loop = asyncio.get_running_loop()
        player.listen(("serial", "usb"), lambda entry, _: heard.append((loop.time(), entry.r)))
        await asyncio.sleep(4)
        player.answer(("serial", "usb", "", "tx", "3f"))
        await asyncio.sleep(1)

    entries = [
        Entry(1 * S, "serial", "usb", "", "tx", "3f", line=2),
        Entry(1 * S + S // 4, "serial", "usb", "", "rx", None, "21", line=3),
    ]

    played(entries, act)

    assert heard == [(1.25, "21"), (4.25, "21")]
