"""From ``adafruit:NAME`` to what a device of it can have in the device file."""

from __future__ import annotations

import re
import types
from collections.abc import Sequence
from typing import Any, Final, cast

from wampedge.devices.circuitpython.adapter import CircuitPythonDriver
from wampedge.devices.circuitpython.known import KnownDriver, known_drivers
from wampedge.devices.circuitpython.sources import (
    PREFIX,
    DriverClass,
    classes_of,
    distribution_of,
    find_source,
)
from wampedge.devices.declaring import DeclaredChannel
from wampedge.devices.driver import BusKind, DriverSpec, param, spec_of
from wampedge.devices.fields import Boolean, Choice, Field, FieldError, MapOf, Text, shown
from wampedge.devices.spelling import nearest, one_of
from wampedge.errors import ConfigError

__all__ = ["SCHEME", "declare", "how_to_install", "installed_names"]

SCHEME: Final = "adafruit:"
_NAME: Final = re.compile(r"([a-z0-9_]+(?:\.[a-z0-9_]+)*)(?::(i2c|spi|uart))?")

_DEADLINE_S: Final = 10.0
"""Some parts take seconds to begin; their constructors wait for them."""


class _Scalar(Field):
    """A number, a flag, a text, or a list of them: what an attribute can be set to."""

    def convert(self, value: Any) -> Any:
        """Return *value*; raises FieldError."""
        if isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, (list, tuple)):
            return tuple(self.convert(item) for item in value)
        raise FieldError(f"must be a number, a flag, a text or a list, got {shown(value)}")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": ["number", "boolean", "string", "array"]}


class _Index(Field):
    """Which item of a tuple, a list or a table."""

    def convert(self, value: Any) -> Any:
        """Return *value*; raises FieldError."""
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise FieldError(f"must be a whole number or a text, got {shown(value)}")

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {"type": ["integer", "string"]}


_CHANNEL_FIELDS: Final = {
    "attribute": Text(
        r"[A-Za-z]\w*(?:\(\))?(?:\.[A-Za-z]\w*(?:\(\))?)*", minimum_length=1, maximum_length=100,
        default=None, wanted='a property of the driver, such as "temperature", or "measure()"',
        doc="property of the driver; the name of the channel when left out",
    ),
    "index": _Index(default=None, doc="which item, where the property is a tuple or a table"),
    "kind": Choice(("number", "flag", "text"), default=None, doc="what the value is"),
    "unit": Text(minimum_length=1, maximum_length=16, default=None, doc="unit of the value"),
    "write": Boolean(default=None, doc="the property can be set"),
}  # fmt: skip


def declare(name: str) -> DriverSpec:
    """Return what the driver *name*, ``adafruit:NAME`` or ``adafruit:NAME:spi``, declares.

    Raises:
        ConfigError: it is no such name, or the package is not installed; says what to do.
    """
    match = _NAME.fullmatch(name.removeprefix(SCHEME))
    if match is None:
        raise ConfigError(f'{name[:80]!r} is no driver name: write it like "adafruit:sht31d"')
    short, wanted_bus = match[1], match[2]
    module = f"{PREFIX}{short}"
    if find_source(module) is None:
        raise ConfigError(_not_installed(short))
    known = known_drivers().get(short, KnownDriver())
    bus = {"uart": "serial"}.get(wanted_bus or "", wanted_bus) or _bus_of(module, known)
    return _spec(name, module, known, cast("BusKind", bus))


def how_to_install(short: str) -> str:
    """Return the command that installs the driver ``adafruit:short`` without Blinka."""
    needed = "adafruit-circuitpython-busdevice adafruit-circuitpython-register"
    return f"pip install --no-deps {distribution_of(short)} {needed}"


def installed_names() -> list[str]:
    """Return the known drivers whose package is installed, sorted."""
    return sorted(n for n in known_drivers() if find_source(f"{PREFIX}{n}") is not None)


def _not_installed(short: str) -> str:
    near = nearest(short, known_drivers())
    hint = f" (did you mean {one_of(near)}?)" if near and short not in known_drivers() else ""
    return (
        f"the package of {SCHEME}{short} is not installed{hint};"
        f" install it where wampedge is: {how_to_install(short)}"
    )


def _bus_of(module: str, known: KnownDriver) -> str:
    """Return the bus of a driver nobody said one for; raises ConfigError."""
    if known.bus:
        return known.bus
    classes: Sequence[DriverClass] = classes_of(module)
    if known.class_name:
        classes = [each for each in classes if each.name == known.class_name]
    if not classes:
        raise ConfigError(f"{module} has no class that takes a bus: it drives no part by itself")
    return classes[0].bus


def _spec(name: str, module: str, known: KnownDriver, bus: BusKind) -> DriverSpec:
    title = known.title or f"CircuitPython driver {module}"
    body = {
        "__doc__": f"{title}.",
        "__module__": CircuitPythonDriver.__module__,
        "module": module,
        "known": known,
        "bus_kind": bus,
        "class": param(
            Text(r"[A-Za-z]\w*", maximum_length=100),
            None,
            doc="class of the driver, if it has several",
        ),
        "arguments": param(
            MapOf(_Scalar()), {}, doc="what its constructor is given besides the bus"
        ),
        "options": param(MapOf(_Scalar()), {}, doc="properties that are set at the start"),
        "simulated_as": param(
            Text(r"[a-z][a-z0-9_]*", maximum_length=40),
            known.part or None,
            doc="driver whose simulated part stands for this one",
        ),
    }
    body |= {n: DeclaredChannel(channel.spec()) for n, channel in known.channels.items()}
    keywords: dict[str, Any] = {
        "bus": bus,
        "addresses": known.addresses if bus == "i2c" else (),
        "title": title,
        "name": name,
        "open_channels": True,
        "channel_fields": _CHANNEL_FIELDS,
        "default_every_s": known.every_s,
        "spi_mode": known.spi_mode,
        "deadline_s": _DEADLINE_S,
    }
    made: type[CircuitPythonDriver] = types.new_class(
        "AdafruitDriver", (CircuitPythonDriver,), keywords, lambda scope: scope.update(body)
    )
    return spec_of(made)
