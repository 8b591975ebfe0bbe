"""The table of CircuitPython drivers we have tried: which class, which properties, which units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import tomli

from wampedge.devices.declaring import ChannelSpec
from wampedge.devices.fields import Boolean, Field, Number, Text
from wampedge.records import Record

__all__ = ["KnownChannel", "KnownDriver", "known_drivers"]

_KINDS: Final[Mapping[str, Field]] = {"number": Number(), "flag": Boolean(), "text": Text()}
_FILE: Final = Path(__file__).with_name("known.toml")


class KnownChannel(Record):
    """One channel of a driver.

    Attributes:
        attribute: of the driver's object: ``temperature``, ``color.red``, or ``measure()`` for a
            method without arguments.
        unit: unit of its value.
        index: which item, where the value is a tuple, a list or a table; None: the value itself.
        kind: ``number``, ``flag`` or ``text``.
        is_settable: whether it can be set.
    """

    attribute: str
    unit: str = ""
    index: int | str | None = None
    kind: str = "number"
    is_settable: bool = False

    def spec(self) -> ChannelSpec:
        """Return what the channel carries."""
        return ChannelSpec(_KINDS[self.kind], self.unit, is_settable=self.is_settable)

    def value_of(self, part: Any, seen: dict[str, Any] | None = None) -> Any:
        """Return the value now, None where the driver has none.

        Args:
            part: object of the driver.
            seen: what its attributes gave in this round, so that each is asked once.
        """
        if seen is None or self.attribute not in seen:
            value = _walk(part, self.attribute)
            if seen is not None:
                seen[self.attribute] = value
        else:
            value = seen[self.attribute]
        if self.index is not None and value is not None:
            value = value[self.index]
        if value is None or self.kind == "text":
            return None if value is None else str(value)
        return bool(value) if self.kind == "flag" else _plain_number(value)


class KnownDriver(Record):
    """One driver of the table.

    Attributes:
        title: the part in words.
        class_name: class to use; empty where the module has one that fits.
        bus: ``i2c``, ``spi`` or ``serial``; empty where the constructor tells.
        address: usual I2C address; None where the constructor has a default.
        part: the simulated part that stands for it; empty where there is none.
        every: sampling period in seconds.
        spi_mode: clock polarity and phase on SPI, where the device file says nothing.
        arguments: what else the constructor is given.
        before: methods called before each round of reading.
        channels: by name.
    """

    title: str = ""
    class_name: str = ""
    bus: str = ""
    addresses: Sequence[int] = ()
    part: str = ""
    every_s: float | None = None
    spi_mode: int = 0
    arguments: Mapping[str, Any] = MappingProxyType({})
    before: Sequence[str] = ()
    channels: Mapping[str, KnownChannel] = MappingProxyType({})


@cache
def known_drivers() -> Mapping[str, KnownDriver]:
    """Return the table, by the NAME of ``adafruit:NAME``."""
    tables = tomli.loads(_FILE.read_text(encoding="utf-8"))
    return {name.replace("/", "."): _known(table) for name, table in tables.items()}


def _known(table: Mapping[str, Any]) -> KnownDriver:
    channels = {
        name: KnownChannel(
            attribute=each.get("attribute", name),
            unit=each.get("unit", ""),
            index=each.get("index"),
            kind=each.get("kind", "number"),
            is_settable=each.get("write", False),
        )
        for name, each in table["channels"].items()
    }
    return KnownDriver(
        title=table["title"],
        class_name=table.get("class", ""),
        bus=table.get("bus", ""),
        addresses=tuple(table.get("addresses", ())),
        part=table.get("part", ""),
        every_s=table.get("every"),
        spi_mode=table.get("spi_mode", 0),
        arguments=table.get("arguments", {}),
        before=tuple(table.get("before", ())),
        channels=channels,
    )


def _walk(part: Any, attribute: str) -> Any:
    for step in attribute.split("."):
        part = getattr(part, step.removesuffix("()"))
        if step.endswith("()"):
            part = part()
    return part


def _plain_number(value: Any) -> Any:
    """Return *value* as an int or float, or as it is for whoever checks readings."""
    if isinstance(value, (bool, int, float)):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
