"""Every filter of the device file by name; schema, checks, reference and runtime look here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from wampedge.devices.filters import (
    arithmetic,
    calibration,
    thermometers,
    timing,
    validity,
    windows,
)
from wampedge.devices.filters.base import FilterKind

__all__ = ["FILTERS"]

_MODULES: Final = (arithmetic, calibration, windows, timing, validity, thermometers)

FILTERS: Final[Mapping[str, FilterKind]] = {
    kind.name: kind for module in _MODULES for kind in module.KINDS
}
"""All filters, by their key."""
