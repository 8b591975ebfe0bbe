"""What stands at the seams of a replayed node: pins and ports that follow the trace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from wampedge.errors import BusTimeoutError, HardwareError
from wampedge.hardware.recording.entries import Entry
from wampedge.simulation.replay.player import Timeline
from wampedge.simulation.replay.strict import StrictPlayer
from wampedge.simulation.replay.substrate import ReplayedSubstrate
from wampedge.simulation.replay.trace import Trace
from wampedge_simulator.clock import SimulatedClock, run_virtual

MS = 1_000_000


def pin(at_ms: int, op: str, sent: object = None, read: object = None) -> Entry:
    return Entry(at_ms * MS, "pins", "gpio", "4", op, sent, read, line=at_ms)


def replayed(
    entries: list[Entry], act: Callable[[ReplayedSubstrate], Awaitable[None]]
) -> StrictPlayer:
    async def run() -> StrictPlayer:
        player = StrictPlayer(Trace(Path("t"), {}, tuple(entries)), Timeline(0.0), ())
        await act(ReplayedSubstrate(player, SimulatedClock(), 0))
        player.close()
        return player

    return run_virtual(run())


def test_edges_that_came_before_a_wire_was_left_are_told_though_the_node_is_early() -> None:
    entries = [
        pin(0, "drain up"),
        pin(10, "free"),
        pin(31, "edge", 12 * MS, True),
        pin(32, "edge", 13 * MS, False),
        pin(33, "free"),
    ]
    seen: list[tuple[bool, int]] = []

    async def act(substrate: ReplayedSubstrate) -> None:
        bank = substrate.place("pins", "gpio", lambda: None)
        wire = await bank.open_drain(4, pull="up")
        await asyncio.sleep(0.01)
        await wire.release(lambda level, at_ns: seen.append((level, at_ns)))
        await asyncio.sleep(0.02)  # the board was held up, and slept until 33 ms
        await wire.release(None)

    assert replayed(entries, act).difference is None
    assert seen == [(True, 12 * MS), (False, 13 * MS)]


def test_time_passes_as_on_the_board_and_failures_are_raised_again() -> None:
    request = Entry(0, "i2c", "/dev/i2c-1", "0x44", "", ["2400"], ns=3 * MS, line=2)
    failure = Entry(
        3 * MS, "i2c", "/dev/i2c-1", "0x44", "", [6], None, 2 * MS, 110, "BusTimeoutError: no", 3
    )
    times: list[float] = []

    async def act(substrate: ReplayedSubstrate) -> None:
        bus = substrate.place("i2c", "/dev/i2c-1", lambda: None)
        assert bus.transfer(0x44, [b"\x24\x00"]) == []
        times.append(asyncio.get_running_loop().time())
        with pytest.raises(BusTimeoutError) as raised:
            bus.transfer(0x44, [6])
        assert raised.value.errno == 110
        times.append(asyncio.get_running_loop().time())

    assert replayed([request, failure], act).difference is None
    assert times == [0.003, 0.005]


def test_port_that_could_not_be_opened_cannot_be_opened_again() -> None:
    error = "HardwareError: /dev/ttyUSB0 cannot be opened"
    entries = [Entry(0, "serial", "usb", "", "open", error=error, line=2)]

    async def act(substrate: ReplayedSubstrate) -> None:
        with pytest.raises(HardwareError, match="/dev/ttyUSB0 cannot be opened"):
            substrate.place("serial", "usb", lambda: None)

    assert replayed(entries, act).difference is None


def test_nine_clock_pulses_have_the_outcome_they_had() -> None:
    entries = [Entry(0, "clear", "/dev/i2c-1", r="no right to use the header", line=2)]
    outcomes: list[str | None] = []

    async def act(substrate: ReplayedSubstrate) -> None:
        outcomes.append(substrate.clear_i2c("/dev/i2c-1"))

    assert replayed(entries, act).difference is None
    assert outcomes == ["no right to use the header"]
