"""A device of the kernel whose folder holds one or more files for each channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.sysfs import SYSFS_FAULTS
from wampedge_simulator.world import Curve, Quantity, sense_all

__all__ = ["KernelPart"]

_ANYTHING = Quantity(Curve(20.0, 2.0, 0.0), -1e9, 1e9, "")
_KIND = re.compile("(?:in_)?([a-z]+)")


class KernelPart(Part):
    """One device; senses what the channels of the device file name, in the driver's unit.

    Subclasses say where its folder is and how a number stands in its files.
    """

    parent: ClassVar[str]
    usual_folder: ClassVar[str]
    units: ClassVar[Mapping[str, float]]
    """Kind of quantity to what a value in the driver's unit is multiplied with."""
    fault_kinds: ClassVar = SYSFS_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._senses = sense_all(bench.world, wired.name, dict.fromkeys(wired.channels, _ANYTHING))

    @property
    def folder(self) -> str:
        """Its folder: the one asked for, or one of its own where a name was asked for."""
        device = str(self.wired.params["device"])
        is_folder = re.fullmatch(f"{self.usual_folder}[0-9]+", device)
        return f"{self.parent}/{device if is_folder else self.usual_folder + '_' + self.name}"

    def numbers(self, start: str, value: float) -> Mapping[str, str]:
        """Return the files of one channel: *value* is in the kernel's unit."""
        raise NotImplementedError("for the kind of device to say")

    def files(self) -> Mapping[str, bytes]:
        """Return what the kernel says now."""
        files = {"name": f"{self.wired.params['device']}\n".encode()}
        for channel, value in self.sample().items():
            start = str(self.wired.channel_options[channel]["from"])
            kind = _KIND.match(start)
            factor = self.units.get(kind[1], 1.0) if kind else 1.0
            for name, text in self.numbers(start, value * factor).items():
                files[name] = f"{text}\n".encode()
        return files
