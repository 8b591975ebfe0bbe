"""The INA219 against the example of its datasheet (2 mohm, 1 mA steps), through smbus2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from smbus2 import SMBus

from tests.simulator.board import board, chip, send, send_and_receive
from wampedge_simulator.clock import SteppedClock
from wampedge_simulator.substrate import SimulatedSubstrate

ADDRESS = 0x40
CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION = range(6)
READY, OVERFLOW = 0x02, 0x01


class Sensor:
    """An INA219 on its bus, and the clock of the board."""

    def __init__(self, substrate: SimulatedSubstrate, clock: SteppedClock, bus: SMBus) -> None:
        self.substrate = substrate
        self.clock = clock
        self.bus = bus

    def set(self, voltage: float, current: float) -> None:
        self.substrate.set("load", "voltage", voltage)
        self.substrate.set("load", "current", current)

    def write(self, register: int, value: int) -> None:
        send(self.bus, ADDRESS, register, value >> 8, value & 0xFF)

    def read(self, register: int) -> int:
        return int.from_bytes(send_and_receive(self.bus, ADDRESS, [register], 2), "big")


@pytest.fixture
def sensor() -> Iterator[Sensor]:
    clock = SteppedClock()
    with (
        board(chip("ina219", ADDRESS, "load", shunt=0.002), clock=clock) as substrate,
        SMBus(1) as bus,
    ):
        yield Sensor(substrate, clock, bus)


def test_the_example_of_the_datasheet_is_in_the_registers(sensor: Sensor) -> None:
    """Table 8: 07D0 5D98 1766 2710, which is 20 mV, 11.98 V, 119.8 W, 10 A."""
    sensor.set(voltage=11.98, current=10.0)
    sensor.write(CALIBRATION, 0x5000)
    sensor.clock.spend(0.002)

    bus = sensor.read(BUS)

    assert sensor.read(SHUNT) == 0x07D0
    assert (bus & ~7, bus & READY, bus & OVERFLOW) == (0x5D98, READY, 0)
    assert sensor.read(POWER) == 0x1766
    assert sensor.read(CURRENT) == 0x2710


def test_a_current_the_other_way_is_a_negative_word(sensor: Sensor) -> None:
    """-20 mV is -2000 steps: F830h; -10 A is D8F0h; the power has no sign."""
    sensor.set(voltage=11.98, current=-10.0)
    sensor.write(CALIBRATION, 0x5000)
    sensor.clock.spend(0.002)

    assert (sensor.read(SHUNT), sensor.read(CURRENT), sensor.read(POWER)) == (
        0xF830,
        0xD8F0,
        0x1766,
    )


def test_without_calibration_current_and_power_stay_zero(sensor: Sensor) -> None:
    sensor.set(voltage=11.98, current=10.0)
    sensor.clock.spend(0.002)

    assert (sensor.read(CURRENT), sensor.read(POWER)) == (0, 0)


def test_the_lowest_bit_of_the_calibration_cannot_be_set(sensor: Sensor) -> None:
    sensor.write(CALIBRATION, 0x5001)

    assert sensor.read(CALIBRATION) == 0x5000


def test_after_power_on_it_measures_without_end(sensor: Sensor) -> None:
    """The default 399Fh is 32 V, 320 mV, 12 bits, both without end: 532 us each."""
    assert sensor.read(CONFIG) == 0x399F
    sensor.set(voltage=5.0, current=0.0)
    sensor.clock.spend(0.0010)
    early = sensor.read(BUS)
    sensor.clock.spend(0.0001)

    assert early == 0
    assert sensor.read(BUS) == 1250 << 3 | READY
    sensor.set(voltage=6.0, current=0.0)
    sensor.clock.spend(0.0011)
    assert sensor.read(BUS) >> 3 == 1500


@pytest.mark.parametrize(("gain", "limit"), [(0, 4000), (1, 8000), (2, 16000), (3, 32000)])
def test_the_shunt_voltage_ends_at_the_range_of_the_gain(
    sensor: Sensor, gain: int, limit: int
) -> None:
    sensor.set(voltage=5.0, current=500.0)
    sensor.write(CONFIG, 0x219F | gain << 11)
    sensor.clock.spend(0.002)
    positive = sensor.read(SHUNT)
    sensor.set(voltage=5.0, current=-500.0)
    sensor.clock.spend(0.002)

    assert positive == limit
    assert sensor.read(SHUNT) == 0x10000 - limit


def test_the_bus_voltage_ends_at_the_range_that_is_set(sensor: Sensor) -> None:
    sensor.set(voltage=26.0, current=0.0)
    sensor.write(CONFIG, 0x199F)
    sensor.clock.spend(0.002)
    in_16_volts = sensor.read(BUS) >> 3
    sensor.write(CONFIG, 0x399F)
    sensor.clock.spend(0.002)

    assert in_16_volts == 4000
    assert sensor.read(BUS) >> 3 == 6500


def test_a_triggered_measurement_is_done_once(sensor: Sensor) -> None:
    sensor.set(voltage=5.0, current=1.0)
    sensor.write(CONFIG, 0x399B)
    sensor.clock.spend(0.002)
    first = sensor.read(BUS) >> 3
    sensor.set(voltage=6.0, current=1.0)
    sensor.clock.spend(1)

    assert first == sensor.read(BUS) >> 3 == 1250


def test_a_mode_measures_only_what_it_says(sensor: Sensor) -> None:
    sensor.set(voltage=5.0, current=10.0)
    sensor.write(CONFIG, 0x3999)
    sensor.clock.spend(0.002)
    shunt_only = (sensor.read(SHUNT), sensor.read(BUS) >> 3)
    sensor.write(CONFIG, 0x399A)
    sensor.set(voltage=5.0, current=0.0)
    sensor.clock.spend(0.002)

    assert shunt_only == (2000, 0)
    assert (sensor.read(SHUNT), sensor.read(BUS) >> 3) == (2000, 1250)


@pytest.mark.parametrize("mode", [0, 4])
def test_powered_down_it_measures_nothing(sensor: Sensor, mode: int) -> None:
    sensor.write(CONFIG, 0x3998 | mode)
    sensor.clock.spend(1)

    assert sensor.read(BUS) == 0


def test_averaging_takes_the_time_of_its_samples(sensor: Sensor) -> None:
    """128 samples of both: 2 x 68.1 ms."""
    sensor.set(voltage=5.0, current=0.0)
    sensor.write(CONFIG, 0x3FFF)
    sensor.clock.spend(0.136)
    early = sensor.read(BUS) & READY
    sensor.clock.spend(0.0003)

    assert (early, sensor.read(BUS) & READY) == (0, READY)


def test_reading_the_power_clears_the_ready_flag(sensor: Sensor) -> None:
    sensor.clock.spend(0.002)
    before = sensor.read(BUS) & READY
    sensor.read(POWER)

    assert (before, sensor.read(BUS) & READY) == (READY, 0)


def test_a_current_beyond_its_register_sets_the_overflow_flag(sensor: Sensor) -> None:
    """320 mV with calibration FFFEh would be 511984 steps."""
    sensor.set(voltage=5.0, current=160.0)
    sensor.write(CALIBRATION, 0xFFFE)
    sensor.clock.spend(0.002)

    assert sensor.read(BUS) & OVERFLOW


def test_a_reset_falls_back_to_the_start(sensor: Sensor) -> None:
    sensor.write(CALIBRATION, 0x5000)
    sensor.write(CONFIG, 0xB99F)

    assert (sensor.read(CALIBRATION), sensor.read(CONFIG)) == (0, 0x399F)


def test_measured_registers_cannot_be_written_and_there_are_only_six(sensor: Sensor) -> None:
    sensor.write(SHUNT, 0x1234)

    assert sensor.read(SHUNT) == 0
    assert sensor.read(6) == 0xFFFF


def test_the_shunt_is_a_tenth_of_an_ohm_where_the_file_says_nothing() -> None:
    clock = SteppedClock()
    with board(chip("ina219", ADDRESS, "load"), clock=clock) as substrate, SMBus(1) as bus:
        sensor = Sensor(substrate, clock, bus)
        sensor.set(voltage=5.0, current=0.2)
        clock.spend(0.002)

        assert sensor.read(SHUNT) == 2000
