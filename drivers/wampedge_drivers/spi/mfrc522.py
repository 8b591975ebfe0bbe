"""NXP MFRC522: reader of tags and cards at 13.56 MHz (ISO/IEC 14443 type A: MIFARE, NTAG).

Chip: MFRC522, and clones of it, SPI mode 0, up to 10 MHz.
Datasheet: 112139 rev. 3.9: 8.1.2 (SPI), 8.3.3 and 9.3 (registers), 8.5 (timer), 10.3 (commands),
8.6.2 and 9.3.4.8 (soft reset and version).

The UID of a tag is no proof of who it is: tags with any UID are sold.

SPI knows no acknowledge. The version and the antenna drivers are read before each look, so MISO
that nobody drives, or a chip that was reset, is told from a field without tags.
"""

from __future__ import annotations

from collections.abc import Mapping

from wampedge.devices.driver import output_pin, param
from wampedge.devices.fields import Choice
from wampedge.errors import BadReadingError, WrongChipError
from wampedge_drivers.spi._iso14443 import (
    HALT,
    WAKE_UP,
    WAKE_UP_BITS,
    Answer,
    GarbledError,
    select_one,
)
from wampedge_drivers.spi._tag_reader import TAG_DETAILS, TAG_EVENTS, TagReader

__all__ = ["MFRC522"]

REG_COMMAND, REG_COM_IRQ, REG_ERROR = 0x01, 0x04, 0x06
REG_FIFO, REG_FIFO_LEVEL, REG_BIT_FRAMING, REG_COLLISION = 0x09, 0x0A, 0x0D, 0x0E
REG_MODE, REG_TX_CONTROL, REG_TX_ASK = 0x11, 0x14, 0x15
REG_RF_CONFIG, REG_TIMER_MODE, REG_TIMER_PRESCALER = 0x26, 0x2A, 0x2B
REG_TIMER_HIGH, REG_TIMER_LOW = 0x2C, 0x2D
REG_VERSION = 0x37
IDLE, TRANSCEIVE, SOFT_RESET = 0x00, 0x0C, 0x0F
POWER_DOWN = 0x10
ALL_INTERRUPTS, RECEIVED, TIMED_OUT = 0x7F, 0x20, 0x01
FLUSH, START_SEND = 0x80, 0x80
COLLISION, OVERFLOW, PARITY, PROTOCOL = 0x08, 0x10, 0x02, 0x01
FAULT = 0x02
NO_PLACE, PLACE = 0x20, 0x1F
ANTENNA_ON = 0x03
FULL_ASK = 0x40
SETTINGS = (
    (REG_TIMER_MODE, 0x80),  # the timer starts when a frame was sent
    (REG_TIMER_PRESCALER, 0xA9),  # one step is 25 us
    (REG_TIMER_HIGH, 0),
    (REG_TIMER_LOW, 80),  # 2 ms: a tag answers within 0.1 ms
    (REG_TX_ASK, FULL_ASK),
    (REG_MODE, 0x3D),
    (REG_COLLISION, 0x00),  # bits after a collision are 0
)
GAINS = {"18dB": 0, "23dB": 1, "33dB": 4, "38dB": 5, "43dB": 6, "48dB": 7}
ORIGINAL = 0x90
CLONES = frozenset({0x12, 0x82, 0x88, 0xB2})
"""Versions of chips that are sold as MFRC522 and do all that is needed here."""
WAKE_S, FIELD_S = 0.05, 0.005
LOOK_S, LOOKS = 0.0005, 20
TRIES = 3
"""A tag whose answer was lost takes the second wake-up for a mistake, and hears the third."""


