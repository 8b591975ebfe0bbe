"""ST VL53L0X: distance by the time of flight of light, 30 mm to 2 m.

Chip: VL53L0X, I2C address 0x29, up to 400 kHz.
Datasheet: DocID029104 rev. 5: 1.3 (state machine), 2.1 (timing of one ranging), 3.2 (identification
registers 0xC0 to 0xC2); UM2039 "World smallest time-of-flight ranging sensor API": calibration of
reference, range status. ST documents no register by number but the identification; those below are
known from its public API and from the driver of the Linux kernel, ``vl53l0x-i2c``.

Like that of the kernel, this driver measures with the settings the chip has from its factory, after
a calibration to the temperature. ST's table of tuning values, which has no documentation, is not
loaded: at long distances and in sunlight there is "no target" a little earlier than with it.

Every set-up begins with a reset of the chip, so that one which stalled in the middle of a ranging
is found again.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Integer
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, WrongChipError

__all__ = ["VL53L0X"]

SYSRANGE_START = 0x00
SEQUENCE_CONFIG = 0x01
INTERRUPT_CONFIG = 0x0A
INTERRUPT_CLEAR = 0x0B
INTERRUPT_STATUS = 0x13
RANGE_STATUS = 0x14
PAD_VOLTAGE = 0x89
GPIO_POLARITY = 0x84
SOFT_RESET = 0xBF
MODEL_ID = 0xC0

MODEL = b"\xee\xaa"
SINGLE_SHOT = 0x01
CALIBRATE_VHV, CALIBRATE_PHASE = (0x01, 0x41), (0x02, 0x01)
"""What goes into SEQUENCE_CONFIG and SYSRANGE_START for each half of the calibration."""
ALL_STEPS = 0xE8
"""SEQUENCE_CONFIG of a ranging: pre-range, final range, and choice of diodes."""
NEW_SAMPLE = 0x04
IS_READY = 0x07

VALID = 11
"""Range status of a good ranging; the others tell of too little light, too much, or no phase."""
NOTHING_FROM_MM = 8190
"""The chip gives 8190 or 8191 mm where there is nothing."""
STEP_S, PATIENCE = 0.005, 40


class VL53L0X(
    Driver,
    bus="i2c",
    addresses=(0x29,),
    title="ST VL53L0X time-of-flight distance sensor",
    default_every_s=1.0,
):
    """Takes one ranging a read, some 33 ms long."""

    distance = reading("mm", range=(0, 2200), doc="to the nearest target")
    offset: int = param(
        Integer(-200, 200), 0, doc="added to each distance, in mm: what a cover glass makes wrong"
    )

    async def setup(self) -> None:
        """Reset, identify and calibrate the chip; raises WrongChipError, BadReadingError."""
        await self.bus.write(SOFT_RESET, 0x00)
        await self.sleep(0.002)
        await self.bus.write(SOFT_RESET, 0x01)
        await self.sleep(0.002)
        found = await self.bus.read(MODEL_ID, 2)
        if found != MODEL:
            raise WrongChipError(f"register 0xc0 reads {found.hex()}, a VL53L0X answers eeaa")
        # Inputs for 2.8 V instead of 1.8 V, which is what all boards have.
        await self.bus.write(PAD_VOLTAGE, await self.bus.read_u8(PAD_VOLTAGE) | 0x01)
        await self.bus.write(INTERRUPT_CONFIG, NEW_SAMPLE)
        await self.bus.write(GPIO_POLARITY, await self.bus.read_u8(GPIO_POLARITY) & ~0x10)
        await self.bus.write(INTERRUPT_CLEAR, 0x01)
        for sequence, start in (CALIBRATE_VHV, CALIBRATE_PHASE):
            await self.bus.write(SEQUENCE_CONFIG, sequence)
            await self._run(start, "the calibration does not end")
            await self.bus.write(SYSRANGE_START, 0x00)
        await self.bus.write(SEQUENCE_CONFIG, ALL_STEPS)

    async def read(self) -> Mapping[str, Value]:
        """Measure; None is "no target". Raises BadReadingError when the ranging does not end."""
        if await self.bus.read_u8(SEQUENCE_CONFIG) != ALL_STEPS:
            raise BadReadingError("the chip has lost its settings (was its power cut?)")
        await self._run(SINGLE_SHOT, "the ranging does not end")
        raw: bytes = await self.bus.read(RANGE_STATUS, 12)
        status, distance_mm = raw[0] >> 3 & 0x0F, int.from_bytes(raw[10:12], "big")
        if status != VALID or distance_mm >= NOTHING_FROM_MM:
            return {"distance": None}
        return {"distance": max(0, distance_mm + self.offset)}

    async def _run(self, start: int, complaint: str) -> None:
        """Start something and wait until the chip tells of its end; raises BadReadingError."""
        await self.bus.write(SYSRANGE_START, start)
        for _ in range(PATIENCE):
            await self.sleep(STEP_S)
            if await self.bus.read_u8(INTERRUPT_STATUS) & IS_READY:
                await self.bus.write(INTERRUPT_CLEAR, 0x01)
                return
        raise BadReadingError(complaint)
