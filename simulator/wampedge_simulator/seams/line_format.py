"""How bytes go over a serial line, and what comes of them where the two ends disagree.

The bits of the sender are laid out in time and sampled as the receiver would: in the middle of each
of *its* bits. So a wrong speed, parity or number of bits gives the garbage a real line gives, the
same each time. With the settings pyserial makes, Linux does not notice a wrong parity or stop bit;
instruments do, and drop the byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from wampedge.devices.contracts import SerialSettings

__all__ = ["LineFormat", "as_received"]


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How one end of a line is set.

    Attributes:
        baud: bits a second.
        bits: data bits, 5 to 8.
        parity: ``N``, ``E``, ``O``, ``M`` (always 1) or ``S`` (always 0).
        stop_bits: 1, 1.5 or 2.
    """

    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop_bits: float = 1

    @classmethod
    def of(cls, settings: SerialSettings) -> Self:
        """Return the format of *settings*."""
        return cls(settings.baud, settings.bits, settings.parity, settings.stop_bits)

    @property
    def frame_s(self) -> float:
        """How long one byte lasts on the line, in seconds."""
        return (1 + self.bits + (self.parity != "N") + self.stop_bits) / self.baud

    def __str__(self) -> str:
        """Say it as people do: ``9600 baud 7E1``."""
        return f"{self.baud} baud {self.bits}{self.parity}{self.stop_bits:g}"


def as_received(
    content: bytes, sender: LineFormat, receiver: LineFormat, *, is_strict: bool = False
) -> bytes:
    """Return *content* as the receiver sees it; one that *is_strict* drops what is damaged."""
    if (sender.baud, sender.bits, sender.parity) == (receiver.baud, receiver.bits, receiver.parity):
        mask = (1 << sender.bits) - 1
        return content if sender.bits == 8 else bytes(byte & mask for byte in content)
    frames = _frames(_levels(content, sender), sender, receiver)
    return bytes(byte for byte, is_whole in frames if is_whole or not is_strict)


def _levels(content: bytes, sender: LineFormat) -> list[int]:
    """Return the level of the line, one item a bit of the sender, from one idle bit on."""
    levels = [1]
    for byte in content:
        data = [byte >> place & 1 for place in range(sender.bits)]
        stop_bits = 1 if sender.stop_bits == 1 else 2
        levels += [0, *data, *_parity(sum(data), sender.parity), *[1] * stop_bits]
    return levels


def _parity(ones: int, parity: str) -> list[int]:
    known = {"E": [ones & 1], "O": [ones & 1 ^ 1], "M": [1], "S": [0]}
    return known.get(parity, [])


def _frames(
    levels: list[int], sender: LineFormat, receiver: LineFormat
) -> Iterator[tuple[int, bool]]:
    """Yield each byte the receiver makes of *levels*, and whether parity and stop bit are right.

    Time is counted in parts of which both bit times are whole numbers.
    """
    wide, narrow = 2 * receiver.baud, 2 * sender.baud  # one bit of the sender, of the receiver
    index = 1
    while index < len(levels):
        middle = index * wide + narrow // 2
        is_start = (
            levels[index - 1] == 1 and levels[index] == 0 and _level(levels, middle, wide) == 0
        )
        if not is_start:  # no edge, or a spike
            index += 1
            continue
        sampled = []
        for _ in range(receiver.bits + (receiver.parity != "N") + 1):
            middle += narrow
            sampled.append(_level(levels, middle, wide))
        data = sampled[: receiver.bits]
        wanted = [*_parity(sum(data), receiver.parity), 1]
        byte = sum(level << place for place, level in enumerate(data))
        yield byte, sampled[receiver.bits :] == wanted
        index = max(index + 1, -(-middle // wide))


def _level(levels: list[int], at: int, wide: int) -> int:
    """Return the level of the line at a time; it is high after the last bit."""
    index = at // wide
    return levels[index] if index < len(levels) else 1
