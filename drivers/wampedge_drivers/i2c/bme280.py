"""Bosch BME280: temperature, pressure and humidity.

Chip: BME280, I2C address 0x76 (SDO low) or 0x77, up to 3.4 MHz.
Datasheet: BST-BME280-DS002-15 (rev 1.6): 3.3 forced mode, 4.2.2 trimming values (page 24), 5.3
memory map (page 26), 5.4 registers (page 27), 9.1 measurement time, 8.1 compensation in double
precision. Bosch's own driver API has the humidity's H3 in it twice in that precision, but once, as
here and in the datasheet, in integers.
"""

from __future__ import annotations

from struct import unpack

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Choice
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.i2c._bosch import fine_temperature, pressure_pa, wrong_chip

__all__ = ["BME280", "Calibration"]

REG_CALIB00 = 0x88
REG_ID = 0xD0
REG_CALIB26 = 0xE1
REG_CTRL_HUM = 0xF2
REG_STATUS = 0xF3
REG_CTRL_MEAS = 0xF4
REG_CONFIG = 0xF5

CHIP_ID = 0x60
MODE_FORCED = 0b01
STATUS_MEASURING = 0x08
STATUS_IM_UPDATE = 0x01
PATIENCE = 10
"""How often a slow chip is asked again, every 2 ms."""

NO_TEMPERATURE_OR_PRESSURE = 0x80000
NO_HUMIDITY = 0x8000


class BME280(
    Driver,
    bus="i2c",
    addresses=(0x76, 0x77),
    title="Bosch BME280 temperature, pressure and humidity sensor",
):
    """Takes one measurement a read (forced mode); the chip sleeps in between."""

    temperature = reading("°C", range=(-40, 85))
    pressure = reading("Pa", range=(30_000, 110_000))
    humidity = reading("%RH", range=(0, 100))
    oversampling: int = param(
        Choice((1, 2, 4, 8, 16)), 1, doc="samples averaged for each quantity; more is slower"
    )

    async def setup(self) -> None:
        """Check the chip id and read the trimming values; raises WrongChipError."""
        chip_id = await self.bus.read_u8(REG_ID)
        if chip_id != CHIP_ID:
            raise WrongChipError(wrong_chip(chip_id, "0x60", "BME280"))
        await self._until_clear(STATUS_IM_UPDATE, "the chip does not finish loading its trimming")
        self._calibration = Calibration.from_registers(
            await self.bus.read(REG_CALIB00, 26), await self.bus.read(REG_CALIB26, 7)
        )
        await self.bus.write(REG_CONFIG, 0x00)

    async def read(self) -> dict[str, float]:
        """Measure; raises BadReadingError when the chip has no measurement."""
        mode = self.oversampling.bit_length()
        # ctrl_hum takes effect only with the next write to ctrl_meas (section 5.4.3).
        await self.bus.write(REG_CTRL_HUM, mode)
        await self.bus.write(REG_CTRL_MEAS, mode << 5 | mode << 2 | MODE_FORCED)
        await self.sleep(0.0024 + 0.0069 * self.oversampling)
        raw = await self._until_clear(STATUS_MEASURING, "the measurement does not end")
        return decode(raw[4:], self._calibration)

    async def _until_clear(self, bit: int, complaint: str) -> bytes:
        """Return registers 0xF3 to 0xFE, in which *bit* of status is clear."""
        for _ in range(PATIENCE):
            registers: bytes = await self.bus.read(REG_STATUS, 12)
            if not registers[0] & bit:
                return registers
            await self.sleep(0.002)
        raise BadReadingError(complaint)


def decode(raw: bytes, calibration: Calibration) -> dict[str, float]:
    """Convert registers 0xF7 to 0xFE to physical values.

    Raises:
        BadReadingError: they hold the reset pattern, or values the chip cannot have measured.
    """
    adc_p = int.from_bytes(raw[0:3], "big") >> 4
    adc_t = int.from_bytes(raw[3:6], "big") >> 4
    adc_h = int.from_bytes(raw[6:8], "big")
    # The reset pattern would decode to a plausible 26 °C.
    if NO_TEMPERATURE_OR_PRESSURE in {adc_p, adc_t} or adc_h == NO_HUMIDITY:
        raise BadReadingError("the data registers hold no measurement (reset pattern)")
    t_fine = calibration.t_fine(adc_t)
    values = {
        "temperature": t_fine / 5120.0,
        "pressure": calibration.pressure_pa(adc_p, int(t_fine)),
        "humidity": calibration.humidity_percent(adc_h, int(t_fine)),
    }
    if not -40.0 <= values["temperature"] <= 85.0 or not 3e4 <= values["pressure"] <= 1.1e5:
        raise BadReadingError(
            f"{values['temperature']:.1f} °C and {values['pressure']:.0f} Pa cannot be right"
        )
    return values


class Calibration:
    """The trimming values of one chip, as the datasheet names them (table 16)."""

    def __init__(self, t: tuple[int, ...], p: tuple[int, ...], h: tuple[int, ...]) -> None:
        self.t = t
        self.p = p
        self.h = h

    @classmethod
    def from_registers(cls, calib00: bytes, calib26: bytes) -> Calibration:
        """Decode 26 bytes from 0x88 and 7 bytes from 0xE1; raises BadReadingError."""
        t1, t2, t3, *p = unpack("<HhhHhhhhhhhh", calib00[:24])
        h2, h3, e4, e5, e6, h6 = unpack("<hBbBbb", calib26)
        if t1 in {0, 0xFFFF} or p[0] in {0, 0xFFFF}:
            raise BadReadingError("the trimming values are blank: no chip, or a broken one")
        h = (calib00[25], h2, h3, e4 << 4 | e5 & 0x0F, e6 << 4 | e5 >> 4, h6)
        return cls((t1, t2, t3), tuple(p), h)

    def t_fine(self, adc_t: int) -> float:
        """Return the temperature in 1/5120 °C, which the other two quantities need."""
        return fine_temperature(self.t, adc_t)

    def pressure_pa(self, adc_p: int, t_fine: int) -> float:
        """Return the pressure in pascal."""
        return pressure_pa(self.p, adc_p, t_fine)

    def humidity_percent(self, adc_h: int, t_fine: int) -> float:
        """Return the relative humidity, held within 0 to 100 % as Bosch's code does."""
        h1, h2, h3, h4, h5, h6 = self.h
        t = t_fine - 76800.0
        offset = h4 * 64.0 + h5 / 16384.0 * t
        slope = h2 / 65536.0 * (1.0 + h6 / 67108864.0 * t * (1.0 + h3 / 67108864.0 * t))
        humidity = (adc_h - offset) * slope
        return min(100.0, max(0.0, humidity * (1.0 - h1 * humidity / 524288.0)))
