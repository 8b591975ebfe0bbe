"""How one tag of type A is singled out: anticollision and selection by ISO/IEC 14443-3.

From the standard: 6.1.6 (CRC_A), 6.5.2 (REQA, WUPA), 6.5.3 (anticollision, NVB, cascade levels),
6.5.4 (UID, BCC, cascade tag), 6.4.3 (HLTA). What sends the frames is left to the reader.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import NamedTuple, Protocol

from wampedge.devices.checksums import xor8
from wampedge.errors import BadReadingError

__all__ = [
    "HALT",
    "WAKE_UP",
    "WAKE_UP_BITS",
    "Answer",
    "Exchange",
    "GarbledError",
    "crc_a",
    "select_one",
]

WAKE_UP = b"\x52"
"""Wakes every tag, halted ones too; only 7 bits of it are sent."""
WAKE_UP_BITS = 7
SELECTS = (0x93, 0x95, 0x97)
"""The command for each cascade level."""
ALL_BITS = 0x70
CASCADE_TAG = 0x88
IS_INCOMPLETE = 0x04
LEVEL_BITS = 32


class GarbledError(BadReadingError):
    """What a tag said cannot be used: damaged on its way, or several tags spoke at once."""


class Answer(NamedTuple):
    """What came back on the air.

    Attributes:
        data: the bytes; bits before those asked for are 0.
        collision: place of the first bit that tags disagree about, counted from 1 in the first
            byte of *data*; None: there is none.
    """

    data: bytes
    collision: int | None = None


class Exchange(Protocol):
    """Sends a frame and returns what comes back."""

    def __call__(self, frame: bytes, *, bits: int = 0) -> Awaitable[Answer | None]:
        """Send *frame*, of whose last byte *bits* count (0: all); None: nobody answered.

        The answer begins at the bit after the last one that was sent. Raises GarbledError.
        """
        ...


def crc_a(frame: bytes) -> bytes:
    """Return the two bytes that protect *frame*."""
    crc = 0x6363
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


HALT = b"\x50\x00" + crc_a(b"\x50\x00")
"""Lets the tag that was selected rest until the next wake-up; it does not answer."""


async def select_one(exchange: Exchange) -> bytes:
    """Select one of the tags that are awake and return its UID: 4, 7 or 10 bytes.

    Of tags whose UIDs differ the one is taken that has a 1 at the first bit they differ in.

    Raises:
        GarbledError: what came is no UID.
    """
    uid = b""
    for select in SELECTS:
        part = await _resolve(exchange, select)
        is_incomplete = await _select(exchange, select, part)
        if is_incomplete != (part[0] == CASCADE_TAG):
            raise GarbledError(f"cascade tag and answer to {part.hex()} disagree")
        if not is_incomplete:
            return uid + part
        uid += part[1:]
    raise GarbledError("a UID has three parts at most")


async def _resolve(exchange: Exchange, select: int) -> bytes:
    """Return the four bytes of one tag at a cascade level, whose check byte is right."""
    known, bits = 0, 0
    for _ in range(LEVEL_BITS + 1):
        whole, rest = divmod(known, 8)
        sent = bits.to_bytes(5, "little")[: whole + (rest > 0)]
        frame = bytes((select, 0x20 + (whole << 4) + rest)) + sent
        answer = await _answered(exchange(frame, bits=rest))
        if len(answer.data) > 5 - whole:
            raise GarbledError("the answer is too long")
        heard = int.from_bytes(answer.data, "little") << 8 * whole
        bits |= heard >> known << known
        if answer.collision is None:
            return _checked(bits.to_bytes(5, "little"))
        place = 8 * whole + answer.collision
        if not known < place <= LEVEL_BITS:
            raise GarbledError(f"tags disagree at bit {place}")
        bits = bits & ((1 << place - 1) - 1) | 1 << place - 1
        known = place
    raise GarbledError("tags disagree about every bit")


def _checked(part: bytes) -> bytes:
    if xor8(part[:4]) != part[4]:
        raise GarbledError(f"the check byte of {part[:4].hex()} is wrong: {part[4]:02x}")
    return part[:4]


async def _select(exchange: Exchange, select: int, part: bytes) -> bool:
    """Select a tag by its *part*; return whether there is more of its UID."""
    frame = bytes((select, ALL_BITS)) + part + bytes((xor8(part),))
    answer = await _answered(exchange(frame + crc_a(frame)))
    if len(answer.data) != 3 or crc_a(answer.data[:1]) != answer.data[1:]:
        raise GarbledError(f"the answer to a selection is damaged: {answer.data.hex()}")
    return bool(answer.data[0] & IS_INCOMPLETE)


async def _answered(asked: Awaitable[Answer | None]) -> Answer:
    answer = await asked
    if answer is None:
        raise GarbledError("the tag fell silent")
    return answer
