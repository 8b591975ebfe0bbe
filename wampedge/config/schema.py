"""The JSON Schema of device files, made from the declarations the checker itself uses.

Editors complete and check with it while one types. It says what a schema can say of one value or
one table; what takes two tables (a pin used twice, an unknown bus) is for the checker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from wampedge.config.derived import DERIVED_FIELDS
from wampedge.config.filters import filter_schema
from wampedge.config.interlocks import INTERLOCK_FIELDS, SESSIONS_FIELDS
from wampedge.config.keeping import STORE_FIELDS
from wampedge.config.kinds import MAX_NAME_LENGTH, RESERVED_NAMES
from wampedge.config.local_drivers import DRIVER_FIELDS
from wampedge.config.rules import RULE_FIELDS
from wampedge.config.schema_sharing import shared
from wampedge.devices.catalog import driver_names, find_driver
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import NAME_PATTERN, table_schema

__all__ = ["json_schema"]

_OF: Final = "device_"
"""Begin of the name of the definition that has the keys of a driver's devices."""
_REFERENCE: Final = "reference"
_REFERENCE_TEXT: Final = {
    "type": "string",
    "pattern": r"\$\{",
    "description": "a text with ${env:NAME}, ${file:/path}, ${credential:NAME} or ${node.name}",
}
_WHOLE: Final = {"required": ["node", "devices"], "properties": {"devices": {"minProperties": 1}}}
"""What one file has; of several, another one may have it."""
_NAMES: Final = {
    "pattern": f"^{NAME_PATTERN}$",
    "maxLength": MAX_NAME_LENGTH,
    "not": {"enum": sorted(RESERVED_NAMES)},
}


_FOREIGN: Final = r"^adafruit:[a-z0-9_]+(\.[a-z0-9_]+)*(:(i2c|spi|uart))?$"
"""Drivers for CircuitPython; which of them are installed is for the checker."""


def json_schema(installed: Iterable[str] = ()) -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a whole device file; imports every driver.

    Args:
        installed: names of drivers that packages on this machine bring.

    Raises:
        ConfigError: one of these cannot be used.
    """
    top = table_schema(TOP_LEVEL_KEYS)
    drivers = {name: find_driver(name) for name in (*driver_names(), *sorted(installed))}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wampedge device file",
        "type": "object",
        "properties": {
            **top["properties"],
            "node": table_schema(NODE_FIELDS),
            "router": table_schema(ROUTER_FIELDS),
            "upstream": table_schema(UPSTREAM_FIELDS),
            "upstreams": _named_tables(table_schema(UPSTREAM_FIELDS)),
            "store": table_schema(STORE_FIELDS),
            "defaults": table_schema(DEFAULTS_FIELDS),
            "buses": _named_tables(_choice_schema("type", _bus_schemas())),
            "devices": _named_tables(_devices_schema(drivers)),
            "templates": _named_tables(_templates_schema(drivers)),
            "interlocks": _named_tables(table_schema(INTERLOCK_FIELDS)),
            "sessions": table_schema(SESSIONS_FIELDS),
            "derived": _named_tables(table_schema(DERIVED_FIELDS)),
            "rules": _named_tables(table_schema(RULE_FIELDS)),
            "drivers": _named_tables(table_schema(DRIVER_FIELDS)),
        },
        "$defs": {
            "filter": filter_schema(),
            **{f"{_OF}{name}": _device_schema(spec) for name, spec in drivers.items()},
        },
        "additionalProperties": False,
        "required": top["required"],
        "anyOf": [_WHOLE, {"required": ["include"]}],
        **_known_drivers_only(drivers),
    }
    whole = shared(_taking_references(whole))
    whole["$defs"][_REFERENCE] = _REFERENCE_TEXT
    return whole


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


def _known_drivers_only(drivers: Mapping[str, DriverSpec]) -> dict[str, Any]:
    """Return what holds where the file declares no drivers itself: it names ours, or foreign."""
    names = {"anyOf": [{"enum": list(drivers)}, {"type": "string", "pattern": _FOREIGN}]}
    tables = {"additionalProperties": {"properties": {"driver": names}}}
    return {
        "if": {"not": {"required": ["drivers"]}},
        "then": {"properties": {"devices": tables, "templates": tables}},
    }


def _devices_schema(drivers: Mapping[str, DriverSpec]) -> dict[str, Any]:
    """Return the schema of a device: what it lacks may come from a template it extends."""
    schemas: dict[str, dict[str, Any]] = {}
    for name, spec in drivers.items():
        required = [key for key, kind in device_fields(spec).items() if kind.is_required]
        whole = {"anyOf": [{"required": required}, {"required": ["extends"]}]}
        schemas[name] = {"$ref": f"#/$defs/{_OF}{name}", **whole}
    schema = _choice_schema("driver", schemas)
    schema["properties"] = {"driver": {"type": "string"}}
    del schema["required"]
    return {**schema, "anyOf": [{"required": ["driver"]}, {"required": ["extends"]}]}


def _templates_schema(drivers: Mapping[str, DriverSpec]) -> dict[str, Any]:
    """Return the schema of a template, which says what it likes of one driver, or of any."""
    schemas = {name: {"$ref": f"#/$defs/{_OF}{name}"} for name in drivers}
    schema = _choice_schema("driver", schemas)
    schema["properties"] = {"driver": {"type": "string"}}
    del schema["required"]
    return schema


def _taking_references(node: Any) -> Any:
    """Return the schema *node* with a reference allowed wherever a text is restricted."""
    if isinstance(node, list):
        return [_taking_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    if _is_restricted_text(node):
        inner = {key: value for key, value in node.items() if key != "description"}
        said = {key: value for key, value in node.items() if key == "description"}
        return {"anyOf": [inner, {"$ref": f"#/$defs/{_REFERENCE}"}], **said}
    return {
        key: value if key in ("propertyNames", "if", "not") else _taking_references(value)
        for key, value in node.items()
    }


def _is_restricted_text(node: Mapping[str, Any]) -> bool:
    pattern = node.get("pattern")
    if node.get("type") == "string" and isinstance(pattern, str):
        return r"\$\{" not in pattern
    words = node.get("enum")
    return isinstance(words, list) and any(isinstance(word, str) for word in words)


def _bus_schemas() -> dict[str, dict[str, Any]]:
    schemas = {kind: table_schema(fields) for kind, fields in BUS_FIELDS.items()}
    for schema in schemas.values():
        if "match" in schema["properties"]:
            schema["oneOf"] = [{"required": ["port"]}, {"required": ["match"]}]
    return schemas


def _device_schema(spec: DriverSpec) -> dict[str, Any]:
    schema = table_schema(device_fields(spec))
    schema.pop("required", None)
    schema["title"] = spec.title
    return schema
