from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
import tty

import pytest

from wampedge_simulator.clock import (
    EPOCH_S,
    DeadlockError,
    SimulatedClock,
    SteppedClock,
    VirtualClockLoop,
    run_virtual,
)


def test_an_hour_passes_at_once() -> None:
    async def main() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    started = time.monotonic()

    assert run_virtual(main()) == 3600.0
    assert time.monotonic() - started < 5


def test_tenths_of_a_second_do_not_drift() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualClockLoop)
        for _ in range(6000):
            await asyncio.sleep(0.1)
        return loop.now_ns

    assert run_virtual(main()) == 600_000_000_000


def test_timers_fire_in_order_at_their_own_instant() -> None:
    async def main() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        fired: list[tuple[str, float]] = []

        def note(name: str) -> None:
            fired.append((name, loop.time()))

        for name, delay in (("c", 0.3), ("a", 0.1), ("b", 0.2)):
            loop.call_later(delay, note, name)
        await asyncio.sleep(1)
        return fired

    assert run_virtual(main()) == [("a", 0.1), ("b", 0.2), ("c", 0.3)]


def test_a_timeout_expires_in_virtual_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 86_400 * 3)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 259_200.0


def test_time_beyond_a_hundred_days_still_reaches_its_timers() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400 * 400)
        for _ in range(100):
            await asyncio.sleep(0.123456789)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(86_400 * 400 + 12.3456789, abs=1e-6)


def test_nothing_scheduled_is_an_error_that_says_who_waits_where() -> None:
    async def wait_for_ever() -> None:
        await asyncio.sleep(2)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(DeadlockError) as caught:
        run_virtual(wait_for_ever())

    assert caught.value.time_s == 2.0
    assert "nothing is scheduled at 2.000000000 s" in str(caught.value)
    assert "wait_for_ever (test_clock.py:" in str(caught.value)


def test_a_job_of_a_thread_keeps_time_still_until_it_is_done() -> None:
    async def main() -> tuple[str, float]:
        loop = asyncio.get_running_loop()
        fired = asyncio.Event()
        loop.call_later(0.001, fired.set)
        gate = threading.Event()
        threading.Timer(0.02, gate.set).start()
        await asyncio.to_thread(gate.wait, 5)
        at = loop.time()
        await fired.wait()
        return "done", at

    assert run_virtual(main()) == ("done", 0.0)


def test_a_hold_waits_for_another_thread_really() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualClockLoop)
        arrived = asyncio.Event()
        thread = threading.Timer(0.02, lambda: loop.call_soon_threadsafe(arrived.set))
        thread.start()
        with loop.hold():
            await asyncio.wait_for(arrived.wait(), 1)
        thread.join()
        return loop.time()

    assert run_virtual(main()) == 0.0


def test_patience_gives_the_outside_a_real_chance() -> None:
    async def main() -> bytes:
        near, far = socket.socketpair()
        near.setblocking(False)
        thread = threading.Timer(0.02, far.send, (b"x",))
        thread.start()
        with near, far:
            received = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(near, 1), 1)
            thread.join()
        return received

    assert run_virtual(main(), patience_s=2.0) == b"x"


def test_blocking_code_can_advance_the_clock() -> None:
    async def main() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualClockLoop)
        loop.advance(0.25)
        at = loop.time()
        await asyncio.sleep(0.5)
        with pytest.raises(ValueError, match="0 or more"):
            loop.advance(-1)
        return at, loop.time()

    assert run_virtual(main()) == (0.25, 0.75)


def test_bytes_between_the_ends_of_a_pty_arrive_before_time_moves() -> None:
    """The kernel moves them in a work queue of its own, after ``write`` has returned."""

    async def main() -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        master, slave = os.openpty()
        tty.setraw(slave)
        echoed = 0
        wake = asyncio.Event()
        loop.add_reader(master, lambda: os.write(master, os.read(master, 100)))

        def on_echo() -> None:
            nonlocal echoed
            echoed += len(os.read(slave, 100))
            wake.set()

        loop.add_reader(slave, on_echo)
        for _ in range(2000):
            os.write(slave, b"ping")
            await asyncio.wait_for(wake.wait(), 1e-6)
            wake.clear()
        for fd in (master, slave):
            loop.remove_reader(fd)
            os.close(fd)
        return echoed, loop.time()

    assert run_virtual(main()) == (8000, 0.0)


def test_the_simulated_clock_is_virtual_on_a_virtual_loop() -> None:
    async def main() -> tuple[float, float, bool]:
        clock = SimulatedClock()
        await asyncio.sleep(1.5)
        return clock.time(), clock.monotonic(), clock.is_virtual

    assert run_virtual(main()) == (EPOCH_S + 1.5, 1.5, True)


async def test_the_simulated_clock_is_the_wall_clock_on_any_other_loop() -> None:
    clock = SimulatedClock()

    before, told, after = time.time(), clock.time(), time.time()

    assert before <= told <= after
    assert not clock.is_virtual
    assert clock.monotonic() == pytest.approx(asyncio.get_running_loop().time(), abs=1)


def test_spending_time_moves_the_virtual_clock_at_once() -> None:
    async def main() -> float:
        clock = SimulatedClock()
        clock.spend(0.015)
        return clock.monotonic()

    assert run_virtual(main()) == 0.015


async def test_spending_time_blocks_on_any_other_loop() -> None:
    clock = SimulatedClock()
    before = clock.monotonic()

    clock.spend(0.002)

    assert clock.monotonic() - before >= 0.002


def test_a_stepped_clock_stands_still_until_time_is_spent() -> None:
    clock = SteppedClock(epoch_s=1000.0)
    before = (clock.time(), clock.monotonic())

    for _ in range(10):
        clock.spend(0.1)

    assert before == (1000.0, 0.0)
    assert (clock.time(), clock.monotonic()) == (1001.0, 1.0)
