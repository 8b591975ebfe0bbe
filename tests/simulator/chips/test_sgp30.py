"""The SGP30 through smbus2, with the commands and times of table 10 of its datasheet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus, i2c_msg

from tests.simulator.board import board, chip, fails, send
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x58
INIT, MEASURE, SIGNALS, FEATURES = (0x20, 0x03), (0x20, 0x08), (0x20, 0x50), (0x20, 0x2F)
GET_BASELINE, SET_BASELINE = (0x20, 0x15), (0x20, 0x1E)


class Sensor:
    """An SGP30 on its bus, and the clock of the board."""

    def __init__(self, substrate: SimulatedSubstrate, clock: SteppedClock, bus: SMBus) -> None:
        self.substrate = substrate
        self.clock = clock
        self.bus = bus

    def ask(self, *command: int, wait_s: float, count: int = 6) -> str:
        send(self.bus, ADDRESS, *command)
        self.clock.spend(wait_s)
        message = i2c_msg.read(ADDRESS, count)
        self.bus.i2c_rdwr(message)
        return bytes(message).hex(" ", 3)

    def begin(self) -> None:
        send(self.bus, ADDRESS, *INIT)
        self.clock.spend(0.01)


@pytest.fixture
def sensor() -> Iterator[Sensor]:
    clock = SteppedClock()
    with board(chip("sgp30", ADDRESS), clock=clock) as substrate, SMBus(1) as bus:
        for channel, value in (
            ("eco2", 0xBEEF), ("tvoc", 0), ("hydrogen_raw", 0xBEEF), ("ethanol_raw", 0xBEEF),
        ):  # fmt: skip
            substrate.set("chip", channel, value)
        yield Sensor(substrate, clock, bus)


def test_it_is_of_product_type_0_version_22h(sensor: Sensor) -> None:
    assert sensor.ask(*FEATURES, wait_s=0.01, count=3)[:4] == "0022"


def test_clean_air_is_all_it_says_for_15_s(sensor: Sensor) -> None:
    """6.3: 400 ppm and 0 ppb; 0190h. BEEFh has the checksum 92h (6.6), 0000h has 81h."""
    sensor.begin()
    assert sensor.ask(*MEASURE, wait_s=0.012)[:4] == "0190"

    sensor.clock.spend(15.0)

    assert sensor.ask(*MEASURE, wait_s=0.012) == "beef92 000081"


def test_without_the_start_there_is_no_air_quality_but_signals(sensor: Sensor) -> None:
    with fails(121):
        sensor.ask(*MEASURE, wait_s=0.012)

    assert sensor.ask(*SIGNALS, wait_s=0.025) == "beef92 beef92"


def test_while_it_is_busy_nothing_is_acknowledged(sensor: Sensor) -> None:
    sensor.begin()

    with fails(121):
        sensor.ask(*MEASURE, wait_s=0.005)


def test_a_baseline_is_written_in_the_other_order_than_it_is_read(sensor: Sensor) -> None:
    """6.3: read as eCO2, TVOC and written as TVOC, eCO2."""
    send(sensor.bus, ADDRESS, *SET_BASELINE, 0xBE, 0xEF, 0x92, 0x00, 0x00, 0x81)
    sensor.clock.spend(0.01)

    assert sensor.ask(*GET_BASELINE, wait_s=0.01) == "000081 beef92"


def test_a_baseline_with_a_wrong_checksum_is_ignored(sensor: Sensor) -> None:
    send(sensor.bus, ADDRESS, *SET_BASELINE, 0xBE, 0xEF, 0x93, 0x00, 0x00, 0x81)
    sensor.clock.spend(0.01)

    assert sensor.ask(*GET_BASELINE, wait_s=0.01) == "000081 000081"


def test_an_answer_is_given_once(sensor: Sensor) -> None:
    sensor.ask(*FEATURES, wait_s=0.01, count=3)

    with fails(121):
        sensor.bus.read_byte(ADDRESS)


def test_a_bad_checksum_on_request(sensor: Sensor) -> None:
    sensor.substrate.fault("chip", "bad_crc")

    assert sensor.ask(*SIGNALS, wait_s=0.025) == "beef6d beef92"
