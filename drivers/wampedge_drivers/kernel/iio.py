"""Sensors and converters the kernel drives through its Industrial I/O subsystem.

Chip: any with an IIO driver (dht11, bmp280, ads1115, mcp3008, hx711 ...), bound by an overlay such
as ``dtoverlay=dht11,gpiopin=4``; ``ls /sys/bus/iio/devices`` shows them.
Source: Documentation/ABI/testing/sysfs-bus-iio: ``in_X_input`` is a value, ``in_X_raw`` is one
after ``(raw + offset) * scale``, in the units of each kind of quantity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.driver import ChannelSpec, Driver, param
from wampedge.devices.fields import Text
from wampedge.devices.values import Value
from wampedge_drivers.kernel._attributes import Kinds, find_folder, number_in, read_each

__all__ = ["Iio"]

FOLDER = "/sys/bus/iio/devices"

_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "temp": ("°C", 1e-3),
    "humidityrelative": ("%RH", 1e-3),
    "pressure": ("Pa", 1e3),
    "voltage": ("V", 1e-3),
    "altvoltage": ("V", 1e-3),
    "current": ("A", 1e-3),
    "power": ("W", 1e-3),
    "resistance": ("ohm", 1.0),
    "illuminance": ("lx", 1.0),
    "accel": ("m/s²", 1.0),
    "anglvel": ("rad/s", 1.0),
    "magn": ("uT", 100.0),
    "distance": ("m", 1.0),
    "proximity": ("", 1.0),
    "concentration": ("%", 1.0),
}
"""Kind of quantity to our unit, and what a number in the kernel's unit is multiplied with."""
_CHANNEL = re.compile(r"in_([a-z]+)")
_KINDS: Final = Kinds(_UNITS, _CHANNEL)


class Iio(
    Driver,
    place="sysfs",
    title="Any sensor the kernel drives (Industrial I/O)",
    open_channels=True,
    channel_fields={
        "from": Text(
            pattern="in_[a-z][a-z0-9_-]*",
            wanted='the start of the names of its files, such as "in_temp"',
            doc='start of the names of its files: "in_voltage0" for in_voltage0_raw',
        )
    },
    deadline_s=5.0,
):
    """Reads the files of each channel the device file names."""

    device: str = param(
        Text(pattern="[A-Za-z0-9_:.,@-]+", maximum_length=64, wanted='a name such as "bmp280"'),
        doc="name of the kernel's device, or its folder such as iio:device0",
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
        return await read_each(self.channel_options, self._value)

    async def _value(self, start: str) -> float:
        factor = _KINDS.of(start)[1]
        if f"{start}_input" in await self.bus.names(self._folder):
            return await self._number(f"{start}_input") * factor
        raw = await self._number(f"{start}_raw")
        offset = await self._optional(start, "offset", 0.0)
        scale = await self._optional(start, "scale", 1.0)
        return (raw + offset) * scale * factor

    async def _optional(self, start: str, what: str, usual: float) -> float:
        """Return a number that a channel has itself, or shares with those of its kind."""
        there = await self.bus.names(self._folder)
        match = _CHANNEL.match(start)
        shared = match[0] if match else start
        for file in (f"{start}_{what}", f"{shared}_{what}"):
            if file in there:
                return await self._number(file)
        return usual

    async def _number(self, file: str) -> float:
        return number_in(await self.bus.read(f"{self._folder}/{file}"), file)
