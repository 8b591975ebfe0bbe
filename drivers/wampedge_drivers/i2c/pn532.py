"""NXP PN532: reader of tags and cards at 13.56 MHz (ISO/IEC 14443 type A: MIFARE, NTAG).

Chip: PN532, I2C address 0x24, up to 400 kHz; the switches of a module say that it is on I2C. It
holds the clock line while it wakes up: where a Raspberry Pi trips over that, use a bus of 50 kHz or
``i2c-gpio``.
User manual: UM0701-02: 6.2.4 (I2C: each read begins with a byte that says whether there is
something), 6.2.1 (frames), 7.2.10 and 7.3.5 (commands).

The UID of a tag is no proof of who it is: tags with any UID are sold.
"""

from __future__ import annotations

from wampedge.errors import BadReadingError, BusError
from wampedge_drivers.i2c._pn532 import ACK, decode_frame, encode_frame, find_tag, set_up
from wampedge_drivers.spi._tag_reader import TAG_DETAILS, TAG_EVENTS, TagReader

__all__ = ["PN532"]

READY = 0x01
LONGEST_ANSWER = 64
"""A tag with a UID of 10 bytes and its answer to select fit."""
WAKE_S, LOOK_S, ACK_S, ANSWER_S = 0.005, 0.002, 0.03, 0.5


class PN532(
    TagReader,
    bus="i2c",
    addresses=(0x24,),
    title="NXP PN532 RFID and NFC reader",
    default_every_s=0.25,
    events=TAG_EVENTS,
    event_details=TAG_DETAILS,
):
    """Looks for a tag at each sampling; of several it tells one."""

    async def setup(self) -> None:
        """Wake the chip, ending what it may be doing; raises WrongChipError, BusError."""
        try:
            await self.bus.send(ACK)
        except BusError:  # asleep: it wakes at its address and does not answer yet
            await self.sleep(WAKE_S)
            await self.bus.send(ACK)
        await self.sleep(WAKE_S)
        await set_up(self._exchange)

    async def find(self) -> bytes | None:
        """Return the UID of a tag in the field; raises BadReadingError."""
        return await find_tag(self._exchange)

    async def _exchange(self, command: bytes) -> bytes:
        await self.bus.send(encode_frame(command))
        answer = await self._receive(len(ACK), ACK_S)
        if answer != ACK:
            raise BadReadingError(f"{answer.hex()} in place of an acknowledge")
        return decode_frame(await self._receive(LONGEST_ANSWER, ANSWER_S), command)

    async def _receive(self, count: int, longest_s: float) -> bytes:
        """Wait until there is something and read it; raises BadReadingError."""
        for _ in range(round(longest_s / LOOK_S)):
            await self.sleep(LOOK_S)
            # What floats reads 0xff: it is no word of a chip that is there.
            if (await self.bus.receive(1))[0] == READY:
                answer: bytes = await self.bus.receive(1 + count)
                return answer[1:]
        raise BadReadingError(f"nothing came within {longest_s:g} s: the chip was reset, or hangs")
