"""NXP PN532 on a serial port (HSU): reader of tags.

From the user manual UM0701-02, 6.2.2 and 6.3: after power-on, and in power-down, the chip takes no
frame until a preamble of 0x55 woke it; then it acknowledges a frame and answers it by itself.
"""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.chips._pn532 import ACK, Firmware, payload_of
from wampedge_simulator.chips._tags import Tag, uids_of
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Pn532Uart"]

_START, _ACK_CODE = b"\x00\xff", b"\x00\xff"
_MOST = 512


class Pn532Uart(Part):
    """The chip; to ``set`` its ``tag`` puts tags there, None takes them away."""

    fault_kinds: ClassVar = {
        "bad_checksum": "the checksum of an answer is wrong",
        "silent": "a command is not answered",
        "brown_out": "the supply drops for a moment: the chip sleeps and has its defaults",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
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
        """Sleep."""
        self.firmware.power_up()
        self._is_awake = False
        self._received = b""
        self._due: list[tuple[float, bytes]] = []

    def receive(self, sent: bytes) -> bytes:
        """Take bytes from the node; return the acknowledge of a frame that is whole."""
        self._is_awake |= b"\x55" in sent
        if not self._is_awake:
            return b""
        self._received = (self._received + sent)[-_MOST:]
        said = b""
        while (begin := self._received.find(_START)) >= 0:
            frame = self._received[begin:]
            size = 4 if frame[2:4] == _ACK_CODE else frame[2] + 5 if len(frame) > 2 else _MOST
            if len(frame) < max(size, 4):
                break
            self._received = frame[size:]
            said += self._obey(frame[:size])
        return said

    def due_at(self) -> float | None:
        """Return when the answer is ready, monotonic seconds."""
        return self._due[0][0] if self._due else None

    def speak(self) -> bytes:
        """Give the answer."""
        return self._due.pop(0)[1]

    def _obey(self, frame: bytes) -> bytes:
        self._due.clear()
        content = payload_of(frame)
        if content is None:  # damaged, or the acknowledge of the host, which ends what goes on
            return b""
        answer = self.firmware.answer(content)
        if answer is None or self.faults.take("silent"):
            return ACK
        seconds, told = answer
        if self.faults.take("bad_checksum"):
            told = told[:-2] + bytes((told[-2] ^ 0x01, 0))
        self._due.append((self.bench.after(seconds), told))
        return ACK


PART = Pn532Uart