class MFRC522(
    TagReader,
    bus="spi",
    spi_speed_hz=4_000_000,
    title="NXP MFRC522 RFID reader",
    default_every_s=0.25,
    events=TAG_EVENTS,
    event_details=TAG_DETAILS,
    is_output=False,
):
    """Looks for a tag at each sampling; of several it tells one, always the same."""

    reset = output_pin(is_required=False, doc="RST; held high. None: tied to 3.3 V")
    gain: str = param(Choice(tuple(GAINS)), "33dB", doc="of the receiver")

    _garbled = 0

    def initial_level(self, pin: str) -> bool:
        """Return high: the chip runs."""
        return True

    def active_level(self, pin: str) -> bool | None:
        """Return None: RST moves nothing."""
        return None

    def counters(self) -> Mapping[str, int]:
        """Return how many answers of tags were damaged."""
        return {"garbled": self._garbled}

    async def setup(self) -> None:
        """Reset the chip and switch the field on; raises WrongChipError."""
        await self._set(REG_COMMAND, SOFT_RESET)
        await self.sleep(WAKE_S)
        version = await self._get(REG_VERSION)
        if version & 0xF0 != ORIGINAL and version not in CLONES:
            text = f"version 0x{version:02x}, an MFRC522 says 0x91 or 0x92"
            raise WrongChipError(f"{text} (0x00 or 0xff: nobody drives MISO)")
        if await self._get(REG_COMMAND) & POWER_DOWN:
            raise WrongChipError("it does not wake up after a reset")
        for register, value in SETTINGS:
            await self._set(register, value)
        await self._set(REG_RF_CONFIG, GAINS[self.gain] << 4 | 0x08)
        await self._set(REG_TX_CONTROL, 0x80 | ANTENNA_ON)
        await self.sleep(FIELD_S)

    async def find(self) -> bytes | None:
        """Return the UID of a tag in the field; raises BadReadingError when the chip was reset."""
        await self._check()
        for _ in range(TRIES):
            try:
                if await self._exchange(WAKE_UP, bits=WAKE_UP_BITS, is_whole=False) is None:
                    continue
                uid = await select_one(self._exchange)
                await self._exchange(HALT)
            except GarbledError:
                self._garbled += 1
            else:
                return uid
        return None

    async def safe(self) -> None:
        """Switch the field off."""
        await self._set(REG_TX_CONTROL, 0x80)

    async def _check(self) -> None:
        asked = bytes((*(0x80 | r << 1 for r in (REG_VERSION, REG_TX_CONTROL, REG_TX_ASK)), 0))
        version, control, ask = (await self.bus.transfer(asked))[1:]
        if version == 0xFF or control & ANTENNA_ON != ANTENNA_ON or not ask & FULL_ASK:
            text = f"version 0x{version:02x}, TxControl 0x{control:02x}"
            raise BadReadingError(f"{text}: the chip was reset, or nobody drives MISO")

    async def _exchange(
        self, frame: bytes, *, bits: int = 0, is_whole: bool = True
    ) -> Answer | None:
        """Send *frame* and return the answer; see ``Exchange``.

        *is_whole* is False for a wake-up: what several tags answer to it may be anything, and
        begins at the first bit although not all bits of the last byte were sent.
        """
        await self._set(REG_COMMAND, IDLE)
        await self._set(REG_COM_IRQ, ALL_INTERRUPTS)
        await self._set(REG_FIFO_LEVEL, FLUSH)
        await self._set(REG_FIFO, *frame)
        align = bits if is_whole else 0
        await self._set(REG_BIT_FRAMING, align << 4 | bits)
        await self._set(REG_COMMAND, TRANSCEIVE)
        await self._set(REG_BIT_FRAMING, START_SEND | align << 4 | bits)
        if not await self._is_answered():
            return None
        error = await self._get(REG_ERROR)
        # Parity bits of tags that disagree collide as well.
        damages = OVERFLOW | PROTOCOL | (0 if error & COLLISION else PARITY)
        if error & damages and is_whole:
            raise GarbledError(f"ErrorReg is 0x{error:02x}")
        level = await self._get(REG_FIFO_LEVEL) & 0x7F
        heard = await self.bus.transfer(bytes((0x80 | REG_FIFO << 1,)) * level + b"\x00")
        is_collision = is_whole and error & COLLISION
        return Answer(heard[1:], await self._collision() if is_collision else None)

    async def _is_answered(self) -> bool:
        """Wait until a frame has come; return False when none does."""
        interrupts = 0
        for _ in range(LOOKS):
            await self.sleep(LOOK_S)
            interrupts = await self._get(REG_COM_IRQ)
            if interrupts & RECEIVED:
                return True
            if interrupts & TIMED_OUT:
                return False
        if interrupts & FAULT:
            raise GarbledError("a frame has no end")
        raise BadReadingError("its timer does not run: the chip was reset, or is gone")

    async def _collision(self) -> int | None:
        """Return the place of the first bit tags disagree about; raises GarbledError."""
        place = await self._get(REG_COLLISION)
        if place & NO_PLACE:
            raise GarbledError("tags disagree at an unknown place")
        return place & PLACE or 32

    async def _get(self, register: int) -> int:
        answer: bytes = await self.bus.read_register(0x80 | register << 1, 1)
        return answer[0]

    async def _set(self, register: int, *values: int) -> None:
        await self.bus.write(bytes((register << 1, *values)))
