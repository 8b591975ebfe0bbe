"""Models on a board: what drives them, what they move, and who senses them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.simulator.board import chip, gpio
from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge.devices.fields import convert_table
from wampedge.errors import HardwareError, InvalidValueError
from wampedge_simulator.clock import run_virtual
from wampedge_simulator.nets import Wave
from wampedge_simulator.physics.plan import ModelPlan, SensePlan, WorldPlan
from wampedge_simulator.physics.registry import MODELS
from wampedge_simulator.substrate import SimulatedSubstrate

HOUR_S = 3600.0
AIR = chip("sht3x", 0x44, "air")
HEATER = gpio("relay", 17, "heater")
TEMPERATURE = SensePlan("air", "temperature", "temperature", noise=0.0)


def plan(
    name: str,
    kind: str,
    *senses: SensePlan,
    drives: dict[str, str] | None = None,
    contacts: dict[str, str] | None = None,
    **settings: Any,
) -> ModelPlan:
    converted, errors = convert_table(settings, MODELS[kind].fields)
    assert not errors, [str(error) for error in errors]
    return ModelPlan(name, MODELS[kind], converted, drives or {}, contacts or {}, senses)


ROOM = plan(
    "room", "thermal", TEMPERATURE, drives={"driven_by": "heater"},
    tau="3h", heat=9.0, outside=10.0, start=10.0,
)  # fmt: skip


def on_board(
    devices: tuple[WiredDevice, ...],
    models: tuple[ModelPlan, ...],
    act: Callable[[SimulatedSubstrate], Coroutine[Any, Any, Any]],
    *,
    seed: int = 0,
) -> Any:
    async def main() -> Any:
        board = SimulatedSubstrate(Wiring(i2c={"i2c1": "/dev/i2c-1"}, devices=devices), seed=seed)
        board.attach(WorldPlan(models))
        board.start()
        try:
            return await act(board)
        finally:
            board.stop()

    return run_virtual(main())


def sensed(board: SimulatedSubstrate, device: str, channel: str) -> float:
    return float(board.part(device).sample()[channel])


def test_a_relay_that_closes_warms_the_air() -> None:
    """An hour of heat from 10 °C: 37 - 27 exp(-1/3) = 17.6537; then an hour without."""

    async def act(board: SimulatedSubstrate) -> list[float]:
        found = [sensed(board, "air", "temperature")]
        for level in (True, False):
            board.net("gpio", 17).drive("host", level)
            await asyncio.sleep(HOUR_S)
            found.append(sensed(board, "air", "temperature"))
        return found

    found = on_board((AIR, HEATER), (ROOM,), act)

    warm = 37.0 - 27.0 * math.exp(-1 / 3)
    expected = [10.0, warm, 10.0 + (warm - 10.0) * math.exp(-1 / 3)]
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_contact_of_a_relay_counts_and_not_its_coil() -> None:
    async def act(board: SimulatedSubstrate) -> float:
        board.fault("heater", "stuck", None)
        board.net("gpio", 17).drive("host", True)
        await asyncio.sleep(HOUR_S)
        return sensed(board, "air", "temperature")

    assert on_board((AIR, HEATER), (ROOM,), act) == pytest.approx(10.0)


def test_the_duty_of_a_wave_is_power() -> None:
    """A third of 27 K."""

    async def act(board: SimulatedSubstrate) -> float:
        board.net("gpio", 17).drive("host", Wave(100.0, 0.9))
        board.net("gpio", 17).drive("host", Wave(100.0, 1 / 3))
        await asyncio.sleep(1000 * HOUR_S)
        return sensed(board, "air", "temperature")

    assert on_board((AIR, gpio("pwm", 17, "heater")), (ROOM,), act) == pytest.approx(19.0)


def test_what_was_set_holds_against_the_model_until_it_is_released() -> None:
    async def act(board: SimulatedSubstrate) -> list[float]:
        board.net("gpio", 17).drive("host", True)
        board.set("air", "temperature", -5.0)
        await asyncio.sleep(HOUR_S)
        held = sensed(board, "air", "temperature")
        board.release("air", "temperature")
        return [held, sensed(board, "air", "temperature")]

    expected = [-5.0, 37.0 - 27.0 * math.exp(-1 / 3)]
    assert on_board((AIR, HEATER), (ROOM,), act) == pytest.approx(expected, abs=1e-6)


def test_the_noise_of_the_sensor_stays_and_is_that_of_the_seed() -> None:
    """0.05 °C at most, for the simulated SHT3x."""
    noisy = plan("room", "thermal", SensePlan("air", "temperature", "temperature"), tau="3h")

    async def act(board: SimulatedSubstrate) -> list[float]:
        found = []
        for _ in range(50):
            await asyncio.sleep(1.0)
            found.append(sensed(board, "air", "temperature"))
        return found

    first, again = (on_board((AIR,), (noisy,), act, seed=3) for _ in range(2))
    other = on_board((AIR,), (noisy,), act, seed=4)

    assert first == again
    assert first != other
    assert all(abs(value - 10.0) <= 0.05 for value in first)
    assert max(first) - min(first) > 0.05


def test_more_parts_and_models_change_no_value_of_the_others() -> None:
    person = plan("visitor", "person", contacts={"motion": "pir"}, stay="2h")
    more = (
        plan("sky", "light", SensePlan("lamp_eye", "illuminance", "illuminance"), clouds=0.5),
        plan("guest", "person", stay="1h"),
    )

    async def act(board: SimulatedSubstrate) -> list[Any]:
        found: list[Any] = []
        for _ in range(48):
            await asyncio.sleep(HOUR_S / 2)
            found += [sensed(board, "air", "temperature"), board.part("pir").is_pressed]
        return found

    few = (AIR, HEATER, gpio("button", 22, "pir"))
    many = (chip("bh1750", 0x23, "lamp_eye"), *few, gpio("button", 23, "bell"))
    noisy = plan("room", "thermal", SensePlan("air", "temperature", "temperature"), tau="3h")

    assert on_board(few, (noisy, person), act) == on_board(many, (*more, person, noisy), act)


def test_a_flow_pulses_the_contact_of_its_meter() -> None:
    """6 L/min and 0.1 L a pulse: one a second."""
    meter = plan(
        "stream", "flow", contacts={"pulses": "meter"}, drives={"driven_by": "valve"},
        rate="6L/min", per_pulse="0.1L",
    )  # fmt: skip

    async def act(board: SimulatedSubstrate) -> list[bool]:
        levels: list[bool] = []
        board.net("gpio", 22).pull("host", True)
        board.net("gpio", 22).watch(levels.append)
        board.net("gpio", 17).drive("host", True)
        await asyncio.sleep(10.5)
        board.net("gpio", 17).drive("host", False)
        await asyncio.sleep(100.0)
        return levels

    devices = (gpio("relay", 17, "valve"), gpio("pulse", 22, "meter"))

    assert on_board(devices, (meter,), act) == [False, True] * 10


def test_a_hand_holds_a_contact_against_the_model() -> None:
    door = plan("leaf", "door", contacts={"contact": "reed"}, drives={"driven_by": "opener"})
    devices = (gpio("button", 22, "reed"), gpio("relay", 17, "opener"))

    async def act(board: SimulatedSubstrate) -> list[bool]:
        reed = board.part("reed")
        found = [reed.is_pressed]
        board.set("reed", "pressed", True)
        board.net("gpio", 17).drive("host", True)
        found.append(reed.is_pressed)
        board.release("reed", "pressed")
        found.append(reed.is_pressed)
        board.net("gpio", 17).drive("host", False)
        return [*found, reed.is_pressed]

    assert on_board(devices, (door,), act) == [True, True, False, True]


def test_a_motor_turns_its_encoder_and_a_hand_can_hold_it() -> None:
    """60 rpm, 100 ticks a turn and 100 ms of inertia: 190 ticks after 2 s."""
    drive = plan(
        "wheel", "motor", contacts={"encoder": "shaft"}, drives={"driven_by": "engine"},
        speed="60rpm", inertia="100ms", brake="10ms",
    )  # fmt: skip
    engine = WiredDevice("engine", "motor", pins={"forward": ("gpio", 5), "backward": ("gpio", 6)})
    shaft = WiredDevice(
        "shaft", "quadrature", pins={"a": ("gpio", 20), "b": ("gpio", 21)},
        params={"ticks_per_turn": 100},
    )  # fmt: skip

    async def act(board: SimulatedSubstrate) -> list[int]:
        board.net("gpio", 5).drive("host", True)
        board.net("gpio", 6).drive("host", False)
        await asyncio.sleep(2.0051)
        found = [board.part("shaft").ticks]
        board.set("shaft", "ticks", 7)
        await asyncio.sleep(1.0)
        found.append(board.part("shaft").ticks)
        board.net("gpio", 6).drive("host", True)  # both sides: a brake
        await asyncio.sleep(1.0)
        board.release("shaft", "ticks")
        return [*found, board.part("shaft").ticks]

    ticks, held, braked = on_board((engine, shaft), (drive,), act)

    assert ticks == pytest.approx(190, abs=1)
    assert held == 7
    assert braked == pytest.approx(291, abs=1)


def test_who_goes_through_the_door_lets_the_warmth_out() -> None:
    """The door is open for 60 s when the visitor comes and when he leaves."""
    models = (
        plan("visitor", "person", visits=1, stay="1h"),
        plan("leaf", "door", drives={"passed_by": "visitor"}, open_for="1m"),
        plan(
            "room", "thermal", TEMPERATURE, drives={"vented_by": "leaf"},
            tau="30d", vent="1m", outside=0.0, start=20.0,
        ),
    )  # fmt: skip

    async def act(board: SimulatedSubstrate) -> float:
        await asyncio.sleep(24 * HOUR_S)
        return sensed(board, "air", "temperature")

    expected = 20.0 * math.exp(-2.0 * (1 - 1 / 43_200) - 24 / 720)
    assert on_board((AIR,), models[::-1], act) == pytest.approx(expected, rel=1e-6)


def test_a_world_in_which_nothing_happens_has_no_timers() -> None:
    async def act(board: SimulatedSubstrate) -> int:
        return len(board._timers)

    assert on_board((AIR, HEATER), (ROOM,), act) == 0


def test_many_changes_leave_few_timers() -> None:
    """One more only where the next pulse comes sooner than ever: seven levels, seven times."""
    slow = plan(
        "stream", "flow", contacts={"pulses": "meter"}, drives={"driven_by": "valve"},
        rate="6L/min", per_pulse="1000L",
    )  # fmt: skip
    devices = (gpio("pwm", 17, "valve"), gpio("pulse", 22, "meter"))

    async def act(board: SimulatedSubstrate) -> int:
        for count in range(500):
            board.net("gpio", 17).drive("host", Wave(100.0, 0.1 + 0.8 * (count % 7) / 7))
            await asyncio.sleep(1.0)
        return len(board._timers)

    assert on_board(devices, (slow,), act) <= 7


def test_a_setting_can_be_changed_while_the_world_turns() -> None:
    async def act(board: SimulatedSubstrate) -> list[float]:
        board.physics.change("room", "outside", {"mean": 30.0})
        await asyncio.sleep(1000 * HOUR_S)
        return [sensed(board, "air", "temperature"), board.physics.outputs("room")["outside"]]

    assert on_board((AIR, HEATER), (ROOM,), act) == pytest.approx([30.0, 30.0])


@pytest.mark.parametrize(
    ("arguments", "field", "reason"),
    [
        (("rom", "outside", 3.0), "model", 'no model "rom", did you mean "room"?'),
        (("room", "outsid", 3.0), "setting", 'no setting "outsid", did you mean "outside"?'),
        (("room", "xyz", 3.0), "setting", "known: tau, heat"),
        (("room", "tau", 3.0), "value", 'tau must be a duration such as "30s", got 3'),
        (("room", "outside", {"mean": 1.0, "x": 2}), "value", "x is not a known key"),
    ],
)
def test_a_change_that_cannot_be_says_why(
    arguments: tuple[Any, ...], field: str, reason: str
) -> None:
    async def act(board: SimulatedSubstrate) -> None:
        with pytest.raises(InvalidValueError) as caught:
            board.physics.change(*arguments)
        assert caught.value.field == field
        assert reason in str(caught.value)

    on_board((AIR, HEATER), (ROOM,), act)


def test_a_change_is_checked_against_the_other_settings() -> None:
    """The sun rises at six where nothing else is said."""

    async def act(board: SimulatedSubstrate) -> None:
        with pytest.raises(InvalidValueError, match="must be later than sunrise"):
            board.physics.change("sky", "sunset", "5h")
        board.physics.change("sky", "sunset", "20h")

    on_board((), (plan("sky", "light"),), act)


@pytest.mark.parametrize(
    ("devices", "model", "reason"),
    [
        ((AIR,), ROOM, "heater can drive nothing, room of the world wants it to"),
        ((HEATER,), ROOM, 'room of the world wants a device "air"'),
        (
            (AIR,),
            plan("door", "door", contacts={"contact": "air"}),
            "a sht3x has nothing that door of the world can move",
        ),
        (
            (AIR,),
            plan("room", "thermal", SensePlan("air", "xyz", "temperature"), tau="3h"),
            'no channel "xyz" to set',
        ),
    ],
)
def test_a_plan_that_does_not_fit_the_board_stops_the_start(
    devices: tuple[WiredDevice, ...], model: ModelPlan, reason: str
) -> None:
    async def act(_: SimulatedSubstrate) -> None: ...

    with pytest.raises(HardwareError) as caught:
        on_board(devices, (model,), act)
    assert reason in str(caught.value)


def test_a_board_without_a_world_has_no_physics() -> None:
    board = SimulatedSubstrate(Wiring())

    with pytest.raises(HardwareError, match="has no world"):
        _ = board.physics
