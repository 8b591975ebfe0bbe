"""The JSON Schema of scenario files, for editors; made of what the checker is made of."""

from __future__ import annotations

from typing import Any

from wampedge.config.schema_sharing import shared
from wampedge.devices.fields import table_schema
from wampedge.simulation.scenario.fields import (
    MAX_PROPERTIES,
    MAX_STEPS,
    PROPERTY_FIELDS,
    PROPERTY_KINDS,
    STEP_FIELDS,
    TOP_FIELDS,
)

__all__ = ["scenario_schema"]


def scenario_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of a scenario file.

    What takes two tables, a clock or the device file is left to the checker.
    """
    top = table_schema(TOP_FIELDS)
    kinds = [{"required": [kind]} for kind in PROPERTY_KINDS]
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wampedge scenario",
        **top,
        "properties": {
            **top["properties"],
            "step": {"type": "array", "maxItems": MAX_STEPS, "items": table_schema(STEP_FIELDS)},
            "expect": {
                "type": "array",
                "maxItems": MAX_PROPERTIES,
                "items": {**table_schema(PROPERTY_FIELDS), "oneOf": kinds},
            },
        },
        "$defs": {},
    }
    return shared(whole)
