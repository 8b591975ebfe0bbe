"""The BME680 through smbus2; raw values worked out with the integer formulas of its datasheet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, send, send_and_receive
from wampedge_simulator.clock import SteppedClock

ADDRESS = 0x76


@pytest.fixture
def sensor() -> Iterator[tuple[SteppedClock, SMBus]]:
    clock = SteppedClock()
    with board(chip("bme680", ADDRESS), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("chip", "temperature", 26.30)
        substrate.set("chip", "pressure", 99638.0)
        substrate.set("chip", "humidity", 48.946)
        substrate.set("chip", "gas", 31281.28)
        yield clock, bus


def measure(bus: SMBus, *, gas: bool = True) -> None:
    for register, value in ((0x5A, 116), (0x64, 0x66), (0x71, 0x10 if gas else 0), (0x72, 1)):
        send(bus, ADDRESS, register, value)
    send(bus, ADDRESS, 0x74, 0x25)


def test_physical_values_become_the_raw_values_of_the_formulas(
    sensor: tuple[SteppedClock, SMBus],
) -> None:
    """500000, 380000 and 22000 give 26.30 °C, 99638 Pa and 48.946 %; gas 512 in range 8."""
    clock, bus = sensor
    measure(bus)
    clock.spend(0.3)

    raw = send_and_receive(bus, ADDRESS, [0x1D], 15)

    assert raw[0] == 0x80
    assert abs((int.from_bytes(raw[5:8], "big") >> 4) - 500000) <= 200
    assert abs((int.from_bytes(raw[2:5], "big") >> 4) - 380000) <= 200
    assert abs(int.from_bytes(raw[8:10], "big") - 22000) <= 20
    assert raw[13:15] == bytes.fromhex("8038")


def test_a_measurement_takes_its_time(sensor: tuple[SteppedClock, SMBus]) -> None:
    clock, bus = sensor
    measure(bus)
    clock.spend(0.1)

    assert send_and_receive(bus, ADDRESS, [0x1D], 1) == b"\x20"


def test_without_heater_there_is_no_gas(sensor: tuple[SteppedClock, SMBus]) -> None:
    clock, bus = sensor
    measure(bus, gas=False)
    clock.spend(0.1)

    assert send_and_receive(bus, ADDRESS, [0x2A], 2) == bytes(2)


def test_a_reset_leaves_no_measurement(sensor: tuple[SteppedClock, SMBus]) -> None:
    clock, bus = sensor
    measure(bus)
    clock.spend(0.3)
    send(bus, ADDRESS, 0xE0, 0xB6)

    assert send_and_receive(bus, ADDRESS, [0x1F], 8) == bytes.fromhex("8000008000008000")
