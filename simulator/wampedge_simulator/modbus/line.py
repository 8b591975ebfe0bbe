"""The far end of a Modbus bus: finds requests in what arrives and lets the right unit answer."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock

from wampedge_simulator.modbus.unit import ModbusUnitPart

__all__ = ["ModbusLine", "ModbusNetwork"]

_LONGEST_FRAME = 256
_LAST_UNIT = 247
_NOISE = bytes.fromhex("00ff5500")


class ModbusNetwork:
    """The units that share one bus.

    Args:
        units: what is connected.
        lock: the lock of the bench.
    """

    def __init__(self, units: Sequence[ModbusUnitPart], lock: RLock) -> None:
        self._units = tuple(units)
        self._lock = lock

    def asked(self, unit_id: int, pdu: bytes) -> ModbusUnitPart | None:
        """Return who answers a request: the unit, one that has such a register before others."""
        named = [u for u in self._units if unit_id == u.unit_id or unit_id > _LAST_UNIT]
        return next((unit for unit in named if unit.knows(pdu)), named[0] if named else None)

    def answer(self, unit: ModbusUnitPart, pdu: bytes) -> bytes | None:
        """Return the answer of a unit; None where it stays silent."""
        with self._lock:
            return None if unit.faults.take("silent") else unit.answer(pdu)


class ModbusLine:
    """A serial line with units; implements ``Instrument`` for a pty.

    Args:
        network: the units.
    """

    def __init__(self, network: ModbusNetwork) -> None:
        self._network = network
        self._received = b""

    def receive(self, sent: bytes) -> bytes:
        """Take bytes from the node; returns what units answer."""
        self._received = (self._received + sent)[-_LONGEST_FRAME:]
        for start in range(max(0, len(self._received) - 3)):
            frame = self._received[start:]
            if len(frame) >= 4 and _crc(frame[:-2]) == frame[-2:]:
                self._received = b""
                return self._answer(frame)
        return b""

    def due_at(self) -> None:
        """Say that units speak only when they are spoken to."""
        return

    def speak(self) -> bytes:
        """Return nothing."""
        return b""

    def _answer(self, frame: bytes) -> bytes:
        unit = self._network.asked(frame[0], frame[1:-2])
        if unit is None:
            return b""
        echo = frame if unit.faults.take("echo") else b""
        pdu = self._network.answer(unit, frame[1:-2])
        if pdu is None:
            return echo
        answer = frame[:1] + pdu
        crc = _crc(answer)
        if unit.faults.take("bad_crc"):
            crc = bytes((crc[0] ^ 0x01, crc[1]))
        answer += crc
        if unit.faults.take("half_frame"):
            answer = answer[: len(answer) // 2]
        return echo + (_NOISE if unit.faults.take("garbage") else b"") + answer


def _crc(payload: bytes) -> bytes:
    """Return the checksum of a frame, computed bit by bit as the specification draws it."""
    crc = 0xFFFF
    for byte in payload:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")
