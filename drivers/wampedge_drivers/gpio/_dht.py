"""The one-wire protocol of the DHT11 and DHT22, decoded from edge time stamps.

The host pulls the line low to wake the sensor and lets go; the sensor answers with 80 us low and 80
us high, then 40 bits: 50 us low, and high for 26 us (0) or 70 us (1). The first edges may come
before the kernel watches the line, so the bits are taken from the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, open_drain_pin, param
from wampedge.devices.fields import Integer
from wampedge.errors import BadReadingError

__all__ = ["DhtSensor", "bytes_of", "checked"]

BITS = 40
ONE_NS = 48_000
"""A bit that is high for longer is a 1: between 26 and 70 us."""
LONGEST_BIT_NS = 90_000
"""Two bits that run together are high for 102 us at least."""
ANSWER_S = 0.02
PAUSE_S = 0.5


def bytes_of(edges: Sequence[tuple[bool, int]]) -> bytes:
    """Return the 5 bytes that *edges* of an answer mean; raises BadReadingError."""
    widths = [
        at_ns - before_ns
        for (before, before_ns), (level, at_ns) in pairwise(edges)
        if before and not level
    ][-BITS:]
    if len(widths) < BITS:
        raise BadReadingError(
            "the sensor does not answer" if not edges else f"{len(widths)} of 40 bits arrived"
        )
    if max(widths) > LONGEST_BIT_NS:
        raise BadReadingError("a bit took too long: an edge was lost")
    word = 0
    for width_ns in widths:
        word = word << 1 | (width_ns > ONE_NS)
    return word.to_bytes(5, "big")


def checked(data: bytes) -> bytes:
    """Return the first 4 bytes of *data* if the fifth is their sum; raises BadReadingError."""
    if sum(data[:4]) & 0xFF != data[4]:
        raise BadReadingError(f"the checksum of {data.hex()} is wrong")
    return data[:4]


class DhtSensor(Driver):
    """The contract of both: how they are woken and asked again."""

    wake_s = 0.0011

    pin = open_drain_pin(doc="the data line, a pin of the header with 4.7 to 10 kohm to 3.3 V")
    retries: int = param(Integer(0, 5), 2, doc="how often a disturbed answer is asked for again")

    _retried = 0

    def input_pull(self, pin: str) -> Pull:
        """Pull up, which is enough for a short cable."""
        return "up"

    async def fetch(self) -> bytes:
        """Return the 4 bytes of an answer that is right; raises BadReadingError."""
        for left in range(self.retries, -1, -1):
            try:
                return checked(bytes_of(await self._ask()))
            except BadReadingError:
                if not left:
                    raise
                self._retried += 1
            await self.sleep(PAUSE_S)
        raise AssertionError("the last try returns or raises")

    async def close(self) -> None:
        """Let go of the line."""
        await self.pin.release(None)

    def counters(self) -> dict[str, int]:
        """Return how many answers were asked for again."""
        return {"retries": self._retried}

    async def _ask(self) -> list[tuple[bool, int]]:
        edges: list[tuple[bool, int]] = []
        await self.pin.pull_low()
        await self.sleep(self.wake_s)
        await self.pin.release(lambda level, at_ns: edges.append((level, at_ns)))
        await self.sleep(ANSWER_S)
        await self.pin.release(None)
        return edges
