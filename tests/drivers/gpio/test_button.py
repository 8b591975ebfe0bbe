"""Buttons: level, events and bounces in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.driving import PlainInput, RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge.devices.driver import spec_of
from wampedge.devices.fields import Boolean
from wampedge_drivers.gpio.button import Button


class Bench:
    """A button on a pin the test drives."""

    def __init__(self, level: bool = True, **given: Any) -> None:
        self.context = RecordedContext()
        self.pin = PlainInput(level)
        self.driver = driver_of(Button, context=self.context, **given)
        self.driver.pin = self.pin

    @classmethod
    async def up(cls, level: bool = True, **given: Any) -> Bench:
        bench = cls(level, **given)
        await bench.driver.setup()
        return bench

    def drive(self, level: bool) -> None:
        self.pin.drive(level, self.context.clock.monotonic())

    @property
    def states(self) -> list[Any]:
        return [values["pressed"] for values in self.context.published]


def test_it_declares_a_flag_and_five_events() -> None:
    spec = spec_of(Button)

    assert isinstance(spec.channels["pressed"].field, Boolean)
    assert spec.events == ("press", "release", "click", "double", "hold")
    assert spec.pins["pin"].direction == "input"


@pytest.mark.parametrize(
    ("pull", "active", "level", "is_pressed"),
    [
        ("up", "auto", True, False),
        ("up", "auto", False, True),
        ("down", "auto", True, True),
        ("none", "auto", True, True),
        ("up", "high", True, True),
        ("down", "low", False, True),
        ("none", "low", True, False),
    ],
)
@virtual
async def test_which_level_means_pressed_follows_from_pull_and_active(
    pull: str, active: str, level: bool, is_pressed: bool
) -> None:
    bench = await Bench.up(level, pull=pull, active=active)

    assert bench.driver.input_pull("pin") == pull
    assert bench.states == [is_pressed]
    assert bench.context.events == []


@virtual
async def test_a_press_counts_when_it_has_lasted() -> None:
    bench = await Bench.up(debounce="20ms")

    bench.drive(False)
    await asyncio.sleep(0.019)
    before = list(bench.context.events)
    await asyncio.sleep(0.002)

    assert before == []
    assert bench.context.events == ["press"]
    assert bench.states == [False, True]


@virtual
async def test_bounces_make_one_press_and_one_release() -> None:
    """PEERS.md: gpiozero's MockFactory stores bounce_time and never applies it."""
    bench = await Bench.up(debounce="20ms")

    for level in (False, True, False, True, False):
        bench.drive(level)
        await asyncio.sleep(0.003)
    await asyncio.sleep(0.1)
    for level in (True, False, True):
        bench.drive(level)
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.1)

    assert bench.context.events == ["press", "release", "click"]
    assert bench.states == [False, True, False]


@virtual
async def test_a_spike_is_no_press() -> None:
    bench = await Bench.up(debounce="20ms")

    bench.drive(False)
    await asyncio.sleep(0.005)
    bench.drive(True)
    await asyncio.sleep(1)

    assert bench.context.events == []


@virtual
async def test_a_press_that_the_busy_loop_saw_late_is_not_lost() -> None:
    """PEERS.md: debounce drops edges (gpiozero #1039)."""
    bench = await Bench.up(debounce="20ms")
    now = bench.context.clock.monotonic()

    bench.pin.drive(False, now)
    bench.pin.drive(True, now + 0.05)
    await asyncio.sleep(0.1)

    assert bench.context.events == ["press", "release", "click"]


@virtual
async def test_without_debounce_every_edge_counts_at_once() -> None:
    bench = await Bench.up(debounce="0s")

    bench.drive(False)
    bench.drive(True)

    assert bench.context.events == ["press", "release", "click"]


@virtual
async def test_holdoff_counts_the_first_edge_at_once_and_is_blind_then() -> None:
    bench = await Bench.up(debounce={"holdoff": "20ms"})

    bench.drive(False)
    at_once = list(bench.context.events)
    for level in (True, False):
        await asyncio.sleep(0.002)
        bench.drive(level)
    await asyncio.sleep(0.1)
    bench.drive(True)
    await asyncio.sleep(0.1)

    assert at_once == ["press"]
    assert bench.context.events == ["press", "release", "click"]


@virtual
async def test_a_release_that_holdoff_did_not_see_is_told_after_it() -> None:
    bench = await Bench.up(debounce={"holdoff": "20ms"})

    bench.drive(False)
    await asyncio.sleep(0.005)
    bench.drive(True)
    await asyncio.sleep(0.014)
    before = list(bench.states)
    await asyncio.sleep(0.002)

    assert before == [False, True]
    assert bench.states == [False, True, False]


@virtual
async def test_a_long_press_is_a_hold_when_it_has_lasted_and_no_click() -> None:
    bench = await Bench.up(debounce="20ms", hold="1s")

    bench.drive(False)
    await asyncio.sleep(0.999)
    before = list(bench.context.events)
    await asyncio.sleep(0.002)
    held = list(bench.context.events)
    bench.drive(True)
    await asyncio.sleep(0.1)

    assert before == ["press"]
    assert held == ["press", "hold"]
    assert bench.context.events == ["press", "hold", "release"]


@virtual
async def test_two_quick_clicks_are_a_double_one() -> None:
    bench = await Bench.up(debounce="20ms", double="400ms")

    for _ in range(2):
        bench.drive(False)
        await asyncio.sleep(0.1)
        bench.drive(True)
        await asyncio.sleep(0.2)
    await asyncio.sleep(1)

    assert bench.context.events == ["press", "release", "press", "double", "release"]


@virtual
async def test_a_single_click_waits_for_the_second_only_where_a_double_one_is_asked_for() -> None:
    bench = await Bench.up(debounce="0s", double="400ms")

    bench.drive(False)
    await asyncio.sleep(0.1)
    bench.drive(True)
    await asyncio.sleep(0.399)
    before = list(bench.context.events)
    await asyncio.sleep(0.002)

    assert before == ["press", "release"]
    assert bench.context.events == ["press", "release", "click"]


@virtual
async def test_a_bounce_while_a_click_waits_keeps_nobody_busy() -> None:
    """The deadline of the click lies within a bounce that is not decided yet."""
    bench = await Bench.up(debounce="50ms", double="100ms")
    bench.drive(False)
    await asyncio.sleep(0.2)
    bench.drive(True)
    await asyncio.sleep(0.09)

    bench.drive(False)
    await asyncio.sleep(0.03)
    bench.drive(True)
    await asyncio.sleep(1)

    assert bench.context.events == ["press", "release", "click"]


@virtual
async def test_one_timer_serves_a_storm_of_edges() -> None:
    bench = await Bench.up(debounce="20ms")
    before = len(asyncio.all_tasks())
    for number in range(1000):
        bench.drive(bool(number % 2))
    bench.drive(False)
    planned = len(asyncio.all_tasks()) - before
    await asyncio.sleep(1)

    assert planned == 1
    assert bench.context.events == ["press"]


@virtual
async def test_after_a_failure_the_state_is_read_again_without_an_event() -> None:
    bench = await Bench.up()
    bench.pin.level = False

    await bench.driver.setup()

    assert bench.states == [False, True]
    assert bench.context.events == []


@virtual
async def test_a_closed_button_watches_no_more() -> None:
    bench = await Bench.up()

    await bench.driver.close()

    assert not bench.pin.is_watched
