"""Vishay VEML7700 and VEML6030: ambient light from moonlight to full sun.

Chip: VEML7700, I2C address 0x10 (VEML6030: 0x10 or 0x48), up to 400 kHz.
Datasheet: 84286 rev. 1.8: command registers (tables 1 to 3), resolution and range; application note
84323 "Designing the VEML7700 Into an Application": start-up time, correction formula for bright
light, choice of gain and time.
"""

from __future__ import annotations

from wampedge.devices.driver import Driver, param, reading
from wampedge.devices.fields import Choice, Number
from wampedge.errors import BadReadingError, WrongChipError
from wampedge.records import Record

__all__ = ["VEML7700", "Setting", "corrected"]

REG_ALS_CONF = 0x00
REG_POWER_SAVING = 0x03
REG_ALS = 0x04
SHUT_DOWN = 0x0001

SATURATED = 0xFFFF
STEP_LX = 0.0042
"""Illuminance of one count at gain 2 and 800 ms."""
START_UP_S = 0.0025
SLOWEST = 1.1
"""The clock behind the integration time may be slow."""
CORRECTED_FROM_LX = 1000.0
BRIGHTEST_LX = 150_000.0
"""Beyond this the correction formula climbs without bounds."""

GAIN_CODES = {"1": 0, "2": 1, "1/8": 2, "1/4": 3}
GAINS = {"1": 1.0, "2": 2.0, "1/8": 0.125, "1/4": 0.25}
TIME_CODES = {25: 0b1100, 50: 0b1000, 100: 0, 200: 1, 400: 2, 800: 3}


class Setting(Record):
    """One choice of gain and integration time.

    Attributes:
        gain: ``1/8``, ``1/4``, ``1`` or ``2``.
        time_ms: 25, 50, 100, 200, 400 or 800.
    """

    gain: str
    time_ms: int

    @property
    def word(self) -> int:
        """The configuration register for it, powered."""
        return GAIN_CODES[self.gain] << 11 | TIME_CODES[self.time_ms] << 6

    @property
    def step_lx(self) -> float:
        """Illuminance of one count."""
        return STEP_LX * (2.0 / GAINS[self.gain]) * (800 / self.time_ms)


LADDER = (Setting("2", 400), Setting("1", 100), Setting("1/8", 100), Setting("1/8", 25))
"""From the most sensitive setting, up to 550 lx, to the least, up to full sun."""
TOO_FEW, TOO_MANY = 500, 60_000
"""Counts at which another setting is tried. It gives 4 to 8 times as many or few, so that there is
no way back and forth."""


class VEML7700(
    Driver,
    bus="i2c",
    addresses=(0x10, 0x48),
    title="Vishay VEML7700 ambient light sensor",
):
    """Takes one measurement a read, or more until the range fits; the chip sleeps in between."""

    illuminance = reading("lx", range=(0, 3_000_000))
    gain: str = param(
        Choice(("auto", "1/8", "1/4", "1", "2")), "auto", doc="auto: what the light needs"
    )
    integration: str = param(
        Choice(("25ms", "50ms", "100ms", "200ms", "400ms", "800ms")),
        "100ms",
        doc="how long light is collected for a value; with gain auto the driver chooses",
    )
    factor: float = param(
        Number(0.1, 20), 1.0, doc="illuminance outside for each lux at the sensor"
    )

    _rung = 2

    async def setup(self) -> None:
        """Put the chip to sleep and see that it takes its settings; raises WrongChipError."""
        word = self._settings()[0].word | SHUT_DOWN
        await self._write(REG_ALS_CONF, word)
        await self._write(REG_POWER_SAVING, 0)
        found = await self._read(REG_ALS_CONF)
        if found != word:
            raise WrongChipError(
                f"register 0x00 reads 0x{found:04x} after 0x{word:04x} was written: no VEML7700"
            )

    async def read(self) -> dict[str, float]:
        """Measure; raises BadReadingError when it is too bright for the settings."""
        settings = self._settings()
        rung = min(self._rung, len(settings) - 1)
        counts = await self._counts(settings[rung])
        for _ in settings[1:]:
            better = rung + 1 if counts > TOO_MANY else rung - 1 if counts < TOO_FEW else rung
            if better == rung or not 0 <= better < len(settings):
                break
            rung = better
            counts = await self._counts(settings[rung])
        self._rung = rung if len(settings) > 1 else self._rung
        if counts == SATURATED:
            raise BadReadingError("too bright for this gain and time, or nobody drives the bus")
        lux = corrected(counts * settings[rung].step_lx)
        if lux > BRIGHTEST_LX:
            raise BadReadingError(f"{lux:.0f} lx is more than the sensor can measure")
        return {"illuminance": lux * self.factor}

    def _settings(self) -> tuple[Setting, ...]:
        if self.gain == "auto":
            return LADDER
        return (Setting(self.gain, int(self.integration.removesuffix("ms"))),)

    async def _counts(self, setting: Setting) -> int:
        """Measure once with *setting*; raises BadReadingError when the chip was reset meanwhile."""
        await self._write(REG_ALS_CONF, setting.word)
        await self.sleep(START_UP_S + setting.time_ms / 1000 * SLOWEST)
        counts, word = await self._read(REG_ALS), await self._read(REG_ALS_CONF)
        if word != setting.word:
            raise BadReadingError("the chip has lost its settings (was its power cut?)")
        await self._write(REG_ALS_CONF, setting.word | SHUT_DOWN)
        return counts

    async def _read(self, register: int) -> int:
        return int.from_bytes(await self.bus.read(register, 2), "little")

    async def _write(self, register: int, word: int) -> None:
        await self.bus.write(register, word.to_bytes(2, "little"))


def corrected(lux: float) -> float:
    """Return the illuminance for what the counts say, which is too little in bright light."""
    if lux <= CORRECTED_FROM_LX:
        return lux
    return (((6.0135e-13 * lux - 9.3924e-9) * lux + 8.1488e-5) * lux + 1.0023) * lux
