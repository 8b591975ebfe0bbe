"""Relay and LED: one contract under two names."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.driving import PlainOutput, RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.driver import Driver, spec_of
from wampedge.devices.fields import Duration
from wampedge.devices.output_policy import FreeGuard
from wampedge.errors import BadReadingError, HardwareError, LimitError
from wampedge_drivers.gpio.led import Led
from wampedge_drivers.gpio.relay import Relay

BOTH = pytest.mark.parametrize("driver_class", [Relay, Led])


class Load:
    """A driver with its pin on the bench."""

    def __init__(
        self, driver_class: type[Driver], *, start: bool | None = None, **given: Any
    ) -> None:
        self.context = RecordedContext()
        self.pin = PlainOutput()
        driver: Any = driver_of(driver_class, context=self.context, **given)
        self.driver = driver
        self.driver.start_with(start)
        self.pin.history.append(self.driver.initial_level("pin"))
        self.driver.pin = self.pin

    @classmethod
    async def up(cls, driver_class: type[Driver], **given: Any) -> Load:
        load = cls(driver_class, **given)
        await load.driver.setup()
        load.pin.history.clear()
        load.context.published.clear()
        return load


@BOTH
def test_it_declares_a_settable_state_and_four_commands(driver_class: type[Driver]) -> None:
    spec = spec_of(driver_class)

    assert spec.channels["state"].is_settable
    assert set(spec.commands) == {"on", "off", "toggle", "pulse"}
    assert isinstance(spec.commands["pulse"].arguments["duration"], Duration)
    assert spec.pins["pin"].direction == "output"
    assert not spec.is_polled


@BOTH
@pytest.mark.parametrize(
    ("active", "start", "level"),
    [("high", None, False), ("high", True, True), ("low", None, True), ("low", True, False)],
)
@virtual
async def test_the_first_level_is_the_one_it_is_told_to_start_with(
    driver_class: type[Driver], active: str, start: bool | None, level: bool
) -> None:
    load = Load(driver_class, start=start, active=active)

    await load.driver.setup()

    assert load.pin.history == [level, level]
    assert load.context.published == [{"state": bool(start)}]


@BOTH
@virtual
async def test_commands_switch_publish_and_answer_the_new_state(
    driver_class: type[Driver],
) -> None:
    load = await Load.up(driver_class)

    answers = [
        await load.driver.on(),
        await load.driver.off(),
        await load.driver.toggle(),
        await load.driver.toggle(),
    ]

    assert answers == [True, False, True, False]
    assert load.pin.history == [True, False, True, False]
    assert [values["state"] for values in load.context.published] == answers


@virtual
async def test_a_low_active_load_is_on_at_a_low_level() -> None:
    load = await Load.up(Relay, active="low")

    await load.driver.on()

    assert load.pin.history == [False]


@virtual
async def test_setting_answers_and_leaves_publishing_to_the_runtime() -> None:
    load = await Load.up(Relay)

    assert await load.driver.set_state(True) is True
    assert load.pin.history == [True]
    assert load.context.published == []


@BOTH
@virtual
async def test_a_pulse_answers_at_once_and_ends_by_itself(driver_class: type[Driver]) -> None:
    load = await Load.up(driver_class)

    answer = await load.driver.pulse(2.0)
    await asyncio.sleep(1.99)
    during = list(load.pin.history)
    await asyncio.sleep(0.02)

    assert answer is True
    assert during == [True]
    assert load.pin.history == [True, False]
    assert load.context.published == [{"state": True}, {"state": False}]


@pytest.mark.parametrize("command", ["on", "off", "toggle", "set_state", "pulse"])
@virtual
async def test_whatever_is_asked_for_next_replaces_a_pulse(command: str) -> None:
    load = await Load.up(Relay)
    await load.driver.pulse(2.0)
    given: dict[str, list[Any]] = {"set_state": [True], "pulse": [5.0]}

    await getattr(load.driver, command)(*given.get(command, []))
    await asyncio.sleep(3)

    wanted = {"on": True, "off": False, "toggle": False, "set_state": True, "pulse": True}
    assert load.pin.history == [True, wanted[command]]
    await load.driver.off()


@BOTH
@pytest.mark.parametrize("was_on", [True, False])
@virtual
async def test_the_load_is_off_at_the_end_or_kept_as_it_is(
    driver_class: type[Driver], was_on: bool
) -> None:
    load = await Load.up(driver_class)
    await load.driver.set_state(was_on)
    load.pin.history.clear()

    await load.driver.keep()
    assert load.pin.history == []
    await load.driver.set_inactive()
    assert load.pin.history == [False]


@virtual
async def test_a_pulse_is_ended_when_the_load_is_kept_as_it_is() -> None:
    load = await Load.up(Relay)
    await load.driver.pulse(60.0)

    await load.driver.keep()
    await asyncio.sleep(100)

    assert load.pin.history == [True, False]


class RecordedGuard(FreeGuard):
    """Refuses what the test says, and keeps what it was told."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.notes: list[tuple[bool, Any]] = []

    async def enter(self, active: bool, value: Any = None) -> None:
        if self.refusal is not None:
            raise self.refusal

    def noted(self, active: bool, value: Any = None) -> None:
        self.notes.append((active, value))


