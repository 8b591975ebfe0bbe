"""Frames and commands of the PN532, whatever wire it is on.

User manual UM0701-02: 6.2.1 (frames, acknowledge, error frame), 7.2.2 (GetFirmwareVersion), 7.2.10
(SAMConfiguration), 7.3.1 (RFConfiguration), 7.3.5 (InListPassiveTarget).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from wampedge.errors import BadReadingError, WrongChipError

__all__ = ["ACK", "BEGIN", "Exchange", "decode_frame", "encode_frame", "find_tag", "set_up"]

BEGIN = b"\x00\x00\xff"
ACK = BEGIN + b"\x00\xff\x00"
TO_CHIP, FROM_CHIP, ERROR_FRAME = 0xD4, 0xD5, 0x7F
GET_FIRMWARE = b"\x02"
NORMAL_MODE = b"\x14\x01"
LIMIT_TRIES = b"\x32\x05\xff\x01\x02"
"""RFConfiguration item 5: a tag is looked for three times, not for ever."""
LIST_ONE_TYPE_A = b"\x4a\x01\x00"
PN532 = 0x32
UID_AT = 6
UID_SIZES = (4, 7, 10)

Exchange = Callable[[bytes], Awaitable[bytes]]
"""Sends a command and returns what the chip answers, both without their frames."""


def encode_frame(command: bytes) -> bytes:
    """Return the frame that carries *command* to the chip."""
    content = bytes((TO_CHIP,)) + command
    size = len(content)
    return BEGIN + bytes((size, -size & 0xFF)) + content + bytes((-sum(content) & 0xFF, 0))


def decode_frame(received: bytes, command: bytes) -> bytes:
    """Return what the chip answers to *command*, from the frame *received* begins with.

    Raises:
        BadReadingError: it is damaged, or answers something else.
    """
    head, size = received[:5], received[3] if len(received) > 4 else 0
    if head[:3] != BEGIN or (head[3] + head[4]) & 0xFF or len(received) < size + 6:
        raise BadReadingError(f"no good frame: {received[:16].hex()}")
    content, checksum = received[5 : 5 + size], received[5 + size]
    if (sum(content) + checksum) & 0xFF:
        raise BadReadingError(f"the checksum of a frame is wrong: {content.hex()}")
    if content[:1] == bytes((ERROR_FRAME,)):
        raise BadReadingError(f"the chip does not understand command 0x{command[0]:02x}")
    if content[:2] != bytes((FROM_CHIP, command[0] + 1)):
        raise BadReadingError(f"{content[:8].hex()} is no answer to command 0x{command[0]:02x}")
    return content[2:]


async def set_up(exchange: Exchange) -> None:
    """Wake the chip and prepare it for tags; raises WrongChipError, DeviceError."""
    version = await exchange(GET_FIRMWARE)
    if version[:1] != bytes((PN532,)):
        raise WrongChipError(f"its firmware says {version.hex()}, that of a PN532 begins with 32")
    await exchange(NORMAL_MODE)
    await exchange(LIMIT_TRIES)


async def find_tag(exchange: Exchange) -> bytes | None:
    """Return the UID of a tag of type A in the field, or None; raises DeviceError."""
    found = await exchange(LIST_ONE_TYPE_A)
    if found[:1] == b"\x00":
        return None
    size = found[UID_AT - 1] if len(found) >= UID_AT else 0
    uid = found[UID_AT : UID_AT + size]
    if size not in UID_SIZES or len(uid) < size:
        raise BadReadingError(f"{found[:16].hex()} has no UID of 4, 7 or 10 bytes")
    return uid
