"""Any part on a 1-Wire bus of the kernel: the files its channels name, with numbers or bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.sysfs import SYSFS_FAULTS
from wampedge_simulator.world import Curve, Quantity, sense_all

__all__ = ["PART", "OneWire"]

_ANYTHING = Quantity(Curve(20.0, 2.0, 0.0), -1e9, 1e9, "")


class OneWire(Part):
    """The part; senses what the channels of the device file name."""

    fault_kinds: ClassVar = SYSFS_FAULTS

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._senses = sense_all(bench.world, wired.name, dict.fromkeys(wired.channels, _ANYTHING))

    @property
    def folder(self) -> str:
        """Its folder."""
        return f"/sys/bus/w1/devices/{self.wired.rom_id}"

    def files(self) -> Mapping[str, bytes]:
        """Return what the kernel says now; bits of one file are put together."""
        files: dict[str, bytes] = {}
        for channel, value in self.sample().items():
            options = self.wired.channel_options[channel]
            file, bit = str(options["file"]), options["bit"]
            if bit is None:
                files[file] = f"{value / float(options['scale']):.6f}\n".encode()
            else:
                before = files.get(file, b"\x00")[0]
                files[file] = bytes((before | (round(value) & 1) << bit,))
        return files


PART = OneWire
