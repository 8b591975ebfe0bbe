"""Refuses two devices in one place: one chip-select line, one part of a 1-Wire bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.device_check import DeviceDraft
from wampedge.config.problems import Findings

__all__ = ["check_places"]

_KEYS: Final = {"spi": "chip_select", "onewire": "id"}
"""Kind of bus to the key that says where on it a device is, where two cannot be in one place."""


def check_places(drafts: Mapping[str, DeviceDraft], findings: Findings) -> None:
    """Refuse two devices that say the same place on one bus."""
    first: dict[tuple[str, Any], DeviceDraft] = {}
    for draft in drafts.values():
        key = _KEYS.get(draft.spec.bus or "") if draft.spec is not None else None
        bus = draft.values.get("bus")
        if key is None or key not in draft.values or not isinstance(bus, str):
            continue
        other = first.setdefault((bus, draft.values[key]), draft)
        if other is not draft:
            place = f"{key} {draft.values[key]} on {bus}"
            findings.add_text(
                (*draft.path, key),
                f"{place} is used twice: by {other.name} and {draft.name}",
                "a part serves one device",
                code="place-taken",
                related=[((*other.path, key), "first used here")],
            )
