"""World files end to end: rules of a node heat a room that cools by itself, in virtual time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import config_of
from wampedge.config import load
from wampedge.config.model import SiteConfig
from wampedge.errors import HardwareError
from wampedge.simulation import Heard, SimulatedSite
from wampedge.simulation.world_file import load_world
from wampedge_simulator.clock import run_virtual

ROOT = Path(__file__).parents[2]
GREENHOUSE, WORLD = ROOT / "devices.toml", ROOT / "examples/sites/greenhouse_world.toml"
HOUR_S, DAY_S = 3600.0, 86_400.0
NOISE_K = 0.06
"""Of the simulated BME280 and its last digit."""

THERMOSTAT = """\
wampedge = 1
[node]
name = "n"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "60s"
channels.temperature = { publish = { on_change = true } }
[devices.heater]
driver = "relay"
pin = 17
[rules.cold]
when = "air.temperature < 17"
do = ["heater.on"]
[rules.warm]
when = "air.temperature > 19"
do = ["heater.off"]
"""
ROOM = """\
[room]
model = "thermal"
tau = "3h"
heat = 9.0
outside = { mean = 8.0, swing = 6.0 }
start = 18.0
driven_by = "heater"
senses = ["air.temperature"]
"""
Act = Callable[[SimulatedSite], Awaitable[Any]]


def in_world(config: SiteConfig, world: Path, act: Act, seed: int = 0) -> Any:
    async def main() -> Any:
        site = SimulatedSite(config, seed=seed)
        load_world(world, config).install(site.board)
        async with site:
            return await act(site)

    return run_virtual(main())


def on_time_s(heard: Heard, until_s: float) -> float:
    """Return how long the heater was on, of the time from its first event to the end."""
    events = [(event.at_s, bool(event.value)) for event in heard.events]
    ends = [at_s for at_s, _ in events[1:]] + [until_s]
    return sum(end_s - at_s for (at_s, is_on), end_s in zip(events, ends, strict=True) if is_on)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[float], float, int, float]:
    """Temperatures, share of time with heat, pulses of heat, and CPU seconds of seven days."""
    folder = tmp_path_factory.mktemp("week")
    (folder / "world.toml").write_text(ROOM)

    async def act(site: SimulatedSite) -> tuple[list[float], float, int]:
        air, heater = await site.hear("air.temperature"), await site.hear("heater.state")
        await asyncio.sleep(DAY_S)
        heater.events.clear()
        await asyncio.sleep(6 * DAY_S)
        now_s = asyncio.get_running_loop().time()
        share = on_time_s(heater, now_s) / (now_s - heater.events[0].at_s)
        # The driver takes the one measurement that looks like the reset pattern for none.
        values = [value for value in air.values("air.temperature") if value is not None]
        return values, share, heater.values("heater.state").count(True)

    begin_s = time.process_time()
    values, share, pulses = in_world(config_of(folder, THERMOSTAT), folder / "world.toml", act)
    return values, share, pulses, time.process_time() - begin_s


def test_a_week_of_heating_by_rules_stays_in_the_band_that_follows_from_the_samples(
    week: tuple[list[float], float, int, float],
) -> None:
    """Between two samples, 60 s apart, the room goes on as the equation says.

    It rises by 9 - (19 - 14) / 3 = 7.33 K/h at most at the upper edge, 0.122 K in 60 s, and falls
    by (17 - 2) / 3 = 5 K/h at most at the lower one, 0.083 K. The noise of the sensor comes on top,
    once for the decision and once for what is read.
    """
    values, *_ = week

    assert len(values) > 9000
    assert min(values) > 17.0 - 0.083 - 2 * NOISE_K
    assert max(values) < 19.0 + 0.122 + 2 * NOISE_K
    assert min(values) < 17.0
    assert max(values) > 19.0


def test_the_heater_gives_back_what_the_room_loses(
    week: tuple[list[float], float, int, float],
) -> None:
    """On average (18 - 8) / 3 = 3.33 K/h of 9 K/h: 37 % of the time, if the mean is 18 °C."""
    values, share, *_ = week

    mean = sum(values) / len(values)
    assert mean == pytest.approx(18.0, abs=0.15)
    assert share == pytest.approx((mean - 8.0) / 27.0, abs=0.01)


def test_the_heater_switches_as_often_as_the_band_is_wide(
    week: tuple[list[float], float, int, float],
) -> None:
    """A cycle goes 2 K up at 9 - 10 / 3 K/h and 2 K down at 10 / 3 K/h on average: 57 min.

    The room overshoots by 0.1 K on either side, and the wave outside makes long cycles longer than
    short ones shorter: from 55 to 70 minutes, so 123 to 157 pulses in six days.
    """
    assert 123 <= week[2] <= 157


def test_a_week_takes_a_few_seconds_of_cpu_time(
    week: tuple[list[float], float, int, float],
) -> None:
    """10 s are the goal; the margin is for slow machines that measure coverage."""
    assert week[3] < 30.0


def test_the_example_world_fits_the_example_greenhouse() -> None:
    """A quarter of an hour without heat after midnight, when it is 3.76 °C outside, then one with.

    18 °C fall by 1 - exp(-1/12) = 7.996 % of 14.24 K to 16.86 °C; then they go as much of the way
    to 3.76 + 27 = 30.76 °C, to 17.97 °C. It gets colder outside by 0.3 K meanwhile.
    """

    async def act(site: SimulatedSite) -> list[float]:
        found = []
        for command in ("off", "on"):
            await site.call(f"heater.{command}")
            await asyncio.sleep(HOUR_S / 4)
            found.append(await site.call("air.temperature.get", fresh=True))
        outputs = site.board.physics.outputs
        found += [await site.call("tank.level.get"), await site.call("solar.voltage.get")]
        return [*found, outputs("cistern")["level"], outputs("supply")["voltage"]]

    config = load(GREENHOUSE)
    slow = config.devices["io"].but(every_s=30.0)

    found = in_world(config.but(devices={**config.devices, "io": slow}), WORLD, act)

    cold, warm, level, voltage, true_level, true_voltage = found
    assert (cold, warm) == (pytest.approx(16.86, abs=0.1), pytest.approx(17.97, abs=0.15))
    assert level == pytest.approx(true_level, abs=1.0)
    assert voltage == pytest.approx(true_voltage, abs=0.05)


MACHINE = """\
wampedge = 1
[node]
name = "n"
[devices.engine]
driver = "motor"
pins = { forward = 5, backward = 6, pwm = 13 }
[devices.shaft]
driver = "quadrature"
pins = { a = 20, b = 21 }
ticks_per_turn = 400
[devices.valve]
driver = "relay"
pin = 17
[devices.meter]
driver = "pulse"
pin = 22
debounce = "20ms"
per_pulse = { value = 0.1, unit = "L" }
"""
WORKSHOP = """\
[wheel]
model = "motor"
speed = "120rpm"
inertia = "200ms"
driven_by = "engine"
encoder = "shaft"
[stream]
model = "flow"
rate = "6L/min"
per_pulse = "100mL"
driven_by = "valve"
pulses = "meter"
"""


def test_motor_and_valve_are_followed_by_encoder_and_meter(tmp_path: Path) -> None:
    """Half of 120 rpm is a turn a second, less 0.2 turns of inertia, which it coasts at the end.

    6 L/min make a pulse of 0.1 L a second; the encoder tells no tick younger than 5 ms.
    """
    (tmp_path / "world.toml").write_text(WORKSHOP)

    async def act(site: SimulatedSite) -> list[float]:
        await site.call("engine.run", 0.5)
        await site.call("valve.on")
        await asyncio.sleep(20.05)
        found = [
            await site.call(f"{name}.get", fresh=True) for name in ("shaft.position", "meter.total")
        ]
        await site.call("engine.stop")
        await site.call("valve.off")
        await asyncio.sleep(5.0)
        found += [
            await site.call(f"shaft.{name}.get", fresh=True) for name in ("position", "invalid")
        ]
        assert list(site.board.wiring_findings()) == []
        return found

    turned, passed, stopped, invalid = in_world(
        config_of(tmp_path, MACHINE), tmp_path / "world.toml", act
    )

    assert turned == pytest.approx(19.85, abs=0.01)
    assert passed == pytest.approx(2.0)
    assert stopped == pytest.approx(20.05, abs=0.01)
    assert invalid == 0


def test_a_reload_leaves_the_parts_of_a_world_alone(tmp_path: Path) -> None:
    """A room that was heated for a day must not forget it because a file was read again."""
    world = tmp_path / "world.toml"
    world.write_text(ROOM, encoding="utf-8")
    lamp = config_of(tmp_path, THERMOSTAT + '[devices.lamp]\ndriver = "led"\npin = 5\n')
    moved = config_of(tmp_path, THERMOSTAT.replace("pin = 17", "pin = 18"))

    async def act(site: SimulatedSite) -> None:
        part = site.board.part("air")
        await site.reload(lamp)
        assert await site.call("lamp.on") is True
        assert site.board.part("air") is part
        with pytest.raises(HardwareError, match="restart the node to change its wiring"):
            await site.reload(moved)

    in_world(config_of(tmp_path, THERMOSTAT), world, act)
