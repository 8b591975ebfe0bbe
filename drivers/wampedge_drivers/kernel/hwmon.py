"""Hardware monitoring of the kernel: temperatures, fans, voltages of board and chips.

Chip: any with a hwmon driver (cpu_thermal, rpi_volt, lm75, ina2xx, sht3x ...);
``grep . /sys/class/hwmon/*/name`` shows them.
Source: Documentation/hwmon/sysfs-interface.rst: ``temp1_input`` in millidegrees, ``in0_input`` in
mV, ``curr1_input`` in mA, ``power1_input`` in uW, ``humidity1_input`` in milli-percent,
``fan1_input`` in revolutions a minute; ``X_fault`` is 1 where the sensor is broken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.driver import ChannelSpec, Driver, param
from wampedge.devices.fields import Text
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError
from wampedge_drivers.kernel._attributes import Kinds, find_folder, number_in, read_each

__all__ = ["Hwmon"]

FOLDER = "/sys/class/hwmon"

_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "temp": ("°C", 1e-3),
    "in": ("V", 1e-3),
    "curr": ("A", 1e-3),
    "power": ("W", 1e-6),
    "energy": ("J", 1e-6),
    "humidity": ("%RH", 1e-3),
    "fan": ("rpm", 1.0),
}
"""Kind of quantity to our unit, and what a number in the kernel's unit is multiplied with."""
_KINDS: Final = Kinds(_UNITS, re.compile("([a-z]+)[0-9]+$"))


class Hwmon(
    Driver,
    place="sysfs",
    title="Hardware monitoring of the kernel",
    open_channels=True,
    channel_fields={
        "from": Text(
            pattern="(?:temp|in|curr|power|energy|humidity|fan)[0-9]{1,3}",
            wanted='the start of the name of its file, such as "temp1"',
            doc='start of the name of its file: "temp1" for temp1_input',
        )
    },
    deadline_s=5.0,
):
    """Reads the file of each channel the device file names."""

    device: str = param(
        Text(
            pattern="[A-Za-z0-9_:.,@-]+", maximum_length=64, wanted='a name such as "cpu_thermal"'
        ),
        doc="name of the kernel's device, or its folder such as hwmon0",
    )
    _folder = ""

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return a channel for each one the device file names."""
        return _KINDS.channels(channels)

    async def setup(self) -> None:
        """Find the folder of the device; raises HardwareError."""
        self._folder = await find_folder(self.bus, FOLDER, self.device)

    async def read(self) -> Mapping[str, Value]:
        """Read every channel; one that fails is bad, all of them are an error."""
        there = await self.bus.names(self._folder)
        return await read_each(self.channel_options, lambda start: self._value(start, there))

    async def _value(self, start: str, there: list[str]) -> float:
        fault = f"{start}_fault"
        if fault in there and await self.bus.read(f"{self._folder}/{fault}") == "1":
            raise BadReadingError(f"the kernel reports a fault of {start}")
        file = f"{start}_input"
        return number_in(await self.bus.read(f"{self._folder}/{file}"), file) * _KINDS.of(start)[1]
