"""Bosch BME680 and BME688: temperature, pressure, humidity, and the resistance of a gas sensor.

Chip: BME680 or BME688, I2C address 0x76 (SDO low) or 0x77, up to 3.4 MHz.
Datasheet: BST-BME680-DS001: 3.2 forced mode, 3.3 compensation, 3.4 gas sensor (heater target and
time, resistance), 5.2 memory map, 5.3 registers. The BME688's resistance: BST-BME688-DS000.
The resistance falls as volatile compounds rise; an air quality index is not made from it here.
"""

from __future__ import annotations

from struct import unpack

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Boolean, Choice, Duration, Integer
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.i2c._bme680 import Trimming, wait_code
from wampedge_drivers.i2c._bosch import wrong_chip

__all__ = ["BME680"]

REG_RES_HEAT_VAL = 0x00
REG_MEAS_STATUS = 0x1D
REG_RES_HEAT_0 = 0x5A
REG_GAS_WAIT_0 = 0x64
REG_CTRL_GAS_0 = 0x70
REG_CTRL_GAS_1 = 0x71
REG_CTRL_HUM = 0x72
REG_CTRL_MEAS = 0x74
REG_CONFIG = 0x75
REG_COEFF_1 = 0x8A
REG_ID = 0xD0
REG_RESET = 0xE0
REG_COEFF_2 = 0xE1
REG_VARIANT = 0xF0

CHIP_ID = 0x61
BME688 = 0x01
RESET_WORD = 0xB6
MODE_FORCED = 0b01
STATUS_NEW = 0x80
GAS_VALID, HEATER_STABLE = 0x20, 0x10
NO_MEASUREMENT = 0x80000
NO_HUMIDITY = 0x8000
PATIENCE = 20
"""How often a slow chip is asked again, every 5 ms."""


class BME680(
    Driver,
    bus="i2c",
    addresses=(0x76, 0x77),
    title="Bosch BME680 temperature, pressure, humidity and gas sensor",
):
    """Takes one measurement a read (forced mode); the chip sleeps in between."""

    temperature = reading("°C", range=(-40, 85))
    pressure = reading("Pa", range=(30_000, 110_000))
    humidity = reading("%RH", range=(0, 100))
    gas = reading("ohm", range=(1, 1e8), doc="falls as volatile compounds rise")
    oversampling: int = param(
        Choice((1, 2, 4, 8, 16)), 2, doc="samples averaged for each quantity; more is slower"
    )
    heated: bool = param(Boolean(), True, doc="measure gas, which warms the chip")
    heater_temperature: int = param(Integer(200, 400), 320, doc="of the gas sensor, in °C")
    heater_time: float = param(Duration(0.02, 1.0), 0.15, doc="how long it is heated")

    async def setup(self) -> None:
        """Restart the chip, check its id and read the trimming values; raises WrongChipError."""
        chip_id = await self.bus.read_u8(REG_ID)
        if chip_id != CHIP_ID:
            raise WrongChipError(wrong_chip(chip_id, "0x61", "BME680"))
        await self.bus.write(REG_RESET, RESET_WORD)
        await self.sleep(0.01)
        self._is_bme688 = await self.bus.read_u8(REG_VARIANT) == BME688
        self._trimming = Trimming.from_registers(
            await self.bus.read(REG_COEFF_1, 23),
            await self.bus.read(REG_COEFF_2, 14),
            await self.bus.read(REG_RES_HEAT_VAL, 5),
        )
        self._ambient = 25.0
        await self.bus.write(REG_CONFIG, 0x00)

    async def read(self) -> dict[str, float | None]:
        """Measure; raises BadReadingError when the chip has no measurement."""
        mode = self.oversampling.bit_length()
        await self._prepare_heater()
        await self.bus.write(REG_CTRL_HUM, mode)
        await self.bus.write(REG_CTRL_MEAS, mode << 5 | mode << 2 | MODE_FORCED)
        await self.sleep(0.0065 + 0.006 * self.oversampling + self._heated_s())
        return self._decoded(await self._until_new())

    def _heated_s(self) -> float:
        return self.heater_time * 1.02 if self.heated else 0.0

    async def _prepare_heater(self) -> None:
        if not self.heated:
            await self.bus.write(REG_CTRL_GAS_1, 0x00)
            return
        target = self._trimming.heater_code(self.heater_temperature, self._ambient)
        await self.bus.write(REG_RES_HEAT_0, target)
        await self.bus.write(REG_GAS_WAIT_0, wait_code(self.heater_time))
        await self.bus.write(REG_CTRL_GAS_0, 0x00)
        await self.bus.write(REG_CTRL_GAS_1, 0x20 if self._is_bme688 else 0x10)

    async def _until_new(self) -> bytes:
        """Return registers 0x1D to 0x2D when they hold a new measurement."""
        for _ in range(PATIENCE):
            registers: bytes = await self.bus.read(REG_MEAS_STATUS, 17)
            if registers[0] & STATUS_NEW:
                return registers
            await self.sleep(0.005)
        raise BadReadingError("the measurement does not end")

    def _decoded(self, raw: bytes) -> dict[str, float | None]:
        """Convert registers 0x1D to 0x2D."""
        adc_p = int.from_bytes(raw[2:5], "big") >> 4
        adc_t = int.from_bytes(raw[5:8], "big") >> 4
        (adc_h,) = unpack(">H", raw[8:10])
        # The reset pattern would decode to a plausible temperature.
        if NO_MEASUREMENT in {adc_p, adc_t} or adc_h == NO_HUMIDITY:
            raise BadReadingError("the data registers hold no measurement (reset pattern)")
        trimming = self._trimming
        t_fine = trimming.t_fine(adc_t)
        celsius, pascal = t_fine / 5120.0, trimming.pressure_pa(adc_p, t_fine)
        if not -40.0 <= celsius <= 85.0 or not 3e4 <= pascal <= 1.1e5:
            raise BadReadingError(f"{celsius:.1f} °C and {pascal:.0f} Pa cannot be right")
        self._ambient = celsius
        return {
            "temperature": celsius,
            "pressure": pascal,
            "humidity": trimming.humidity_percent(adc_h, celsius),
            "gas": self._gas_ohm(raw[15:17] if self._is_bme688 else raw[13:15]),
        }

    def _gas_ohm(self, raw: bytes) -> float | None:
        """Return the resistance, or None when it was not heated, or not long enough."""
        wanted = GAS_VALID | HEATER_STABLE
        if not self.heated or raw[1] & wanted != wanted:
            return None
        adc, span = raw[0] << 2 | raw[1] >> 6, raw[1] & 0x0F
        if self._is_bme688:
            return 1e6 * (262144 >> span) / (4096 + 3 * (adc - 512))
        return self._trimming.gas_ohm(adc, span)
