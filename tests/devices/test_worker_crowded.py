"""A bus that more want than can be served, and a node that needs it in order to stop."""

from __future__ import annotations

import asyncio

import pytest

from tests.devices.worker_rig import FAR_S, returning, worker
from tests.support.virtual import virtual
from wampedge.devices.worker import pause
from wampedge.errors import BusBusyError, BusError, BusTimeoutError


async def long_unit() -> None:
    await pause(FAR_S / 2)


@virtual
async def test_work_of_the_node_waits_for_its_turn_where_callers_are_refused() -> None:
    async with worker(inline=True, queue_limit=1) as bus:
        first = asyncio.ensure_future(bus.run(long_unit, deadline_s=FAR_S))
        second = asyncio.ensure_future(bus.run(returning("second"), deadline_s=FAR_S))
        await asyncio.sleep(0)
        own = asyncio.ensure_future(
            bus.run(returning("own"), deadline_s=FAR_S, may_be_refused=False)
        )
        await asyncio.sleep(0)
        with pytest.raises(BusBusyError):
            await bus.run(returning("late"), deadline_s=FAR_S)

        await first
        assert [await second, await own] == ["second", "own"]


@virtual
async def test_waiting_units_are_refused_and_the_one_under_way_gets_little_time() -> None:
    loop = asyncio.get_running_loop()
    async with worker(inline=True) as bus:
        under_way = asyncio.ensure_future(bus.run(long_unit, deadline_s=FAR_S))
        waiting = asyncio.ensure_future(bus.run(returning(1), deadline_s=FAR_S))
        await asyncio.sleep(1.0)
        bus.refuse_waiting("is needed")
        bus.hurry(0.3)
        before = loop.time()
        answer = await bus.run(returning("safe"), deadline_s=FAR_S)
        outcomes = await asyncio.gather(under_way, waiting, return_exceptions=True)

        assert answer == "safe"
        assert loop.time() - before == pytest.approx(0.3)
        assert [type(each) for each in outcomes] == [BusTimeoutError, BusError]
        bus.hurry(0.3)  # nothing is under way: nothing happens