@virtual
async def test_a_refused_order_changes_nothing() -> None:
    load = await Load.up(Relay)
    guard = load.context.guard = RecordedGuard()
    await load.driver.on()
    guard.refusal = LimitError("too soon", retry_after_s=3.0)

    with pytest.raises(LimitError):
        await load.driver.off()

    assert load.pin.history == [True]
    assert await load.driver.read_back() == {"state": True}


@virtual
async def test_a_pulse_lasts_as_long_as_the_load_must_be_on() -> None:
    load = await Load.up(Relay)
    guard = load.context.guard = RecordedGuard()
    await load.driver.pulse(1.0)
    guard.refusal = LimitError("too soon", retry_after_s=4.0)

    await asyncio.sleep(2.0)
    assert load.pin.history == [True]
    guard.refusal = None
    await asyncio.sleep(4.0)

    assert load.pin.history == [True, False]


@virtual
async def test_the_guard_is_told_what_is_for_good_and_what_is_only_a_pulse() -> None:
    load = await Load.up(Relay)
    guard = load.context.guard = RecordedGuard()

    await load.driver.on()
    await load.driver.off()
    await load.driver.pulse(1.0)
    await asyncio.sleep(2.0)

    assert guard.notes == [(True, True), (False, False), (True, False), (False, False)]


@virtual
async def test_load_that_could_not_be_switched_off_is_off_after_the_next_set_up() -> None:
    load = await Load.up(Relay)
    await load.driver.on()
    load.pin.fault = HardwareError("gone")
    with pytest.raises(HardwareError):
        await load.driver.off()
    load.pin.fault = None
    load.pin.history.clear()

    await load.driver.setup()

    assert load.pin.history == [False]
    assert load.context.published[-1] == {"state": False}


@virtual
async def test_load_that_could_not_be_switched_on_stays_off_at_the_next_set_up() -> None:
    load = await Load.up(Relay)
    load.pin.fault = HardwareError("gone")
    with pytest.raises(HardwareError):
        await load.driver.on()
    load.pin.fault = None
    load.pin.history.clear()

    await load.driver.setup()

    assert load.pin.history == [False]


@virtual
async def test_pulse_whose_end_failed_is_ended_by_the_next_set_up() -> None:
    load = await Load.up(Relay)
    await load.driver.pulse(1.0)
    plan = load.driver._own._cancel_pulse
    load.pin.fault = HardwareError("gone")
    with pytest.raises(HardwareError):
        await load.driver._own._end_pulse()
    plan()
    load.pin.fault = None
    load.pin.history.clear()

    await load.driver.setup()
    await load.driver.safe()

    assert load.pin.history == [False, False]


@virtual
async def test_switch_whose_pin_does_not_follow_says_so_when_it_is_read_back() -> None:
    load = await Load.up(Relay, active="low")
    await load.driver.on()
    assert await load.driver.read_back() == {"state": True}
    load.pin.history.append(True)

    with pytest.raises(BadReadingError, match="reads high though it is driven low"):
        await load.driver.read_back()


@virtual
async def test_switch_takes_over_the_state_but_not_the_pulse_of_the_one_before() -> None:
    before, after = await Load.up(Relay), await Load.up(Relay)
    await before.driver.on()
    after.driver.take_over(before.driver)
    assert after.driver.initial_level("pin") is True

    await before.driver.pulse(1.0)
    after.driver.take_over(before.driver)
    await before.driver.safe()

    assert after.driver.initial_level("pin") is False
