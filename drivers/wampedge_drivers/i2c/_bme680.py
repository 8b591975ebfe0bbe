"""The trimming values of a BME680 and its compensation, in floating point (datasheet 3.3 and 3.4).

Values are named as in the datasheet: ``par_t1`` is ``t[0]`` and so on.
"""

from __future__ import annotations

from struct import unpack

from wampedge.errors import BadReadingError
from wampedge.records import Record

__all__ = ["Trimming", "wait_code"]

GAS_GAIN = (0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, -0.8, 0.0, 0.0, -0.2, -0.5, 0.0, -1.0, 0.0, 0.0)
GAS_OFFSET = (0.0, 0.0, 0.0, 0.0, 0.1, 0.7, 0.0, -0.8, -0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Corrections of the 16 ranges of the gas sensor, in percent (3.4.1)."""


class Trimming(Record):
    """The trimming values of one chip.

    Attributes:
        t: par_t1 to par_t3.
        p: par_p1 to par_p10.
        h: par_h1 to par_h7.
        g: par_g1 to par_g3, of the heater.
        heater_range: res_heat_range.
        heater_value: res_heat_val.
        range_error: range_switching_error.
    """

    t: tuple[int, ...]
    p: tuple[int, ...]
    h: tuple[int, ...]
    g: tuple[int, ...]
    heater_range: int
    heater_value: int
    range_error: int

    @classmethod
    def from_registers(cls, coeff1: bytes, coeff2: bytes, others: bytes) -> Trimming:
        """Decode 23 bytes from 0x8A, 14 from 0xE1 and 5 from 0x00; raises BadReadingError."""
        t2, t3, p1, p2, p3, p4, p5, p7, p6, p8, p9, p10 = unpack("<hbxHhbxhhbbxxhhB", coeff1)
        e1, e2, e3, h3, h4, h5, h6, h7, t1, g2, g1, g3 = unpack("<BBBbbbBbHhbb", coeff2)
        if t1 in {0, 0xFFFF} or p1 in {0, 0xFFFF}:
            raise BadReadingError("the trimming values are blank: no chip, or a broken one")
        (heater_value,) = unpack("<b", others[:1])
        return cls(
            t=(t1, t2, t3),
            p=(p1, p2, p3, p4, p5, p6, p7, p8, p9, p10),
            h=(e3 << 4 | e2 & 0x0F, e1 << 4 | e2 >> 4, h3, h4, h5, h6, h7),
            g=(g1, g2, g3),
            heater_range=others[2] >> 4 & 0x03,
            heater_value=heater_value,
            range_error=(others[4] >> 4 ^ 8) - 8,
        )

    def t_fine(self, adc: int) -> float:
        """Return the temperature in 1/5120 °C, which pressure and humidity need."""
        t1, t2, t3 = self.t
        offset = adc / 131072.0 - t1 / 8192.0
        return (adc / 16384.0 - t1 / 1024.0) * t2 + offset * offset * t3 * 16.0

    def pressure_pa(self, adc: int, t_fine: float) -> float:
        """Return the pressure in pascal; raises BadReadingError for impossible trimming values."""
        p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 = self.p
        a = t_fine / 2.0 - 64000.0
        b = a * a * p6 / 131072.0 + a * p5 * 2.0
        b = b / 4.0 + p4 * 65536.0
        a = (p3 * a * a / 16384.0 + p2 * a) / 524288.0
        a = (1.0 + a / 32768.0) * p1
        if a <= 0.0:
            raise BadReadingError("the trimming values lead to a division by zero")
        pressure = (1048576.0 - adc - b / 4096.0) * 6250.0 / a
        correction = p9 * pressure * pressure / 2147483648.0 + pressure * p8 / 32768.0
        correction += (pressure / 256.0) ** 3 * p10 / 131072.0 + p7 * 128.0
        return pressure + correction / 16.0

    def humidity_percent(self, adc: int, celsius: float) -> float:
        """Return the relative humidity, 0 to 100 %."""
        h1, h2, h3, h4, h5, h6, h7 = self.h
        a = adc - (h1 * 16.0 + h3 / 2.0 * celsius)
        slope = 1.0 + h4 / 16384.0 * celsius + h5 / 1048576.0 * celsius * celsius
        b = a * h2 / 262144.0 * slope
        humidity = b + (h6 / 16384.0 + h7 / 2097152.0 * celsius) * b * b
        return min(100.0, max(0.0, humidity))

    def gas_ohm(self, adc: int, span: int) -> float:
        """Return the resistance of the gas sensor; *span* is the range it was measured in."""
        a = (1340.0 + 5.0 * self.range_error) * (1.0 + GAS_GAIN[span] / 100.0)
        b = 1.0 + GAS_OFFSET[span] / 100.0
        return 1.0 / (b * 0.000000125 * (1 << span) * ((adc - 512.0) / a + 1.0))

    def heater_code(self, target: float, ambient: float) -> int:
        """Return what makes the heater reach *target* °C in air of *ambient* °C."""
        g1, g2, g3 = self.g
        a = (g1 / 16.0 + 49.0) * (1.0 + (g2 / 32768.0 * 0.0005 + 0.00235) * target)
        a += g3 / 1024.0 * ambient
        a *= 4.0 / (4.0 + self.heater_range) / (1.0 + self.heater_value * 0.002)
        return min(255, max(0, int(3.4 * (a - 25.0))))


def wait_code(seconds: float) -> int:
    """Return the heating time as the chip takes it: 6 bits of ms, times 1, 4, 16 or 64."""
    milliseconds, factor = round(seconds * 1000), 0
    while milliseconds > 0x3F and factor < 3:
        milliseconds, factor = -(-milliseconds // 4), factor + 1
    return factor << 6 | min(milliseconds, 0x3F)
