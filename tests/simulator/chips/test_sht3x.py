"""The SHT3x through smbus2, with words worked out from the formulas of its datasheet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus, i2c_msg

from tests.simulator.board import board, chip, fails, send, send_and_receive
from wampedge_simulator.chips.sht3x import crc8
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x44
HIGH, MEDIUM, LOW = (0x24, 0x00), (0x24, 0x0B), (0x24, 0x16)
HIGH_STRETCHED = (0x2C, 0x06)
TWICE_A_SECOND, FETCH, BREAK = (0x22, 0x36), (0xE0, 0x00), (0x30, 0x93)
STATUS, CLEAR_STATUS, RESET = (0xF3, 0x2D), (0x30, 0x41), (0x30, 0xA2)
HEATER_ON, HEATER_OFF = (0x30, 0x6D), (0x30, 0x66)


class Sensor:
    """An SHT3x on its bus, and the clock of the board."""

    def __init__(self, substrate: SimulatedSubstrate, clock: SteppedClock, bus: SMBus) -> None:
        self.substrate = substrate
        self.clock = clock
        self.bus = bus

    def command(self, *code: int) -> None:
        send(self.bus, ADDRESS, *code)

    def read(self, count: int = 6) -> bytes:
        message = i2c_msg.read(ADDRESS, count)
        self.bus.i2c_rdwr(message)
        return bytes(message)

    def measure(self, wait_s: float = 0.015) -> str:
        self.command(*HIGH)
        self.clock.spend(wait_s)
        return self.read().hex(" ", 3)

    def status(self) -> str:
        return send_and_receive(self.bus, ADDRESS, list(STATUS), 3)[:2].hex()


@pytest.fixture
def sensor() -> Iterator[Sensor]:
    clock = SteppedClock()
    with board(chip("sht3x", ADDRESS, "air"), clock=clock) as substrate, SMBus(1) as bus:
        substrate.set("air", "temperature", 25.0)
        substrate.set("air", "humidity", 50.0)
        yield Sensor(substrate, clock, bus)


def test_the_checksum_is_that_of_the_datasheet() -> None:
    assert crc8(b"\xbe\xef") == 0x92


def test_a_measurement_is_two_words_each_with_its_checksum(sensor: Sensor) -> None:
    """(25 + 45) / 175 * 65535 = 26214 = 6666h; 50 / 100 * 65535 = 32767.5, to 8000h."""
    assert sensor.measure() == "666693 8000a2"


@pytest.mark.parametrize(
    ("celsius", "percent", "words"),
    [(-45.0, 0.0, "0000 0000"), (130.0, 100.0, "ffff ffff"), (0.0, 25.0, "41d4 4000")],
)
def test_the_ends_of_the_range_are_the_ends_of_the_words(
    sensor: Sensor, celsius: float, percent: float, words: str
) -> None:
    sensor.substrate.set("air", "temperature", celsius)
    sensor.substrate.set("air", "humidity", percent)

    raw = bytes.fromhex(sensor.measure())

    assert f"{raw[:2].hex()} {raw[3:5].hex()}" == words


@pytest.mark.parametrize(("code", "took_s"), [(HIGH, 0.015), (MEDIUM, 0.006), (LOW, 0.004)])
def test_nothing_is_acknowledged_before_the_measurement_has_ended(
    sensor: Sensor, code: tuple[int, int], took_s: float
) -> None:
    sensor.command(*code)
    sensor.clock.spend(took_s - 0.0001)
    with fails(121):
        sensor.read()
    with fails(121):
        sensor.command(*HIGH)

    sensor.clock.spend(0.0001)

    assert len(sensor.read()) == 6


def test_a_measurement_can_be_read_once(sensor: Sensor) -> None:
    sensor.measure()

    with fails(121):
        sensor.read()


def test_reading_without_a_measurement_is_not_acknowledged(sensor: Sensor) -> None:
    with fails(121):
        sensor.read()


def test_with_clock_stretching_the_read_itself_takes_the_time(sensor: Sensor) -> None:
    answer = send_and_receive(sensor.bus, ADDRESS, list(HIGH_STRETCHED), 6)

    assert answer.hex(" ", 3) == "666693 8000a2"
    assert sensor.clock.monotonic() == pytest.approx(0.015)


def test_periodic_mode_has_a_new_value_every_period(sensor: Sensor) -> None:
    sensor.command(*TWICE_A_SECOND)
    sensor.clock.spend(0.014)
    sensor.command(*FETCH)
    with fails(121):
        sensor.read()
    sensor.clock.spend(0.001)
    sensor.command(*FETCH)
    first = sensor.read()
    sensor.command(*FETCH)
    with fails(121):
        sensor.read()
    sensor.clock.spend(0.5)
    sensor.command(*FETCH)

    assert sensor.read() == first


def test_periodic_mode_gives_nothing_without_fetch(sensor: Sensor) -> None:
    sensor.command(*TWICE_A_SECOND)
    sensor.clock.spend(1)

    with fails(121):
        sensor.read()


def test_periodic_mode_takes_no_single_shot_until_break(sensor: Sensor) -> None:
    sensor.command(*TWICE_A_SECOND)
    with fails(121):
        sensor.command(*HIGH)

    sensor.command(*BREAK)

    assert sensor.measure() == "666693 8000a2"


def test_an_unknown_command_is_not_acknowledged(sensor: Sensor) -> None:
    with fails(121):
        sensor.command(0x24, 0x01)


def test_the_status_tells_of_reset_and_heater(sensor: Sensor) -> None:
    """After power-on 8010h (4.11); clearing leaves the heater bit alone."""
    power_on = sensor.status()
    sensor.command(*CLEAR_STATUS)
    cleared = sensor.status()
    sensor.command(*HEATER_ON)
    sensor.command(*CLEAR_STATUS)
    heating = sensor.status()
    sensor.command(*HEATER_OFF)

    assert (power_on, cleared, heating, sensor.status()) == ("8010", "0000", "2000", "0000")


def test_a_reset_takes_its_time(sensor: Sensor) -> None:
    sensor.command(*CLEAR_STATUS)
    sensor.command(*RESET)
    with fails(121):
        sensor.command(*HIGH)
    sensor.clock.spend(0.0015)

    assert sensor.status() == "8010"


def test_a_bad_checksum_is_in_one_answer_only(sensor: Sensor) -> None:
    sensor.substrate.fault("air", "bad_crc")

    assert [sensor.measure(), sensor.measure()] == ["66666c 8000a2", "666693 8000a2"]


def test_a_late_measurement_takes_ten_times_as_long(sensor: Sensor) -> None:
    sensor.substrate.fault("air", "late")
    with fails(121):
        sensor.measure(wait_s=0.149)
    sensor.clock.spend(0.001)

    assert sensor.read()[:2].hex() == "6666"


def test_a_brown_out_ends_a_measurement(sensor: Sensor) -> None:
    sensor.command(*HIGH)
    sensor.substrate.fault("air", "brown_out")
    sensor.clock.spend(0.02)

    with fails(121):
        sensor.read()


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ((0xE1, 0x1F), "cd33"),
        ((0xE1, 0x14), "cb2d"),
        ((0xE1, 0x09), "3869"),
        ((0xE1, 0x02), "3266"),
    ],
)
def test_limits_of_the_alert_are_7_bits_of_humidity_and_9_of_temperature(
    sensor: Sensor, code: tuple[int, int], word: str
) -> None:
    """60 °C and 80 %: 9999h and CCCCh, so CC00h and 133h; the others in the same way."""
    answer = send_and_receive(sensor.bus, ADDRESS, list(code), 3)

    assert answer[:2].hex() == word
    assert crc8(answer[:2]) == answer[2]


@pytest.mark.parametrize(("checksum", "kept"), [(0xA2, "8000"), (0xA3, "cd33")])
def test_a_limit_is_taken_with_the_right_checksum_only(
    sensor: Sensor, checksum: int, kept: str
) -> None:
    sensor.command(0x61, 0x1D, 0x80, 0x00, checksum)

    assert send_and_receive(sensor.bus, ADDRESS, [0xE1, 0x1F], 2).hex() == kept


def test_a_reset_brings_the_limits_back(sensor: Sensor) -> None:
    sensor.command(0x61, 0x1D, 0x80, 0x00, 0xA2)
    sensor.command(*RESET)
    sensor.clock.spend(0.002)

    assert send_and_receive(sensor.bus, ADDRESS, [0xE1, 0x1F], 2).hex() == "cd33"
