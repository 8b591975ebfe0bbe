"""Orders to one device: settings for a while, orders that wait, orders that fail."""

from __future__ import annotations

import asyncio

import pytest

from tests.runtime.rig import Bench, RecordedWatcher, device_config, on_bench
from tests.runtime.test_device import Valve, valve_of
from wampedge.errors import DeviceError, InvalidValueError
from wampedge.runtime.device import DeviceRunner


def test_setting_that_is_prolonged_goes_back_to_where_the_first_one_began() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.set("position", 0.1)
        await runner.set("position", 0.9, for_s=5.0)
        await asyncio.sleep(4.0)
        await runner.set("position", 0.9, for_s=5.0)
        await asyncio.sleep(4.0)
        assert watcher.values("position") == [0.1, 0.9, 0.9]
        await asyncio.sleep(2.0)

        assert watcher.values("position") == [0.1, 0.9, 0.9, 0.1]

    on_bench(device_config(Valve), act)


def test_two_settings_for_a_while_at_once_leave_one_way_back() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.set("position", 0.1)
        await asyncio.gather(
            runner.set("position", 0.8, for_s=5.0), runner.set("position", 0.9, for_s=5.0)
        )
        await runner.set("position", 0.7)
        await asyncio.sleep(60.0)

        assert watcher.values("position") == [0.1, 0.8, 0.9, 0.7]

    on_bench(device_config(Valve), act)


def test_setting_for_a_while_without_a_known_value_before_drives_nothing() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        with pytest.raises(DeviceError, match="no known value to go back to"):
            await runner.set("position", 0.9, for_s=5.0)

        assert valve_of(runner).done == []

    on_bench(device_config(Valve), act)


def test_way_back_that_fails_is_tried_until_it_succeeds() -> None:
    class Sticky(Valve):
        """A valve that cannot be moved for a while."""

        is_stuck = False

        async def set_position(self, value: float) -> None:
            if self.is_stuck:
                raise DeviceError("it is stuck")
            await super().set_position(value)

    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        assert isinstance(runner.driver, Sticky)
        await runner.set("position", 0.1)
        await runner.set("position", 0.9, for_s=5.0)
        runner.driver.is_stuck = True
        await asyncio.sleep(30.0)
        runner.driver.is_stuck = False
        await asyncio.sleep(60.0)

        assert watcher.values("position")[-1] == 0.1
        assert runner.health.state == "ok"

    on_bench(device_config(Sticky), act)


def test_order_that_waits_while_the_device_stops_is_refused() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.set("position", 0.1)
        first = asyncio.ensure_future(runner.set("position", 0.5))
        await asyncio.sleep(0)
        stopping = asyncio.ensure_future(runner.stop())
        late = asyncio.ensure_future(runner.set("position", 0.9))
        outcomes = await asyncio.gather(first, stopping, late, return_exceptions=True)

        assert valve_of(runner).done[-2:] == ["safe", "close"]
        assert 0.9 not in valve_of(runner).done
        assert "being stopped" in str(outcomes[2])

    on_bench(device_config(Valve), act)


def test_failed_order_asks_for_another_look_and_a_wrong_argument_does_not() -> None:
    retried: list[DeviceRunner] = []

    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        runner.on_retry = retried.append
        await runner.set("position", 0.1)
        assert runner.next_look_s() is None
        with pytest.raises(InvalidValueError):
            await runner.set("position", "wide")
        assert retried == []

        runner.on_failure(DeviceError("the bus is gone"))

        assert retried == [runner]
        assert runner.next_look_s() == 10.0

    on_bench(device_config(Valve), act)
