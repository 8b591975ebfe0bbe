"""Files of the kernel that hold one number, and where a device with such files is found."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from wampedge.devices.driver import ChannelSpec
from wampedge.devices.fields import Number
from wampedge.devices.sysfs import SysfsFolder
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, BusError, HardwareError
from wampedge.records import Record

__all__ = ["Kinds", "find_folder", "number_in", "read_each"]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class Kinds(Record):
    """The kinds of quantity of one subsystem of the kernel.

    Attributes:
        units: kind to our unit, and what a number in the kernel's unit is multiplied with.
        pattern: what a name of a file begins with; its group is the kind.
    """

    units: Mapping[str, tuple[str, float]]
    pattern: re.Pattern[str]

    def of(self, start: str) -> tuple[str, float]:
        """Return unit and factor of what a file that begins with *start* holds."""
        match = self.pattern.match(start)
        return self.units.get(match[1], ("", 1.0)) if match else ("", 1.0)

    def channels(self, tables: Mapping[str, Mapping[str, Any]]) -> Mapping[str, ChannelSpec]:
        """Return a channel for each one the device file names."""
        return {
            name: ChannelSpec(Number(), unit=self.of(table.get("from", ""))[0])
            for name, table in tables.items()
        }


async def read_each(
    options: Mapping[str, Mapping[str, Any]], value_of: Callable[[str], Awaitable[float]]
) -> dict[str, Value]:
    """Return what *value_of* gives for each channel; one that fails is bad.

    Raises:
        BusError, BadReadingError: all of them fail; it is the last failure.
    """
    values: dict[str, Value] = {}
    failure: BusError | BadReadingError | None = None
    for name, table in options.items():
        try:
            values[name] = await value_of(table["from"])
        except (BusError, BadReadingError) as error:
            failure = error
            values[name] = None
    if failure is not None and all(value is None for value in values.values()):
        raise failure
    return values


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
