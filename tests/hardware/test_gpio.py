"""Pins of the header through gpiozero's own mock factory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from tests.support.turns import turns
from wampedge.devices.contracts import PinBank, Pull
from wampedge.errors import HardwareError
from wampedge.hardware.edges import EDGE_BATCH, EDGE_LIMIT
from wampedge.hardware.gpio import GpioBank


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory(pin_class=MockPWMPin)
    yield made
    made.close()


@pytest.fixture
async def bank(factory: MockFactory) -> AsyncIterator[GpioBank]:
    made = GpioBank(factory)
    yield made
    await made.close()


async def test_the_bank_is_the_28_lines_of_the_header(bank: GpioBank) -> None:
    assert isinstance(bank, PinBank)
    assert (bank.name, list(bank.lines)) == ("gpio", list(range(28)))


async def test_the_global_factory_of_gpiozero_stays_untouched(bank: GpioBank) -> None:
    await bank.open_output(17, level=True)

    assert Device.pin_factory is None


@pytest.mark.parametrize("level", [True, False])
async def test_an_output_starts_at_its_level_and_follows(
    bank: GpioBank, factory: MockFactory, level: bool
) -> None:
    pin = await bank.open_output(17, level=level)
    started = (factory.pin(17).function, factory.pin(17).state, await pin.read())

    await pin.write(not level)

    assert pin.name == "GPIO17"
    assert started == ("output", level, level)
    assert factory.pin(17).state is not level


async def test_a_line_has_one_user_until_it_is_given_back(bank: GpioBank) -> None:
    pin = await bank.open_output(17, level=False)

    with pytest.raises(HardwareError, match="GPIO17 is in use by another device of this node"):
        await bank.open_input(17, pull="up")
    await pin.close()
    await bank.open_input(17, pull="up")


async def test_a_closed_output_keeps_its_level(bank: GpioBank, factory: MockFactory) -> None:
    pin = await bank.open_output(17, level=True)

    await pin.close()

    assert bool(factory.pin(17).state) is True


async def test_a_line_the_board_does_not_have_is_refused(bank: GpioBank) -> None:
    with pytest.raises(HardwareError, match="GPIO99 cannot be opened: 99 is not a valid pin name"):
        await bank.open_output(99, level=False)


@pytest.mark.parametrize(("pull", "level"), [("up", True), ("down", False), ("none", False)])
async def test_an_input_is_read_with_its_pull(bank: GpioBank, pull: Pull, level: bool) -> None:
    pin = await bank.open_input(4, pull=pull)

    assert await pin.read() is level


async def test_the_pull_up_of_the_board_cannot_be_changed(bank: GpioBank) -> None:
    with pytest.raises(
        HardwareError, match="GPIO2 has a pull-up resistor on the board; write pull"
    ):
        await bank.open_input(2, pull="down")
    await bank.open_input(2, pull="up")


async def test_edges_arrive_on_the_loop_with_time_stamps(
    bank: GpioBank, factory: MockFactory
) -> None:
    pin = await bank.open_input(4, pull="up")
    edges: list[tuple[bool, int]] = []
    threads: set[int] = set()

    def on_edge(level: bool, at_ns: int) -> None:
        edges.append((level, at_ns))
        threads.add(threading.get_ident())

    pin.watch(on_edge)
    driver = threading.Thread(target=_press, args=(factory.pin(4),))
    driver.start()
    driver.join()
    await turns()

    assert [level for level, _ in edges] == [False, True]
    assert 0 < edges[0][1] <= edges[1][1]
    assert threads == {threading.get_ident()}


def _press(pin: MockPin, times: int = 1) -> None:
    for _ in range(times):
        pin.drive_low()
        pin.drive_high()


async def test_watching_ends_when_asked_and_when_closed(
    bank: GpioBank, factory: MockFactory
) -> None:
    pin = await bank.open_input(4, pull="up")
    edges: list[bool] = []
    pin.watch(lambda level, _: edges.append(level))

    _press(factory.pin(4))
    pin.watch(None)
    await turns()
    pin.watch(lambda level, _: edges.append(level))
    await pin.close()
    _press(factory.pin(4))
    await turns()

    assert edges == []


async def test_a_storm_of_edges_is_bounded_and_ends_with_the_right_level(
    bank: GpioBank, factory: MockFactory
) -> None:
    """ROBUSTNESS.md B3."""
    pin = await bank.open_input(4, pull="up")
    edges: list[bool] = []
    pin.watch(lambda level, _: edges.append(level))
    mock = factory.pin(4)

    _press(mock, 5000)
    mock.drive_low()
    most_in_one_turn = 0
    while len(edges) < EDGE_LIMIT:
        before = len(edges)
        await asyncio.sleep(0)
        most_in_one_turn = max(most_in_one_turn, len(edges) - before)

    assert len(edges) == EDGE_LIMIT
    assert edges[-1] is False
    assert pin.lost_edges == 10_001 - EDGE_LIMIT
    assert most_in_one_turn == EDGE_BATCH


async def test_edges_of_two_threads_are_all_carried_over(
    bank: GpioBank, factory: MockFactory
) -> None:
    counts = {4: 0, 5: 0}
    for line in counts:

        def on_edge(level: bool, at_ns: int, line: int = line) -> None:
            counts[line] += 1

        (await bank.open_input(line, pull="up")).watch(on_edge)
    threads = [threading.Thread(target=_press, args=(factory.pin(line), 100)) for line in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    await turns(20)

    assert counts == {4: 200, 5: 200}


async def test_a_wave_starts_follows_and_stops(bank: GpioBank, factory: MockFactory) -> None:
    pin = await bank.open_pwm(18, frequency_hz=100, duty=0.25)
    mock = factory.pin(18)
    started = (mock.frequency, mock.state)

    await pin.set_duty(0.5)
    running = mock.state
    await pin.set_frequency(440)
    faster = mock.frequency
    await pin.close()

    assert pin.name == "GPIO18"
    assert started == (100, 0.25)
    assert (running, faster) == (0.5, 440)
    assert (mock.frequency, mock.state) == (None, 0.0)


async def test_a_bank_without_waves_says_so() -> None:
    bank = GpioBank(MockFactory(pin_class=MockPin))

    with pytest.raises(HardwareError, match="GPIO18 cannot give a PWM wave here"):
        await bank.open_pwm(18, frequency_hz=100, duty=0.0)

    await bank.open_output(18, level=False)
    await bank.close()


async def test_closing_the_bank_gives_every_line_back(factory: MockFactory) -> None:
    bank = GpioBank(factory)
    await bank.open_output(17, level=True)
    await bank.open_input(4, pull="up")

    await bank.close()

    again = GpioBank(factory)
    await again.open_output(4, level=True)
    await again.close()


class _BrokenPin(MockPin):  # type: ignore[misc] # gpiozero ships no types
    def _get_state(self) -> bool:
        raise OSError(19, "No such device")

    def _set_state(self, value: bool) -> None:
        if self._function == "output" and self.states[1:]:
            raise OSError(19, "No such device")
        super()._set_state(value)


async def test_a_chip_that_vanishes_is_a_hardware_error() -> None:
    bank = GpioBank(MockFactory(pin_class=_BrokenPin))
    pin = await bank.open_output(17, level=True)

    with pytest.raises(HardwareError, match=r"GPIO17: \[Errno 19\] No such device"):
        await pin.write(False)
    with pytest.raises(HardwareError):
        await pin.read()
    with pytest.raises(HardwareError):
        await (await bank.open_input(4, pull="up")).read()
    await bank.close()
