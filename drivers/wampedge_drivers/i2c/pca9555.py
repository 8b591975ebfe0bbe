"""NXP PCA9555 and its kin (PCA9535, TCA9555, TCA9535): 16 pins more, with real outputs.

Chip: PCA9555, I2C address 0x20 to 0x27 by A0 to A2, up to 400 kHz.
Datasheet: NXP rev. 8: 6.2 (registers: input, output, polarity, configuration, in pairs), 6.3
(power-on reset: all inputs), 6.5 (interrupt: an input differs from when it was last read). Lines 0
to 7 are IO0_0 to IO0_7, 8 to 15 IO1_0 to IO1_7. The PCA9555 pulls its inputs up with 100 kohm, the
PCA9535 does not; neither can be switched, whatever ``pull`` says.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.i2c._expander_driver import PinExpander, with_bit

__all__ = ["PCA9555"]

REG_INPUT, REG_OUTPUT, REG_POLARITY, REG_CONFIGURATION = 0x00, 0x02, 0x04, 0x06
ALL_INPUTS = 0xFFFF


class PCA9555(
    PinExpander,
    bus="i2c",
    addresses=tuple(range(0x20, 0x28)),
    title="NXP PCA9555 16-pin port expander",
    provides_pins=16,
    default_every_s=0.05,
):
    """Offers 16 pins; the words below are touched by units on the bus only."""

    ports = 2

    _directions = ALL_INPUTS
    _latches = 0xFFFF

    async def setup(self) -> None:
        """Write all that was asked for so far; outputs of a chip that stayed powered stay."""
        if not self._is_known:
            self._directions = await self._read(REG_CONFIGURATION)
            self._latches = await self._read(REG_OUTPUT)
            self._is_known = True
        # Latches first: a pin must not drive a stale level for even one byte on the bus.
        await self._write(REG_OUTPUT, self._latches)
        await self._write(REG_POLARITY, 0)
        await self._write(REG_CONFIGURATION, self._directions)
        self._watch_interrupt()

    async def read(self) -> Mapping[str, Value]:
        """Look at the inputs and tell those who watch them; raises BadReadingError on a reset."""
        levels = await self._read(REG_INPUT)
        found = (await self._read(REG_CONFIGURATION), await self._read(REG_OUTPUT))
        if found != (self._directions, self._latches):
            raise BadReadingError("the chip was reset: directions or latches are not as written")
        self._pins.take(levels)
        return {}

    async def open_output(self, line: int, level: bool) -> None:
        """Unit: make *line* an output that starts at *level*."""
        await self.drive(line, level)
        await self._turn(self._directions & ~(1 << line))

    async def drive(self, line: int, level: bool) -> None:
        """Unit: set the latch of *line*."""
        self._must_be_known()
        latches = with_bit(self._latches, line, level)
        await self._write(REG_OUTPUT, latches)
        self._latches = latches

    async def open_input(self, line: int, has_pull_up: bool) -> None:
        """Unit: make *line* an input."""
        self._must_be_known()
        await self._turn(self._directions | 1 << line)

    async def level(self, line: int) -> bool:
        """Unit: read *line*; what that clears of an interrupt is told first."""
        await self.read()
        return bool(await self._read(REG_INPUT) >> line & 1)

    async def _turn(self, directions: int) -> None:
        await self._write(REG_CONFIGURATION, directions)
        self._directions = directions

    async def _read(self, register: int) -> int:
        return int.from_bytes(await self.bus.read(register, 2), "little")

    async def _write(self, register: int, word: int) -> None:
        await self.bus.write(register, word.to_bytes(2, "little"))
