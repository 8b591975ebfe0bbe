"""AHT10 and AHT20 through smbus2; words from the formulas of their datasheets (6.1, 6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from smbus2 import SMBus, i2c_msg

from tests.simulator.board import board, chip, fails, send
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x38
CALIBRATE = {"aht10": 0xE1, "aht20": 0xBE}


class Sensor:
    """One of them on its bus, at 25 °C and 50 %."""

    def __init__(
        self, name: str, board: SimulatedSubstrate, clock: SteppedClock, bus: SMBus
    ) -> None:
        self.name = name
        self.board = board
        self.clock = clock
        self.bus = bus

    def calibrate(self) -> None:
        send(self.bus, ADDRESS, CALIBRATE[self.name], 0x08, 0x00)
        self.clock.spend(0.011)

    def measure(self, wait_s: float = 0.081) -> str:
        send(self.bus, ADDRESS, 0xAC, 0x33, 0x00)
        self.clock.spend(wait_s)
        return self.read()

    def read(self) -> str:
        message = i2c_msg.read(ADDRESS, 7)
        self.bus.i2c_rdwr(message)
        return bytes(message).hex(" ")


@contextmanager
def made(name: str) -> Iterator[Sensor]:
    clock = SteppedClock()
    with board(chip(name, ADDRESS), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("chip", "temperature", 25.0)
        substrate.set("chip", "humidity", 50.0)
        yield Sensor(name, substrate, clock, bus)


@pytest.fixture(params=["aht10", "aht20"])
def sensor(request: pytest.FixtureRequest) -> Iterator[Sensor]:
    with made(request.param) as sensor:
        yield sensor


def test_half_is_80000h_and_25_degrees_are_60000h(sensor: Sensor) -> None:
    sensor.calibrate()

    assert sensor.measure().startswith("08 80 00 06 00 00")


def test_a_checksum_follows_only_with_the_aht20() -> None:
    """Polynomial 131h, and the first byte inverted (5.4.4)."""
    ends = {}
    for name in CALIBRATE:
        with made(name) as sensor:
            sensor.calibrate()
            ends[name] = sensor.measure()[-2:]

    assert ends["aht10"] == "ff"
    assert int(ends["aht20"], 16) == remainder(bytes.fromhex("08 80 00 06 00 00"))


def remainder(message: bytes) -> int:
    """Divide by the polynomial as long division on one big number does it."""
    bits = len(message) * 8
    number = (int.from_bytes(message, "big") ^ 0xFF << bits - 8) << 8
    for place in range(bits - 1, -1, -1):
        if number >> place + 8 & 1:
            number ^= 0x131 << place
    return number


def test_while_it_measures_the_first_bit_says_so_and_the_rest_is_old(sensor: Sensor) -> None:
    sensor.calibrate()
    sensor.measure()
    sensor.board.set("chip", "humidity", 25.0)

    assert sensor.measure(wait_s=0.05).startswith("88 80 00 06")
    sensor.clock.spend(0.031)
    assert sensor.read().startswith("08 40 00 06")


def test_without_calibration_it_measures_nothing(sensor: Sensor) -> None:
    assert sensor.measure().startswith("00 00 00 00 00 00")


def test_a_reset_takes_the_calibration_away_and_20_ms(sensor: Sensor) -> None:
    sensor.calibrate()
    send(sensor.bus, ADDRESS, 0xBA)
    with fails(121):
        sensor.read()
    sensor.clock.spend(0.02)

    assert sensor.read().startswith("00 ")


def test_the_command_of_the_other_one_does_nothing(sensor: Sensor) -> None:
    other = {"aht10": 0xBE, "aht20": 0xE1}[sensor.name]
    send(sensor.bus, ADDRESS, other, 0x08, 0x00)
    sensor.clock.spend(0.02)

    assert sensor.read().startswith("00 ")
