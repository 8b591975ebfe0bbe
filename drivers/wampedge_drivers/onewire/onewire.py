"""Any 1-Wire part the kernel drives: numbers and switches in its files.

Chip: any family with a driver in ``drivers/w1/slaves`` of the kernel: DS2438 (``vad``, ``vdd``,
``temperature``), DS2406 and DS2408 (``state``, ``output``), DS28E17 ...; ``ls`` in its folder shows
the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wampedge.devices.driver import ChannelSpec, Driver
from wampedge.devices.fields import Boolean, Integer, Number, Text
from wampedge.devices.values import Value
from wampedge.errors import BadReadingError, BusError

__all__ = ["OneWire"]

_NUMBER = re.compile(rb"\s*([+-]?[0-9]+(?:\.[0-9]+)?)\s*")


class OneWire(
    Driver,
    bus="onewire",
    title="Any 1-Wire part the kernel drives",
    open_channels=True,
    channel_fields={
        "file": Text(
            pattern="[A-Za-z0-9_]+", maximum_length=64, doc="the file in the folder of the part"
        ),
        "scale": Number(default=1.0, doc="what the number is multiplied with"),
        "bit": Integer(
            0, 7, default=None, doc="for a file of one byte: which bit, as true or false"
        ),
    },
    deadline_s=3.0,
):
    """Reads the file of each channel the device file names."""

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return a channel for each one the device file names."""
        return {
            name: ChannelSpec(
                Number() if table.get("bit") is None else Boolean(), unit=table.get("unit") or ""
            )
            for name, table in channels.items()
        }

    async def read(self) -> Mapping[str, Value]:
        """Read every channel; one that fails is bad, all of them are an error."""
        values: dict[str, Value] = {}
        failure: BusError | BadReadingError | None = None
        for name, options in self.channel_options.items():
            try:
                values[name] = _value(await self.bus.read(options["file"]), options)
            except (BusError, BadReadingError) as error:
                failure = error
                values[name] = None
        if failure is not None and all(value is None for value in values.values()):
            raise failure
        return values


def _value(raw: bytes, options: Mapping[str, Any]) -> Value:
    """Return what a file says as its channel wants it; raises BadReadingError."""
    if options["bit"] is not None:
        if len(raw) != 1:
            raise BadReadingError(f"{options['file']} has {len(raw)} bytes, one was wanted")
        return bool(raw[0] >> options["bit"] & 1)
    match = _NUMBER.fullmatch(raw)
    if match is None:
        raise BadReadingError(f"{options['file']} says {raw[:40]!r}, which is no number")
    return float(match[1]) * float(options["scale"])
