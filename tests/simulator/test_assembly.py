"""Boards that change while they run, where a part cannot be made."""

from __future__ import annotations

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, gpio
from wampedge.errors import HardwareError

AIR = chip("bme280", 0x76, "air")
BELL = gpio("button", 22, "bell", pull="up")
NOWHERE = gpio("button", 99, "nowhere", pull="up")


def test_a_part_that_cannot_be_made_leaves_the_board_as_it_was() -> None:
    with board(AIR, BELL) as substrate:
        after = substrate._wiring.but(devices=(chip("sht3x", 0x44, "outside"), NOWHERE))
        with pytest.raises(HardwareError, match="line of gpio must be"), substrate.changing(after):
            pass

        with SMBus(1) as bus:
            assert bus.read_byte_data(0x76, 0xD0) == 0x60
            with pytest.raises(OSError, match="121"):
                bus.write_byte(0x44, 0)
        substrate.press("bell")
        assert substrate.pin_level("gpio", 22) is False


def test_two_parts_change_places() -> None:
    one, two = chip("lm75", 0x48, "one"), chip("lm75", 0x49, "two")
    with board(one, two) as substrate:
        after = substrate._wiring.but(devices=(one.but(address=0x49), two.but(address=0x48)))
        with substrate.changing(after):
            pass
        substrate.fault("one", "nack", 1)

        with SMBus(1) as bus:
            bus.read_byte(0x48)
            with pytest.raises(OSError, match="121"):
                bus.read_byte(0x49)


def test_a_part_whose_place_another_takes_goes_at_once() -> None:
    cold = chip("lm75", 0x48, "cold")
    with board(cold) as substrate:
        after = substrate._wiring.but(devices=(chip("tmp102", 0x48, "warm"),))
        with substrate.changing(after):
            with pytest.raises(Exception, match='no device "cold"'):
                substrate.part("cold")
            assert substrate.part("warm").name == "warm"
