"""Bosch BME280: temperature, pressure and humidity, I2C 0x76 or 0x77.

From the datasheet BST-BME280-DS002: memory map (5.3), measurement modes (3.3), measurement time
(9.1), compensation in double precision (8.1, BST-BME280_calculation). The raw values come from the
physical ones by turning the compensation round with bisection, so a driver has to do its sums.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Bme280"]

REG_CALIB00 = 0x88
REG_CALIB25 = 0xA1
REG_ID = 0xD0
REG_RESET = 0xE0
REG_CALIB26 = 0xE1
REG_CTRL_HUM = 0xF2
REG_STATUS = 0xF3
REG_CTRL_MEAS = 0xF4
REG_CONFIG = 0xF5
REG_PRESS_MSB = 0xF7

CHIP_ID = 0x60
RESET_WORD = 0xB6
STATUS_MEASURING = 0x08
STATUS_IM_UPDATE = 0x01
SKIPPED_20BIT = 0x80000
SKIPPED_16BIT = 0x8000

START_UP_S = 0.002
MODE_SLEEP, MODE_NORMAL = 0, 3
STANDBY_S = (0.0005, 0.0625, 0.125, 0.25, 0.5, 1.0, 0.01, 0.02)
FILTER_COEFFICIENTS = (1, 2, 4, 8, 16, 16, 16, 16)
MOST_FILTER_STEPS = 128
"""A filter of 16 has forgotten its past after so many samples."""

T1, T2, T3 = 27504, 26435, -1000
P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
H1, H2, H3, H4, H5, H6 = 75, 362, 0, 324, 0, 30


class Bme280(Part):
    """The chip with the calibration of the datasheet's worked example."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(19.0, 5.0, 0.05), -40.0, 85.0, "°C"),
        "pressure": Quantity(Curve(101_000.0, 600.0, 3.0, 280_000.0), 30_000.0, 110_000.0, "Pa"),
        "humidity": Quantity(Curve(62.0, -12.0, 0.3), 0.0, 100.0, "%RH"),
    }
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "late": "the next measurement takes ten times as long as it may",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, writes_pairs=True)
        self._registers = bytearray(256)
        self._writers: dict[int, Callable[[int], None]] = {
            REG_RESET: self._write_reset,
            REG_CTRL_HUM: self._write_ctrl_hum,
            REG_CTRL_MEAS: self._write_ctrl_meas,
            REG_CONFIG: self._write_config,
        }
        self.power_up()
        self._loads_until = 0.0  # the board has had its supply for long

    def power_up(self) -> None:
        """Load the calibration and sleep, with no measurement in the data registers."""
        registers = self._registers = bytearray(256)
        registers[REG_CALIB00 : REG_CALIB00 + 24] = struct.pack("<HhhHhhhhhhhh", T1, T2, T3, *P)
        registers[REG_CALIB25] = H1
        registers[REG_CALIB26 : REG_CALIB26 + 7] = struct.pack(
            "<hBbBbb", H2, H3, H4 >> 4, (H4 & 0x0F) | (H5 & 0x0F) << 4, H5 >> 4, H6
        )
        registers[REG_ID] = CHIP_ID
        self._humidity_code = 0
        self._begins_at = 0.0
        self._ends_at: float | None = None
        self._filtered: tuple[float, float] | None = None
        self._loads_until = self.bench.after(START_UP_S)
        self._store(SKIPPED_20BIT, SKIPPED_20BIT, SKIPPED_16BIT)

    def refresh(self) -> None:
        """Finish the measurements that are due."""
        while self._ends_at is not None and self.bench.now() >= self._ends_at:
            self._finish(self.bench.now() - self._ends_at)

    def peek(self, register: int) -> int:
        """Return a register; the status tells whether a measurement or start-up is going on."""
        if register != REG_STATUS:
            return self._registers[register]
        is_measuring = self._ends_at is not None and self._begins_at <= self.bench.now()
        is_loading = self.bench.now() < self._loads_until
        return (STATUS_MEASURING if is_measuring else 0) | (STATUS_IM_UPDATE if is_loading else 0)

    def poke(self, register: int, value: int) -> None:
        """Write a register; those without a function of their own cannot be written."""
        writer = self._writers.get(register)
        if writer is not None:
            writer(value)

    def _write_reset(self, value: int) -> None:
        if value == RESET_WORD:
            self.power_up()

    def _write_ctrl_hum(self, value: int) -> None:
        self._registers[REG_CTRL_HUM] = value & 0x07

    def _write_ctrl_meas(self, value: int) -> None:
        """Take the new mode; only now a change of ctrl_hum takes effect (5.4.3)."""
        self._registers[REG_CTRL_MEAS] = value
        self._humidity_code = self._registers[REG_CTRL_HUM]
        if value & 0x03 == MODE_SLEEP:
            self._ends_at = None
        else:
            self._plan(after_s=0.0)

    def _write_config(self, value: int) -> None:
        self._registers[REG_CONFIG] = value
        if value >> 2 & 7 == 0:
            self._filtered = None

    def _plan(self, *, after_s: float) -> None:
        """Let a measurement begin *after_s* from now."""
        took_s = self._measurement_s()
        if self.faults.take("late"):
            took_s *= 10
        self._begins_at = self.bench.after(after_s)
        self._ends_at = self.bench.after(after_s + took_s)

    def _measurement_s(self) -> float:
        """Return the longest time a measurement may take (9.1): a driver must wait for that."""
        control = self._registers[REG_CTRL_MEAS]
        temperature, pressure = _times(control >> 5), _times(control >> 2 & 7)
        humidity = _times(self._humidity_code)
        took_ms = 1.25 + 2.3 * temperature
        took_ms += 2.3 * pressure + 0.575 if pressure else 0.0
        took_ms += 2.3 * humidity + 0.575 if humidity else 0.0
        return took_ms / 1000

    def _finish(self, age_s: float) -> None:
        """Put the measurement that ended *age_s* ago into the registers; plan the next one."""
        mode = self._registers[REG_CTRL_MEAS] & 0x03
        missed = 0.0
        if mode == MODE_NORMAL:
            standby_s = STANDBY_S[self._registers[REG_CONFIG] >> 5]
            missed, age_s = divmod(age_s, self._measurement_s() + standby_s)
            self._plan(after_s=standby_s - age_s)
        else:
            self._ends_at = None
            self._registers[REG_CTRL_MEAS] &= 0xFC
        self._measure(age_s, steps=min(int(missed) + 1, MOST_FILTER_STEPS))

    def _measure(self, age_s: float, *, steps: int) -> None:
        control = self._registers[REG_CTRL_MEAS]
        sample = self.sample(age_s)
        raw_temperature = raw_of_temperature(sample["temperature"])
        fine = fine_temperature(raw_temperature)
        raw_pressure = raw_of_pressure(sample["pressure"], fine)
        raw_temperature, raw_pressure = self._filter(raw_temperature, raw_pressure, steps)
        self._store(
            self._rounded(raw_temperature, control >> 5),
            self._rounded(raw_pressure, control >> 2 & 7),
            raw_of_humidity(sample["humidity"], fine) if self._humidity_code else SKIPPED_16BIT,
        )

    def _filter(self, temperature: int, pressure: int, steps: int) -> tuple[int, int]:
        """Run the IIR filter (3.4.4) over *steps* samples of the same value."""
        coefficient = FILTER_COEFFICIENTS[self._registers[REG_CONFIG] >> 2 & 7]
        if self._filtered is None:
            self._filtered = (temperature, pressure)
        keep = (1 - 1 / coefficient) ** steps
        old_temperature, old_pressure = self._filtered
        self._filtered = (
            old_temperature * keep + temperature * (1 - keep),
            old_pressure * keep + pressure * (1 - keep),
        )
        return round(self._filtered[0]), round(self._filtered[1])

    def _rounded(self, raw: int, oversampling_code: int) -> int:
        """Return *raw* with the bits the setting resolves (3.4.1): 16 to 20, and 20 if filtered."""
        if oversampling_code == 0:
            return SKIPPED_20BIT
        is_filtered = self._registers[REG_CONFIG] >> 2 & 7
        lost_bits = 0 if is_filtered else 5 - min(oversampling_code, 5)
        half = 1 << lost_bits >> 1
        return min((raw + half) >> lost_bits << lost_bits, 0xFFFFF)

    def _store(self, temperature: int, pressure: int, humidity: int) -> None:
        packed = (pressure << 4).to_bytes(3, "big") + (temperature << 4).to_bytes(3, "big")
        self._registers[REG_PRESS_MSB : REG_PRESS_MSB + 8] = packed + humidity.to_bytes(2, "big")


