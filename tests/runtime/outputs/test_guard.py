"""The guard of one output: what it lets in, and what is on disk by then."""

from __future__ import annotations

import asyncio
from threading import RLock

import pytest

from wampedge.devices.kept import KeptInMemory
from wampedge.devices.output_policy import Interlock, OutputPolicy
from wampedge.devices.worker import BusWorker
from wampedge.errors import InterlockError, LimitError
from wampedge.runtime.outputs.arbiter import Arbiter
from wampedge.runtime.outputs.guard import DeviceGuard
from wampedge_simulator.clock import SimulatedClock, run_virtual


class _SlowDisk(KeptInMemory):
    """Knows what was on disk when somebody asked for it."""

    def __init__(self) -> None:
        super().__init__()
        self.safe: object = None

    async def flush(self) -> bool:
        await asyncio.sleep(0.001)
        self.safe = self.get("output")
        return True


def guard_of(
    policy: OutputPolicy,
    *arbiters: Arbiter,
    name: str = "k1",
    kept: KeptInMemory | None = None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> DeviceGuard:
    """Return the guard of an output whose line was driven inactive just now."""
    guard = DeviceGuard(
        name,
        kept or KeptInMemory(),
        SimulatedClock(),
        lock=RLock(),
        on_change=lambda _: None,
        loop=loop,
    )
    guard.configure(policy, arbiters)
    guard.before_start(line_is_active=False)
    guard.noted_pin("pin", False)
    return guard


def test_min_off_refuses_until_its_time_is_over() -> None:
    async def act() -> None:
        guard = guard_of(OutputPolicy(min_off_s=10.0))
        await asyncio.sleep(4.0)
        with pytest.raises(LimitError) as caught:
            await guard.enter(True)
        await asyncio.sleep(6.0)
        await guard.enter(True)

        assert caught.value.retry_after_s == pytest.approx(6.0)

    run_virtual(act())


def test_min_on_holds_but_not_against_force() -> None:
    async def act() -> None:
        guard = guard_of(OutputPolicy(min_on_s=10.0))
        await guard.enter(True)
        guard.noted_pin("pin", True)
        await asyncio.sleep(4.0)
        with pytest.raises(LimitError) as caught:
            await guard.enter(False)
        guard.is_forced = True
        await guard.enter(False)

        assert caught.value.retry_after_s == pytest.approx(6.0)

    run_virtual(act())


def test_output_whose_line_may_have_moved_counts_as_active() -> None:
    async def act() -> None:
        group = Arbiter(Interlock("g", ("k1", "k2")), SimulatedClock())
        first = guard_of(OutputPolicy(), group)
        second = guard_of(OutputPolicy(), group, name="k2")
        await first.enter(True)  # and its write fails: nothing is noted

        with pytest.raises(InterlockError) as caught:
            await second.enter(True)
        assert caught.value.holder == "k1"
        assert first.is_active

    run_virtual(act())


def test_output_refused_by_one_of_two_interlocks_takes_no_place_in_the_other() -> None:
    async def act() -> None:
        clock = SimulatedClock()
        left = Arbiter(Interlock("left", ("a", "both")), clock)
        right = Arbiter(Interlock("right", ("both", "b")), clock)
        a = guard_of(OutputPolicy(), left, name="a")
        both = guard_of(OutputPolicy(), left, right, name="both")
        b = guard_of(OutputPolicy(), right, name="b")
        await b.enter(True)
        with pytest.raises(InterlockError):
            await both.enter(True)

        await a.enter(True)
        assert both.is_active is False

    run_virtual(act())


def test_max_on_is_not_begun_anew_by_another_order() -> None:
    async def act() -> None:
        guard = guard_of(OutputPolicy(max_on_s=20.0))
        await guard.enter(True)
        guard.noted_pin("pin", True)
        ends_s = guard.ends_s
        await asyncio.sleep(5.0)
        await guard.enter(True)
        guard.noted_pin("pin", True)

        assert guard.ends_s == ends_s == pytest.approx(20.0)

    run_virtual(act())


def test_unit_on_the_thread_of_a_bus_is_on_disk_before_its_line_is_active() -> None:
    async def act() -> None:
        kept = _SlowDisk()
        guard = guard_of(OutputPolicy(max_on_s=20.0), kept=kept, loop=asyncio.get_running_loop())
        guard.can_wait = False
        worker = BusWorker("b", SimulatedClock())

        async def unit() -> object:
            await guard.enter(True)
            return kept.safe

        safe = await worker.run(unit, deadline_s=5.0)
        await worker.close()

        assert isinstance(safe, dict)
        assert safe["on"] is True

    asyncio.run(act())
