"""The keys of world files: what is checked, what the reference page lists, what editors know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from wampedge.devices.fields import (
    NAME_PATTERN,
    Boolean,
    Choice,
    Field,
    FieldError,
    ListOf,
    Number,
    Table,
    Text,
    shown,
    table_schema,
)
from wampedge.records import Record
from wampedge_simulator.i2c.profile import ADAPTERS
from wampedge_simulator.physics.fields import Measure
from wampedge_simulator.physics.model import Model
from wampedge_simulator.physics.points import Points, rising
from wampedge_simulator.physics.registry import MODELS

__all__ = [
    "MAX_MODELS",
    "WIRING",
    "WIRING_FIELDS",
    "SenseText",
    "Sensed",
    "keys_of",
    "world_schema",
]

MAX_MODELS: Final = 64
"""Models of one world."""
MAX_SENSES: Final = 64
WIRING: Final = "wiring"
"""The one table that is no model."""

WIRING_FIELDS: Final[Mapping[str, Field]] = {
    "pull": Choice(
        ("up", "down", "none"),
        default=None,
        doc="the resistor outside of the board; `none` for one that is missing",
    ),
    "volts": Measure(
        "V", 0.0, 60.0, default=None, doc="how high its outputs go where they meet the board"
    ),
    "direct": Boolean(
        default=False, doc="`true`: no divider and no level shifter between part and board"
    ),
    "adapter": Choice(
        tuple(ADAPTERS), default=None, doc="of a bus: the kernel driver that moves it"
    ),
}


class Sensed(Record):
    """One entry of ``senses``.

    Attributes:
        device: the device.
        channel: its channel.
        output: what it senses; None: what fits.
        points: output to channel.
        noise: largest noise, in the unit of the driver; None: that of the sensor.
    """

    device: str
    channel: str
    output: str | None = None
    points: Points | None = None
    noise: float | None = None


_PLACE: Final = re.compile(rf"({NAME_PATTERN})\.({NAME_PATTERN})")
_POINT: Final = ListOf(Number(), 2, 2)
_SENSE: Final[Mapping[str, Field]] = {
    "channel": Text(doc='"DEVICE.CHANNEL"'),
    "output": Text(default=None, doc="what it senses, where several outputs fit"),
    "points": ListOf(
        _POINT, 2, 64, default=None, doc="output to what the channel has: [[0, 2.8], [100, 1.1]]"
    ),
    "noise": Number(0.0, default=None, doc="largest noise, in the unit of the driver"),
}


class SenseText(Field):
    """``"DEVICE.CHANNEL"``, or a table that says more."""

    def convert(self, value: Any) -> Sensed:
        """Return what is sensed; raises FieldError."""
        if not isinstance(value, dict):
            return Sensed(*_place(value, ()))
        table = Table(_SENSE).convert(value)
        device, channel = _place(table["channel"], ("channel",))
        wrong = list(rising(table["points"] or (), "points"))
        if wrong:
            first, *also = wrong
            raise FieldError(first.text, first.hint, first.path, also=also)
        return Sensed(device, channel, table["output"], table["points"], table["noise"])

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: a text or a table."""
        return {
            "anyOf": [{"type": "string", "pattern": f"^{_PLACE.pattern}$"}, table_schema(_SENSE)]
        }


class _Senses(Field):
    """The list of all entries; each is checked for itself, so that one mistake hides no other."""

    def convert(self, value: Any) -> Any:
        """Return the list as it is; raises FieldError."""
        if not isinstance(value, list):
            hint = f"write [{shown(value)}]" if isinstance(value, str) else "write it in [ ]"
            raise FieldError(f"must be a list, got {shown(value)}", hint)
        if len(value) > MAX_SENSES:
            raise FieldError(f"must have {MAX_SENSES} items or fewer, got {len(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a list."""
        return {"type": "array", "items": SenseText().schema(), "maxItems": MAX_SENSES}


def keys_of(kind: type[Model]) -> dict[str, Field]:
    """Return every key the table of a model may have."""

    def name(doc: str) -> Field:
        return Text(pattern=NAME_PATTERN, wanted="a name", default=None, doc=doc)

    keys: dict[str, Field] = {"model": Choice((kind.kind,), doc="what it is"), **kind.fields}
    keys.update({key: name(f"what {doc}") for key, doc in kind.drives.items()})
    keys.update({key: name(f"the device that {c.doc}") for key, c in kind.contacts.items()})
    keys["senses"] = _Senses(default=[], doc="channels that sense it")
    return keys


def world_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of world files."""
    wiring = {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": table_schema(WIRING_FIELDS),
        "description": "what is said of the pins of a device, or of an I2C bus",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "World file of wampedge",
        "type": "object",
        "properties": {WIRING: wiring},
        "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
        "additionalProperties": {
            "type": "object",
            "required": ["model"],
            "properties": {"model": {"enum": list(MODELS)}},
            "oneOf": [table_schema(keys_of(kind)) for kind in MODELS.values()],
        },
    }


def _place(value: Any, path: tuple[str, ...]) -> tuple[str, str]:
    match = _PLACE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        text = f'must be "DEVICE.CHANNEL", got {shown(value)}'
        raise FieldError(text, 'such as "air.temperature"', path)
    return match[1], match[2]
