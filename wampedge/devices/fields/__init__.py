"""Kinds of values: the one set of declarations behind every check of a value from outside.

Keys of the device file, driver parameters, settings and command arguments are all declared with
these. Each kind converts a value or says what is wrong with it, and describes itself as JSON
Schema.
"""

from wampedge.devices.fields.base import (
    LARGEST_INTEGER,
    REQUIRED,
    Field,
    FieldError,
    dotted,
    shown,
)
from wampedge.devices.fields.composites import (
    NAME_PATTERN,
    ListOf,
    MapOf,
    Table,
    convert_table,
    table_schema,
)
from wampedge.devices.fields.quantities import Duration, Quantity
from wampedge.devices.fields.scalars import Boolean, Bytes, Choice, Integer, Number, Text

__all__ = [
    "LARGEST_INTEGER",
    "NAME_PATTERN",
    "REQUIRED",
    "Boolean",
    "Bytes",
    "Choice",
    "Duration",
    "Field",
    "FieldError",
    "Integer",
    "ListOf",
    "MapOf",
    "Number",
    "Quantity",
    "Table",
    "Text",
    "convert_table",
    "dotted",
    "shown",
    "table_schema",
]
