"""Simulated time at a chosen pace. Real time is scripted: no test here waits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import pytest

from wampedge_simulator.clock import Events
from wampedge_simulator.pace import PacedClockLoop


class RealTime:
    """The real clock: it passes while the loop polls, and as callbacks say."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.waits_s: list[float | None] = []

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    real = RealTime()
    monkeypatch.setattr("wampedge_simulator.pace.time", real)
    return real


def found(poll: Any) -> Events:
    events: Events = poll(0)
    return events


class ScriptedLoop(PacedClockLoop):
    """A paced loop whose polls take no real time, but say that they did."""

    def __init__(self, speed: float, real: RealTime) -> None:
        self.real = real
        self.rings: list[tuple[float, socket.socket]] = []
        super().__init__(speed)

    def _idle(self, timeout_s: float | None, poll: Any) -> Events:
        def wait(timeout_s: float | None) -> Events:
            if events := found(poll):
                return events
            self.real.waits_s.append(timeout_s)
            ends_s = self.real.now_s + (timeout_s if timeout_s is not None else 1e9)
            if self.rings and self.rings[0][0] <= ends_s:
                self.real.now_s, bell = self.rings.pop(0)
                bell.send(b"x")
                return found(poll)
            self.real.now_s = ends_s
            return []

        return super()._idle(timeout_s, wait)


def run(loop: asyncio.AbstractEventLoop, main: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)


async def three_sleeps() -> list[float]:
    loop = asyncio.get_running_loop()
    times = []
    for _ in range(3):
        await asyncio.sleep(30)
        times.append(loop.time())
    return times


def test_a_minute_passes_in_a_second_at_speed_60(real: RealTime) -> None:
    assert run(ScriptedLoop(60, real), three_sleeps()) == [30, 60, 90]
    assert real.now_s == pytest.approx(1001.5)


def test_short_work_is_made_good_and_long_work_is_given_up(real: RealTime) -> None:
    async def work(lasts_s: float) -> float:
        await asyncio.sleep(60)
        real.now_s += lasts_s
        await asyncio.sleep(60)
        return real.now_s - 1000.0

    assert run(ScriptedLoop(60, real), work(0.05)) == pytest.approx(2.0)
    real.now_s = 1000.0
    assert run(ScriptedLoop(60, real), work(5.0)) == pytest.approx(6.0), "nothing was late"


def test_what_comes_from_outside_comes_in_the_middle_of_a_wait(real: RealTime) -> None:
    here, there = socket.socketpair()
    here.setblocking(False)
    loop = ScriptedLoop(60, real)
    loop.rings.append((1000.25, there))

    async def main() -> float:
        sleeping = asyncio.ensure_future(asyncio.sleep(60))
        await loop.sock_recv(here, 1)
        heard_s = loop.time()
        await sleeping
        return heard_s

    with here, there:
        assert run(loop, main()) == pytest.approx(15.0)
    assert real.now_s == pytest.approx(1001.0)


def test_full_speed_waits_for_nobody_for_long(real: RealTime) -> None:
    assert run(ScriptedLoop(float("inf"), real), three_sleeps()) == [30, 60, 90]
    assert real.now_s == 1000.0, "too short to listen once"


def test_full_speed_still_listens_now_and_then(real: RealTime) -> None:
    async def work() -> None:
        for _ in range(100):
            real.now_s += 0.01
            await asyncio.sleep(1)

    run(ScriptedLoop(float("inf"), real), work())

    assert real.waits_s.count(0.001) in range(15, 21)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed must be more than 0"):
        PacedClockLoop(speed)
