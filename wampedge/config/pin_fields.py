"""Keys of a device that name its lines: ``pin``, ``pins`` as list or table, and ``interrupt``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wampedge.config.model import PinRef
from wampedge.config.pin_kinds import PinText
from wampedge.devices.contracts import Pull
from wampedge.devices.driver import DriverSpec, PinSpec
from wampedge.devices.fields import Choice, Field, FieldError, convert_table, shown, table_schema
from wampedge.records import Record

__all__ = ["PinPlace", "PinTable", "PinsField", "pin_fields", "pin_places"]

_DOC = 'a line: 17, "GPIO17", or "io:0" on a port expander'
_PULL = Choice(("up", "down", "none"), default="up", doc="resistor of the line")


class PinPlace(Record):
    """One line a device uses, and where the file says so.

    Attributes:
        ref: the line.
        keys: the keys that lead to it from the table of the device.
        pull: the resistor the file wants; None where the driver decides.
    """

    ref: PinRef
    keys: tuple[str | int, ...]
    pull: Pull | None = None


class PinsField(Field):
    """``pins = [20, 21]`` in the order of the roles, or ``pins = { forward = 5, ... }``."""

    roles: Mapping[str, PinSpec] = MappingProxyType({})

    def convert(self, value: Any) -> dict[str, PinPlace]:
        """Return the lines by role; raises FieldError."""
        if isinstance(value, list):
            return self._from_list(value)
        if not isinstance(value, dict):
            wanted = f"must be a list or a table of the lines {', '.join(self.roles)}"
            raise FieldError(f"{wanted}, got {shown(value)}", self._example())
        refs, errors = convert_table(value, self._fields())
        if errors:
            first, *others = errors
            raise FieldError(first.text, first.hint, first.path, code=first.code, also=others)
        return {
            role: PinPlace(ref, ("pins", role)) for role, ref in refs.items() if ref is not None
        }

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the list and of the table."""
        line = PinText().schema()
        required = sum(spec.is_required for spec in self.roles.values())
        listed = {
            "type": "array",
            "items": line,
            "minItems": required,
            "maxItems": len(self.roles),
        }
        return {"anyOf": [listed, table_schema(self._fields())]}

    def _from_list(self, value: list[Any]) -> dict[str, PinPlace]:
        required = sum(spec.is_required for spec in self.roles.values())
        if not required <= len(value) <= len(self.roles):
            wanted = f"{required}" if required == len(self.roles) else f"{required} or more"
            text = f"must name {wanted} lines ({', '.join(self.roles)}), got {len(value)}"
            raise FieldError(text, self._example())
        places: dict[str, PinPlace] = {}
        errors: list[FieldError] = []
        for index, (role, item) in enumerate(zip(self.roles, value, strict=False)):
            try:
                places[role] = PinPlace(PinText().convert(item), ("pins", index))
            except FieldError as error:
                errors.append(error.within(index))
        if errors:
            first, *others = errors
            raise FieldError(first.text, first.hint, first.path, code=first.code, also=others)
        return places

    def _fields(self) -> dict[str, Field]:
        return {role: _line(spec) for role, spec in self.roles.items()}

    def _example(self) -> str:
        lines = ", ".join(f"{role} = {20 + n}" for n, role in enumerate(self.roles))
        return f"write pins = {{ {lines} }}"


class PinTable(Field):
    """``interrupt = { pin = 27, pull = "up" }``; a line alone is pulled up."""

    def convert(self, value: Any) -> PinPlace:
        """Return the line and its resistor; raises FieldError."""
        if not isinstance(value, dict):
            return PinPlace(PinText().convert(value), (), "up")
        table, errors = convert_table(value, self._fields())
        if errors:
            first, *others = errors
            raise FieldError(first.text, first.hint, first.path, code=first.code, also=others)
        return PinPlace(table["pin"], ("pin",), table["pull"])

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a line, and of a table with its resistor."""
        return {"anyOf": [*PinText().schema()["anyOf"], table_schema(self._fields())]}

    @staticmethod
    def _fields() -> dict[str, Field]:
        return {"pin": PinText(doc=_DOC), "pull": _PULL}


def pin_fields(spec: DriverSpec) -> dict[str, Field]:
    """Return the keys with which a device of *spec* names its lines."""
    fields: dict[str, Field] = {}
    grouped = {role: pin for role, pin in spec.pins.items() if pin.place == "pins"}
    if grouped:
        optional = {} if any(pin.is_required for pin in grouped.values()) else {"default": None}
        what = ", ".join(f"{role}: {pin.doc}" if pin.doc else role for role, pin in grouped.items())
        fields["pins"] = PinsField(
            grouped, doc=f"its lines, as a list or a table: {what}", **optional
        )
    for role, pin in spec.pins.items():
        if pin.place == "key":
            fields[role] = _line(pin)
        elif pin.place == "table":
            optional = {} if pin.is_required else {"default": None}
            fields[role] = PinTable(doc=pin.doc, **optional)
    return fields


def pin_places(values: Mapping[str, Any], spec: DriverSpec) -> dict[str, PinPlace]:
    """Return the lines that are right in the converted table *values* of a device, by role."""
    grouped = values.get("pins") or {}
    places: dict[str, PinPlace] = {}
    for role, pin in spec.pins.items():
        given = grouped.get(role) if pin.place == "pins" else values.get(role)
        if isinstance(given, PinRef):
            places[role] = PinPlace(given, (role,))
        elif isinstance(given, PinPlace):
            is_own = pin.place == "table"
            places[role] = PinPlace(given.ref, (role, *given.keys), given.pull) if is_own else given
    return places


def _line(spec: PinSpec) -> PinText:
    optional = {} if spec.is_required else {"default": None}
    return PinText(doc=spec.doc or _DOC, **optional)
