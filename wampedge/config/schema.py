"""The JSON Schema of device files, made from the declarations the checker itself uses.

Editors complete and check with it while one types. It says what a schema can say of one value or
one table; what takes two tables (a pin used twice, an unknown bus) is for the checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.declarations import (
    BUS_FIELDS,
    DEFAULTS_FIELDS,
    NODE_FIELDS,
    ROUTER_FIELDS,
    TOP_LEVEL_KEYS,
    UPSTREAM_FIELDS,
    device_fields,
)
from wampedge.config.filters import filter_schema
from wampedge.config.interlocks import INTERLOCK_FIELDS, SESSIONS_FIELDS
from wampedge.config.kinds import MAX_NAME_LENGTH, RESERVED_NAMES
from wampedge.devices.catalog import driver_names, find_driver
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import NAME_PATTERN, table_schema

__all__ = ["json_schema"]

_NAMES: Final = {
    "pattern": f"^{NAME_PATTERN}$",
    "maxLength": MAX_NAME_LENGTH,
    "not": {"enum": sorted(RESERVED_NAMES)},
}


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a whole device file; imports every driver."""
    top = table_schema(TOP_LEVEL_KEYS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wampedge device file",
        "type": "object",
        "properties": {
            **top["properties"],
            "node": table_schema(NODE_FIELDS),
            "router": table_schema(ROUTER_FIELDS),
            "upstream": table_schema(UPSTREAM_FIELDS),
            "defaults": table_schema(DEFAULTS_FIELDS),
            "buses": _named_tables(_choice_schema("type", _bus_schemas())),
            "devices": {
                **_named_tables(_choice_schema("driver", _device_schemas())),
                "minProperties": 1,
            },  # one row
            "interlocks": _named_tables(table_schema(INTERLOCK_FIELDS)),
            "sessions": table_schema(SESSIONS_FIELDS),
        },
        "$defs": {"filter": filter_schema()},
        "additionalProperties": False,
        "required": [*top["required"], "node", "devices"],
    }


def _named_tables(table: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": _NAMES, "additionalProperties": dict(table)}


def _choice_schema(key: str, schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the schema of a table whose other keys depend on what *key* says."""
    branches = [
        {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": dict(schema)}
        for name, schema in schemas.items()
    ]
    return {
        "type": "object",
        "properties": {key: {"enum": list(schemas)}},
        "required": [key],
        "allOf": branches,
    }


def _bus_schemas() -> dict[str, dict[str, Any]]:
    return {kind: table_schema(fields) for kind, fields in BUS_FIELDS.items()}


def _device_schemas() -> dict[str, dict[str, Any]]:
    return {name: _device_schema(find_driver(name)) for name in driver_names()}


def _device_schema(spec: DriverSpec) -> dict[str, Any]:
    schema = table_schema(device_fields(spec))
    schema["title"] = spec.title
    return schema
