"""Checksums of chips and serial parts, by the name a register map uses for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, reduce

from wampedge.records import Record

__all__ = [
    "CHECKSUMS",
    "Checksum",
    "crc8",
    "crc8_maxim",
    "crc16_arc",
    "crc16_modbus",
    "sum8",
    "xor8",
]


class Checksum(Record):
    """How a part protects its bytes.

    Attributes:
        compute: gives the checksum of the bytes it protects.
        size: how many bytes it takes on the wire.
        order: byte order on the wire, ``big`` or ``little``.
    """

    compute: Callable[[bytes], int]
    size: int = 1
    order: str = "big"

    def to_wire(self, payload: bytes) -> bytes:
        """Return the bytes that protect *payload*."""
        return self.compute(payload).to_bytes(self.size, "big" if self.order == "big" else "little")

    def matches(self, payload: bytes, received: bytes) -> bool:
        """Say whether *received* is the checksum of *payload*."""
        return self.to_wire(payload) == received


def crc8(payload: bytes, polynomial: int, initial: int = 0) -> int:
    """Return the 8-bit CRC of *payload*, most significant bit first."""
    table, crc = _table(polynomial), initial
    for byte in payload:
        crc = table[crc ^ byte]
    return crc


def crc8_maxim(payload: bytes) -> int:
    """Return the CRC of Maxim's 1-Wire parts: polynomial 0x31 reflected."""
    table, crc = _reflected_table(0x8C), 0
    for byte in payload:
        crc = table[crc ^ byte]
    return crc


def crc16_modbus(payload: bytes) -> int:
    """Return the CRC of Modbus RTU: polynomial 0x8005 reflected, initial value 0xFFFF."""
    table, crc = _reflected_table(0xA001), 0xFFFF
    for byte in payload:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def crc16_arc(payload: bytes) -> int:
    """Return the CRC of smart meter telegrams: that of Modbus with the initial value 0."""
    table, crc = _reflected_table(0xA001), 0
    for byte in payload:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def sum8(payload: bytes) -> int:
    """Return the sum of all bytes, modulo 256."""
    return sum(payload) & 0xFF


def xor8(payload: bytes) -> int:
    """Return all bytes combined by exclusive or."""
    return reduce(int.__xor__, payload, 0)


@cache
def _table(polynomial: int) -> bytes:
    return bytes(_shifted(byte, polynomial) for byte in range(256))


def _shifted(crc: int, polynomial: int) -> int:
    for _ in range(8):
        crc = (crc << 1 ^ polynomial if crc & 0x80 else crc << 1) & 0xFF
    return crc


@cache
def _reflected_table(polynomial: int) -> tuple[int, ...]:
    return tuple(_shifted_right(byte, polynomial) for byte in range(256))


def _shifted_right(crc: int, polynomial: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ polynomial if crc & 1 else crc >> 1
    return crc


CHECKSUMS: Mapping[str, Checksum] = {
    "sensirion": Checksum(lambda payload: crc8(payload, 0x31, 0xFF)),
    "htu": Checksum(lambda payload: crc8(payload, 0x31)),
    "pec": Checksum(lambda payload: crc8(payload, 0x07)),
    "maxim": Checksum(crc8_maxim),
    "modbus": Checksum(crc16_modbus, size=2, order="little"),
    "sum": Checksum(sum8),
    "xor": Checksum(xor8),
}
"""Sensirion (0x31, initial 0xFF), HTU21D and kin (0x31, initial 0), SMBus PEC (0x07), Maxim 1-Wire
(0x8C reflected), Modbus RTU (low byte first), plain sum and exclusive or."""
