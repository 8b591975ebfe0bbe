"""What the ADCs MCP3008 (10 bit) and MCP3208 (12 bit) have in common: their frame.

Both answer with a null bit and then the result, most significant bit first. MISO that is held high
shows in the null bit. MISO that is held low gives zeros, as 0 V does: only eight channels of
exactly nothing at once are taken for a fault.
"""

from __future__ import annotations

from collections.abc import Sequence

from wampedge.errors import BadReadingError

__all__ = ["CHANNELS", "code_of", "volts"]

CHANNELS = 8


def code_of(answer: bytes, bits: int) -> int:
    """Return the result in the last *bits* bits of *answer*; raises BadReadingError."""
    word = int.from_bytes(answer, "big")
    if word >> bits & 1:
        raise BadReadingError("the null bit before the result is 1: nobody drives MISO")
    return word & (1 << bits) - 1


def volts(codes: Sequence[int], bits: int, reference_v: float) -> dict[str, float]:
    """Return the voltages of *codes*, one a channel; raises BadReadingError when all are 0."""
    if not any(codes):
        raise BadReadingError("all eight channels read exactly 0: no power, or MISO is held low")
    return {f"ch{n}": code * reference_v / (1 << bits) for n, code in enumerate(codes)}
