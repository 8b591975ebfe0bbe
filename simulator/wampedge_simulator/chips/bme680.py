"""Bosch BME680: temperature, pressure, humidity and gas resistance, I2C 0x76 or 0x77.

From the datasheet BST-BME680-DS001: memory map (5.2), forced mode (3.1.1), compensation in integers
(3.3.1 to 3.3.3), gas resistance (3.4.1, tables 14 and 16), heater (3.3.5), durations. Raw values
come from the physical ones by turning the integer compensation round with bisection.
"""

from __future__ import annotations

import struct
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips.bme280 import bisected
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.i2c.target import ByteRegisters, I2cTarget
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Bme680"]

REG_MEAS_STATUS, REG_PRESS_MSB, REG_GAS_R_MSB = 0x1D, 0x1F, 0x2A
REG_RES_HEAT_0, REG_GAS_WAIT_0 = 0x5A, 0x64
REG_CTRL_GAS_1, REG_CTRL_HUM, REG_CTRL_MEAS = 0x71, 0x72, 0x74
REG_COEFF_1, REG_ID, REG_RESET, REG_COEFF_2 = 0x8A, 0xD0, 0xE0, 0xE1
WRITABLE = {*range(0x50, 0x76)}
CHIP_ID, RESET_WORD = 0x61, 0xB6
STATUS_NEW, STATUS_GAS_MEASURING, STATUS_MEASURING = 0x80, 0x40, 0x20
GAS_VALID, HEATER_STABLE, RUN_GAS = 0x20, 0x10, 0x10
RESET_S = 0.01
SKIPPED_20BIT, SKIPPED_16BIT = 0x80000, 0x8000
SAMPLE_S, OVERHEAD_S = 0.001963, 0.0053
SHORTEST_HEATING_S = 0.02

T1, T2, T3 = 26041, 26469, 3
P1, P2, P3, P4, P5, P6, P7, P8, P9, P10 = 35008, -10330, 88, 7021, -94, 30, 31, -1060, -2630, 30
H1, H2, H3, H4, H5, H6, H7 = 794, 1026, 0, 45, 20, 120, -100
G1, G2, G3 = -30, -5969, 18
HEATER_RANGE, HEATER_VALUE = 1, 50
GAS_GAIN = (0, 0, 0, 0, 0, -1.0, 0, -0.8, 0, 0, -0.2, -0.5, 0, -1.0, 0, 0)
GAS_OFFSET = (0, 0, 0, 0, 0.1, 0.7, 0, -0.8, -0.1, 0, 0, 0, 0, 0, 0, 0)


