"""An end for what comes to none. CPU time is used up here for real, a twentieth of a second."""

from __future__ import annotations

import asyncio
import signal

import pytest

from wampedge.simulation.scenario import cpu_limit as module
from wampedge.simulation.scenario.cpu_limit import CpuLimitError, cpu_limit
from wampedge_simulator.clock import run_virtual


async def forever(cleaned: list[str]) -> None:
    try:
        for _ in iter(int, 1):
            await asyncio.sleep(0.001)
    finally:
        await asyncio.sleep(1)
        cleaned.append("up")


def test_a_loop_is_broken_off_between_two_callbacks_and_cleans_up() -> None:
    cleaned: list[str] = []

    with pytest.raises(CpuLimitError), cpu_limit(0.05):
        run_virtual(forever(cleaned))

    assert cleaned == ["up"]


def test_what_does_not_come_back_to_its_loop_is_broken_off_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_AGAIN_S", 0.5)  # time enough to clean up

    async def loops() -> None:
        while True:
            pass

    with pytest.raises(CpuLimitError), cpu_limit(0.05):
        run_virtual(loops())


def test_code_without_a_loop_is_broken_off_as_well() -> None:
    def loops() -> None:
        while True:
            pass

    with pytest.raises(CpuLimitError), cpu_limit(0.05):
        loops()


def test_what_ends_in_time_leaves_nothing_behind() -> None:
    before = signal.getsignal(signal.SIGPROF)
    with cpu_limit(60):
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 0

    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGPROF) == before
