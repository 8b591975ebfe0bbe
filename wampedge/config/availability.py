"""Keys of a device that say whether it is used, and how old its readings may get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wampedge.config.layout import KeyPath
from wampedge.config.problems import Findings
from wampedge.devices.driver import Driver, DriverSpec
from wampedge.devices.fields import Boolean, Duration, Field
from wampedge.devices.units import duration_text

__all__ = [
    "availability_fields",
    "availability_of",
    "check_stale_after",
    "has_fixed_channels",
    "may_have_channels",
]


def has_fixed_channels(spec: DriverSpec) -> bool:
    """Say whether the channels are the same whatever the parameters."""
    return spec.driver_class.channels_for.__func__ is Driver.channels_for.__func__  # type: ignore[attr-defined] # class methods have it


def may_have_channels(spec: DriverSpec) -> bool:
    """Say whether a device can have any: declared, of the file, or made of its parameters."""
    return bool(spec.channels) or spec.has_open_channels or not has_fixed_channels(spec)


def availability_fields(spec: DriverSpec) -> dict[str, Field]:
    """Return the keys for a device of *spec*."""
    fields: dict[str, Field] = {
        "enabled": Boolean(default=True, doc="false: keep it in the file and leave it alone")
    }
    if may_have_channels(spec):
        fields["stale_after"] = Duration(
            minimum_s=0.1,
            maximum_s=604_800.0,
            default=None,
            doc="without a fresh value for so long a reading is stale, and has no value",
        )
    return fields


def availability_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``DeviceConfig`` made of these keys."""
    return {"is_enabled": values["enabled"], "stale_after_s": values.get("stale_after")}


def check_stale_after(
    path: KeyPath, stale_after_s: float | None, every_s: float | None, findings: Findings
) -> None:
    """Refuse readings that would be stale between two samples."""
    if stale_after_s is not None and every_s is not None and stale_after_s <= every_s:
        every = duration_text(every_s)
        findings.add(
            (*path, "stale_after"),
            f'must be longer than every = "{every}": readings would be stale between two samples',
            f'write stale_after = "{duration_text(3 * every_s)}"',
        )
