"""ST VL53L1X: distance by the time of flight of light, 40 mm to 4 m.

Chip: VL53L1X, I2C address 0x29, up to 400 kHz, registers with 16-bit numbers.
Datasheet: DocID031281 rev. 3: 2.5 (power-up, 1.2 ms), 4.2 (identification 0x010F), table 7 (short
and long mode); UM2510 "a guide to using the VL53L1X ultra lite driver": start-up sequence, timing
budgets, range status. ST documents registers by its public API only.

Unlike the VL53L0X, this chip has no settings of its own that do: a ranging needs those that ST
gives with its driver. They are written as one block, with the mode and the budget in it.

The chip ranges without end, and each read waits for the ranging that ends next: the first one after
a start is not compared with a second modulation, so that a bright target behind 4 m would look like
one at half a metre. The laser is on for the budget of each ranging, and goes off when the device is
given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Choice, Integer
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, WrongChipError

__all__ = ["VL53L1X"]

SOFT_RESET = 0x0000
VHV_LOOP_BOUND, VHV_INIT = 0x0008, 0x000B
INTERRUPT_STATUS = 0x0031
PHASE_CALIBRATION = 0x004B
BUDGET_A, VCSEL_A, BUDGET_B, VCSEL_B = 0x005E, 0x0060, 0x0061, 0x0063
VALID_PHASE = 0x0069
PERIOD = 0x006C
WINDOWS, INITIAL_PHASES = 0x0078, 0x007A
INTERRUPT_CLEAR = 0x0086
MODE_START = 0x0087
RANGE_STATUS = 0x0089
OSCILLATOR = 0x00DE
BOOTED = 0x00E5
MODEL_ID = 0x010F

MODEL = b"\xea\xcc"
TIMED, STOPPED = b"\x40", b"\x00"
VALID = 9
"""Range status of a good ranging; the others tell of too little light, noise, or an alias."""
RESULT_SIZE, DISTANCE_AT = 15, 13
TICKS_OF_PERIOD = 1.075
"""Correction of ST for the clock that times the pause between two rangings."""
PAUSE_MS = 5
STEP_S, BOOT_STEPS = 0.002, 50

FIRST_SETTING = 0x002D
SETTINGS: Mapping[int, bytes] = MappingProxyType(
    {
        0x002E: b"\x01\x01",  # inputs for 2.8 V instead of 1.8 V, which is what boards have
        0x0030: b"\x01\x02",  # interrupt is active high
        0x0033: b"\x02\x08",
        0x0036: b"\x08\x10\x01\x01",
        0x003E: b"\xff",
        0x0040: b"\x0f",
        0x0046: b"\x20\x0b",  # an interrupt for each new sample
        0x004A: b"\x02",
        0x004C: b"\x21",
        0x004F: b"\x05",
        0x0054: b"\xc8",
        0x0057: b"\x38\xff\x01",
        0x005B: b"\x08",
        0x0064: b"\x01\x68\x00\x80\x08",  # limits: 90 mm of deviation, 1 Mcps of light
        0x0077: b"\x01",
        0x007E: b"\x02\xc7\xff\x9b",  # all diodes, and the steps of a ranging
        0x0085: b"\x01",
    }
)
"""What ST's driver writes from 0x002D to 0x0086, apart from mode, budget and period; the rest 0."""

MODES: Mapping[str, Mapping[int, bytes]] = MappingProxyType(
    {
        "short": {
            PHASE_CALIBRATION: b"\x14",
            VCSEL_A: b"\x07",
            VCSEL_B: b"\x05",
            VALID_PHASE: b"\x38",
            WINDOWS: b"\x07\x05",
            INITIAL_PHASES: b"\x06\x06",
        },
        "long": {
            PHASE_CALIBRATION: b"\x0a",
            VCSEL_A: b"\x0f",
            VCSEL_B: b"\x0d",
            VALID_PHASE: b"\xb8",
            WINDOWS: b"\x0f\x0d",
            INITIAL_PHASES: b"\x0e\x0e",
        },
    }
)
BUDGETS: Mapping[str, Mapping[int, tuple[int, int]]] = MappingProxyType(
    {
        "short": {
            20: (0x0051, 0x006E),
            33: (0x00D6, 0x006E),
            50: (0x01AE, 0x01E8),
            100: (0x02E1, 0x0388),
            200: (0x03E1, 0x0496),
            500: (0x0591, 0x05C1),
        },
        "long": {
            20: (0x001E, 0x0022),
            33: (0x0060, 0x006E),
            50: (0x00AD, 0x00C6),
            100: (0x01CC, 0x01EA),
            200: (0x02D9, 0x02F8),
            500: (0x048F, 0x04A4),
        },
    }
)
"""Time-outs of the two halves of a ranging, by mode and budget in milliseconds."""


