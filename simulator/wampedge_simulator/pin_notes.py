"""What a world file says of pins and buses, put on the nets of the board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.i2c.profile import ADAPTERS
from wampedge_simulator.nets import HEADER
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.wiring import PinNote

__all__ = ["HIGHEST_V", "apply_notes"]

HIGHEST_V: Final = 3.6
"""What a pin of the header stands: 3.3 V and the tolerance of a supply."""
_PULLS: Final = {"up": True, "down": False, "none": None}
_BUSES_WITH_PULL_UPS: Final = ("/dev/i2c-1",)
"""The pins of this bus have 1.8 kohm to 3.3 V on every Raspberry Pi."""


def apply_notes(
    notes: Mapping[str, PinNote],
    parts: Mapping[str, Part],
    buses: Mapping[str, SimulatedI2cBus],
    bench: Bench,
) -> None:
    """Take resistors away or add them, and note what harms the board.

    Args:
        notes: what is said, by name of the device or bus.
        parts: the parts of the board.
        buses: its I2C buses, by name.
        bench: what the parts share.
    """
    for name, note in notes.items():
        if name in buses:
            _check_bus(name, buses[name], note, bench)
        elif name in parts:
            _set_pulls(parts[name], note)
            _check_volts(parts[name], note)


def _set_pulls(part: Part, note: PinNote) -> None:
    if note.pull is not None:
        for role in part.wired.pins:
            part.net(role).pull(part.name, _PULLS[note.pull])


def _check_volts(part: Part, note: PinNote) -> None:
    """Note outputs that are too high for the pins of the header."""
    given = dict(part.output_volts) if note.is_direct else {}
    if note.volts is not None:
        given = dict.fromkeys(part.wired.pins, note.volts)
    for role, volts in given.items():
        bank, _ = part.wired.pins[role]
        if bank == HEADER and volts > HIGHEST_V:
            place = part.net(role).name
            text = f"{role} of {part.name} gives {volts:g} V to {place}, which stands 3.3 V"
            fix = "put a divider or a level shifter between them"
            part.bench.nets.findings.note("overvoltage", place, text, fix)


def _check_bus(name: str, bus: SimulatedI2cBus, note: PinNote, bench: Bench) -> None:
    if note.adapter is not None:
        bus.profile = ADAPTERS[note.adapter]
    if note.pull == "none" and bus.path not in _BUSES_WITH_PULL_UPS:
        bus.has_pull_ups = False
        text = f"the I2C bus {name} ({bus.path}) has no pull-ups: its lines never get high"
        fix = "connect 4.7 kohm from SDA and from SCL to 3.3 V"
        bench.nets.findings.note("no_pull", name, text, fix)
