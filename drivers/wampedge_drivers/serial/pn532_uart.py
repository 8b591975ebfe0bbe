"""NXP PN532 on a serial port: reader of tags and cards at 13.56 MHz (ISO/IEC 14443 type A).

Chip: PN532 with its switches at HSU, 115200 baud 8N1: say ``baud = 115200`` at the bus.
User manual: UM0701-02: 6.2.2 and 6.3 (high speed UART, and the long preamble that wakes the chip),
6.2.1 (frames), 7.2.10 and 7.3.5 (commands).

The UID of a tag is no proof of who it is: tags with any UID are sold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.devices.driver import DriverContext
from wampedge.errors import BadReadingError, BusTimeoutError
from wampedge_drivers.i2c._pn532 import (
    ACK,
    BEGIN,
    decode_frame,
    encode_frame,
    find_tag,
    set_up,
)
from wampedge_drivers.spi._tag_reader import TAG_DETAILS, TAG_EVENTS, TagReader

if TYPE_CHECKING:
    import asyncio

__all__ = ["PN532Uart"]

WAKE = b"\x55\x55" + bytes(14)
ANSWER_S = 0.6
MOST = 512
"""Bytes that are kept while an answer is looked for."""


class PN532Uart(
    TagReader,
    bus="serial",
    title="NXP PN532 RFID and NFC reader on a serial port",
    default_every_s=0.25,
    events=TAG_EVENTS,
    event_details=TAG_DETAILS,
):
    """Looks for a tag at each sampling; of several it tells one."""

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        self._received = bytearray()
        self._command = b""
        self._answer: asyncio.Future[bytes] | None = None

    async def setup(self) -> None:
        """Wake the chip, ending what it may be doing; raises WrongChipError, BusError."""
        self.bus.listen(self._on_bytes, self._on_lost)
        await self.bus.write(WAKE + ACK)
        await set_up(self._exchange)

    async def find(self) -> bytes | None:
        """Return the UID of a tag in the field; raises BadReadingError, BusError."""
        return await find_tag(self._exchange)

    async def _exchange(self, command: bytes) -> bytes:
        import asyncio  # noqa: PLC0415 # checking a device file imports drivers, but not asyncio

        self._received.clear()
        self._command = command
        self._answer = asyncio.get_running_loop().create_future()
        limit = asyncio.timeout(ANSWER_S)
        try:
            async with limit:
                await self.bus.write(encode_frame(command))
                return await self._answer
        except TimeoutError as error:
            if not limit.expired():
                raise
            said = f"{bytes(self._received[:16]).hex()} came" if self._received else "nothing came"
            text = f"{said} within {ANSWER_S:g} s: the chip was reset, or the speed is wrong"
            raise BusTimeoutError(text) from error
        finally:
            self._answer = None

    def _on_bytes(self, data: bytes) -> None:
        self._received = (self._received + data)[-MOST:]
        if self._answer is None or self._answer.done():
            return
        _, acknowledge, rest = bytes(self._received).partition(ACK)
        begin = rest.find(BEGIN)
        frame = rest[begin:] if acknowledge and begin >= 0 else b""
        if len(frame) > 4 and len(frame) >= frame[3] + 6:
            try:
                self._answer.set_result(decode_frame(frame, self._command))
            except BadReadingError as error:
                self._answer.set_exception(error)

    def _on_lost(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
