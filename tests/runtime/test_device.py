"""One device: sampling, setting, failing alone, coming back."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.runtime.rig import Bench, RecordedWatcher, device_config, on_bench
from wampedge.devices.driver import Driver, command, param, reading, setting
from wampedge.devices.fields import Duration, Number
from wampedge.devices.values import Value
from wampedge.errors import BusError, DeviceError, InvalidValueError
from wampedge.runtime.device import DeviceRunner


class Probe(Driver):
    """A thermometer whose answers a test lays down."""

    temperature = reading("°C")
    gain: float = param(Number(), 1.0)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.answers: list[Value | BaseException] = []
        self.setups = 0

    async def setup(self) -> None:
        self.setups += 1

    async def read(self) -> Mapping[str, Value]:
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return {"temperature": answer}


class Valve(Driver, events=("moved",)):
    """A valve with a position, a command, and a safe state."""

    position = setting(Number(minimum=0.0, maximum=1.0))

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.done: list[Any] = []

    async def set_position(self, value: float) -> None:
        self.done.append(value)

    @command({"duration": Duration()})
    async def flush(self, duration: float) -> str:
        """Open for a while."""
        self.done.append(("flush", duration))
        self.emit("moved")
        return "flushing"

    async def safe(self) -> None:
        self.done.append("safe")

    async def close(self) -> None:
        self.done.append("close")


def probe_of(runner: DeviceRunner) -> Probe:
    assert isinstance(runner.driver, Probe)
    return runner.driver


def valve_of(runner: DeviceRunner) -> Valve:
    assert isinstance(runner.driver, Valve)
    return runner.driver


def test_sample_becomes_a_reading_with_unit_time_and_number() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [21.5, 21.6]
        await runner.sample()
        await asyncio.sleep(10.0)
        await runner.sample()

        name, second = watcher.readings[1]
        assert (name, second.value, second.unit, second.seq) == ("temperature", 21.6, "°C", 2)
        assert second.time - watcher.readings[0][1].time == 10.0
        assert (second.quality, watcher.states) == ("good", ["ok"])

    on_bench(device_config(Probe), act)


def test_failed_sample_is_bad_and_keeps_the_last_good_value() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [21.5, BusError("no acknowledge", errno=121)]
        await runner.sample()
        await runner.sample()

        bad = watcher.readings[1][1]
        assert (bad.value, bad.quality, bad.last) == (None, "bad", 21.5)
        assert bad.reason == "no acknowledge"
        assert watcher.states == ["ok", "degraded"]

    on_bench(device_config(Probe), act)


def test_same_bad_news_is_told_once_and_the_last_good_value_stays() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [21.5, BusError("a"), BusError("a"), BusError("b")]
        for _ in range(4):
            await runner.sample()

        assert [r.reason for _, r in watcher.readings] == [None, "a", "b"]
        assert [r.last for _, r in watcher.readings] == [None, 21.5, 21.5]

    on_bench(device_config(Probe), act)


def test_device_goes_down_after_three_failures_and_comes_back() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [20.0, *[BusError("gone")] * 3, 20.1]
        for _ in range(5):
            await runner.sample()

        assert watcher.states == ["ok", "degraded", "down", "ok"]
        assert watcher.values("temperature") == [20.0, None, 20.1]

    on_bench(device_config(Probe), act)


def test_part_is_set_up_again_after_a_failure_and_only_then() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [20.0, 20.1, BusError("gone"), 20.2]
        for _ in range(4):
            await runner.sample()

        assert probe_of(runner).setups == 2

    on_bench(device_config(Probe), act)


@pytest.mark.parametrize("failure", [ValueError("nonsense"), SystemExit(3), KeyError("x")])
def test_driver_that_raises_anything_hurts_only_itself(failure: BaseException) -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [failure, 20.0]
        await runner.sample()
        await runner.sample()

        assert runner.health.state == "ok"
        assert watcher.readings[0][1].quality == "bad"

    on_bench(device_config(Probe), act)


def test_driver_that_never_answers_is_given_up_in_time() -> None:
    class Stuck(Driver):
        """Waits for ever."""

        level = reading("mm")

        async def read(self) -> Mapping[str, Value]:
            await asyncio.Event().wait()
            return {}

    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        before = bench.clock.monotonic()
        await runner.sample()

        assert bench.clock.monotonic() - before == 2.0
        assert runner.health.reason == "the driver did not answer within 2 s"

    on_bench(device_config(Stuck), act)


def test_missing_measurement_of_one_channel_is_bad_though_the_device_is_ok() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [None]
        await runner.sample()

        assert runner.health.state == "ok"
        assert watcher.readings[0][1].reason == "the part gave no measurement"

    on_bench(device_config(Probe), act)


def test_value_is_converted_to_the_unit_of_the_file_and_named_by_it() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [21.5]
        await runner.sample()

        assert watcher.readings[0][0] == "air"
        assert watcher.readings[0][1].value == 21_500.0
        assert watcher.readings[0][1].unit == "m°C"

    on_bench(device_config(Probe, temperature={"name": "air", "unit": "m°C", "scale": 1000.0}), act)


def test_value_outside_the_range_of_the_file_is_bad_and_says_so() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [-30.0, -30.1]
        await runner.sample()
        await runner.sample()

        good, bad = (reading for _, reading in watcher.readings)
        assert good.value == -30.0
        assert bad.reason == "-30.1 °C is outside the range -30 to 60 °C of the device file"

    on_bench(device_config(Probe, temperature={"range": (-30.0, 60.0)}), act)


def test_reading_before_the_first_sample_is_bad() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        before = await runner.get("temperature")

        assert (before.value, before.quality, before.reason) == (None, "bad", "no sample yet")

    on_bench(device_config(Probe), act)


def test_fresh_get_samples_now_and_a_plain_one_does_not() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [1.0, 2.0]
        assert (await runner.get("temperature", fresh=True)).value == 1.0
        assert (await runner.get("temperature")).value == 1.0
        assert (await runner.get("temperature", fresh=True)).value == 2.0

    on_bench(device_config(Probe), act)


def test_failure_of_a_fresh_get_reaches_the_caller_with_the_name_of_the_device() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        probe_of(runner).answers = [BusError("no acknowledge")]
        with pytest.raises(BusError, match="part: no acknowledge"):
            await runner.get("temperature", fresh=True)

    on_bench(device_config(Probe), act)


def test_set_reaches_the_part_and_becomes_a_reading() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        assert await runner.set("position", 0.25) == 0.25

        assert valve_of(runner).done == [0.25]
        assert watcher.values("position") == [0.25]

    on_bench(device_config(Valve), act)


@pytest.mark.parametrize("value", ["on", True, -0.1, 1.1, 2**70, float("nan"), None, [0.5]])
def test_wrong_value_never_reaches_the_part_and_the_device_stays_ok(value: Any) -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        with pytest.raises(InvalidValueError) as caught:
            await runner.set("position", value)

        assert caught.value.field == "value"
        assert valve_of(runner).done == []
        assert runner.health.errors == 0

    on_bench(device_config(Valve), act)


def test_set_for_a_while_goes_back_to_the_value_before() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.set("position", 0.2)
        await runner.set("position", 0.9, for_s=5.0)
        await asyncio.sleep(4.9)
        assert valve_of(runner).done == [0.2, 0.9]
        await asyncio.sleep(0.2)

        assert valve_of(runner).done == [0.2, 0.9, 0.2]
        assert watcher.values("position") == [0.2, 0.9, 0.2]

    on_bench(device_config(Valve), act)


def test_later_set_cancels_the_way_back() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.set("position", 0.2)
        await runner.set("position", 0.9, for_s=5.0)
        await runner.set("position", 0.5)
        await asyncio.sleep(10.0)

        assert valve_of(runner).done == [0.2, 0.9, 0.5]

    on_bench(device_config(Valve), act)


def test_wrong_value_does_not_cancel_the_way_back() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.set("position", 0.2)
        await runner.set("position", 0.9, for_s=5.0)
        with pytest.raises(InvalidValueError):
            await runner.set("position", 7.0)
        with pytest.raises(InvalidValueError):
            await runner.call("flush", [], {})
        await asyncio.sleep(10.0)

        assert valve_of(runner).done == [0.2, 0.9, 0.2]

    on_bench(device_config(Valve), act)


def test_command_gets_its_arguments_converted_and_answers() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        assert await runner.call("flush", ["1500ms"], {}) == "flushing"

        assert valve_of(runner).done == [("flush", 1.5)]
        assert watcher.events == ["moved"]

    on_bench(device_config(Valve), act)


def test_command_with_a_wrong_argument_never_reaches_the_part() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        with pytest.raises(InvalidValueError, match="duration"):
            await runner.call("flush", [5], {})

        assert valve_of(runner).done == []

    on_bench(device_config(Valve), act)


def test_lost_part_is_down_at_once_and_asks_to_be_retried() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        retried: list[DeviceRunner] = []
        runner.on_retry = retried.append
        probe_of(runner).answers = [20.0]
        await runner.sample()
        bench.lose(DeviceError("the port is gone"))

        assert watcher.states == ["ok", "down"]
        assert retried == [runner]

    on_bench(device_config(Probe), act)


def test_stop_takes_the_safe_state_then_closes_and_hears_nothing_more() -> None:
    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.set("position", 0.1)
        await runner.set("position", 0.9, for_s=5.0)
        await runner.stop()
        await asyncio.sleep(10.0)

        assert valve_of(runner).done == [0.1, 0.9, "safe", "close"]
        assert not bench.is_mounted
        assert not await runner.prepare()

    on_bench(device_config(Valve), act)


def test_part_that_hangs_at_the_end_does_not_keep_the_node_on() -> None:
    class Hanging(Driver):
        """Never reaches its safe state."""

        async def safe(self) -> None:
            await asyncio.Event().wait()

    async def act(runner: DeviceRunner, watcher: RecordedWatcher, bench: Bench) -> None:
        await runner.sample()
        before = bench.clock.monotonic()
        await runner.stop()

        assert bench.clock.monotonic() - before == 1.0
        assert not bench.is_mounted

    on_bench(device_config(Hanging), act)
