"""Kinds of values made of other kinds: lists, tables with known keys, tables with free names.

All mistakes inside one value are found in one pass: the FieldError raised carries the first one
and, in ``also``, every other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from wampedge.devices.fields.base import Field, FieldError, shown
from wampedge.devices.spelling import nearest, one_of

__all__ = ["NAME_PATTERN", "ListOf", "MapOf", "Table", "convert_table", "table_schema"]

NAME_PATTERN: Final = "[a-z0-9_]+"
"""What names look like: they become components of WAMP URIs."""


_ANY: Final = Field()
_MAX_UNKNOWN: Final = 20
"""Unknown keys told of one table; a table full of them is told by these."""


class ListOf(Field):
    """A list of *item*; a tuple inside. Lengths are inclusive."""

    item: Field = _ANY
    minimum: int = 0
    maximum: int = 256

    def convert(self, value: Any) -> tuple[Any, ...]:
        """Return the converted items; raises FieldError."""
        if not isinstance(value, (list, tuple)):
            raise FieldError(f"must be a list, got {shown(value)}", "write it in [ ]")
        if not self.minimum <= len(value) <= self.maximum:
            raise FieldError(f"must have {self._count_wanted()}, got {len(value)}")
        items: list[Any] = []
        errors: list[FieldError] = []
        for index, item in enumerate(value):
            try:
                items.append(self.item.convert(item))
            except FieldError as error:
                errors.extend(each.within(index) for each in error.each())
        _raise_all(errors)
        return tuple(items)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a list."""
        return {
            "type": "array",
            "items": self.item.schema(),
            "minItems": self.minimum,
            "maxItems": self.maximum,
        }

    def _count_wanted(self) -> str:
        if self.minimum == self.maximum:
            return f"{self.minimum} items"
        return f"{self.minimum} to {self.maximum} items"


class Table(Field):
    """A table with the keys of *fields* and no others; a dict with every default filled in."""

    fields: Mapping[str, Field] = MappingProxyType({})

    def convert(self, value: Any) -> dict[str, Any]:
        """Return the converted table; raises FieldError."""
        if not isinstance(value, Mapping):
            example = next(iter(self.fields), "key")
            raise FieldError(
                f"must be a table, got {shown(value)}", f"write it as {{ {example} = ... }}"
            )
        converted, errors = convert_table(value, self.fields)
        _raise_all(errors)
        return converted

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a table."""
        return table_schema(self.fields)


class MapOf(Field):
    """A table whose names are free (``[a-z0-9_]+``) and whose values are all *item*."""

    item: Field = _ANY
    maximum: int = 256

    def convert(self, value: Any) -> dict[str, Any]:
        """Return the converted table; raises FieldError."""
        if not isinstance(value, Mapping):
            raise FieldError(f"must be a table, got {shown(value)}", "write it as { name = ... }")
        if len(value) > self.maximum:
            raise FieldError(f"must have {self.maximum} names or fewer, got {len(value)}")
        converted: dict[str, Any] = {}
        errors: list[FieldError] = []
        for name, item in value.items():
            try:
                converted[_name(name)] = self.item.convert(item)
            except FieldError as error:
                errors.extend(each.within(name) for each in error.each())
        _raise_all(errors)
        return converted

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of such a table."""
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{NAME_PATTERN}$"},
            "additionalProperties": self.item.schema(),
            "maxProperties": self.maximum,
        }


def convert_table(
    value: Mapping[str, Any], fields: Mapping[str, Field]
) -> tuple[dict[str, Any], list[FieldError]]:
    """Convert the keys of *value*, keeping what is right when something else is wrong.

    Args:
        value: the table as written.
        fields: every key it may have.

    Returns:
        The keys that are right or absent with a default, converted; and all mistakes.
    """
    converted: dict[str, Any] = {}
    unknown = [key for key in value if key not in fields]
    errors = [_unknown_key(key, fields, value) for key in unknown[:_MAX_UNKNOWN]]
    for key, kind in fields.items():
        if key not in value:
            if kind.is_required:
                errors.append(FieldError("is missing", kind.doc, (key,), code="missing-key"))
            else:
                converted[key] = kind.default
            continue
        try:
            converted[key] = kind.convert(value[key])
        except FieldError as error:
            errors.extend(each.within(key) for each in error.each())
    return converted, errors


def table_schema(fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the JSON Schema of a table with the keys of *fields* and no others."""
    properties = {}
    for key, kind in fields.items():
        properties[key] = kind.schema()
        if kind.doc:
            properties[key]["description"] = kind.doc
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    required = [key for key, kind in fields.items() if kind.is_required]
    if required:
        schema["required"] = required
    return schema


def _unknown_key(key: Any, fields: Mapping[str, Field], value: Mapping[str, Any]) -> FieldError:
    free = [name for name in fields if name not in value]
    near = nearest(str(key), free) or nearest(str(key), fields)
    if near:
        hint = f"did you mean {one_of(near[:2])}?"
    else:
        hint = f"known keys: {', '.join(sorted(fields))}" if fields else "it takes no keys"
    return FieldError("is not a known key", hint, (key,), code="unknown-key")


def _name(name: Any) -> str:
    if isinstance(name, str) and re.fullmatch(NAME_PATTERN, name):
        return name
    raise FieldError("is no name: use a-z, 0-9 and _", code="name")


def _raise_all(errors: list[FieldError]) -> None:
    if errors:
        first, *others = errors
        raise FieldError(first.text, first.hint, first.path, code=first.code, also=others)
