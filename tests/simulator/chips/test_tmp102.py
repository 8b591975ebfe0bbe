"""The TMP102 through smbus2, with the words of tables 7-4 and 7-5 of SBOS397F."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, send, send_and_receive
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x48


class Sensor:
    """A TMP102 on its bus, and the clock of the board."""

    def __init__(self, substrate: SimulatedSubstrate, clock: SteppedClock, bus: SMBus) -> None:
        self.substrate = substrate
        self.clock = clock
        self.bus = bus

    def read(self, register: int) -> str:
        return send_and_receive(self.bus, ADDRESS, [register], 2).hex()

    def write(self, register: int, word: int) -> None:
        send(self.bus, ADDRESS, register, word >> 8, word & 0xFF)

    def measure(self, celsius: float) -> str:
        self.substrate.set("chip", "temperature", celsius)
        self.clock.spend(1.0)
        return self.read(0)


@pytest.fixture
def sensor() -> Iterator[Sensor]:
    clock = SteppedClock()
    with board(chip("tmp102", ADDRESS), clock=clock) as substrate, SMBus(1) as bus:
        yield Sensor(substrate, clock, bus)


@pytest.mark.parametrize(
    ("celsius", "word"),
    [(127.9375, "7ff0"), (100.0, "6400"), (25.0, "1900"), (0.25, "0040"), (0.0, "0000"),
     (-0.25, "ffc0"), (-25.0, "e700"), (-55.0, "c900"), (150.0, "7ff0")],
)  # fmt: skip
def test_a_temperature_is_12_bits_from_the_left(sensor: Sensor, celsius: float, word: str) -> None:
    assert sensor.measure(celsius) == word


@pytest.mark.parametrize(
    ("celsius", "word"), [(150.0, "4b01"), (25.0, "0c81"), (-0.25, "ffe1"), (-55.0, "e481")]
)
def test_in_extended_mode_it_is_13_bits_and_the_last_one_says_so(
    sensor: Sensor, celsius: float, word: str
) -> None:
    """150 °C is 2400 steps, 960h, three bits further left."""
    sensor.write(1, 0x60B0)

    assert sensor.measure(celsius) == word


def test_registers_after_power_on_are_those_of_the_datasheet(sensor: Sensor) -> None:
    assert [sensor.read(register) for register in (1, 2, 3)] == ["60a0", "4b00", "5000"]


def test_before_the_first_conversion_it_reads_zero(sensor: Sensor) -> None:
    sensor.substrate.set("chip", "temperature", 25.0)
    assert sensor.read(0) == "0000"

    sensor.clock.spend(0.035)

    assert sensor.read(0) == "1900"


def test_asleep_it_keeps_the_last_temperature_until_one_shot_is_over(sensor: Sensor) -> None:
    sensor.measure(25.0)
    sensor.write(1, 0x61A0)
    assert sensor.measure(25.0) == "1900"  # a conversion that has begun goes on
    assert sensor.measure(50.0) == "1900"
    assert sensor.read(1) == "e1a0"  # one-shot reads 1: nothing is converted

    sensor.write(1, 0xE1A0)
    assert sensor.read(1) == "61a0"
    sensor.clock.spend(0.036)

    assert sensor.read(1) == "e1a0"
    assert sensor.read(0) == "3200"


def test_the_alert_bit_falls_at_the_upper_limit_and_rises_below_the_lower(sensor: Sensor) -> None:
    """80 °C and 75 °C after power-on; the bit is 1 while there is no alert (7.5.3.4)."""
    seen = []
    for celsius in (79.9, 80.0, 76.0, 74.9):
        sensor.measure(celsius)
        seen.append(sensor.read(1))

    assert seen == ["60a0", "6080", "6080", "60a0"]
