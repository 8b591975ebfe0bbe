"""LED or lamp: the same contract as a relay, under its own name.

Chip: none; a pin of the header or of a port expander. A pin of a Raspberry Pi gives 16 mA at most,
so an LED needs a series resistor (330 ohm at 3.3 V) and a lamp needs a transistor.
"""

from __future__ import annotations

from wampedge_drivers.gpio._load import OnOffLoad

__all__ = ["Led"]


class Led(OnOffLoad, title="LED or lamp on one pin"):
    """One on/off load. Channel ``state``; commands on, off, toggle, pulse."""