class Bme680(Part):
    """The chip with trimming values as they are found on real ones."""

    quantities: ClassVar = {
        "temperature": Quantity(Curve(21.0, 4.0, 0.05), -40.0, 85.0, "°C"),
        "pressure": Quantity(Curve(101_000.0, 600.0, 3.0, 280_000.0), 30_000.0, 110_000.0, "Pa"),
        "humidity": Quantity(Curve(50.0, -10.0, 0.3), 0.0, 100.0, "%RH"),
        "gas": Quantity(Curve(80_000.0, 30_000.0, 500.0), 200.0, 10_000_000.0, "ohm"),
    }
    fault_kinds: ClassVar = {
        **I2C_FAULTS,
        "late": "the next measurement takes ten times as long as it may",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.target: I2cTarget = ByteRegisters(self, writes_pairs=True)
        self._registers = bytearray(256)
        self.power_up()

    def power_up(self) -> None:
        """Load the trimming values and sleep, with no measurement in the data registers."""
        registers = self._registers = bytearray(256)
        registers[0x00], registers[0x02] = HEATER_VALUE, HEATER_RANGE << 4
        registers[REG_COEFF_1 : REG_COEFF_1 + 23] = struct.pack(
            "<hbxHhbxhhbbxxhhB", T2, T3, P1, P2, P3, P4, P5, P7, P6, P8, P9, P10
        )
        registers[REG_COEFF_2 : REG_COEFF_2 + 14] = struct.pack(
            "<BBBbbbBbHhbb",
            *(H2 >> 4, (H2 & 0x0F) << 4 | H1 & 0x0F, H1 >> 4),
            *(H3, H4, H5, H6, H7, T1, G2, G1, G3),
        )
        registers[REG_ID] = CHIP_ID
        self._ends_at: float | None = None
        self._store(SKIPPED_20BIT, SKIPPED_20BIT, SKIPPED_16BIT, 0)

    def refresh(self) -> None:
        """Finish the measurement when it is due."""
        if self._ends_at is not None and self.bench.now() >= self._ends_at:
            age_s, self._ends_at = self.bench.now() - self._ends_at, None
            self._registers[REG_CTRL_MEAS] &= 0xFC
            self._measure(age_s)

    def peek(self, register: int) -> int:
        """Return a register; the status tells whether a measurement is going on."""
        if register == REG_MEAS_STATUS and self._ends_at is not None:
            return STATUS_MEASURING
        return self._registers[register]

    def poke(self, register: int, value: int) -> None:
        """Write a register; those without a function of their own cannot be written."""
        if register == REG_RESET and value == RESET_WORD:
            self.power_up()
        elif register in WRITABLE:
            self._registers[register] = value
            if register == REG_CTRL_MEAS and value & 0x03 == 1:
                self._begin()

    def _begin(self) -> None:
        took_s = OVERHEAD_S + SAMPLE_S * sum(self._samples().values())
        if self._registers[REG_CTRL_GAS_1] & RUN_GAS:
            took_s += self._heating_s()
        if self.faults.take("late"):
            took_s *= 10
        self._registers[REG_MEAS_STATUS] = 0
        self._ends_at = self.bench.after(took_s)

    def _samples(self) -> dict[str, int]:
        control = self._registers[REG_CTRL_MEAS]
        codes = {
            "temperature": control >> 5,
            "pressure": control >> 2 & 7,
            "humidity": self._registers[REG_CTRL_HUM] & 7,
        }
        return {name: 1 << min(code, 5) - 1 if code else 0 for name, code in codes.items()}

    def _heating_s(self) -> float:
        code = self._registers[REG_GAS_WAIT_0]
        return float((code & 0x3F) << 2 * (code >> 6)) / 1000

    def _measure(self, age_s: float) -> None:
        sample, samples = self.sample(age_s), self._samples()
        raw_t = bisected(centidegrees, sample["temperature"] * 100.0, 1 << 20)
        fine = fine_temperature(raw_t)
        raw_p = bisected(lambda adc: -pascal_of(adc, fine), -sample["pressure"], 1 << 20)
        raw_h = bisected(lambda adc: percent_of(adc, fine), sample["humidity"], 1 << 16)
        self._store(
            raw_t if samples["temperature"] else SKIPPED_20BIT,
            raw_p if samples["pressure"] else SKIPPED_20BIT,
            raw_h if samples["humidity"] else SKIPPED_16BIT,
            self._gas_word(sample["gas"]),
        )
        self._registers[REG_MEAS_STATUS] = STATUS_NEW

    def _gas_word(self, ohm: float) -> int:
        """Return the gas registers: 10 bits, flags, and the range they were measured in."""
        if not self._registers[REG_CTRL_GAS_1] & RUN_GAS:
            return 0
        span, adc = gas_raw(ohm)
        is_hot = self._registers[REG_RES_HEAT_0] and self._heating_s() >= SHORTEST_HEATING_S
        return adc << 6 | GAS_VALID | (HEATER_STABLE if is_hot else 0) | span

    def _store(self, temperature: int, pressure: int, humidity: int, gas: int) -> None:
        packed = (pressure << 4).to_bytes(3, "big") + (temperature << 4).to_bytes(3, "big")
        self._registers[REG_PRESS_MSB : REG_PRESS_MSB + 8] = packed + humidity.to_bytes(2, "big")
        self._registers[REG_GAS_R_MSB : REG_GAS_R_MSB + 2] = gas.to_bytes(2, "big")


PART = Bme680


def fine_temperature(adc: int) -> int:
    """Return t_fine of a raw value (3.3.1, integers)."""
    first = (adc >> 3) - (T1 << 1)
    second = first * T2 >> 11
    third = ((first >> 1) * (first >> 1) >> 12) * (T3 << 4) >> 14
    return second + third


def centidegrees(adc: int) -> float:
    """Return the temperature of a raw value in hundredths of a degree, not rounded."""
    return fine_temperature(adc) * 5.0 / 256.0


def pascal_of(adc: int, fine: int) -> float:
    """Return the pressure of a raw value in Pa (3.3.2, in floating point)."""
    first = fine / 2.0 - 64000.0
    second = first * first * (P6 / 131072.0) + first * P5 * 2.0
    second = second / 4.0 + P4 * 65536.0
    first = (P3 * first * first / 16384.0 + P2 * first) / 524288.0
    first = (1.0 + first / 32768.0) * P1
    pressure = (1048576.0 - adc - second / 4096.0) * 6250.0 / first
    first = P9 * pressure * pressure / 2147483648.0
    second = pressure * (P8 / 32768.0)
    third = (pressure / 256.0) ** 3 * (P10 / 131072.0)
    return pressure + (first + second + third + P7 * 128.0) / 16.0


def percent_of(adc: int, fine: int) -> float:
    """Return the relative humidity of a raw value in percent (3.3.3, integers)."""
    celsius = (fine * 5 + 128) >> 8
    first = adc - (H1 << 4) - (int(celsius * H3 / 100) >> 1)
    warm = celsius * H4 // 100 + (celsius * (celsius * H5 // 100) >> 6) // 100 + (1 << 14)
    second = H2 * warm >> 10
    third = first * second
    fourth = ((H6 << 7) + celsius * H7 // 100) >> 4
    fifth = (third >> 14) * (third >> 14) >> 10
    return (third + (fourth * fifth >> 1) >> 10) * 1000 / 4096 / 1000.0


def gas_raw(ohm: float) -> tuple[int, int]:
    """Return the range and the raw value of a resistance: the range with the raw value amid it."""
    candidates = {}
    for span in range(16):
        gain = 1340.0 * (1.0 + GAS_GAIN[span] / 100.0)
        ratio = 1.0 / ((1.0 + GAS_OFFSET[span] / 100.0) * 1.25e-7 * (1 << span) * ohm)
        candidates[span] = round((ratio - 1.0) * gain + 512.0)
    span = min(candidates, key=lambda each: abs(candidates[each] - 512))
    return span, min(max(candidates[span], 0), 1023)
