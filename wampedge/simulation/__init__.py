"""Whole nodes on simulated parts: the same device file, in virtual time, without hardware.

``SimulatedSite`` is one node with a client beside it. Nothing is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wampedge.simulation.site import Heard, HeardEvent, SimulatedSite

__all__ = ["Heard", "HeardEvent", "SimulatedSite"]


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("wampedge.simulation.site"), name)