class VL53L1X(
    Driver,
    bus="i2c",
    addresses=(0x29,),
    title="ST VL53L1X time-of-flight distance sensor",
    default_every_s=1.0,
    deadline_s=5.0,
):
    """Ranges without end and gives the ranging that ends next."""

    distance = reading("mm", range=(0, 4500), doc="to the nearest target")
    mode: str = param(
        Choice(("short", "long")),
        "long",
        doc="long sees 4 m in the dark, short 1.3 m, but in sunlight too",
    )
    budget: str = param(
        Choice(tuple(f"{ms}ms" for ms in BUDGETS["long"])),
        "50ms",
        doc="how long a ranging takes; longer ones see further and scatter less",
    )
    offset: int = param(
        Integer(-500, 500), 0, doc="added to each distance, in mm: what a cover glass makes wrong"
    )
    _period = b""

    async def setup(self) -> None:
        """Reset, identify, set and start the chip; raises WrongChipError, BadReadingError."""
        await self._boot()
        found = await self._get(MODEL_ID, 2)
        if found != MODEL:
            raise WrongChipError(f"register 0x010f reads {found.hex()}, a VL53L1X answers eacc")
        await self._put(FIRST_SETTING, self._settings())
        # The first ranging finds the voltage of the diodes, which takes long; the later ones start
        # from what it found.
        await self._put(MODE_START, TIMED)
        await self._wait("the first ranging does not end")
        await self._put(INTERRUPT_CLEAR, b"\x01")
        await self._put(MODE_START, STOPPED)
        await self._put(VHV_LOOP_BOUND, b"\x09")
        await self._put(VHV_INIT, b"\x00")
        self._period = await self._ticks_of_period()
        await self._put(PERIOD, self._period)
        await self._put(MODE_START, TIMED)
        await self._wait("the second ranging does not end")

    async def read(self) -> Mapping[str, Value]:
        """Wait for a ranging; None is "no target". Raises BadReadingError when none ends."""
        if await self._get(PERIOD, 4) != self._period:
            raise BadReadingError("the chip has lost its settings (was its power cut?)")
        await self._put(INTERRUPT_CLEAR, b"\x01")
        await self._wait("no ranging ends")
        result = await self._get(RANGE_STATUS, RESULT_SIZE)
        if result[0] & 0x1F != VALID:
            return {"distance": None}
        distance_mm = int.from_bytes(result[DISTANCE_AT:], "big", signed=True)
        return {"distance": max(0, distance_mm + self.offset)}

    async def safe(self) -> None:
        """Stop ranging: the laser goes off."""
        await self._put(MODE_START, STOPPED)

    @property
    def _budget_ms(self) -> int:
        return int(self.budget.removesuffix("ms"))

    def _settings(self) -> bytes:
        """Return the registers from FIRST_SETTING to before MODE_START."""
        block = bytearray(MODE_START - FIRST_SETTING)
        a, b = (code.to_bytes(2, "big") for code in BUDGETS[self.mode][self._budget_ms])
        # Until the clock is known, the period is that of ST's driver.
        changing = {**MODES[self.mode], BUDGET_A: a, BUDGET_B: b, PERIOD: b"\x00\x00\x0f\x89"}
        for register, values in {**SETTINGS, **changing}.items():
            at = register - FIRST_SETTING
            block[at : at + len(values)] = values
        return bytes(block)

    async def _boot(self) -> None:
        """Reset the chip and wait for its firmware; raises BadReadingError."""
        await self._put(SOFT_RESET, b"\x00")
        await self.sleep(0.001)
        await self._put(SOFT_RESET, b"\x01")
        for _ in range(BOOT_STEPS):
            await self.sleep(STEP_S)  # it does not acknowledge for 1.2 ms
            state = (await self._get(BOOTED, 1))[0]
            if state & 0x01 and state != 0xFF:
                return
        raise BadReadingError("the firmware of the chip does not start")

    async def _ticks_of_period(self) -> bytes:
        """Return what makes the chip range every budget and pause; raises BadReadingError."""
        clock = int.from_bytes(await self._get(OSCILLATOR, 2), "big") & 0x03FF
        if clock == 0:
            raise BadReadingError("the chip has not calibrated its clock")
        ticks = int(clock * (self._budget_ms + PAUSE_MS) * TICKS_OF_PERIOD)
        return ticks.to_bytes(4, "big")

    async def _wait(self, complaint: str) -> None:
        """Wait until the chip tells of the end of a ranging; raises BadReadingError."""
        patience_s = 0.1 + 2.5 * self._budget_ms / 1000
        for _ in range(int(patience_s / STEP_S)):
            if (await self._get(INTERRUPT_STATUS, 1))[0] & 0x01:
                return
            await self.sleep(STEP_S)
        raise BadReadingError(complaint)

    async def _get(self, register: int, count: int) -> bytes:
        """Read from a register on."""
        answers: list[bytes] = await self.bus.transfer(register.to_bytes(2, "big"), count)
        return answers[0]

    async def _put(self, register: int, values: bytes) -> None:
        """Write from a register on."""
        await self.bus.send(register.to_bytes(2, "big") + values)
