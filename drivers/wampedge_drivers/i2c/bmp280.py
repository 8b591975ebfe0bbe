"""Bosch BMP280: temperature and pressure.

Chip: BMP280, I2C address 0x76 (SDO low) or 0x77, up to 3.4 MHz.
Datasheet: BST-BMP280-DS001-26: 3.6 forced mode, 3.8.1 measurement time, 3.11.2 trimming values,
3.11.3 compensation (here in double precision), 4.3 registers.
"""

from __future__ import annotations

from struct import unpack

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Choice
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.i2c._bosch import fine_temperature, pressure_pa, wrong_chip

__all__ = ["BMP280"]

REG_CALIB00 = 0x88
REG_ID = 0xD0
REG_STATUS = 0xF3
REG_CTRL_MEAS = 0xF4
REG_CONFIG = 0xF5

CHIP_IDS = frozenset({0x56, 0x57, 0x58})
MODE_FORCED = 0b01
STATUS_MEASURING = 0x08
STATUS_IM_UPDATE = 0x01
PATIENCE = 10
"""How often a slow chip is asked again, every 2 ms."""
NO_MEASUREMENT = 0x80000


class BMP280(
    Driver,
    bus="i2c",
    addresses=(0x76, 0x77),
    title="Bosch BMP280 temperature and pressure sensor",
):
    """Takes one measurement a read (forced mode); the chip sleeps in between."""

    temperature = reading("°C", range=(-40, 85))
    pressure = reading("Pa", range=(30_000, 110_000))
    oversampling: int = param(
        Choice((1, 2, 4, 8, 16)), 4, doc="samples averaged for each quantity; more is slower"
    )

    async def setup(self) -> None:
        """Check the chip id and read the trimming values; raises WrongChipError."""
        chip_id = await self.bus.read_u8(REG_ID)
        if chip_id not in CHIP_IDS:
            raise WrongChipError(wrong_chip(chip_id, "0x58", "BMP280"))
        await self._until_clear(STATUS_IM_UPDATE, "the chip does not finish loading its trimming")
        t1, t2, t3, *p = unpack("<HhhHhhhhhhhh", await self.bus.read(REG_CALIB00, 24))
        if t1 in {0, 0xFFFF} or p[0] in {0, 0xFFFF}:
            raise BadReadingError("the trimming values are blank: no chip, or a broken one")
        self._t, self._p = (t1, t2, t3), tuple(p)
        await self.bus.write(REG_CONFIG, 0x00)

    async def read(self) -> dict[str, float]:
        """Measure; raises BadReadingError when the chip has no measurement."""
        mode = self.oversampling.bit_length()
        await self.bus.write(REG_CTRL_MEAS, mode << 5 | mode << 2 | MODE_FORCED)
        await self.sleep(0.0019 + 0.0046 * self.oversampling)
        raw = await self._until_clear(STATUS_MEASURING, "the measurement does not end")
        return self._decoded(raw[4:])

    def _decoded(self, raw: bytes) -> dict[str, float]:
        """Convert registers 0xF7 to 0xFC."""
        adc_p = int.from_bytes(raw[0:3], "big") >> 4
        adc_t = int.from_bytes(raw[3:6], "big") >> 4
        # The reset pattern would decode to a plausible 26 °C.
        if NO_MEASUREMENT in {adc_p, adc_t}:
            raise BadReadingError("the data registers hold no measurement (reset pattern)")
        t_fine = fine_temperature(self._t, adc_t)
        celsius, pascal = t_fine / 5120.0, pressure_pa(self._p, adc_p, int(t_fine))
        if not -40.0 <= celsius <= 85.0 or not 3e4 <= pascal <= 1.1e5:
            raise BadReadingError(f"{celsius:.1f} °C and {pascal:.0f} Pa cannot be right")
        return {"temperature": celsius, "pressure": pascal}

    async def _until_clear(self, bit: int, complaint: str) -> bytes:
        """Return registers 0xF3 to 0xFC, in which *bit* of status is clear."""
        for _ in range(PATIENCE):
            registers: bytes = await self.bus.read(REG_STATUS, 10)
            if not registers[0] & bit:
                return registers
            await self.sleep(0.002)
        raise BadReadingError(complaint)
