"""Which chips the kernel's drivers read, what is set there, and how close they must come.

A tolerance is half a step of the chip or of the driver's own arithmetic, whichever is coarser,
from the datasheet and the driver's documentation; a case that needs more says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["CASES", "Case", "Reading"]


@dataclass(frozen=True)
class Reading:
    """One quantity that is set at the chip and read from a file of the kernel.

    Attributes:
        channel: name of the quantity at the simulated part.
        values: what is set, one for each round, in *unit*.
        attribute: file of the kernel, without ``_input`` or ``_raw``.
        per_unit: how many of the kernel's units one of *unit* is.
        tolerance: largest difference, in *unit*.
        unit: unit of the part.
        share: a larger difference that is allowed, as a share of the value: what the driver's own
            scale is rounded by.
    """

    channel: str
    values: Sequence[float]
    attribute: str
    per_unit: float
    tolerance: float
    unit: str
    share: float = 0.0


@dataclass(frozen=True)
class Case:
    """One chip under one driver of the kernel.

    Attributes:
        driver: our name of the chip.
        address: where it is.
        kernel: the name the kernel's driver knows it by.
        readings: what is compared, each with as many rounds as the others.
        parameters: of the part, as text.
        settings: files of the kernel written before the first round.
        prepared: writes on the bus before the driver is bound, as firmware might have done them.
        wait_s: time between setting and reading: the driver's own cache, or a conversion.
    """

    driver: str
    address: int
    kernel: str
    readings: Sequence[Reading]
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    prepared: Sequence[str] = ()
    wait_s: float = 3.0


def _celsius(
    attribute: str, tolerance: float, channel: str = "temperature", *values: float
) -> Reading:
    return Reading(channel, values or (21.5, -10.25), attribute, 1000, tolerance, "°C")


def _humidity(attribute: str, tolerance: float, per_unit: float = 1000) -> Reading:
    return Reading("humidity", (45.0, 80.0), attribute, per_unit, tolerance, "%RH")


def _pascal(tolerance: float) -> Reading:
    return Reading("pressure", (101325.0, 90000.0), "in_pressure", 1e-3, tolerance, "Pa")


def _percent(channel: str, *values: float) -> Reading:
    """A count of 16 bits, of which the part gives the share of the largest."""
    return Reading(channel, values, f"in_intensity_{channel}", 655.35, 0.001, "%")


def _axes(
    kind: str,
    attribute: str,
    unit: str,
    tolerance: float,
    *,
    per_unit: float = 1.0,
    share: float = 0.0,
) -> list[Reading]:
    values = {"x": (1.0, -1.5), "y": (-2.0, 0.25), "z": (9.75, -9.75)}
    return [
        Reading(
            f"{kind}_{axis}", values[axis], f"{attribute}_{axis}", per_unit, tolerance, unit, share
        )
        for axis in "xyz"
    ]


def _volts(channel: str, attribute: str, values: Sequence[float], tolerance: float) -> Reading:
    return Reading(channel, values, attribute, 1000, tolerance, "V")


def _amperes(channel: str, attribute: str, tolerance: float) -> Reading:
    return Reading(channel, (0.5, -0.2), attribute, 1000, tolerance, "A")


_DEGREE = 0.017453292519943295  # radians

CASES: Sequence[Case] = (
    Case("lm75", 0x48, "lm75", [_celsius("temp1", 0.25)]),  # the driver takes the part of 0.5 °C
    Case("tmp102", 0x4B, "tmp102", [_celsius("temp1", 0.032)]),
    Case("tmp117", 0x49, "tmp117", [_celsius("in_temp", 0.004)]),
    Case("mcp9808", 0x18, "jc42", [_celsius("temp1", 0.032)]),
    Case("bmp280", 0x76, "bmp280", [_celsius("in_temp", 0.011), _pascal(1.0)]),
    Case(
        "bme280", 0x77, "bme280",
        [_celsius("in_temp", 0.011), _pascal(1.0), _humidity("in_humidityrelative", 0.01)],
    ),
    Case(
        "bme680", 0x76, "bme680",
        [
            _celsius("in_temp", 0.011), _pascal(3.0),
            _humidity("in_humidityrelative", 0.01, per_unit=1),
            # The driver leaves out the second of Bosch's two tables: up to 0.8 %.
            Reading("gas", (50000.0, 20000.0), "in_resistance", 1, 500.0, "ohm"),
        ],
    ),
    # The driver counts in 0.01 degrees and percents, cut off.
    Case("aht10", 0x38, "aht10", [_celsius("temp1", 0.011), _humidity("humidity1", 0.011)]),
    Case("aht20", 0x38, "aht20", [_celsius("temp1", 0.011), _humidity("humidity1", 0.011)]),
    Case("sht3x", 0x44, "sht3x", [_celsius("temp1", 0.003), _humidity("humidity1", 0.003)]),
    Case("sht4x", 0x44, "sht4x", [_celsius("temp1", 0.003), _humidity("humidity1", 0.003)]),
    Case(
        "ina219", 0x40, "ina219",
        [
            _volts("voltage", "in1", (12.0, 5.0), 0.002), _amperes("current", "curr1", 0.001),
        ],
        settings={"shunt_resistor": "100000"},
    ),
    Case(
        "ina226", 0x41, "ina226",
        [
            _volts("voltage", "in1", (12.0, 5.0), 0.001),
            _volts("shunt_voltage", "in0", (0.05, -0.02), 0.001),
        ],
    ),
    Case(
        "ina3221", 0x42, "ina3221",
        [
            _volts("voltage_1", "in1", (12.0, 3.304), 0.004),
            _volts("voltage_2", "in2", (5.0, 1.2), 0.004),
            _amperes("current_1", "curr1", 0.0005), _amperes("current_3", "curr3", 0.0005),
        ],
        settings={"shunt1_resistor": "100000", "shunt3_resistor": "100000"},
    ),
    Case(
        "ads1115", 0x4A, "ads1115",
        [
            _volts("a0", "in_voltage0", (1.5, 0.1), 0.00004),
            _volts("a1", "in_voltage1", (0.25, 2.0), 0.00004),
            _volts("a2", "in_voltage2", (2.0, 1.0), 0.00004),
            _volts("a3", "in_voltage3", (1.0, 0.0), 0.00004),
        ],
    ),
    Case(
        "ads1015", 0x4B, "ads1015",
        [
            _volts("a0", "in_voltage0", (1.5, 0.1), 0.0005),
            _volts("a3", "in_voltage3", (1.001, 0.0), 0.0005),
        ],
    ),
    Case(
        "mpu6050", 0x68, "mpu6050",
        [
            # The driver gives 9.80665 / 16384 as 0.000598.
            *_axes("acceleration", "in_accel", "m/s²", 0.0006, share=0.0015),
            *_axes("rotation", "in_anglvel", "°/s", 0.031, per_unit=_DEGREE),
            _celsius("in_temp", 0.004),
        ],
        parameters={"rotation_range": "2000dps"},
    ),
    Case("lis3dh", 0x19, "lis3dh", _axes("acceleration", "in_accel", "m/s²", 0.005)),
    Case(
        "bno055", 0x28, "bno055",
        [
            *_axes("acceleration", "in_accel_linear", "m/s²", 0.005),
            # Above 0 only: the driver takes the signed byte for an unsigned one.
            _celsius("in_temp", 0.5, "temperature", 25.0, 5.0),
        ],
    ),
    Case("veml7700", 0x10, "veml6030",
         # Below 1,000 lx: the driver, made for the VEML6030, leaves out the correction above.
         [Reading("illuminance", (500.0, 100.0), "in_illuminance", 1, 0.5, "lx")]),
    Case("tcs34725", 0x29, "tcs3472",
         [_percent("clear", 50.0, 90.0), _percent("red", 20.0, 5.0), _percent("blue", 10.0, 40.0)],
         parameters={"integration": "614ms"}),
    # The driver computes with coefficients of its own from the same two words.
    Case("tsl2591", 0x29, "tsl2591",
         [Reading("illuminance", (500.0, 250.0), "in_illuminance", 1, 0.5, "lx", share=0.04)],
         parameters={"integration": "300ms"}),
    # Calibrated as ST's own software does it at each start, which this driver leaves out.
    Case("vl53l0x", 0x29, "vl53l0x",
         [Reading("distance", (500.0, 1200.0), "in_distance", 1e-3, 0.5, "mm")],
         prepared=("0101", "0041", "0b01", "0102", "0001", "0b01", "01e8")),
    Case(
        "sgp30", 0x58, "sgp30",
        [
            # A share of one, while the rules of IIO want percent, as of the other gas sensors.
            Reading("eco2", (600.0, 1500.0), "in_concentration_co2", 1e-6, 0.5, "ppm"),
            Reading("tvoc", (50.0, 1200.0), "in_concentration_voc", 1e-9, 0.5, "ppb"),
            Reading("ethanol_raw", (18000.0, 17500.0), "in_concentration_ethanol", 1, 0, ""),
        ],
        wait_s=30.0,
    ),
    Case("sgp40", 0x59, "sgp40",
         [Reading("voc_raw", (30000.0, 25000.0), "in_resistance", 1, 0, "")]),
    Case(
        "ens160", 0x53, "ens160",
        [
            Reading("eco2", (600.0, 1500.0), "in_concentration_co2", 1e-4, 0.5, "ppm"),
            Reading("tvoc", (50.0, 1200.0), "in_concentration_voc", 1e-7, 0.5, "ppb"),
        ],
    ),
    Case(
        "mlx90614", 0x5B, "mlx90614",
        [
            _celsius("in_temp_ambient", 0.011, "ambient"),
            _celsius("in_temp_object", 0.011, "object", 36.5, -20.0),
        ],
    ),
    Case("ds3231", 0x68, "ds3231", [_celsius("temp1", 0.125)], wait_s=65.0),
    Case(
        "max17048", 0x36, "max17048",
        [
            Reading("voltage", (3.9, 3.3), "voltage_now", 1e6, 0.001, "V"),
            Reading("charge", (75.0, 12.0), "capacity", 1, 0.5, "%"),
        ],
    ),
)  # fmt: skip
