"""A sensor behind the kernel's Industrial I/O: a folder with ``name`` and files of each channel.

Channels of kinds the kernel gives in thousandths are there as ``_input``, voltages as ``_raw``
with a scale, as a converter has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge_simulator.chips._kernel_files import KernelPart

__all__ = ["PART", "Iio"]

_VOLT_SCALE = 0.125
"""Millivolts a step."""


class Iio(KernelPart):
    """The device, in the folder its name asks for."""

    parent: ClassVar = "/sys/bus/iio/devices"
    usual_folder: ClassVar = "iio:device"
    units: ClassVar = {
        "temp": 1e3, "humidityrelative": 1e3, "pressure": 1e-3, "voltage": 1e3, "current": 1e3,
        "power": 1e3, "altvoltage": 1e3, "magn": 0.01,
    }  # fmt: skip

    def numbers(self, start: str, value: float) -> Mapping[str, str]:
        """Return the files of one channel."""
        if "voltage" in start:
            return {
                f"{start}_raw": str(round(value / _VOLT_SCALE)),
                f"{start}_scale": str(_VOLT_SCALE),
            }
        return {f"{start}_input": f"{value:.6f}"}


PART = Iio
