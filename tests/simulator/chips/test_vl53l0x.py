"""The VL53L0X through smbus2, used as the driver of Linux uses it: by the bit of the result."""

from __future__ import annotations

from smbus2 import SMBus

from tests.simulator.board import board, chip
from wampedge_simulator.clock import SteppedClock

ADDRESS = 0x29
START, SEQUENCE, RESULT = 0x00, 0x01, 0x14
COMPLETE = 0x01


def test_a_ranging_that_was_started_is_not_complete_until_its_time_is_over() -> None:
    clock = SteppedClock()
    with board(chip("vl53l0x", ADDRESS, "far"), clock=clock) as substrate, SMBus(1) as bus:
        for steps in (0x01, 0x02):  # the calibrations
            bus.write_byte_data(ADDRESS, SEQUENCE, steps)
            bus.write_byte_data(ADDRESS, START, 0x01)
            clock.spend(0.05)
        bus.write_byte_data(ADDRESS, SEQUENCE, 0xE8)
        seen = []
        for distance in (500, 1200):
            substrate.set("far", "distance", distance)
            bus.write_byte_data(ADDRESS, START, 0x01)
            seen.append(bus.read_byte_data(ADDRESS, RESULT) & COMPLETE)
            clock.spend(0.05)
            seen.append(bus.read_byte_data(ADDRESS, RESULT) & COMPLETE)
            block = bytes(bus.read_i2c_block_data(ADDRESS, RESULT, 12))
            seen.append(int.from_bytes(block[10:], "big"))

    assert seen == [0, 1, 500, 0, 1, 1200]
