"""The BME280 against the worked example of its datasheet, through smbus2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbus2 import SMBus

from tests.simulator.board import board, chip, fails, send, send_and_receive
from wampedge_simulator.chips.bme280 import (
    celsius_of,
    fine_temperature,
    pascal_of,
    percent_of,
    raw_of_humidity,
    raw_of_pressure,
    raw_of_temperature,
)
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x76
ID, RESET, CTRL_HUM, STATUS, CTRL_MEAS, CONFIG, DATA = 0xD0, 0xE0, 0xF2, 0xF3, 0xF4, 0xF5, 0xF7
ONCE, NORMAL = 0x25, 0x27
"""Oversampling x1 of temperature and pressure, in forced and in normal mode."""
NOTHING = "800000 800000 8000"


class Sensor:
    """A BME280 on its bus, and the clock of the board."""

    def __init__(self, substrate: SimulatedSubstrate, clock: SteppedClock, bus: SMBus) -> None:
        self.substrate = substrate
        self.clock = clock
        self.bus = bus

    def set(self, **values: float) -> None:
        for name, value in values.items():
            self.substrate.set("air", name, value)

    def write(self, *pairs: int) -> None:
        send(self.bus, ADDRESS, *pairs)

    def read(self, register: int, count: int = 1) -> bytes:
        return send_and_receive(self.bus, ADDRESS, [register], count)

    def data(self) -> str:
        raw = self.read(DATA, 8)
        return f"{raw[:3].hex()} {raw[3:6].hex()} {raw[6:].hex()}"


@pytest.fixture
def sensor() -> Iterator[Sensor]:
    clock = SteppedClock()
    with board(chip("bme280", ADDRESS, "air"), clock=clock) as substrate, SMBus(1) as bus:
        yield Sensor(substrate, clock, bus)


def test_the_compensation_gives_the_worked_example() -> None:
    fine = fine_temperature(519888)

    assert celsius_of(519888) == pytest.approx(25.0825, abs=5e-5)
    assert pascal_of(415148, fine) == pytest.approx(100653.258, abs=5e-4)
    assert percent_of(30000, fine) == pytest.approx(51.9602, abs=5e-5)
    assert celsius_of(400000) == pytest.approx(-12.6436, abs=5e-5)
    assert celsius_of(0x80000) == pytest.approx(26.46, abs=5e-3)


def test_turning_the_compensation_round_gives_back_the_raw_values() -> None:
    fine = fine_temperature(519888)

    assert raw_of_temperature(celsius_of(519888)) == 519888
    assert raw_of_pressure(pascal_of(415148, fine), fine) == 415148
    assert raw_of_humidity(percent_of(30000, fine), fine) == 30000


@given(st.floats(-40, 85), st.floats(30_000, 110_000), st.floats(0, 100))
def test_any_value_the_part_can_have_is_met_within_its_resolution(
    celsius: float, pascal: float, percent: float
) -> None:
    raw = raw_of_temperature(celsius)
    fine = fine_temperature(raw)

    assert celsius_of(raw) == pytest.approx(celsius, abs=0.0006)
    assert pascal_of(raw_of_pressure(pascal, fine), fine) == pytest.approx(pascal, abs=0.2)
    assert percent_of(raw_of_humidity(percent, fine), fine) == pytest.approx(percent, abs=0.008)


def test_the_registers_of_identity_and_calibration_are_those_of_the_example(
    sensor: Sensor,
) -> None:
    """Calibration words are low byte first; H4 and H5 share a byte (table 16)."""
    assert sensor.read(ID) == b"\x60"
    assert sensor.read(0x88, 24).hex(" ", 2) == (
        "706b 4367 18fc 7d8e 43d6 d00b 270b 8c00 f9ff 8c3c f8c6 7017"
    )
    assert sensor.read(0xA1) == bytes([75])
    assert sensor.read(0xE1, 7).hex() == "6a0100" + "140400" + "1e"


def test_before_the_first_measurement_the_data_are_the_reset_pattern(sensor: Sensor) -> None:
    assert sensor.data() == NOTHING


def test_a_forced_measurement_puts_the_worked_example_into_the_registers(sensor: Sensor) -> None:
    """With the filter on all 20 bits count: 519888 is 7EED0h, 415148 is 655ACh, 30000 is 7530h."""
    sensor.set(temperature=25.08247, pressure=100653.258, humidity=51.9602)

    sensor.write(CONFIG, 0x04, CTRL_HUM, 1, CTRL_MEAS, ONCE)
    sensor.clock.spend(0.0093)

    assert sensor.data() == "655ac0 7eed00 7530"


def test_without_the_filter_oversampling_decides_about_the_bits(sensor: Sensor) -> None:
    """x1 gives 16 bits, x2 one more, x16 all 20 (3.4.1): 415148 is 655ACh."""
    sensor.set(temperature=25.08247, pressure=100653.258, humidity=51.9602)

    sensor.write(CTRL_MEAS, 0x25)
    sensor.clock.spend(0.01)
    once = sensor.data()
    sensor.write(CTRL_MEAS, 0x29)
    sensor.clock.spend(0.02)
    twice = sensor.data()
    sensor.write(CTRL_MEAS, 0x35)
    sensor.clock.spend(0.05)

    assert once.split()[0] == "655b00"
    assert twice.split()[0] == "655b00"
    assert sensor.data().split()[0] == "655ac0"


def test_reading_too_early_gives_the_old_values_and_the_status_says_so(sensor: Sensor) -> None:
    """The longest time with x1 thrice: 1.25 + 2.3 + 2.875 + 2.875 = 9.3 ms (9.1)."""
    sensor.write(CTRL_HUM, 1, CTRL_MEAS, ONCE)
    sensor.clock.spend(0.0092)

    assert sensor.data() == NOTHING
    assert sensor.read(STATUS) == b"\x08"
    sensor.clock.spend(0.0001)
    assert sensor.data() != NOTHING
    assert sensor.read(STATUS) == b"\x00"


def test_after_a_forced_measurement_the_chip_sleeps_and_keeps_it(sensor: Sensor) -> None:
    sensor.set(temperature=20.0)
    sensor.write(CTRL_MEAS, ONCE)
    sensor.clock.spend(0.01)
    first = sensor.data()

    sensor.set(temperature=30.0)
    sensor.clock.spend(60)

    assert sensor.read(CTRL_MEAS) == b"\x24"
    assert sensor.data() == first


def test_humidity_is_off_until_ctrl_meas_is_written_after_ctrl_hum(sensor: Sensor) -> None:
    sensor.write(CTRL_MEAS, ONCE)
    sensor.write(CTRL_HUM, 1)
    sensor.clock.spend(0.02)
    before = sensor.data()
    sensor.write(CTRL_MEAS, ONCE)
    sensor.clock.spend(0.02)

    assert before.split()[2] == "8000"
    assert sensor.data().split()[2] != "8000"


def test_a_quantity_that_is_skipped_has_the_reset_pattern(sensor: Sensor) -> None:
    sensor.write(CTRL_MEAS, 0x01)
    sensor.clock.spend(0.02)

    assert sensor.data() == NOTHING


def test_normal_mode_measures_again_and_again(sensor: Sensor) -> None:
    """Standby 0.5 ms and 6.425 ms for a measurement without humidity: 6.925 ms a cycle."""
    sensor.set(temperature=20.0)
    sensor.write(CTRL_MEAS, NORMAL)
    sensor.clock.spend(0.0065)
    first = sensor.data()
    sensor.set(temperature=30.0)
    sensor.clock.spend(0.006)
    still = sensor.data()
    sensor.clock.spend(0.001)

    assert still == first
    assert sensor.data() != first
    assert sensor.read(CTRL_MEAS) == bytes([NORMAL])


def test_normal_mode_catches_up_after_an_hour_without_reading(sensor: Sensor) -> None:
    sensor.set(temperature=20.0)
    sensor.write(CTRL_MEAS, NORMAL)
    sensor.clock.spend(1)
    cold = sensor.data()
    sensor.set(temperature=30.0)
    sensor.clock.spend(3600)

    assert sensor.data() != cold


def test_the_filter_lets_a_step_through_little_by_little(sensor: Sensor) -> None:
    """With coefficient 4 a quarter of the step shows after one sample (3.4.4)."""
    sensor.write(CONFIG, 0x08)
    raw = []
    for celsius in (20.0, 30.0, 30.0):
        sensor.set(temperature=celsius)
        sensor.write(CTRL_MEAS, ONCE)
        sensor.clock.spend(0.02)
        raw.append(int.from_bytes(sensor.read(0xFA, 3), "big") >> 4)
    cold, warm = raw_of_temperature(20.0), raw_of_temperature(30.0)

    assert raw[0] == cold
    assert raw[1] == pytest.approx(cold + (warm - cold) / 4, abs=1)
    assert raw[2] == pytest.approx(cold + (warm - cold) * 7 / 16, abs=1)


def test_switching_the_filter_off_forgets_its_past(sensor: Sensor) -> None:
    for config, celsius in ((0x08, 20.0), (0x00, 30.0), (0x08, 30.0)):
        sensor.set(temperature=celsius)
        sensor.write(CONFIG, config, CTRL_MEAS, ONCE)
        sensor.clock.spend(0.02)

    assert int.from_bytes(sensor.read(0xFA, 3), "big") >> 4 == raw_of_temperature(30.0)


def test_sleep_mode_ends_a_measurement(sensor: Sensor) -> None:
    sensor.write(CTRL_MEAS, ONCE)
    sensor.write(CTRL_MEAS, 0x24)
    sensor.clock.spend(1)

    assert sensor.data() == NOTHING
    assert sensor.read(STATUS) == b"\x00"


def test_a_reset_takes_two_milliseconds_and_falls_back_to_the_start(sensor: Sensor) -> None:
    sensor.write(CTRL_HUM, 1, CTRL_MEAS, ONCE)
    sensor.clock.spend(0.02)
    sensor.write(RESET, 0xB5)
    ignored = sensor.data()
    sensor.write(RESET, 0xB6)

    assert ignored != NOTHING
    assert sensor.read(STATUS) == b"\x01"
    sensor.clock.spend(0.002)
    assert sensor.read(STATUS) == b"\x00"
    assert sensor.read(CTRL_MEAS) == b"\x00"
    assert sensor.data() == NOTHING


def test_registers_without_a_function_cannot_be_written(sensor: Sensor) -> None:
    sensor.write(ID, 0x58, 0x88, 0xFF)

    assert sensor.read(ID) == b"\x60"
    assert sensor.read(0x88) == b"\x70"


def test_a_late_measurement_takes_ten_times_as_long(sensor: Sensor) -> None:
    sensor.substrate.fault("air", "late")
    sensor.write(CTRL_MEAS, ONCE)
    sensor.clock.spend(0.05)
    early = sensor.data()
    sensor.clock.spend(0.05)

    assert early == NOTHING
    assert sensor.data() != NOTHING


def test_a_stuck_sensor_gives_its_last_sample_again(sensor: Sensor) -> None:
    def measure() -> str:
        sensor.write(CTRL_MEAS, ONCE)
        sensor.clock.spend(0.02)
        return sensor.data()

    sensor.set(temperature=20.0, pressure=100_000.0)
    first = measure()
    sensor.substrate.fault("air", "stuck")
    sensor.set(temperature=30.0)

    assert measure() == first
    assert measure() != first


def test_a_brown_out_takes_the_measurement_away(sensor: Sensor) -> None:
    sensor.write(CTRL_MEAS, ONCE)
    sensor.clock.spend(0.02)

    sensor.substrate.fault("air", "brown_out")

    assert sensor.data() == NOTHING


def test_an_absent_chip_is_error_121(sensor: Sensor) -> None:
    sensor.substrate.fault("air", "absent", None)

    with fails(121):
        sensor.data()