PART = Bme280


def celsius_of(adc: int) -> float:
    """Return the temperature of a raw value, in degrees Celsius."""
    first = (adc / 16384.0 - T1 / 1024.0) * T2
    second = (adc / 131072.0 - T1 / 8192.0) ** 2 * T3
    return (first + second) / 5120.0


def fine_temperature(adc: int) -> int:
    """Return t_fine of a raw temperature: a whole number in the double precision code, too."""
    return int(celsius_of(adc) * 5120.0)


def pascal_of(adc: int, fine: int) -> float:
    """Return the pressure of a raw value, in Pa."""
    first = fine / 2.0 - 64000.0
    second = first * first * P[5] / 32768.0 + first * P[4] * 2.0
    second = second / 4.0 + P[3] * 65536.0
    first = (P[2] * first * first / 524288.0 + P[1] * first) / 524288.0
    first = (1.0 + first / 32768.0) * P[0]
    pressure = (1048576.0 - adc - second / 4096.0) * 6250.0 / first
    first = P[8] * pressure * pressure / 2147483648.0
    second = pressure * P[7] / 32768.0
    return pressure + (first + second + P[6]) / 16.0


def percent_of(adc: int, fine: int) -> float:
    """Return the relative humidity of a raw value, in percent, before it is held to 0..100."""
    humidity = fine - 76800.0
    humidity = (adc - (H4 * 64.0 + H5 / 16384.0 * humidity)) * (
        H2 / 65536.0 * (1.0 + H6 / 67108864.0 * humidity * (1.0 + H3 / 67108864.0 * humidity))
    )
    return humidity * (1.0 - H1 * humidity / 524288.0)


def raw_of_temperature(celsius: float) -> int:
    """Return the raw value the chip gives at a temperature."""
    return bisected(celsius_of, celsius, 1 << 20)


def raw_of_pressure(pascal: float, fine: int) -> int:
    """Return the raw value the chip gives at a pressure; it falls as the pressure rises."""
    return bisected(lambda adc: -pascal_of(adc, fine), -pascal, 1 << 20)


def raw_of_humidity(percent: float, fine: int) -> int:
    """Return the raw value the chip gives at a humidity."""
    return bisected(lambda adc: percent_of(adc, fine), percent, 1 << 16)


def bisected(rising: Callable[[int], float], wanted: float, end: int) -> int:
    """Return the whole number below *end* where *rising* comes nearest to *wanted*."""
    low, high = 0, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
    return low if wanted - rising(low) <= rising(high) - wanted else high


def _times(code: int) -> int:
    """Return how many samples an oversampling code asks for."""
    return 0 if code == 0 else 1 << (min(code, 5) - 1)
