"""Relay, valve, pump, contactor: any on/off load behind one output pin.

Chip: none; a pin of the header or of a port expander. Boards with an optocoupler are often active
low: say so with ``active``, or the load switches on whenever the node is off.
"""

from __future__ import annotations

from wampedge_drivers.gpio._load import OnOffLoad

__all__ = ["Relay"]


class Relay(OnOffLoad, title="Relay or other on/off load on one pin"):
    """One on/off load. Channel ``state``; commands on, off, toggle, pulse."""
