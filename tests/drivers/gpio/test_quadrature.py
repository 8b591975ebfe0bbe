"""Quadrature encoders: ticks by the order of time stamps, position, speed, missing edges."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.driving import PlainInput, RecordedContext, driver_of
from tests.support.virtual import virtual
from wampedge_drivers.gpio.quadrature import MOST_WAITING, Quadrature, step_of

FORWARD = [0b00, 0b10, 0b11, 0b01]
"""Levels of (a, b) while the shaft turns forward: a leads."""


class Shaft:
    """An encoder the test turns, one tick a millisecond."""

    def __init__(self, **given: Any) -> None:
        self.context = RecordedContext("wheel")
        self.driver = driver_of(Quadrature, context=self.context, **given)
        self.lines = PlainInput(False, "GPIO20"), PlainInput(False, "GPIO21")
        self.driver.a, self.driver.b = self.lines
        self.place = 0

    @classmethod
    async def up(cls, **given: Any) -> Shaft:
        shaft = cls(**given)
        await shaft.driver.setup()
        return shaft

    async def turn(self, ticks: int) -> None:
        for _ in range(abs(ticks)):
            before = FORWARD[self.place % 4]
            self.place += 1 if ticks > 0 else -1
            after = FORWARD[self.place % 4]
            line = 0 if (before ^ after) & 0b10 else 1
            level = bool(after >> (1 - line) & 1)
            self.lines[line].drive(level, self.context.clock.monotonic())
            await asyncio.sleep(0.001)

    async def sample(self) -> Any:
        await asyncio.sleep(0.01)
        return await self.driver.read()


def test_each_edge_is_a_tick_forward_or_back() -> None:
    ring = [*FORWARD, FORWARD[0]]

    assert [step_of(one, other) for one, other in pairwise(ring)] == [1, 1, 1, 1]
    assert [step_of(one, other) for one, other in pairwise(reversed(ring))] == [-1, -1, -1, -1]


@virtual
async def test_a_turn_is_as_many_ticks_as_the_file_says() -> None:
    shaft = await Shaft.up(ticks_per_turn=1440)

    await shaft.turn(720)
    forward = await shaft.sample()
    await shaft.turn(-1080)
    back = await shaft.sample()

    assert (forward["ticks"], forward["position"], forward["direction"]) == (720, 0.5, 1)
    assert (back["ticks"], back["position"], back["direction"]) == (-360, -0.25, -1)
    assert back["invalid"] == 0


@virtual
async def test_speed_is_the_way_since_the_last_sample() -> None:
    """100 ticks in 110 ms; then 10 ms at rest."""
    shaft = await Shaft.up(ticks_per_turn=100)

    await shaft.turn(100)

    assert (await shaft.sample())["speed"] == pytest.approx(1 / 0.11)
    assert (await shaft.sample())["speed"] == 0.0


@virtual
async def test_edges_that_arrive_line_by_line_are_put_in_order() -> None:
    shaft = await Shaft.up()
    a, b = shaft.lines

    for level, at_s in [(True, 0.001), (False, 0.003), (True, 0.005)]:
        a.drive(level, at_s)
    for level, at_s in [(True, 0.002), (False, 0.004)]:
        b.drive(level, at_s)

    assert (await shaft.sample())["ticks"] == 5


@virtual
async def test_an_edge_that_was_lost_is_counted_and_moves_nothing() -> None:
    shaft = await Shaft.up()

    shaft.lines[0].drive(True, 0.001)
    shaft.lines[0].drive(True, 0.002)
    sample = await shaft.sample()

    assert (sample["ticks"], sample["invalid"]) == (1, 1)
    assert shaft.driver.counters() == {"lost_edges": 0, "invalid_edges": 1}


@virtual
async def test_what_is_younger_than_5_ms_waits_for_the_next_sample() -> None:
    shaft = await Shaft.up()
    await asyncio.sleep(1)
    shaft.lines[0].drive(True, 0.999)

    assert (await shaft.driver.read())["ticks"] == 0
    assert (await shaft.sample())["ticks"] == 1


@virtual
async def test_edges_do_not_pile_up_between_samples() -> None:
    shaft = await Shaft.up()
    for number in range(3 * MOST_WAITING):
        shaft.lines[0].drive(number % 2 == 0, number * 1e-6)

    assert len(shaft.driver._waiting) < MOST_WAITING
    assert (await shaft.sample())["ticks"] == 0


@virtual
async def test_a_reset_says_where_the_shaft_is() -> None:
    shaft = await Shaft.up(ticks_per_turn=100)
    await shaft.turn(50)

    assert await shaft.driver.reset(2) == 0.5
    assert (await shaft.sample())["ticks"] == 200


@settings(max_examples=25)
@given(st.lists(st.integers(-40, 40), max_size=8))
def test_wherever_the_shaft_goes_its_ticks_are_known(ways: list[int]) -> None:
    @virtual
    async def run() -> None:
        shaft = await Shaft.up()
        for ticks in ways:
            await shaft.turn(ticks)

        sample = await shaft.sample()
        assert (sample["ticks"], sample["invalid"]) == (sum(ways), 0)

    run()
