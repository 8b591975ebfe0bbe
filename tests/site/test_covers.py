"""A cover behind two relays on a whole node, in virtual time; the pins are the evidence."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.config.checking import check
from wampedge.errors import ApplicationError

FILE = """\
wampedge = 1
[node]
name = "n"
[devices.up]
driver = "relay"
pin = 23
[devices.down]
driver = "relay"
pin = 24
[devices.vent]
driver = "cover"
open = "up"
close = "down"
travel = { open = "40s", close = "20s" }
"""
INTERLOCK = '[interlocks.vent]\nmembers = ["up", "down"]\ndead_time = "2s"\n'
STOP = (
    '[devices.estop]\ndriver = "button"\npin = 5\npull = "up"\n'
    '[rules.halt]\nwhen = "estop.pressed"\ndo = ["up.off", "down.off"]\npriority = "safety"\n'
)


def run(folder: Path, act: Any, text: str = "") -> None:
    on_site(config_of(folder, FILE + text), act)


async def coils(site: RunningSite) -> tuple[bool, bool]:
    return site.simulator.pin_level("gpio", 23), site.simulator.pin_level("gpio", 24)


async def position(site: RunningSite) -> Any:
    return await site.call("vent.position.get")


def test_opening_tells_the_way_and_ends_open(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("vent.close")
        parts: list[float] = []
        begun_s = asyncio.get_running_loop().time()

        result = await site.client.call(
            "edge.n.vent.open", on_progress=lambda part: parts.append(part.value)
        )

        # 40 s and a tenth of it, after the half second of rest that a turn takes.
        assert asyncio.get_running_loop().time() - begun_s == pytest.approx(44.5, abs=0.1)
        assert result.value == 100
        assert parts[:3] == pytest.approx([2.5, 5.0, 7.5])
        assert parts[-1] == 100
        assert await coils(site) == (False, False)

    run(tmp_path, act)


def test_each_direction_has_its_own_travel_time(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("vent.open")
        begun_s = asyncio.get_running_loop().time()
        assert await site.call("vent.goto", 50) == pytest.approx(50, abs=0.2)
        # Half of 20 s, after half a second of rest.
        assert asyncio.get_running_loop().time() - begun_s == pytest.approx(10.5, abs=0.1)

    run(tmp_path, act)


def test_a_position_nobody_knows_is_bad_and_found_by_closing_first(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        reading = await site.client.call("edge.n.vent.position.get")
        assert (reading.value, reading.kwargs["quality"]) == (None, "bad")

        down = site.edges("gpio", 24)
        assert await site.call("vent.goto", 25) == pytest.approx(25, abs=0.2)
        assert down == [True, False]

    run(tmp_path, act)


def test_stop_ends_the_way_where_it_is(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("vent.close")
        opening = asyncio.ensure_future(site.call("vent.open"))
        await asyncio.sleep(20.5)

        assert await site.call("vent.stop") == pytest.approx(50, abs=0.2)

        assert await opening == pytest.approx(50, abs=0.2)
        assert await coils(site) == (False, False)
        await asyncio.sleep(60)
        assert await position(site) == pytest.approx(50, abs=0.2)

    run(tmp_path, act)


def test_another_order_turns_it_round_after_a_rest(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("vent.close")
        opening = asyncio.ensure_future(site.call("vent.open"))
        await asyncio.sleep(10)
        closing = asyncio.ensure_future(site.call("vent.close"))
        await asyncio.sleep(0.4)
        assert await coils(site) == (False, False)
        await asyncio.sleep(0.2)
        assert await coils(site) == (False, True)
        assert await closing == 0
        assert 0 < await opening < 100

    run(tmp_path, act)


def test_the_dead_time_of_an_interlock_is_waited_for(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(3)
        await site.call("vent.close")
        begun_s = asyncio.get_running_loop().time()
        await site.call("vent.open")
        assert asyncio.get_running_loop().time() - begun_s == pytest.approx(46, abs=0.3)

    run(tmp_path, act, INTERLOCK)


def test_a_relay_that_somebody_else_switches_moves_it_as_well(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("vent.close")
        await site.call("up.on")
        assert await site.call("vent.motion.get") == "opening"
        await asyncio.sleep(10)
        await site.call("up.off")
        assert await site.call("vent.motion.get") == "still"
        assert await position(site) == pytest.approx(25, abs=0.2)

    run(tmp_path, act)


def test_a_relay_that_is_switched_off_under_way_ends_the_order(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("vent.close")
        heard = await site.hear("vent.event")
        opening = asyncio.ensure_future(site.call("vent.open"))
        await asyncio.sleep(10.5)
        await site.call("up.off")
        with pytest.raises(ApplicationError, match="went off before it was there"):
            await opening
        assert heard.values("vent.event") == ["blocked"]
        assert await position(site) == pytest.approx(25, abs=0.3)

    run(tmp_path, act)


def test_a_rule_of_safety_that_holds_its_relays_holds_the_cover(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("vent.close")
        await site.call("sim.press", "estop")
        await asyncio.sleep(0.1)
        with pytest.raises(ApplicationError) as caught:
            await site.call("vent.open")
        assert caught.value.uri == "wampedge.error.safety"
        assert await coils(site) == (False, False)

    run(tmp_path, act, STOP)


@pytest.mark.parametrize("percent", [-1, 101, "half", None, float("nan"), 2**70])
def test_a_wrong_position_moves_nothing(tmp_path: Path, percent: Any) -> None:
    async def act(site: RunningSite) -> None:
        up, down = site.edges("gpio", 23), site.edges("gpio", 24)
        with pytest.raises(ApplicationError) as caught:
            await site.call("vent.goto", percent)
        assert caught.value.uri == "wamp.error.invalid_argument"
        assert up == down == []

    run(tmp_path, act)


def test_a_node_that_stops_leaves_it_still_and_remembers_where(tmp_path: Path) -> None:
    config = config_of(tmp_path, FILE)
    kept: list[Any] = []

    async def act(site: RunningSite) -> None:
        await site.call("vent.close")
        opening = asyncio.ensure_future(site.call("vent.open"))
        await asyncio.sleep(20.5)
        await site.node.site.stop()
        kept.append(site.node.store.kept.get("vent", "position"))
        assert await coils(site) == (False, False)
        opening.cancel()

    on_site(config, act)

    assert kept == [pytest.approx(50, abs=0.5)]


@pytest.mark.parametrize("seed", range(6))
def test_never_are_both_relays_on_nor_is_a_turn_without_rest(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)

    async def act(site: RunningSite) -> None:
        loop = asyncio.get_running_loop()
        offs = {23: 0.0, 24: 0.0}
        both: list[float] = []
        short: list[float] = []

        def watch(line: int, other: int) -> None:
            def on_level(level: bool) -> None:
                if level and site.simulator.pin_level("gpio", other):
                    both.append(loop.time())
                if level and loop.time() - offs[other] < 0.499 and offs[other]:
                    short.append(loop.time())
                if not level:
                    offs[line] = loop.time()

            site.simulator.net("gpio", line).watch(on_level)

        watch(23, 24)
        watch(24, 23)
        calls = []
        for _ in range(30):
            order = chance.choice(["open", "close", "stop", "goto"])
            arguments = [chance.randrange(101)] if order == "goto" else []
            calls.append(asyncio.ensure_future(site.call(f"vent.{order}", *arguments)))
            await asyncio.sleep(chance.choice([0.0, 0.1, 0.6, 3.0, 15.0]))
        await site.call("vent.stop")
        await asyncio.gather(*calls)
        assert both == []
        assert short == []
        assert await coils(site) == (False, False)

    run(tmp_path, act)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('close = "dwn"', 'devices.vent.close names "dwn", which is no device'),
        ('close = "up"', "devices.vent.open must be another device than close"),
        ('close = "estop"', "devices.vent.close names estop, a button, which has no commands"),
        ('close = "vent"', "devices.vent.close names vent, a cover, which has no commands"),
        ("close = 24", "devices.vent.close must be the name of a device"),
    ],
)
def test_a_wrong_relay_is_told_by_the_checker(line: str, text: str) -> None:
    file = (FILE + STOP).replace('close = "down"', line)

    _, problems = check(file, "devices.toml", {})

    assert any(text in problem.text for problem in problems), [p.text for p in problems]


def test_a_travel_time_without_unit_is_told() -> None:
    file = FILE.replace('travel = { open = "40s", close = "20s" }', "travel = 38")

    _, problems = check(file, "devices.toml", {})

    assert [problem.code for problem in problems] == ["value"]


def test_asking_where_it_is_before_anybody_knows_is_no_failure_of_it(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        for _ in range(3):
            with pytest.raises(ApplicationError) as caught:
                await site.call("vent.position.get", fresh=True)
            assert caught.value.uri == "wampedge.error.not_ready"

        health = await site.call("vent.health")
        assert (health["state"], health["errors"]) == ("ok", 0)

    run(tmp_path, act)
