"""What a world file says of pins, and the findings it leads to."""

from __future__ import annotations

import errno

import pytest
from smbus2 import SMBus

from tests.simulator.board import fails, gpio
from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.physics.plan import WorldPlan
from wampedge_simulator.substrate import SimulatedSubstrate
from wampedge_simulator.wiring import PinNote

SONAR = WiredDevice("sonar", "hcsr04", pins={"trigger": ("gpio", 23), "echo": ("gpio", 24)})
BELL = gpio("button", 22, "bell", pull="none")
BUSES = {"i2c1": "/dev/i2c-1", "i2c3": "/dev/i2c-3"}


def board_with(*devices: WiredDevice, **notes: PinNote) -> SimulatedSubstrate:
    board = SimulatedSubstrate(Wiring(i2c=BUSES, devices=devices), clock=SteppedClock())
    board.attach(WorldPlan(pins=notes))
    board.start()
    board.stop()
    return board


def kinds(board: SimulatedSubstrate) -> list[tuple[str, str]]:
    return [(finding.kind, finding.place) for finding in board.wiring_findings()]


def test_a_board_without_mistakes_has_no_findings() -> None:
    assert kinds(board_with(SONAR, BELL)) == []


def test_five_volts_without_a_divider_are_found_before_anything_happens() -> None:
    board = board_with(SONAR, sonar=PinNote(is_direct=True))

    assert kinds(board) == [("overvoltage", "GPIO24")]
    finding = board.wiring_findings()[0]
    assert finding.text == "echo of sonar gives 5 V to GPIO24, which stands 3.3 V"
    assert "divider" in finding.fix


@pytest.mark.parametrize(("volts", "count"), [(3.3, 0), (3.6, 0), (5.0, 1)])
def test_the_world_may_say_how_high_an_output_goes(volts: float, count: int) -> None:
    assert len(kinds(board_with(BELL, bell=PinNote(volts=volts)))) == count


def test_a_contact_whose_resistor_is_missing_floats_when_it_opens() -> None:
    board = board_with(BELL, bell=PinNote(pull="none"))
    board.net("gpio", 22).watch(lambda _level: None)
    board.press("bell")
    board.let_go("bell")

    assert kinds(board) == [("no_pull", "GPIO22")]


def test_a_resistor_the_world_adds_gives_the_level() -> None:
    board = board_with(gpio("button", 22, "bell", pull="up"), bell=PinNote(pull="up"))

    assert board.pin_level("gpio", 22)


def test_a_bus_without_pull_ups_is_found_where_the_board_has_none_of_its_own() -> None:
    board = board_with(i2c1=PinNote(pull="none"), i2c3=PinNote(pull="none"))

    assert kinds(board) == [("no_pull", "i2c3")]
    assert "4.7 kohm" in board.wiring_findings()[0].fix


def test_nothing_is_heard_on_a_bus_without_pull_ups() -> None:
    sensor = WiredDevice("air", "sht3x", bus="i2c3", address=0x44)
    board = SimulatedSubstrate(Wiring(i2c=BUSES, devices=(sensor,)), clock=SteppedClock())
    board.attach(WorldPlan(pins={"i2c3": PinNote(pull="none")}))
    board.start()
    try:
        with SMBus(3) as bus, fails(errno.ETIMEDOUT):
            bus.write_byte(0x44, 0x00)
    finally:
        board.stop()
