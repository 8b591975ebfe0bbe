"""Modbus TCP: the header before each request and answer.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3 (MBAP header).
"""

from __future__ import annotations

import struct
from typing import Final

from wampedge.devices.modbus.pdu import MAX_PDU
from wampedge.errors import BusError

__all__ = ["MbapFrames", "mbap_frame"]

_HEADER: Final = struct.Struct(">HHHB")


def mbap_frame(transaction: int, unit_id: int, pdu: bytes) -> bytes:
    """Return *pdu* as it goes over the connection."""
    return _HEADER.pack(transaction, 0, len(pdu) + 1, unit_id) + pdu


class MbapFrames:
    """Cuts what arrives on a connection into frames; holds at most one and its rest."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """Take the next bytes; return (transaction, unit, PDU) of the frames they complete.

        Raises:
            BusError: this is no Modbus; the connection is of no use any more.
        """
        self._received += data
        frames = []
        while len(self._received) >= _HEADER.size:
            transaction, protocol, length, unit_id = _HEADER.unpack_from(self._received)
            if protocol != 0 or not 2 <= length <= MAX_PDU + 1:
                raise BusError("what answers does not speak Modbus TCP")
            end = _HEADER.size - 1 + length
            if len(self._received) < end:
                break
            frames.append((transaction, unit_id, bytes(self._received[_HEADER.size : end])))
            del self._received[:end]
        return frames
