"""What Bosch's BME280 and BMP280 have in common: the compensation of temperature and pressure.

In double precision, as Bosch's own driver API has it (``BME280_DOUBLE_ENABLE``); trimming values
are named as in table 16 of BST-BME280-DS002-15.
"""

from __future__ import annotations

from collections.abc import Sequence

from wampedge.errors import BadReadingError

__all__ = ["KNOWN_IDS", "fine_temperature", "pressure_pa", "wrong_chip"]

KNOWN_IDS = {
    0x55: "a BMP180",
    0x56: "a BMP280",
    0x57: "a BMP280",
    0x58: "a BMP280",
    0x60: "a BME280",
    0x61: "a BME680",
}


def wrong_chip(chip_id: int, wanted: str, known: str) -> str:
    """Return what to say of a *chip_id* that is not *wanted*, an id of *known*."""
    found = KNOWN_IDS.get(chip_id, f"no {known}")
    return f"chip id is 0x{chip_id:02x}, which is {found} (wanted {wanted})"


def fine_temperature(t: Sequence[int], adc_t: int) -> float:
    """Return the temperature in 1/5120 °C, which the other quantities need."""
    t1, t2, t3 = t
    offset = adc_t / 131072.0 - t1 / 8192.0
    return (adc_t / 16384.0 - t1 / 1024.0) * t2 + offset * offset * t3


def pressure_pa(p: Sequence[int], adc_p: int, t_fine: int) -> float:
    """Return the pressure in pascal; raises BadReadingError for impossible trimming values."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = p
    a = t_fine / 2.0 - 64000.0
    b = a * a * p6 / 32768.0 + a * p5 * 2.0
    b = b / 4.0 + p4 * 65536.0
    a = (p3 * a * a / 524288.0 + p2 * a) / 524288.0
    a = (1.0 + a / 32768.0) * p1
    if a <= 0.0:
        raise BadReadingError("the trimming values lead to a division by zero")
    pressure = (1048576.0 - adc_p - b / 4096.0) * 6250.0 / a
    correction = p9 * pressure * pressure / 2147483648.0 + pressure * p8 / 32768.0 + p7
    return pressure + correction / 16.0
