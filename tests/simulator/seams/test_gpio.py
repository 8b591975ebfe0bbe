"""gpiozero, unmodified, on the pins of a simulated board."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import gpiozero
import pytest

from tests.simulator.board import board, gpio
from wampedge.devices.contracts import Wiring
from wampedge.errors import HardwareError
from wampedge_simulator.clock import SimulatedClock, SteppedClock, run_virtual
from wampedge_simulator.seams.gpio import SimulatedFactory
from wampedge_simulator.substrate import SimulatedSubstrate


class Header:
    """A board with parts on some of its pins, and a factory for the header."""

    def __init__(self, substrate: SimulatedSubstrate, clock: SteppedClock) -> None:
        self.substrate = substrate
        self.clock = clock
        self.factory = SimulatedFactory(substrate._board())

    def pin(self, line: int) -> Any:
        return self.factory.pin(line)

    def level(self, line: int) -> bool:
        return self.substrate.pin_level("gpio", line)


@pytest.fixture
def header() -> Iterator[Header]:
    clock = SteppedClock()
    parts = (gpio("button", 22, "bell", pull="up"), gpio("led", 27, "lamp"))
    with board(*parts, clock=clock) as substrate:
        made = Header(substrate, clock)
        yield made
        made.factory.close()


class Edges:
    """Keeps the edges of a pin; gpiozero itself holds its callbacks weakly."""

    def __init__(self, pin: Any) -> None:
        self.seen: list[tuple[float, int]] = []
        pin.when_changed = self.on_edge

    def on_edge(self, ticks: float, state: int) -> None:
        self.seen.append((ticks, state))


def test_an_led_shines_when_its_pin_is_on(header: Header) -> None:
    with gpiozero.LED(27, pin_factory=header.factory) as led:
        led.on()
        shone = header.substrate.part("lamp").is_on
        led.off()

        assert (shone, header.substrate.part("lamp").is_on) == (True, False)
        assert led.value == 0


def test_a_button_calls_back_when_it_is_pressed_and_let_go(header: Header) -> None:
    events: list[str] = []
    with gpiozero.Button(22, pin_factory=header.factory) as button:
        button.when_pressed = lambda: events.append("pressed")
        button.when_released = lambda: events.append("released")
        header.substrate.press("bell")
        was_pressed = button.is_pressed
        header.substrate.let_go("bell")

        assert was_pressed
        assert not button.is_pressed
    assert events == ["pressed", "released"]


def test_a_pwm_led_dims_a_lamp(header: Header) -> None:
    with gpiozero.PWMLED(27, pin_factory=header.factory) as led:
        led.value = 0.25

        assert header.substrate.part("lamp").brightness == 0.25
        assert led.value == 0.25


def test_two_users_of_a_pin_are_refused_by_gpiozero_itself(header: Header) -> None:
    with (
        gpiozero.LED(27, pin_factory=header.factory),
        pytest.raises(gpiozero.GPIOPinInUse, match="already in use"),
    ):
        gpiozero.LED(27, pin_factory=header.factory)


def test_closing_a_device_makes_its_pin_an_input(header: Header) -> None:
    led = gpiozero.LED(27, initial_value=True, pin_factory=header.factory)
    led.close()

    assert header.pin(27).function == "input"
    assert not header.level(27)


def test_a_factory_may_keep_outputs_when_it_closes(header: Header) -> None:
    keeping: Any = header.substrate.pin_factory()
    keeping.pin(17).output_with_state(True)

    keeping.close()

    assert header.level(17)


def test_the_board_is_a_raspberry_pi_4(header: Header) -> None:
    info = header.factory.board_info

    assert (info.model, info.soc) == ("4B", "BCM2711")


def test_an_output_has_its_level_from_the_first_instant(header: Header) -> None:
    levels: list[bool] = []
    net = header.substrate._board().nets.net("gpio", 17)
    net.pull("relay", True)
    net.watch(levels.append)

    header.pin(17).output_with_state(True)

    assert levels == []
    assert header.level(17)


def test_a_pin_of_unknown_state_is_an_input_without_pull(header: Header) -> None:
    pin = header.pin(17)

    assert (pin.function, pin.pull, pin.state, pin.frequency) == ("input", "floating", False, None)


@pytest.mark.parametrize(("pull", "level"), [("up", True), ("down", False), ("floating", False)])
def test_an_open_input_follows_its_pull(header: Header, pull: str, level: bool) -> None:
    pin = header.pin(17)
    pin.input_with_pull(pull)

    assert (pin.pull, bool(pin.state)) == (pull, level)


def test_the_i2c_pins_have_fixed_pull_ups(header: Header) -> None:
    pin = header.pin(2)

    with pytest.raises(gpiozero.PinFixedPull, match="physical pull-up"):
        pin.pull = "down"
    pin.pull = "up"
    assert pin.state


def test_an_output_has_no_pull(header: Header) -> None:
    pin = header.pin(17)
    pin.function = "output"

    with pytest.raises(gpiozero.PinFixedPull, match="non-input"):
        pin.pull = "up"


def test_wrong_settings_are_refused_with_gpiozero_s_own_errors(header: Header) -> None:
    pin = header.pin(17)
    with pytest.raises(gpiozero.PinInvalidPull):
        pin.pull = "sideways"
    with pytest.raises(gpiozero.PinInvalidFunction):
        pin.function = "alt5"
    with pytest.raises(gpiozero.PinSetInput):
        pin.state = True
    with pytest.raises(gpiozero.PinPWMFixedValue):
        pin.frequency = 100
    with pytest.raises(gpiozero.PinInvalidEdges):
        pin.edges = "some"
    with pytest.raises(gpiozero.PinInvalidBounce):
        pin.bounce = -1
    pin.function = "output"
    with pytest.raises(gpiozero.PinInvalidState):
        pin.state = 2
    with pytest.raises(gpiozero.PinInvalidPin):
        header.pin(28)


def test_going_back_to_an_input_lets_the_line_go(header: Header) -> None:
    pin = header.pin(17)
    pin.output_with_state(True)

    pin.function = "input"

    assert header.substrate._board().nets.net("gpio", 17).is_floating


def test_a_wave_can_be_on_any_line_and_ends_low(header: Header) -> None:
    pin = header.pin(5)
    net = header.substrate._board().nets.net("gpio", 5)
    pin.function = "output"
    pin.frequency = 100
    pin.state = 0.29
    during = (pin.frequency, pin.state, net.duty)
    pin.frequency = None

    assert during == (100.0, 0.29, 0.29)
    assert (pin.frequency, pin.state, net.duty) == (None, False, 0.0)
    pin.frequency = None


def test_edges_have_the_time_of_the_board_and_the_new_level(header: Header) -> None:
    pin = header.pin(22)
    pin.input_with_pull("up")
    edges = Edges(pin)

    header.clock.spend(1.5)
    header.substrate.press("bell")
    header.clock.spend(0.25)
    header.substrate.let_go("bell")

    assert edges.seen == [(1.5, 0), (1.75, 1)]
    assert header.factory.ticks_diff(1.75, 1.5) == 0.25


@pytest.mark.parametrize(
    ("wanted", "seen"), [("both", [0, 1]), ("rising", [1]), ("falling", [0]), ("none", [])]
)
def test_only_wanted_edges_are_reported(header: Header, wanted: str, seen: list[int]) -> None:
    pin = header.pin(22)
    pin.input_with_pull("up")
    pin.edges = wanted
    edges = Edges(pin)

    header.substrate.press("bell")
    header.substrate.let_go("bell")

    assert pin.edges == wanted
    assert [state for _, state in edges.seen] == seen


def test_no_edge_is_reported_after_the_watch_has_ended(header: Header) -> None:
    pin = header.pin(22)
    pin.input_with_pull("up")
    edges = Edges(pin)
    pin.when_changed = None

    header.substrate.press("bell")

    assert edges.seen == []


def test_edges_within_the_bounce_time_are_dropped() -> None:
    async def main() -> tuple[list[float], list[float]]:
        with board(gpio("button", 22, "bell"), clock=SimulatedClock()) as substrate:
            factory = SimulatedFactory(substrate._board())
            pin = factory.pin(22)
            pin.input_with_pull("up")
            edges = Edges(pin)
            times = []
            for bounce_s in (None, 0.01):
                pin.bounce = bounce_s
                assert pin.bounce == bounce_s
                edges.seen.clear()
                substrate.fault("bell", "bounce")
                substrate.press("bell")
                await asyncio.sleep(0.1)
                times.append([round(at % 1, 4) for at, _ in edges.seen])
                substrate.let_go("bell")
                await asyncio.sleep(0.9)
            factory.close()
        return times[0], times[1]

    bouncing, calm = run_virtual(main())

    assert bouncing == [0, 2e-4, 2e-4, 5e-4, 5e-4, 1.1e-3, 1.1e-3, 1.8e-3, 1.8e-3, 3e-3, 3e-3]
    assert calm == [0]


def test_a_callback_that_fails_is_logged_and_harms_nobody(
    header: Header, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_ticks: float, _state: int) -> None:
        raise RuntimeError("mine")

    pin = header.pin(22)
    pin.input_with_pull("up")
    pin.when_changed = fail
    with caplog.at_level(logging.ERROR):
        header.substrate.press("bell")

    assert not header.level(22)
    assert caplog.messages == ["callback for GPIO22 failed"]


def test_no_thread_is_started(header: Header) -> None:
    before = threading.active_count()
    with gpiozero.LED(27, pin_factory=header.factory) as led:
        led.on()

        assert threading.active_count() == before


def test_a_factory_needs_a_board_that_is_started() -> None:
    with pytest.raises(HardwareError, match="not started"):
        SimulatedSubstrate(Wiring()).pin_factory()
