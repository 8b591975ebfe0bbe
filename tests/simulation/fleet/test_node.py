"""One node of a fleet through power cuts and clock steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.fleet.rig import plan
from wampedge.client import Session
from wampedge.errors import ApplicationError, CallTimeoutError
from wampedge.simulation.fleet.node import FleetNode, SettableClock
from wampedge.simulation.fleet.upstream import FleetRouter
from wampedge.simulation.fleet.variation import as_node
from wampedge_simulator.clock import EPOCH_S, run_virtual


class Rig:
    def __init__(self, folder: Path) -> None:
        self.router = FleetRouter("edge")
        self.broken: list[tuple[str, str]] = []
        self.node = FleetNode(
            0,
            as_node(plan().config, 0, 1),
            open_far=self.router.open,
            on_broken=lambda invariant, text: self.broken.append((invariant, text)),
            seed=1,
            folder=folder / "0",
            within_s=5.0,
        )
        self.hub: Session | None = None

    async def call(self, procedure: str, *args: Any) -> Any:
        assert self.hub is not None, "it has joined"
        return (await self.hub.call(f"edge.n-0.{procedure}", *args, timeout_s=5.0)).value

    def is_on(self, line: int) -> bool:
        return self.node.board.pin_level("gpio", line)


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Rig]:
    rig = Rig(folder)
    await rig.router.start()
    await rig.node.switch_on()
    rig.hub = await rig.router.session()
    await asyncio.sleep(6)  # the dead time of the interlock
    yield rig
    await rig.hub.leave()
    await rig.node.switch_off()
    await rig.router.stop()


def play(folder: Path, story: Callable[[Rig], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        async with started(folder) as rig:
            await story(rig)

    run_virtual(main())


def test_node_that_has_started_is_at_the_router(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        assert rig.node.missing() == []
        assert rig.node.all_joins() == 1
        assert rig.node.device_states() == dict.fromkeys(["air", "pump", "fan", "heater"], "ok")
        assert await rig.call("fan.on") is True
        assert rig.is_on(27)

    play(tmp_path, story)


def test_power_cut_takes_outputs_and_keeps_what_was_written(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.call("heater.on")
        await asyncio.sleep(30)
        cut = asyncio.ensure_future(rig.node.cut_power(20.0))
        await asyncio.sleep(10)
        assert not rig.is_on(22)
        assert rig.node.device_states() == {}
        await cut
        await asyncio.sleep(15)

        assert rig.is_on(22), "on_start is restore"
        assert rig.node.missing() == []
        assert rig.node.all_joins() == 2
        assert rig.broken == []

    play(tmp_path, story)


def test_router_is_told_nothing_of_a_power_cut(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        cut = asyncio.ensure_future(rig.node.cut_power(60.0))
        await asyncio.sleep(3)
        with pytest.raises(CallTimeoutError):
            await rig.call("sys.list")
        await asyncio.sleep(30)  # the router's ping has found out
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await rig.call("sys.list")
        await cut

    play(tmp_path, story)


def test_node_that_cannot_reach_the_router_is_late(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.node.trouble.begin("link")
        rig.node.link.cut("reset")
        await asyncio.sleep(1)
        rig.node.trouble.end("link")  # it is not: the link stays cut
        await asyncio.sleep(6)

        [(invariant, text)] = rig.broken
        assert invariant == "registrations"
        assert text.startswith("not back in time: ")
        assert "network is unreachable" in text

    play(tmp_path, story)


def test_clock_step_moves_the_times_of_readings_and_no_more(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        before = (await rig.hub.call("edge.n-0.air.temperature.get", fresh=True)).kwargs["time"]  # type: ignore[union-attr] # it has joined
        rig.node.step_clock(-3600.0)
        after = (await rig.hub.call("edge.n-0.air.temperature.get", fresh=True)).kwargs["time"]  # type: ignore[union-attr] # it has joined
        await asyncio.sleep(60)

        assert -3600.0 <= after - before < -3590.0
        assert rig.node.device_states()["air"] == "ok"

    play(tmp_path, story)


def test_clock_does_not_go_before_1970() -> None:
    async def main() -> None:
        clock = SettableClock()
        assert clock.time() == EPOCH_S
        clock.step(10.5)
        assert clock.time() == EPOCH_S + 10.5
        clock.step(-1e10)
        assert clock.time() == 0.0

    run_virtual(main())
