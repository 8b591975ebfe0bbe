"""An instrument that hands back every line it gets: the other end of ``serial``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Repeater"]

_LONGEST = 4096


class Repeater(Part):
    """Answers a line with ``OK`` and what it was."""

    fault_kinds: ClassVar[Mapping[str, str]] = {"silent": "a line is not answered"}

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._end = str(wired.params.get("eol", "\n")).encode()
        self._received = b""

    def receive(self, sent: bytes) -> bytes:
        """Take bytes from the node; returns an answer to each line in them."""
        *lines, rest = (self._received + sent).split(self._end)
        self._received = rest[-_LONGEST:]
        return b"".join(
            b"OK " + line + self._end for line in lines if not self.faults.take("silent")
        )

    def due_at(self) -> None:
        """Say that it speaks only when it is spoken to."""
        return

    def speak(self) -> bytes:
        """Return nothing."""
        return b""


PART = Repeater
