"""What is wrong with the wires: found while the board runs, told once, kept for who asks.

A real board with such a mistake works on some days, or not for long. So the simulator says it, and
goes on.
"""

from __future__ import annotations

import logging
from typing import Final

from wampedge.records import Record

__all__ = ["MAX_FINDINGS", "PinNote", "WiringFinding", "WiringFindings"]

log = logging.getLogger(__name__)

MAX_FINDINGS: Final = 100
"""Kept of one board; further ones are as good as told."""


class WiringFinding(Record):
    """One mistake of the wiring.

    Attributes:
        kind: ``conflict``, ``two_outputs``, ``floating``, ``no_pull`` or ``overvoltage``.
        place: the net or bus, such as ``GPIO17``.
        text: what is wrong; names the place and the devices.
        fix: what to do about it.
    """

    kind: str
    place: str
    text: str
    fix: str


class PinNote(Record):
    """What a world file says of the pins of one device, or of an I2C bus.

    Attributes:
        pull: the resistor outside of the board, in place of the one its module has: ``up``,
            ``down`` or ``none``; None: as the module has it.
        volts: how high its outputs go where they meet the board; None: no higher than 3.3 V.
        is_direct: its outputs have no divider and no level shifter: they go as high as the part
            says.
        adapter: of a bus: the kernel driver of its adapter, one of ``ADAPTERS``; None: bcm2835.
    """

    pull: str | None = None
    volts: float | None = None
    is_direct: bool = False
    adapter: str | None = None


class WiringFindings:
    """Collects the findings of one board; called with the lock of the board held.

    Attributes:
        is_dark: the board has no power, so lines that float or fight harm nobody: nothing is noted.
    """

    def __init__(self) -> None:
        self.is_dark = False
        self._found: dict[tuple[str, str], WiringFinding] = {}

    def note(self, kind: str, place: str, text: str, fix: str) -> None:
        """Keep and log a finding, the first time at its place."""
        if self.is_dark:
            return
        if (kind, place) not in self._found and len(self._found) < MAX_FINDINGS:
            self._found[kind, place] = WiringFinding(kind, place, text, fix)
            log.warning("%s", text)

    def all(self) -> tuple[WiringFinding, ...]:
        """Return every finding, the oldest first."""
        return tuple(self._found.values())
