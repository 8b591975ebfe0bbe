"""Files of the kernel that hold one number, and where a device with such files is found."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wampedge.devices.sysfs import SysfsFolder
from wampedge.errors import BadReadingError, BusError, HardwareError

__all__ = ["find_folder", "number_in"]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def number_in(text: str, file: str) -> float:
    """Return the number a file says; raises BadReadingError when it is none."""
    if not _NUMBER.fullmatch(text):
        raise BadReadingError(f"{file} says {text[:40]!r}, which is no number")
    return float(text)


async def find_folder(bus: SysfsFolder, parent: str, wanted: str) -> str:
    """Return the folder in *parent* that is called *wanted*, or whose part is.

    Args:
        bus: the files of the kernel.
        parent: such as ``/sys/bus/iio/devices``.
        wanted: ``iio:device0``, or what its file ``name`` says.

    Raises:
        HardwareError: there is none, or more than one; the text names those there are.
        BusError: the kernel has no such folder at all.
    """
    folders = await bus.names(parent)
    if wanted in folders:
        return f"{parent}/{wanted}"
    parts: Mapping[str, str] = {folder: await _name_of(bus, parent, folder) for folder in folders}
    found = [folder for folder, name in parts.items() if name == wanted]
    if len(found) == 1:
        return f"{parent}/{found[0]}"
    if found:
        raise HardwareError(f"{', '.join(found)} are all called {wanted}: name one of them")
    known = ", ".join(f"{folder} ({name})" for folder, name in parts.items() if name) or "none"
    raise HardwareError(f"{parent} has no device {wanted}; it has {known[:200]}")


async def _name_of(bus: SysfsFolder, parent: str, folder: str) -> str:
    try:
        return await bus.read(f"{parent}/{folder}/name")
    except BusError:  # a device without a name is not the one that is looked for
        return ""
