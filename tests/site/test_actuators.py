"""Motors, servos and buzzers on a whole node, in virtual time; the pins are the evidence."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.config.checking import check
from wampedge.errors import ApplicationError

HEAD = 'wampedge = 1\nnode.name = "n"\n'
MOTOR = '[devices.left]\ndriver = "motor"\npins = { forward = 5, backward = 6, pwm = 12 }\n'
BARE = '[devices.left]\ndriver = "motor"\npins = { forward = 5, backward = 6 }\n'
SERVO = (
    '[devices.grip]\ndriver = "servo"\npin = 16\npulse = ["500us", "2400us"]\nangle = [0, 180]\n'
)


def run(folder: Path, act: Any, text: str) -> None:
    on_site(config_of(folder, HEAD + text), act)


def bridge(site: RunningSite) -> tuple[bool, bool, float]:
    """Return the levels of forward and backward, and the duty of the enable pin."""
    nets = site.simulator._board().nets
    return (
        site.simulator.pin_level("gpio", 5),
        site.simulator.pin_level("gpio", 6),
        nets.net("gpio", 12).duty,
    )


def pulse_ms(site: RunningSite) -> float:
    return site.simulator.net("gpio", 16).duty * 20


def test_a_motor_turns_both_ways_and_coasts_to_rest(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert bridge(site) == (False, False, 0.0)
        assert await site.call("left.run", 0.5) == 0.5
        assert bridge(site) == (True, False, 0.5)
        assert await site.call("left.speed.get") == 0.5
        await site.call("left.stop")
        assert bridge(site) == (False, False, 0.0)
        await asyncio.sleep(1)
        await site.call("left.set", -1)
        assert bridge(site) == (False, True, 1.0)

    run(tmp_path, act, MOTOR)


def test_a_motor_that_turns_round_rests_first(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("left.run", 1)
        await site.call("left.run", -1)
        assert bridge(site) == (False, False, 0.0)
        await asyncio.sleep(0.09)
        assert bridge(site) == (False, False, 0.0)
        await asyncio.sleep(0.02)
        assert bridge(site) == (False, True, 1.0)

    run(tmp_path, act, MOTOR)


@pytest.mark.parametrize("between", ["stop", "brake", "run"])
def test_a_motor_that_was_stopped_in_between_rests_as_well(tmp_path: Path, between: str) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("left.run", 1)
        await site.call(f"left.{between}", *([0] if between == "run" else []))
        await site.call("left.run", -1)
        assert not bridge(site)[1] or bridge(site)[0]
        await asyncio.sleep(0.09)
        assert bridge(site)[:2] != (False, True)
        await asyncio.sleep(0.02)
        assert bridge(site) == (False, True, 1.0)

    run(tmp_path, act, MOTOR)


def test_a_stop_within_the_rest_is_the_last_word(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("left.run", 1)
        await site.call("left.run", -1)
        await site.call("left.stop")
        await asyncio.sleep(1)
        assert bridge(site) == (False, False, 0.0)

    run(tmp_path, act, MOTOR)


def test_slew_bounds_how_fast_the_speed_changes(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("left.run", 1)  # 2 a second: half a second to full speed
        await asyncio.sleep(0.25)
        assert bridge(site)[2] == pytest.approx(0.5, abs=0.06)
        await asyncio.sleep(0.3)
        assert bridge(site) == (True, False, 1.0)
        await site.call("left.stop")
        assert bridge(site) == (False, False, 0.0)

    run(tmp_path, act, MOTOR + 'slew = "2/s"\n')


def test_a_motor_without_speed_pin_knows_full_speed_and_rest_only(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("left.run", -1)
        assert site.simulator.part("left").speed == -1
        with pytest.raises(ApplicationError) as caught:
            await site.call("left.run", 0.5)
        assert caught.value.uri == "wamp.error.invalid_argument"
        assert caught.value.keywords["field"] == "speed"
        assert site.simulator.part("left").speed == -1

    run(tmp_path, act, BARE)


def test_brake_closes_both_sides_and_the_next_order_opens_them(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("left.run", 1)
        await site.call("left.brake")
        assert bridge(site) == (True, True, 1.0)
        await site.call("left.stop")
        assert bridge(site) == (False, False, 0.0)

    run(tmp_path, act, MOTOR)


@pytest.mark.parametrize(
    ("order", "arguments", "state"),
    [
        ("run", (0.5,), (True, False, 0.5)),
        ("run", (-0.25,), (False, True, 0.25)),
        ("brake", (), (True, True, 1.0)),
        ("stop", (), (False, False, 0.0)),
    ],
)
def test_a_reload_leaves_the_motor_as_it_is(
    order: str, arguments: tuple[Any, ...], state: tuple[bool, bool, float], tmp_path: Path
) -> None:
    async def act(site: RunningSite) -> None:
        await site.call(f"left.{order}", *arguments)
        edges = [site.edges("gpio", line) for line in (5, 6)]
        changes = await site.reload(config_of(tmp_path, HEAD + MOTOR + 'reverse_pause = "200ms"\n'))

        assert changes.changed == ("left",)
        assert edges == [[], []]
        assert bridge(site) == state
        assert await site.call("left.speed.get") == (arguments or (0.0,))[0]

    run(tmp_path, act, MOTOR)


def test_a_motor_in_a_reload_goes_on_to_its_speed_and_rests_before_it_turns_round(
    tmp_path: Path,
) -> None:
    text = MOTOR + 'slew = "0.5/s"\n'

    async def act(site: RunningSite) -> None:
        await site.call("left.run", 1.0)
        await asyncio.sleep(1)
        assert bridge(site)[2] == pytest.approx(0.5, abs=0.03)
        await site.reload(config_of(tmp_path, HEAD + text + 'reverse_pause = "200ms"\n'))
        assert bridge(site)[2] == pytest.approx(0.5, abs=0.06)
        await asyncio.sleep(1.2)
        assert bridge(site) == (True, False, 1.0)

        await site.call("left.stop")
        await site.reload(config_of(tmp_path, HEAD + text))
        await site.call("left.run", -1)
        await asyncio.sleep(0.05)
        assert bridge(site) == (False, False, 0.0)
        await asyncio.sleep(0.1)
        assert bridge(site)[:2] == (False, True)

    run(tmp_path, act, text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ('slew = "1/s"', "slew: is of no use without a pwm pin"),
        ("on_start = 0.5", "on_start: must be -1, 0 or 1"),
        ("on_stop = -0.5", "on_stop: must be -1, 0 or 1"),
    ],
)
def test_what_a_motor_without_speed_pin_cannot_do_is_told_by_the_checker(
    key: str, text: str
) -> None:
    _, problems = check(f"{HEAD}{BARE}{key}\n", "devices.toml")

    assert [problem.text.partition("left.")[2].startswith(text) for problem in problems] == [True]


@pytest.mark.parametrize("seed", range(4))
def test_both_directions_are_never_on_together(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)

    async def act(site: RunningSite) -> None:
        both: list[float] = []

        def look(_: bool) -> None:
            if all(bridge(site)[:2]):
                both.append(asyncio.get_running_loop().time())

        for line in (5, 6):
            site.simulator.net("gpio", line).watch(look)
        for _ in range(60):
            if chance.random() < 0.2:
                await site.call("left.stop")
            else:
                await site.call("left.run", chance.choice([-1, -0.5, 0, 0.5, 1]))
            await asyncio.sleep(chance.choice([0.0, 0.03, 0.2]))
        await site.call("left.stop")
        assert both == []
        assert bridge(site) == (False, False, 0.0)

    run(tmp_path, act, MOTOR)


@pytest.mark.parametrize("speed", [1.1, -2, "fast", None, float("nan"), 2**70, True])
def test_a_wrong_speed_moves_nothing(tmp_path: Path, speed: Any) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 5)
        with pytest.raises(ApplicationError) as caught:
            await site.call("left.run", speed)
        assert caught.value.uri == "wamp.error.invalid_argument"
        assert edges == []

    run(tmp_path, act, MOTOR)


def test_a_servo_turns_to_the_angle_its_pulse_means(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        assert pulse_ms(site) == 0  # it starts detached
        # 0.5 ms is 0°, 2.4 ms is 180°: 90° is in the middle.
        for degrees, wanted_ms in ((0, 0.5), (90, 1.45), (180, 2.4)):
            assert await site.call("grip.angle", degrees) == degrees
            assert pulse_ms(site) == pytest.approx(wanted_ms)
            assert await site.call("grip.position.get") == degrees
        await site.call("grip.detach")
        assert pulse_ms(site) == 0
        reading = await site.client.call("edge.n.grip.position.get")
        assert (reading.value, reading.kwargs["quality"]) == (None, "bad")

    run(tmp_path, act, SERVO)


@pytest.mark.parametrize("degrees", [-1, 181, "open", None, float("nan")])
def test_a_wrong_angle_moves_nothing(tmp_path: Path, degrees: Any) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("grip.set", 30)
        before = pulse_ms(site)
        for procedure in ("grip.angle", "grip.position.set"):
            with pytest.raises(ApplicationError) as caught:
                await site.call(procedure, degrees)
            assert caught.value.uri == "wamp.error.invalid_argument"
            assert caught.value.keywords["field"] in {"degrees", "value"}
        assert pulse_ms(site) == before

    run(tmp_path, act, SERVO)


def test_a_servo_moves_as_fast_as_slew_lets_it(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("grip.angle", 0)
        await site.call("grip.angle", 90)  # 90 degrees at 60 a second: 1.5 s
        await asyncio.sleep(0.75)
        assert site.simulator.part("grip").position == pytest.approx(45, abs=2)
        await asyncio.sleep(0.9)
        assert site.simulator.part("grip").position == pytest.approx(90)

    run(tmp_path, act, SERVO + 'slew = "60/s"\n')


def test_detach_is_something_to_do_when_the_link_is_lost() -> None:
    text = (
        HEAD + SERVO + 'on_start = "keep"\non_disconnect = { after = "1s", do = "detach" }\n'
        '[upstream]\nurl = "ws://127.0.0.1:9/ws"\nrealm = "r"\n'
    )

    config, problems = check(text, "devices.toml", {})

    assert problems == []
    assert config is not None
    wish = config.devices["grip"].output.on_disconnect
    assert wish is not None
    assert wish.do == "detach"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("angle = [0, 0]", "devices.grip.angle: must have two different ends"),
        ("angle = [0]", "must have 2 items"),
        ('pulse = ["1ms", "20ms"]', "devices.grip.pulse[1] must be"),
    ],
)
def test_wrong_ends_are_told_by_the_checker(line: str, text: str) -> None:
    key = line.partition(" ")[0]
    file = HEAD + "\n".join(
        line if each.startswith(f"{key} ") else each for each in SERVO.splitlines()
    )

    _, problems = check(file, "devices.toml", {})

    assert any(text in problem.text for problem in problems), [p.text for p in problems]


def test_a_buzzer_beeps_as_often_as_it_is_told_and_an_order_ends_it(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        edges = site.edges("gpio", 20)
        assert await site.call("horn.beep", 3, "100ms", "50ms") == 3
        await asyncio.sleep(2)
        assert edges == [True, False] * 3

        await site.call("horn.beep", 50)
        await asyncio.sleep(0.25)
        await site.call("horn.off")
        await asyncio.sleep(5)
        assert edges == [True, False] * 5

    run(tmp_path, act, '[devices.horn]\ndriver = "buzzer"\npin = 20\n')


@pytest.mark.parametrize("order", ["off", "on", "toggle", "pulse"])
def test_any_order_ends_the_beeps(tmp_path: Path, order: str) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("horn.beep", 5)
        await asyncio.sleep(0.05)
        await site.call(f"horn.{order}", *(["20ms"] if order == "pulse" else []))
        await asyncio.sleep(0.03)
        edges = site.edges("gpio", 20)
        await asyncio.sleep(5)
        assert edges == []

    run(tmp_path, act, '[devices.horn]\ndriver = "buzzer"\npin = 20\n')
