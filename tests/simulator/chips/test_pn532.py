"""The simulated PN532 by its user manual, without a driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus, i2c_msg

from tests.simulator.board import board, chip
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x24
ACK, NACK = "0000ff00ff00", "0000ffff0000"
FIRMWARE, MODE = "0000ff02fed4022a00", "0000ff03fdd414011700"
TRIES, LIST = "0000ff06fad43205ff0102f300", "0000ff04fcd44a0100e100"


class Rig:
    """The chip, and a clock that the test moves."""

    def __init__(self, substrate: SimulatedSubstrate, bus: SMBus, clock: SteppedClock) -> None:
        self.board, self.bus, self.clock = substrate, bus, clock

    def send(self, frame: str) -> None:
        self.bus.i2c_rdwr(i2c_msg.write(ADDRESS, bytes.fromhex(frame)))

    def take(self, count: int, *, after_s: float = 0.05) -> str:
        self.clock.spend(after_s)
        answer = i2c_msg.read(ADDRESS, count)
        self.bus.i2c_rdwr(answer)
        return bytes(answer).hex()

    def ask(self, frame: str) -> str:
        """Send a command, take the acknowledge, and return the answer with its status."""
        self.send(frame)
        assert self.take(7) == "01" + ACK
        return self.take(24)


@pytest.fixture
def rig() -> Iterator[Rig]:
    clock = SteppedClock()
    with board(chip("pn532", ADDRESS), clock=clock) as substrate, SMBus(1) as bus:
        yield Rig(substrate, bus, clock)


def test_a_command_is_acknowledged_then_answered_when_it_is_ready(rig: Rig) -> None:
    rig.send(FIRMWARE)
    assert rig.take(1, after_s=0.0) == "00"
    assert rig.take(1) == "01"  # the status alone takes nothing away
    assert rig.take(7) == "01" + ACK
    assert rig.take(14) == "01" + "0000ff06fad50332010607e800"
    assert rig.take(1) == "00"


def test_an_answer_is_given_again_after_a_nack(rig: Rig) -> None:
    first = rig.ask(FIRMWARE)
    rig.send(NACK)
    assert rig.take(24) == first


def test_tags_are_listed_once_the_chip_is_awake(rig: Rig) -> None:
    rig.board.set("chip", "tag", "DEADBEEF")
    assert rig.ask(LIST)[:2] == "00"
    assert rig.ask(MODE).startswith("010000ff02fed5151600")

    assert rig.ask(LIST).startswith("010000ff0cf4d54b010100040804deadbeef9600")


def test_without_a_tag_it_looks_for_ever_unless_its_tries_are_limited(rig: Rig) -> None:
    rig.ask(MODE)
    assert rig.ask(LIST)[:2] == "00"
    rig.ask(TRIES)

    assert rig.ask(LIST).startswith("010000ff03fdd54b00e000")


def test_a_damaged_frame_is_not_acknowledged_and_an_unknown_command_is_an_error(rig: Rig) -> None:
    rig.send("0000ff02fed4022b00")
    assert rig.take(1) == "00"
    rig.ask(MODE)
    assert rig.ask("0000ff02fed4999300").startswith("01" + "0000ff01ff7f8100")


def test_an_acknowledge_of_the_host_ends_what_goes_on(rig: Rig) -> None:
    rig.send(FIRMWARE)
    rig.send(ACK)
    assert rig.take(1) == "00"
