"""NXP PN532 on I2C: reader of tags.

From the user manual UM0701-02, 6.2.4: every read begins with a status byte, bit 0 of which says
that a frame is ready; a frame that was read is gone, unless NACK asks for it again; ACK from the
host ends what is under way. What comes while nothing is ready is 0x00 and not acknowledged further.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips._pn532 import ACK, NACK, SHORT_S, Firmware, payload_of
from wampedge_simulator.chips._tags import Tag, uids_of
from wampedge_simulator.faults import I2C_FAULTS
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Pn532"]

_ACK_S = 0.001


class Pn532(Part):
    """The chip; to ``set`` its ``tag`` puts tags there, None takes them away."""

    fault_kinds: ClassVar = {
        **{kind: text for kind, text in I2C_FAULTS.items() if kind != "stuck"},
        "bad_checksum": "the checksum of an answer is wrong",
        "silent": "a command is taken, and never answered",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self.stretch_s = 0.0
        self.target = self
        self.firmware = Firmware()
        self.power_up()

    @property
    def shown(self) -> list[str]:
        """The UIDs of the tags that lie there."""
        return [tag.uid.hex().upper() for tag in self.firmware.tags]

    def set(self, channel: str, value: object) -> None:
        """Put tags into the field: a UID, several, or None; raises InvalidValueError."""
        if channel != "tag":
            self._check(channel)
        self.firmware.tags = [Tag(uid) for uid in uids_of(value, self.name)]

    def release(self, channel: str) -> None:
        """Take the tags away; raises InvalidValueError."""
        self.set(channel, None)

    def power_up(self) -> None:
        """Forget every frame."""
        self.firmware.power_up()
        self._due: list[tuple[float, bytes]] = []
        self._last = b""
        self._written = bytearray()
        self._reading: bytes | None = None
        self._place = 0

    def start(self, is_read: bool) -> bool:
        """Begin to take a frame, or to give the status and what is ready."""
        self._written.clear()
        self._place = 0
        is_ready = bool(self._due) and self._due[0][0] <= self.bench.now() + 1e-9
        self._reading = self._due[0][1] if is_read and is_ready else None
        return True

    def write(self, byte: int) -> bool:
        """Take a byte of a frame."""
        self._written.append(byte)
        return len(self._written) <= 265

    def read(self) -> int:
        """Give the status, then the frame, then zeros."""
        place, self._place = self._place, self._place + 1
        if self._reading is None:
            return 0x00
        return (b"\x01" + self._reading)[place] if place <= len(self._reading) else 0x00

    def stop(self) -> None:
        """Obey the frame that was written; forget the one that was read."""
        if self._reading is not None and self._place > 1:
            self._last = self._due.pop(0)[1]
        self._reading = None
        written = bytes(self._written)
        self._written.clear()
        if written:
            self._obey(written)

    def _obey(self, frame: bytes) -> None:
        if frame == NACK:
            self._due.insert(0, (self.bench.now(), self._last))
            return
        self._due.clear()
        content = payload_of(frame)
        if frame == ACK or content is None:
            return
        self._due.append((self.bench.after(_ACK_S), ACK))
        answer = self.firmware.answer(content)
        if answer is not None and not self.faults.take("silent"):
            seconds, told = answer
            if self.faults.take("bad_checksum"):
                told = told[:-2] + bytes((told[-2] ^ 0x01, 0))
            self._due.append((self.bench.after(max(seconds, SHORT_S)), told))


PART = Pn532
