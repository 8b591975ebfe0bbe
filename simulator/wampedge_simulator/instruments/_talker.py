"""What instruments have in common that say the same kind of text again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["TALKER_FAULTS", "Talker"]

PERIOD_S = 1.0
TALKER_FAULTS = {
    "silent": "nothing is said",
    "bad_crc": "a checksum is wrong",
    "garbage": "noise comes before what is said",
    "half_frame": "it breaks off in its middle",
    "stuck": "the same values are said again",
}
_NOISE = b"\xff\x00$/!U\r\n"


class Talker(Part):
    """Says what ``text`` makes each second; listens to nothing."""

    fault_kinds: ClassVar[Mapping[str, str]] = TALKER_FAULTS
    steps: ClassVar[Mapping[str, float]] = {}
    """How finely it tells what it senses."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._next_at = bench.clock.monotonic() + PERIOD_S

    def step(self, channel: str) -> float:
        """Return how finely it tells *channel*."""
        return self.steps[channel]

    def text(self, values: Mapping[str, float], *, is_damaged: bool) -> bytes:
        """Return what is said of *values*; with a wrong checksum where *is_damaged*."""
        raise NotImplementedError

    def receive(self, sent: bytes) -> bytes:
        """Take no notice."""
        return b""

    def due_at(self) -> float:
        """Return when it speaks next, monotonic seconds."""
        return self._next_at

    def speak(self) -> bytes:
        """Say the next text; those that were due long ago are left out."""
        now = self.bench.clock.monotonic()
        self._next_at += PERIOD_S * max(1.0, (now - self._next_at) // PERIOD_S + 1)
        if self.faults.take("silent"):
            return b""
        said = self.text(self.sample(), is_damaged=self.faults.take("bad_crc"))
        if self.faults.take("half_frame"):
            said = said[: len(said) // 2]
        return (_NOISE if self.faults.take("garbage") else b"") + said
