"""Motors with four coils, and motors that look for their switch, on a whole node."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.config.checking import load
from wampedge.errors import ApplicationError, ConfigError

HEAD = 'wampedge = 1\nnode.name = "n"\n[devices.feed]\n'
COILS = (17, 18, 27, 22)
FOUR = HEAD + (
    'driver = "uln2003"\npins = { in1 = 17, in2 = 18, in3 = 27, in4 = 22 }\nacceleration = 10000\n'
)
STEP_DIR = HEAD + 'driver = "stepper"\npins = { step = 20, dir = 21, enable = 16 }\n'
BOTH = pytest.mark.parametrize("motor", [FOUR, STEP_DIR], ids=["four coils", "step and direction"])


def run(folder: Path, act: Any, text: str) -> None:
    on_site(config_of(folder, text), act)


def coils(site: RunningSite) -> str:
    return "".join("1" if site.simulator.pin_level("gpio", line) else "0" for line in COILS)


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("half", ["1100", "0100", "0110", "0010", "0011", "0001", "1001", "1000", "1100"]),
        ("full", ["0110", "0011", "1001", "1100", "0110", "0011", "1001", "1100", "0110"]),
    ],
)
def test_coils_follow_each_other_as_in_the_datasheet(
    tmp_path: Path, mode: str, seen: list[str]
) -> None:
    async def act(site: RunningSite) -> None:
        assert coils(site) == ("1000" if mode == "half" else "1100")
        found = []
        for _ in range(9):
            await site.call("feed.move", 1)
            found.append(coils(site))
        assert found == seen
        for _ in range(9):
            await site.call("feed.move", -1)
        assert coils(site) == ("1000" if mode == "half" else "1100")
        assert site.simulator.part("feed").steps == 0

    run(tmp_path, act, f'{FOUR}mode = "{mode}"\nhold = true\n')


@pytest.mark.parametrize("direction", ["normal", "reversed"])
def test_it_takes_exactly_the_steps_of_its_way_and_lets_go(tmp_path: Path, direction: str) -> None:
    async def act(site: RunningSite) -> None:
        motor = site.simulator.part("feed")
        for place in (25, -40, 0):
            assert await site.call("feed.goto", place) == place
            assert motor.steps == place
            assert coils(site) == "0000"

    run(tmp_path, act, f'{FOUR}direction = "{direction}"\n')


def test_a_motor_without_current_goes_on_from_the_same_coils(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        motor = site.simulator.part("feed")
        await site.call("feed.goto", 3)
        await site.call("feed.zero", 50)
        await site.call("feed.goto", 51)
        assert motor.steps == 4

    run(tmp_path, act, FOUR)


@BOTH
def test_home_finds_the_switch_and_counts_from_there(tmp_path: Path, motor: str) -> None:
    async def act(site: RunningSite) -> None:
        part = site.simulator.part("feed")
        assert await site.call("feed.home") == 5
        assert part.steps == -100
        assert await site.call("feed.position.get") == 5
        assert await site.call("feed.goto", 25) == 25
        assert part.steps == -80

    run(tmp_path, act, f"{motor}switch = 4\nhome_position = 5\n")


@BOTH
def test_a_motor_at_its_switch_leaves_it_first(tmp_path: Path, motor: str) -> None:
    async def act(site: RunningSite) -> None:
        part = site.simulator.part("feed")
        await site.call("feed.goto", 110)
        assert await site.call("feed.home") == 0
        assert part.steps == 100

    run(tmp_path, act, f'{motor}switch = 4\nhome_way = "up"\nswitch_active = "high"\n')


def test_a_search_takes_its_time_and_tells_where_it_is(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        parts: list[float] = []
        begun = asyncio.get_running_loop().time()
        await site.client.call("edge.n.feed.home", on_progress=lambda p: parts.append(p.value))
        took_s = asyncio.get_running_loop().time() - begun
        assert took_s == pytest.approx(100 / 20, abs=0.1)
        assert len(parts) >= 3

    run(tmp_path, act, f"{STEP_DIR}switch = 4\nhome_speed = 20\n")


@pytest.mark.parametrize(
    ("fault", "why"),
    [("switch_open", "was not found within 150 steps"), ("switch_closed", "did not open")],
)
def test_a_switch_that_does_not_work_ends_the_search(tmp_path: Path, fault: str, why: str) -> None:
    async def act(site: RunningSite) -> None:
        site.simulator.fault("feed", fault, None)
        await site.call("feed.move", -1)
        with pytest.raises(ApplicationError, match=why):
            await site.call("feed.home")
        steps = site.simulator.part("feed").steps
        await asyncio.sleep(5.0)
        assert site.simulator.part("feed").steps == steps
        assert not site.simulator.part("feed").is_powered
        assert await site.call("feed.goto", 0) == 0

    run(tmp_path, act, f"{STEP_DIR}switch = 4\nhome_distance = 150\n")


def test_orders_wait_for_the_search_or_stop_it(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        going = asyncio.ensure_future(site.call("feed.home"))
        await asyncio.sleep(0.5)
        for order in (("goto", 5), ("home",), ("zero",), ("position.set", 3)):
            with pytest.raises(ApplicationError, match="stop it first") as caught:
                await site.call(f"feed.{order[0]}", *order[1:])
            assert caught.value.uri == "wampedge.error.not_ready"
        place = await site.call("feed.stop")
        assert await going == place
        steps = site.simulator.part("feed").steps
        assert -100 < steps < 0
        await asyncio.sleep(5.0)
        assert site.simulator.part("feed").steps == steps
        assert await site.call("feed.moving.get") is False

    run(tmp_path, act, f"{STEP_DIR}switch = 4\n")


def test_a_device_may_be_the_switch(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        going = asyncio.ensure_future(site.call("feed.home"))
        await asyncio.sleep(1.0)
        site.simulator.press("end")
        assert await going == 0
        steps = site.simulator.part("feed").steps
        assert -60 < steps <= -49

    limit = '[devices.end]\ndriver = "button"\npin = 4\npull = "up"\n'
    run(tmp_path, act, f'{STEP_DIR}home_switch = "end"\n{limit}')


def test_without_a_switch_it_cannot_be_homed(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        with pytest.raises(ApplicationError, match="no switch to look for") as caught:
            await site.call("feed.home")
        assert caught.value.uri == "wampedge.error.unsupported"

    run(tmp_path, act, FOUR)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("limits = [0, 10]\nhome_position = 20\n", "must be within the limits 0 to 10"),
        ('switch = 4\nhome_switch = "feed"\n', "feed"),
        ('home_switch = "nobody"\n', "no device"),
    ],
)
def test_a_search_that_cannot_be_is_told_by_the_checker(
    tmp_path: Path, text: str, why: str
) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(STEP_DIR + text)

    with pytest.raises(ConfigError, match=why):
        load(file)


def test_two_switches_are_one_too_many(tmp_path: Path) -> None:
    limit = '[devices.end]\ndriver = "button"\npin = 5\npull = "up"\n'
    file = tmp_path / "devices.toml"
    file.write_text(f'{STEP_DIR}switch = 4\nhome_switch = "end"\n{limit}')

    with pytest.raises(ConfigError, match="one is enough"):
        load(file)
