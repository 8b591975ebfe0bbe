"""Whole nodes on simulated parts: the same device file, in virtual time, without hardware.

``SimulatedSite`` is one node with a client beside it. Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.lazy_names import lazy_names

if TYPE_CHECKING:
    from wampedge.simulation.site import Heard, HeardEvent, SimulatedSite

__all__ = ["Heard", "HeardEvent", "SimulatedSite"]

__getattr__ = lazy_names(
    __name__,
    {
        "Heard": "site",
        "HeardEvent": "site",
        "SimulatedSite": "site",
    },
)
