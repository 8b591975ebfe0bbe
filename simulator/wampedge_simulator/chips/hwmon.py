"""Hardware monitoring of the kernel: a folder with ``name`` and one ``_input`` a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge_simulator.chips._kernel_files import KernelPart

__all__ = ["PART", "Hwmon"]


class Hwmon(KernelPart):
    """The device, in the folder its name asks for."""

    parent: ClassVar = "/sys/class/hwmon"
    usual_folder: ClassVar = "hwmon"
    units: ClassVar = {
        "temp": 1e3, "in": 1e3, "curr": 1e3, "humidity": 1e3, "power": 1e6, "energy": 1e6,
    }  # fmt: skip

    def numbers(self, start: str, value: float) -> Mapping[str, str]:
        """Return the files of one channel."""
        return {f"{start}_input": str(round(value))}


PART = Hwmon
