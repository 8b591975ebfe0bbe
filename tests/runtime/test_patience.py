"""A driver that holds up the event loop is named; one that waits as it should is not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from tests.runtime.rig import Bench, RecordedWatcher, device_config
from wampedge.devices.driver import Driver, reading
from wampedge.devices.values import Value
from wampedge.errors import BusTimeoutError
from wampedge.runtime.callbacks import ContainedInput
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.execution import LoopExecution
from wampedge.runtime.patience import LoopPatience


class Wall:
    """A clock of the wall that goes on when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def block(self, seconds: float) -> None:
        self.now += seconds


class Blocking(Driver):
    """Blocks for as long as a test says, between two pauses that do not."""

    level = reading("mm")
    wall: Wall
    blocks_s = 0.0

    async def read(self) -> Mapping[str, Value]:
        await asyncio.sleep(0)
        self.wall.block(self.blocks_s)
        await asyncio.sleep(0)
        return {"level": 1.0}


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def runner(wall: Wall) -> Any:
    bench = Bench()
    bench.execution = LoopExecution(device="part")
    bench.execution.patience = LoopPatience("part", wall)
    runner = DeviceRunner(device_config(Blocking), bench, RecordedWatcher())
    runner.driver.wall = wall  # type: ignore[attr-defined] # of the driver above
    yield runner
    await runner.stop()


async def test_a_driver_that_blocks_the_loop_is_named_once_and_counted(
    runner: DeviceRunner, caplog: pytest.LogCaptureFixture
) -> None:
    runner.driver.blocks_s = 0.5  # type: ignore[attr-defined] # of the driver above
    for _ in range(3):
        await runner.sample()

    told = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(told) == 1
    assert told[0].startswith("part: its driver held up the whole node for 0.5 s")
    assert "self.thread" in told[0]
    assert runner.execution.patience is not None
    assert runner.execution.patience.exceeded == 3
    assert runner.health.state == "ok"


async def test_short_steps_are_not_told_however_many(
    runner: DeviceRunner, caplog: pytest.LogCaptureFixture
) -> None:
    runner.driver.blocks_s = 0.15  # type: ignore[attr-defined] # of the driver above
    for _ in range(5):
        await runner.sample()

    assert caplog.records == []
    assert runner.execution.patience is not None
    assert runner.execution.patience.exceeded == 0


async def test_a_wait_is_no_blocking_and_can_be_cut_short(wall: Wall) -> None:
    execution = LoopExecution(device="part")
    execution.patience = LoopPatience("part", wall)
    cleaned = []

    async def unit() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(BusTimeoutError):
        await execution.run(unit, deadline_s=0.01)

    assert cleaned == [True]
    assert execution.patience.exceeded == 0


async def test_what_is_awaited_may_raise_into_the_unit(wall: Wall) -> None:
    async def unit() -> str:
        failing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(failing.set_exception, ValueError("odd"))
        try:
            await failing
        except ValueError as error:
            return str(error)
        return ""

    assert await LoopPatience("part", wall).watch(unit()) == "odd"


def test_an_edge_that_blocks_is_told_too(wall: Wall, caplog: pytest.LogCaptureFixture) -> None:
    class Pin:
        name = "GPIO4"

        def watch(self, on_edge: Any) -> None:
            self.on_edge = on_edge

    pin, patience = Pin(), LoopPatience("door", wall)
    contained = ContainedInput(pin, lambda _: None, patience)  # type: ignore[arg-type] # enough
    contained.watch(lambda *_: wall.block(1.0))
    pin.on_edge(True, 0)

    assert patience.exceeded == 1
    assert "door: its driver held up the whole node for 1 s" in caplog.text
