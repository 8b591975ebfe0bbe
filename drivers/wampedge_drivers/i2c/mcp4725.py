"""Microchip MCP4725: one analog output with 12 bits.

Chip: MCP4725, I2C address 0x60 to 0x67 (order code and A0), up to 3.4 MHz.
Datasheet: DS22039D: 5.6 (DAC register, fast mode, DAC and EEPROM write, read commands), 5.2
(power-down bits), 6.1 (output range, supply as the reference).

The EEPROM, which gives the voltage after a power-on, is written by the command ``store`` only: it
bears a million writes, and a control loop has these in a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.driver import Driver, command, param, setting
from wampedge.devices.fields import Number, Quantity
from wampedge.devices.ramp import Ramp
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, RangeError

__all__ = ["MCP4725"]

STEPS = 4096
WRITE_BOTH = 0x60
IS_READY = 0x80
POWER_DOWN = 0x06
"""Bits of the status byte; 0: the output is connected."""
STORE_S = 0.05
"""Longest time the EEPROM takes."""


class MCP4725(
    Driver,
    bus="i2c",
    addresses=tuple(range(0x60, 0x68)),
    title="Microchip MCP4725 12-bit analog output",
    is_output=True,
):
    """One voltage from 0 to just below the supply, which is the chip's reference."""

    slews: ClassVar[bool] = True

    voltage = setting(Number(0, 5.5), unit="V", doc="the voltage at the output")
    reference: float = param(
        Quantity("V", minimum=2.7, maximum=5.5), 3.3, doc="supply voltage of the chip"
    )

    _volts: float | None = None
    _ramp: Ramp | None = None

    def start_with(self, value: Value) -> None:
        """Start with a voltage; 0 V where none is said."""
        self._volts = float(value or 0.0)

    def take_over(self, before: Driver) -> None:
        """Keep the voltage."""
        if isinstance(before, MCP4725):
            self._volts = before._volts

    async def setup(self) -> None:
        """Give what was last asked for; at the first start without an order keep what is there."""
        code = await self._code()
        if self._volts is None:
            self._volts = self._volts_of(code)
        await self._drive(self._volts)
        self._own.begin_at(self._volts)

    async def read(self) -> Mapping[str, Value]:
        """Return the voltage; raises BadReadingError when the chip does not give it any more."""
        code = await self._code()
        if self._volts is None or code != self._code_of(self._volts):
            raise BadReadingError(f"the output register is {code}: the chip was reset")
        return {"voltage": self._volts_of(code)}

    async def set_voltage(self, value: float) -> float:
        """Set the voltage; it gets there as fast as ``slew`` lets it; raises RangeError.

        Returns:
            The voltage of the nearest step.
        """
        if value > self.reference:
            raise RangeError(f"voltage must be 0 to {self.reference:g} V, got {value:g}")
        await self._own.go(value)
        return self._volts_of(self._code_of(value))

    @command()
    async def store(self) -> None:
        """Keep the voltage of now in the EEPROM: the chip gives it after its next power-on."""
        code = self._code_of(self._volts or 0.0)
        await self.bus.send(bytes((WRITE_BOTH, code >> 4, (code & 0x0F) << 4)))
        await self.sleep(STORE_S)
        raw: bytes = await self.bus.receive(5)
        if not raw[0] & IS_READY or int.from_bytes(raw[3:5], "big") & 0x0FFF != code:
            raise BadReadingError("the EEPROM does not hold what was written")

    async def safe(self) -> None:
        """Give 0 V at once."""
        await self._own.jump(0.0)
        self.context.publish({"voltage": self._volts})

    @property
    def _own(self) -> Ramp:
        if self._ramp is None:
            self._ramp = Ramp(self.context, self._drive)
        return self._ramp

    async def _drive(self, volts: float) -> None:
        await self.context.guard.enter(volts > 0, volts)
        # A voltage that could not be lowered is still wanted low, and never the other way.
        self._volts = min(self._volts or 0.0, volts)
        await self.bus.send(self._code_of(volts).to_bytes(2, "big"))
        self._volts = volts
        self.context.guard.noted(volts > 0, self._own.target if self._own.is_moving else volts)

    async def _code(self) -> int:
        """Return the output register; raises BadReadingError when the output is switched off."""
        raw: bytes = await self.bus.receive(3)
        if raw[0] & POWER_DOWN:
            raise BadReadingError(f"the chip answers {raw.hex()}: its output is off, or it is gone")
        return raw[1] << 4 | raw[2] >> 4

    def _code_of(self, volts: float) -> int:
        return min(round(volts / self.reference * STEPS), STEPS - 1)

    def _volts_of(self, code: int) -> float:
        return code * self.reference / STEPS
