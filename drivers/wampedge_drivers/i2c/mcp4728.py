"""Microchip MCP4728: four analog outputs with 12 bits.

Chip: MCP4728, I2C address 0x60 to 0x67 (order code, or as programmed), up to 3.4 MHz.
Datasheet: DS22187E: 5.6.2 (multi-write command, figure 5-8), 5.6.8 (read command, figure 5-15), 4.4
(internal reference of 2.048 V and gain), 5.7 (power-down bits).

The EEPROM, which gives the voltages after a power-on, is never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.devices.driver import Driver, param, setting
from wampedge.devices.fields import Choice, Number, Quantity
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, RangeError

__all__ = ["MCP4728"]

STEPS = 4096
MULTI_WRITE = 0x40
INTERNAL, DOUBLED, POWER_DOWN = 0x80, 0x10, 0x60
"""In the byte that has the upper four bits of the code too."""
RANGES = {"supply": 0, "2.048V": INTERNAL, "4.096V": INTERNAL | DOUBLED}
CHANNELS = "abcd"
BYTES_EACH = 6
_VOLTS = Number(0, 5.5)


class MCP4728(
    Driver,
    bus="i2c",
    addresses=tuple(range(0x60, 0x68)),
    title="Microchip MCP4728 four-channel 12-bit analog output",
    is_output=True,
):
    """Four voltages from 0 to just below the largest one."""

    a = setting(_VOLTS, unit="V", doc="the voltage at output A")
    b = setting(_VOLTS, unit="V", doc="the voltage at output B")
    c = setting(_VOLTS, unit="V", doc="the voltage at output C")
    d = setting(_VOLTS, unit="V", doc="the voltage at output D")
    range: str = param(
        Choice(tuple(RANGES)), "supply", doc="the largest voltage: the supply, or a reference"
    )
    supply: float = param(
        Quantity("V", minimum=2.7, maximum=5.5), 3.3, doc="supply voltage of the chip"
    )

    def __init__(self, context: Any, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._volts: list[float] | None = None
        self._largest = self.supply if self.range == "supply" else float(self.range[:-1])

    def start_with(self, value: Value) -> None:
        """Start with 0 V everywhere."""
        self._volts = [0.0] * len(CHANNELS)

    def take_over(self, before: Driver) -> None:
        """Keep the voltages."""
        if isinstance(before, MCP4728) and before._volts is not None:
            self._volts = list(before._volts)

    async def setup(self) -> None:
        """Give what was last asked for; at the first start without an order keep what is there."""
        if self._volts is None:
            self._volts = [self._volts_of(code) for code in await self._codes(is_strict=False)]
        for channel, volts in enumerate(self._volts):
            await self._drive(channel, volts)

    async def read(self) -> Mapping[str, Value]:
        """Return the voltages; raises BadReadingError when the chip does not give them any more."""
        codes = await self._codes()
        if self._volts is None or codes != [self._code_of(volts) for volts in self._volts]:
            raise BadReadingError(f"the output registers are {codes}: the chip was reset")
        return {name: self._volts_of(code) for name, code in zip(CHANNELS, codes, strict=True)}

    async def set_a(self, value: float) -> float:
        """Set output A in volts; raises RangeError."""
        return await self._set(0, value)

    async def set_b(self, value: float) -> float:
        """Set output B in volts; raises RangeError."""
        return await self._set(1, value)

    async def set_c(self, value: float) -> float:
        """Set output C in volts; raises RangeError."""
        return await self._set(2, value)

    async def set_d(self, value: float) -> float:
        """Set output D in volts; raises RangeError."""
        return await self._set(3, value)

    async def safe(self) -> None:
        """Give 0 V everywhere."""
        for channel in (0, 1, 2, 3):
            await self._drive(channel, 0.0)
        self.context.publish(dict.fromkeys(CHANNELS, 0.0))

    async def _set(self, channel: int, volts: float) -> float:
        if volts > self._largest:
            name = CHANNELS[channel]
            raise RangeError(f"{name} must be 0 to {self._largest:g} V, got {volts:g}")
        await self._drive(channel, volts)
        return self._volts_of(self._code_of(volts))

    async def _drive(self, channel: int, volts: float) -> None:
        wanted = self._volts or [0.0] * len(CHANNELS)
        others = [each for place, each in enumerate(wanted) if place != channel]
        is_active = volts > 0 or any(others)
        await self.context.guard.enter(is_active)
        # A voltage that could not be lowered is still wanted low, and never the other way.
        wanted[channel] = min(wanted[channel], volts)
        self._volts = wanted
        word = RANGES[self.range] << 8 | self._code_of(volts)
        await self.bus.write(MULTI_WRITE | channel << 1, word.to_bytes(2, "big"))
        wanted[channel] = volts
        self.context.guard.noted(is_active)

    async def _codes(self, *, is_strict: bool = True) -> list[int]:
        """Return the output registers; raises BadReadingError when an output is not as set up."""
        raw: bytes = await self.bus.receive(BYTES_EACH * len(CHANNELS))
        found = []
        for place, name in enumerate(CHANNELS):
            head, high, low = raw[BYTES_EACH * place : BYTES_EACH * place + 3]
            if head >> 4 & 0x03 != place:
                raise BadReadingError(f"output {name} answers {head:02x}: no MCP4728, or none")
            if is_strict and high & 0xF0 != RANGES[self.range]:
                raise BadReadingError(f"output {name} has lost its settings: the chip was reset")
            found.append((high & 0x0F) << 8 | low)
        return found

    def _code_of(self, volts: float) -> int:
        return min(round(volts / self._largest * STEPS), STEPS - 1)

    def _volts_of(self, code: int) -> float:
        return code * self._largest / STEPS
