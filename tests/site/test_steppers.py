"""A stepper motor on a whole node, in virtual time; the edges on its pins are the evidence."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

FILE = (
    'wampedge = 1\nnode.name = "n"\n[devices.feed]\ndriver = "stepper"\n'
    'pins = { step = 20, dir = 21, enable = 16 }\nsteps_per_unit = 10\nunit = "mm"\n'
    "limits = [-5, 50]\nmax_speed = 200\nacceleration = 400\n"
)


def run(folder: Path, act: Any, text: str = "") -> None:
    on_site(config_of(folder, FILE + text), act)


def test_it_takes_exactly_the_steps_of_its_way_and_back(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        motor = site.simulator.part("feed")
        for place in (12.3, -4.7, 0, 50, 49.9):
            assert await site.call("feed.goto", place) == place
            assert motor.steps == round(place * 10)
            assert await site.call("feed.position.get") == place
            assert not motor.is_powered

    run(tmp_path, act)


def test_it_speeds_up_and_slows_down_within_its_bounds(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("feed.goto", 40)
        rates = [1 / (b - a) for a, b in pairwise(site.simulator.part("feed").steps_at)]

        assert max(rates) == pytest.approx(200, rel=0.01)
        # From rest to 200 steps a second takes 200² / (2 * 400) = 50 steps, and so does the end.
        assert rates[5] < 100
        assert rates[60] == pytest.approx(200, rel=0.01)
        assert rates[-3] < 100
        for slow, fast in pairwise(rates):
            assert abs(fast**2 - slow**2) <= 2 * 400 * 1.05

    run(tmp_path, act)


def test_progress_says_where_it_is(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        parts: list[float] = []
        result = await site.client.call(
            "edge.n.feed.goto", 50, on_progress=lambda part: parts.append(part.value)
        )
        assert result.value == 50
        assert len(parts) >= 2
        assert parts == sorted(parts)

    run(tmp_path, act)


def test_stop_slows_down_and_ends_the_way_there(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        going = asyncio.ensure_future(site.call("feed.goto", 50))
        await asyncio.sleep(1.0)
        wanted = await site.call("feed.stop")
        assert await going == pytest.approx(wanted, abs=0.2)
        steps = site.simulator.part("feed").steps
        await asyncio.sleep(5)
        assert site.simulator.part("feed").steps == steps < 500
        assert await site.call("feed.position.get") == steps / 10

    run(tmp_path, act)


def test_another_order_on_the_way_turns_it_round_without_losing_a_step(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        going = asyncio.ensure_future(site.call("feed.goto", 50))
        await asyncio.sleep(1.0)
        assert await site.call("feed.goto", -5) == -5
        assert 0 < await going < 50
        assert site.simulator.part("feed").steps == -50

    run(tmp_path, act)


def test_a_stop_of_the_node_stops_it_at_once_and_keeps_where(tmp_path: Path) -> None:
    kept: list[Any] = []

    async def act(site: RunningSite) -> None:
        going = asyncio.ensure_future(site.call("feed.goto", 50))
        await asyncio.sleep(1.0)
        await site.node.site.stop()
        kept.append(site.node.store.kept.get("feed", "steps"))
        kept.append(site.simulator.part("feed").steps)
        going.cancel()

    run(tmp_path, act)

    assert kept[0] == kept[1] > 0


def test_zero_says_where_it_is(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("feed.goto", 10)
        assert await site.call("feed.zero") == 0
        await site.call("feed.move", 5)
        assert site.simulator.part("feed").steps == 150
        assert await site.call("feed.position.get") == 5

    run(tmp_path, act)


@pytest.mark.parametrize(
    ("procedure", "value", "field"),
    [
        ("goto", 51, "position"),
        ("move", -6, "distance"),
        ("goto", "far", "position"),
        ("position.set", 60, "value"),
        ("position.set", float("nan"), "value"),
    ],
)
def test_a_wrong_place_moves_nothing(
    tmp_path: Path, procedure: str, value: Any, field: str
) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 20)
        with pytest.raises(ApplicationError) as caught:
            await site.call(f"feed.{procedure}", value)
        assert caught.value.uri == "wamp.error.invalid_argument"
        assert caught.value.keywords["field"] == field
        assert edges == []

    run(tmp_path, act)


def test_a_motor_that_is_to_hold_stays_powered(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert site.simulator.part("feed").is_powered
        await site.call("feed.goto", 1)
        assert site.simulator.part("feed").is_powered

    run(tmp_path, act, "hold = true\n")
