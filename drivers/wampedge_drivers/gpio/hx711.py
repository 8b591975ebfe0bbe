"""Avia HX711: amplifier and 24-bit converter for load cells.

Chip: HX711; pins ``clock`` (PD_SCK) and ``data`` (DOUT) of the header, 10 or 80 samples a second.
Datasheet: serial interface (page 4), timing (page 5): data is low when a sample is ready; 24 clocks
fetch it, most significant bit first, two's complement; 25, 26 or 27 clocks in all choose A/128,
B/32 or A/64 for the next one. A clock that is high for more than 60 us switches the chip off.

The clock is made by a thread; Linux may stop it in the middle of a pulse. Such a sample is thrown
away, the chip gets the time to come back, and another is taken. On a loaded single-core Raspberry
Pi many may be lost: the kernel has a driver of its own (``avia,hx711`` in the device tree), which
the driver ``iio`` reads.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, command, input_pin, output_pin, param, reading
from wampedge.devices.fields import Choice, Integer, Number
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, HardwareError

__all__ = ["HX711", "signed_24"]

BITS = 24
LONGEST_HIGH_S = 60e-6
READY_S = 0.5
LOOK_S = 0.005
SETTLE_S = 0.4
LIMITS = (-0x800000, 0x7FFFFF)
_CLOCKS = {128: 25, 32: 26, 64: 27}
_KEPT = "zero"


def signed_24(word: int) -> int:
    """Return a 24-bit word in two's complement as a number."""
    return word - (1 << BITS) if word & 0x800000 else word


class HX711(Driver, title="Avia HX711 load cell amplifier", default_every_s=1.0, is_output=False):
    """Takes one sample a read. Channels ``weight`` and ``raw``; command ``tare``."""

    clock = output_pin(place="pins", doc="PD_SCK")
    data = input_pin(place="pins", doc="DOUT")
    gain: int = param(Choice((128, 64, 32)), 128, doc="128 and 64: input A; 32: input B")
    scale: float = param(Number(), 1.0, doc="steps of the converter for one gram; may be negative")
    offset: int = param(Integer(*LIMITS), 0, doc="what the converter gives without any weight")
    retries: int = param(Integer(0, 5), 3, doc="how often a disturbed sample is taken again")
    weight = reading("g", doc="weight since the last tare")
    raw = reading(kind=Integer(*LIMITS), doc="what the converter gives")

    _zero: int | None = None
    _retried = 0

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Refuse a scale of 0."""
        text = "must not be 0 (the steps that 1 g more makes)"
        return [] if params["scale"] else [(("scale",), text)]

    def input_pull(self, pin: str) -> Pull:
        """Pull up: a chip that is not there never has a sample ready."""
        return "up"

    async def setup(self) -> None:
        """Switch the chip on; the sample under way may be of another gain and is thrown away."""
        if self._zero is None:
            kept = self.context.kept.get(_KEPT)
            self._zero = kept if isinstance(kept, int) else self.offset
        await self.clock.write(False)
        await self._sample()

    async def read(self) -> Mapping[str, Value]:
        """Take a sample; values are None where the converter is at its limit."""
        raw = await self._sample()
        if raw in LIMITS:
            return {"raw": None, "weight": None}
        assert self._zero is not None, "set up before it is read"
        return {"raw": raw, "weight": float(f"{(raw - self._zero) / self.scale:.9g}")}

    @command()
    async def tare(self) -> int:
        """Take what lies on the scale now for nothing; returns the offset, which is kept."""
        raw = await self._sample()
        if raw in LIMITS:
            raise BadReadingError("the converter is at its limit: overload, or a broken wire")
        self._zero = raw
        self.context.kept.put(_KEPT, raw)
        return raw

    async def safe(self) -> None:
        """Leave the clock low: the chip goes on measuring."""
        await self.clock.write(False)

    def counters(self) -> Mapping[str, int]:
        """Return how many samples were taken again."""
        return {"retries": self._retried}

    async def _sample(self) -> int:
        import asyncio  # noqa: PLC0415 # checking a device file imports drivers, but not asyncio

        longest_s = 0.0
        for _ in range(self.retries + 1):
            await self._wait_until_ready()
            word, longest_s = await asyncio.to_thread(self._clock_out)
            if longest_s <= LONGEST_HIGH_S:
                return signed_24(word)
            self._retried += 1
            await self.sleep(SETTLE_S)  # the chip was switched off: its filter starts anew
        raise BadReadingError(
            f"the clock was stopped for {longest_s * 1e6:.0f} us in the middle of each sample:"
            " the board is too busy"
        )

    async def _wait_until_ready(self) -> None:
        for _ in range(round(READY_S / LOOK_S)):
            if not await self.data.read():
                return
            await self.sleep(LOOK_S)
        raise BadReadingError("no sample gets ready: check clock, data and supply")

    def _clock_out(self) -> tuple[int, float]:
        """Fetch a sample; return it and how long the clock was high at most, in s. A thread.

        Both calls take effect at about the same point within them, so the time between their ends
        is the length of the pulse; a first call that is slow hides a part of it.
        """
        word, longest_s, now = 0, 0.0, self.context.clock.monotonic
        for number in range(_CLOCKS[self.gain]):
            begins_s = now()
            _at_once(self.clock.write(True))
            high_s = now()
            _at_once(self.clock.write(False))
            longest_s = max(longest_s, now() - high_s, high_s - begins_s)
            if number < BITS:
                word = word << 1 | _at_once(self.data.read())
        return word, longest_s


def _at_once(action: Coroutine[Any, Any, Any]) -> Any:
    """Return what *action* returns without waiting; raises HardwareError where it has to wait."""
    try:
        action.send(None)
    except StopIteration as done:
        return done.value
    action.close()
    raise HardwareError("clock and data must be pins of the header: an expander is too slow")
