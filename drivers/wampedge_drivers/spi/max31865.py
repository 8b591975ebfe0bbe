"""Maxim MAX31865: platinum resistance thermometer (PT100, PT1000), 2, 3 or 4 wires.

Chip: MAX31865, SPI mode 1 or 3, up to 5 MHz.
Datasheet: 19-6478: table 1 (registers), table 2 (configuration), table 7 (fault status), page 10
(resistance = code x reference / 32768), page 3 (one conversion at 60 Hz filter: 55 ms, at 50 Hz:
66 ms).
IEC 60751: R = R0 (1 + A T + B T² + C (T - 100) T³), C only below 0 °C.

The bias is on for each measurement only: 2 V make nearly 4 mA in a PT100, which would warm it by
some tenths of a degree. The configuration is read back while it is on: then it is never all zeros
or all ones, so MISO that nobody drives is told from a temperature.
"""

from __future__ import annotations

from math import sqrt

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Choice, Quantity
from wampedge.errors import BadReadingError, WrongChipError

__all__ = ["MAX31865", "temperature_of"]

REG_CONFIG = 0x00
REG_FAULT = 0x07
WRITE = 0x80
BIAS, ONE_SHOT, THREE_WIRES, CLEAR_FAULT, FILTER_50_HZ = 0x80, 0x20, 0x10, 0x02, 0x01
LASTING = BIAS | THREE_WIRES | FILTER_50_HZ
SETTLE_S = 0.011
"""Ten time constants of the usual input filter (4 kohm, 100 nF) and a bit."""
CONVERSION_S = {"60Hz": 0.055, "50Hz": 0.066}
FULL_SCALE = 1 << 15

A, B, C = 3.9083e-3, -5.775e-7, -4.183e-12
"""Coefficients of IEC 60751."""

_FAULTS = {
    0x80: "the sensor is open, or above its threshold",
    0x40: "the sensor is shorted, or below its threshold",
    0x20: "REFIN- is above 85 % of the bias: a wire is open",
    0x10: "REFIN- is below 85 % of the bias: FORCE- is open",
    0x08: "RTDIN- is below 85 % of the bias: FORCE- is open",
    0x04: "over- or undervoltage at an input",
}


class MAX31865(
    Driver,
    bus="spi",
    spi_mode=1,
    spi_speed_hz=4_000_000,
    title="Maxim MAX31865 RTD-to-digital converter",
):
    """Switches the bias on for one conversion a read, so that the sensor is not warmed."""

    temperature = reading("°C", range=(-200, 850))
    resistance = reading("ohm", doc="of the sensor")
    sensor: str = param(Choice(("pt100", "pt1000")), "pt100")
    wires: str = param(Choice(("2", "3", "4")), "2", doc="wires from the chip to the sensor")
    mains: str = param(Choice(("50Hz", "60Hz")), "50Hz", doc="hum that is filtered out")
    reference: float | None = param(
        Quantity("ohm", minimum=100, maximum=20_000),
        None,
        doc='reference resistor; "430ohm" for pt100 and "4300ohm" for pt1000 when left out',
    )

    async def setup(self) -> None:
        """Write the configuration and read it back; raises WrongChipError."""
        wanted = self._configuration()
        await self.bus.write(bytes((REG_CONFIG | WRITE, wanted | CLEAR_FAULT)))
        found = (await self.bus.read_register(REG_CONFIG, 1))[0]
        if found & LASTING != wanted & LASTING or found in {0x00, 0xFF}:
            text = f"its configuration reads 0x{found:02x} after 0x{wanted:02x} was written"
            raise WrongChipError(f"{text}: no MAX31865, or nobody drives MISO")
        await self._rest()

    async def read(self) -> dict[str, float]:
        """Measure once; raises BadReadingError."""
        wanted = self._configuration()
        await self.bus.write(bytes((REG_CONFIG | WRITE, wanted)))
        await self.sleep(SETTLE_S)
        await self.bus.write(bytes((REG_CONFIG | WRITE, wanted | ONE_SHOT)))
        await self.sleep(CONVERSION_S[self.mains])
        registers = await self.bus.read_register(REG_CONFIG, 8)
        if registers[0] & LASTING != wanted & LASTING or registers[0] == 0xFF:
            text = f"its configuration reads 0x{registers[0]:02x}"
            raise BadReadingError(f"{text}: it was reset, or nobody drives MISO")
        word = int.from_bytes(registers[1:3], "big")
        is_fault = bool(word & 1)
        await self._rest(CLEAR_FAULT if is_fault else 0)
        if is_fault:
            raise BadReadingError(_fault_text(registers[REG_FAULT]))
        nominal_ohm = 100.0 if self.sensor == "pt100" else 1000.0
        resistance = (word >> 1) * (self.reference or 4.3 * nominal_ohm) / FULL_SCALE
        if word == 0:
            raise BadReadingError("the sensor reads 0 ohm: it is shorted")
        return {
            "resistance": resistance,
            "temperature": temperature_of(resistance / nominal_ohm),
        }

    async def safe(self) -> None:
        """Switch the bias off, also after a measurement that was given up."""
        await self._rest()

    async def _rest(self, more: int = 0) -> None:
        """Switch the bias off until the next measurement."""
        await self.bus.write(bytes((REG_CONFIG | WRITE, self._configuration() & ~BIAS | more)))

    def _configuration(self) -> int:
        wires = THREE_WIRES if self.wires == "3" else 0
        return BIAS | wires | (FILTER_50_HZ if self.mains == "50Hz" else 0)


def temperature_of(ratio: float) -> float:
    """Return the temperature in °C at which platinum has *ratio* times its resistance at 0 °C.

    Above 0 °C the equation of Callendar and Van Dusen is solved exactly, below by four steps of
    Newton, which leave less than a millikelvin down to -200 °C.
    """
    celsius = (-A + sqrt(max(0.0, A * A - 4 * B * (1 - ratio)))) / (2 * B)
    if ratio >= 1:
        return celsius
    for _ in range(4):
        there = 1 + A * celsius + B * celsius**2 + C * (celsius - 100) * celsius**3
        slope = A + 2 * B * celsius + C * (4 * celsius**3 - 300 * celsius**2)
        celsius -= (there - ratio) / slope
    return celsius


def _fault_text(status: int) -> str:
    causes = [text for bit, text in _FAULTS.items() if status & bit]
    return "; ".join(causes) or "the chip reports a fault"
