"""Binds drivers of this kernel to chips, and reads what they offer as files."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["bound", "quantity"]

_DEVICES = Path("/sys/bus/i2c/devices")
# Numbers and axes at the end of a name; a scale is often shared by all of them.
_INDEX = re.compile(r"(\d+|_[a-z]+)$")


@contextlib.contextmanager
def bound(name: str, address: int, number: int) -> Iterator[Path]:
    """Bind the driver that knows *name* to a chip; gives the folder of the device.

    Raises:
        LookupError: no driver took it.
    """
    bus = _DEVICES / f"i2c-{number}"
    (bus / "new_device").write_text(f"{name} {address:#04x}")
    try:
        device = _DEVICES / f"{number}-{address:04x}"
        if not (device / "driver").exists():
            raise LookupError(f"no driver of the kernel took {name}")
        yield device
    finally:
        (bus / "delete_device").write_text(f"{address:#04x}")


def quantity(device: Path, attribute: str) -> float:
    """Return a quantity in the kernel's unit: as it is, or computed from raw, offset and scale."""
    for name in (attribute, f"{attribute}_input"):
        for file in _files(device, name):
            return float(file.read_text())
    for file in _files(device, f"{attribute}_raw"):
        return (float(file.read_text()) + _shared(file, attribute, "offset", 0.0)) * _shared(
            file, attribute, "scale", 1.0
        )
    raise LookupError(f"the driver offers no {attribute}")


def _files(device: Path, name: str) -> list[Path]:
    return [*device.glob(f"*/{name}"), *device.glob(f"*/*/{name}")]


def _shared(beside: Path, attribute: str, kind: str, default: float) -> float:
    """Return offset or scale of *attribute*, its own or that of all of its kind."""
    name = attribute
    while True:
        file = beside.with_name(f"{name}_{kind}")
        if file.exists():
            return float(file.read_text())
        shorter = _INDEX.sub("", name)
        if shorter == name:
            return default
        name = shorter
