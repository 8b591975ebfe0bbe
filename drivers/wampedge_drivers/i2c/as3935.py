"""ams (ScioSense) AS3935: lightning within 40 km.

Chip: AS3935, I2C address 0x03 (A1 and A0 high), 0x02 or 0x01, up to 400 kHz.
Datasheet: AS3935 v1-04: register map (table 9), 8.5 (front end), 8.6 (noise floor), 8.7 (watchdog,
spike rejection, minimum number of lightnings), 8.8 (interrupt: wait 2 ms, then read; table 18), 8.9
(distance, table 20), 8.10 (tuning of the antenna), 8.11 (calibration of the clocks).

Give it its IRQ line as ``interrupt``, or leave it out: then the chip is asked five times a second.
Events: ``lightning``, ``disturber`` (a spark made by people), ``noise`` (too much to hear
anything).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wampedge.devices.driver import Driver, input_pin, param, reading
from wampedge.devices.fields import Boolean, Choice, Integer
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, WrongChipError

__all__ = ["AS3935"]

REG_FRONT_END, REG_NOISE, REG_STRIKES, REG_INTERRUPT = range(4)
REG_ENERGY, REG_DISTANCE, REG_TUNING = 0x04, 0x07, 0x08
REG_CALIBRATION = 0x3A
REG_PRESET, REG_CALIBRATE = 0x3C, 0x3D
DIRECT_COMMAND = 0x96
DEFAULTS = bytes((0x24, 0x22, 0xC2))
"""Registers 0 to 2 after a reset."""
SHOW_CLOCK = 0x20
IS_CALIBRATED, IS_NOT_CALIBRATED = 0x80, 0x40
FRONT_END = {"indoors": 0x24, "outdoors": 0x1C}
STRIKES = {1: 0x00, 5: 0x10, 9: 0x20, 16: 0x30}
KEEP_STATISTICS = 0xC0
MASK_DISTURBERS = 0x20
NOISE, DISTURBER, LIGHTNING = 0x01, 0x04, 0x08
OVERHEAD, OUT_OF_RANGE = 1, 0x3F
SETTLE_S = 0.002
POLL_S, NET_S = 0.2, 10.0


class AS3935(
    Driver,
    bus="i2c",
    addresses=(0x03, 0x02, 0x01),
    title="ams AS3935 lightning sensor",
    events=("lightning", "disturber", "noise"),
):
    """Tells of lightnings as they come; ``strikes`` counts them."""

    interrupt = input_pin(doc="the IRQ line of the chip", is_required=False)
    distance = reading("km", range=(0, 40), doc="to the head of the storm; 0: overhead")
    energy = reading(range=(0, 0x1FFFFF), doc="of the last lightning, in no unit")
    strikes = reading(kind=Integer(0), doc="lightnings since the start of the node")
    place: str = param(Choice(("indoors", "outdoors")), "indoors", doc="gain of the front end")
    noise_level: int = param(Integer(0, 7), 2, doc="noise that counts as too much; 7: most")
    watchdog: int = param(Integer(0, 10), 2, doc="how strong a signal is looked at; 10: strongest")
    spike_rejection: int = param(Integer(0, 11), 2, doc="how unlike a spark a lightning must be")
    minimum_strikes: int = param(
        Choice((1, 5, 9, 16)), 1, doc="lightnings in 15 minutes before the first is told"
    )
    disturbers: bool = param(Boolean(), True, doc="tell of sparks made by people too")
    tuning: int = param(Integer(0, 15), 0, doc="capacitors of 8 pF each at the antenna")

    _strikes = 0

    @classmethod
    def usual_period_s(cls, pins: Collection[str]) -> float | None:
        """Return 200 ms, or 10 s as a net under the interrupt line."""
        return NET_S if "interrupt" in pins else POLL_S

    def take_over(self, before: Driver) -> None:
        """Go on counting."""
        if isinstance(before, AS3935):
            self._strikes = before._strikes

    async def setup(self) -> None:
        """Reset, calibrate and set the chip up; raises WrongChipError, BadReadingError."""
        await self.bus.write(REG_PRESET, DIRECT_COMMAND)
        await self.sleep(SETTLE_S)
        found = await self.bus.read(REG_FRONT_END, 3)
        if found != DEFAULTS:
            raise WrongChipError(f"registers 0 to 2 read {found.hex()} after a reset: no AS3935")
        await self._calibrate()
        await self.bus.write(REG_FRONT_END, self._settings())
        mask = 0 if self.disturbers else MASK_DISTURBERS
        await self.bus.write(REG_INTERRUPT, mask)
        await self.sleep(SETTLE_S)
        await self.bus.read_u8(REG_INTERRUPT)
        if self.interrupt is not None:
            self.context.on_loop(self.interrupt.watch, self._on_edge)
        self.context.publish({"strikes": self._strikes})

    async def read(self) -> Mapping[str, Value]:
        """Ask what there was; raises BadReadingError when the chip has lost its settings."""
        if await self.bus.read(REG_FRONT_END, 3) != self._settings():
            raise BadReadingError("the chip has lost its settings (was its power cut?)")
        await self.sleep(SETTLE_S)
        return {**await self._news(), "strikes": self._strikes}

    def _on_edge(self, level: bool, at_ns: int) -> None:
        """Ask the chip 2 ms after its line has risen: its registers are not ready before."""
        if level:
            self.context.later(SETTLE_S, self._tell)

    async def _tell(self) -> None:
        news = await self._news()
        if news:
            self.context.publish({**news, "strikes": self._strikes})

    async def _news(self) -> dict[str, Value]:
        """Read why the line rose, which lets it fall; emit it, and return what was measured."""
        reason = await self.bus.read_u8(REG_INTERRUPT) & 0x0F
        if reason == NOISE:
            self.emit("noise")
        elif reason == DISTURBER:
            self.emit("disturber")
        elif reason == LIGHTNING:
            return await self._lightning()
        return {}

    async def _lightning(self) -> dict[str, Value]:
        raw: bytes = await self.bus.read(REG_ENERGY, 4)
        far = raw[3] & 0x3F
        self._strikes += 1
        self.emit("lightning")
        return {
            "distance": None if far == OUT_OF_RANGE else 0 if far == OVERHEAD else far,
            "energy": int.from_bytes(raw[:3], "little") & 0x1FFFFF,
        }

    def _settings(self) -> bytes:
        """Return registers 0 to 2."""
        return bytes((
            FRONT_END[self.place],
            self.noise_level << 4 | self.watchdog,
            KEEP_STATISTICS | STRIKES[self.minimum_strikes] | self.spike_rejection,
        ))  # fmt: skip

    async def _calibrate(self) -> None:
        """Calibrate the clocks of the chip by its antenna (8.11), with the antenna tuned first."""
        await self.bus.write(REG_TUNING, self.tuning)
        await self.bus.write(REG_CALIBRATE, DIRECT_COMMAND)
        await self.bus.write(REG_TUNING, self.tuning | SHOW_CLOCK)
        await self.sleep(SETTLE_S)
        await self.bus.write(REG_TUNING, self.tuning)
        states: Any = await self.bus.read(REG_CALIBRATION, 2)
        if any(s & IS_NOT_CALIBRATED or not s & IS_CALIBRATED for s in states):
            raise BadReadingError(
                f"the clocks cannot be calibrated ({states.hex()}): is the antenna connected?"
            )
