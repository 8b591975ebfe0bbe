"""Schemas that descriptions share: what comes with readings and states, what the node answers.

A description carries those in ``$defs``; its other schemas refer to them (``#/$defs/reading``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = [
    "DEVICE_STATES",
    "NODE_ANSWERS",
    "NODE_STATES",
    "RULE_STATES",
    "SHAPES",
    "VALUE",
    "described_table",
    "shape",
]

Schema = dict[str, Any]

DEVICE_STATES: Final = ("starting", "ok", "degraded", "down", "disabled")
NODE_STATES: Final = ("starting", "ready", "stopping")
RULE_STATES: Final = ("idle", "waiting", "active", "unknown", "disabled")
VALUE: Final[Mapping[str, Any]] = {"type": ["boolean", "number", "string", "null"]}

_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_TIME: Final[Schema] = {"type": "number", "description": "Unix seconds"}
_NUMBER: Final[Schema] = {"type": "number"}
_QUALITY: Final[Schema] = {"enum": ["good", "uncertain", "bad", "stale"]}
_FLAG: Final[Schema] = {"type": "boolean"}


def described_table(
    properties: Mapping[str, Any], *optional: str, others: Any = False
) -> dict[str, Any]:
    """Return the schema of a table with exactly *properties*.

    Args:
        properties: key to schema.
        optional: those that may be missing.
        others: schema of the values of further keys; False: there are none.
    """
    required = [key for key in properties if key not in optional]
    schema: Schema = {"type": "object", "properties": dict(properties)}
    return schema | ({"required": required} if required else {}) | {"additionalProperties": others}


def shape(name: str) -> dict[str, Any]:
    """Return the schema that refers to one of ``SHAPES``."""
    assert name in SHAPES, "only shapes are referred to"
    return {"$ref": f"#/$defs/{name}"}


_READING: Final = {
    "unit": _TEXT,
    "time": {**_TIME, "description": "of the sample, Unix seconds"},
    "quality": _QUALITY,
    "seq": _COUNT,
    "reason": {**_TEXT, "description": "why the quality is not good"},
    "last": {**VALUE, "description": "the last good value, where there is none now"},
}
_HEALTH: Final = {"since": _TIME, "errors": _COUNT, "successes": _COUNT, "reason": _TEXT}
_RULE: Final = {
    "since": _TIME,
    "fired": _COUNT,
    "failed": _COUNT,
    "delayed": _COUNT,
    "reason": _TEXT,
}

SHAPES: Final[Mapping[str, Schema]] = {
    "reading": described_table(_READING, "reason", "last"),
    "sample": described_table({"value": VALUE, **_READING}, "reason", "last"),
    "status": described_table(_HEALTH, "errors", "successes", "reason"),
    "health": described_table(
        {"state": {"enum": list(DEVICE_STATES)}, **_HEALTH, "blocked": _COUNT},
        "reason",
        "blocked",
        others={"type": "number"},
    ),
    "moment": described_table({"time": _TIME}),
    "alarm": described_table(
        {
            "reading": {"type": ["number", "null"]},
            "unit": _TEXT,
            "time": _TIME,
            "side": {"enum": ["below", "above"]},
            "limit": _NUMBER,
            "reason": _TEXT,
        },
        "side",
        "limit",
        "reason",
    ),
    "rule": described_table(_RULE, "reason"),
    "bundle": described_table(
        {
            "time": _TIME,
            "quality": {**_QUALITY, "description": "the worst of all"},
            "seq": _COUNT,
            "reasons": {"type": "object", "additionalProperties": _TEXT},
        },
        "reasons",
    ),
    "file": described_table({"time": _TIME, "text": _TEXT}),
}
"""Name to schema; keywords of events and results, but for ``sample`` and ``health``."""

_NAMES: Final[Schema] = {"type": "array", "items": _TEXT}
_CHANGES: Final = described_table(
    {
        "added": _NAMES,
        "removed": _NAMES,
        "changed": _NAMES,
        "needs_restart": _NAMES,
        "summary": _TEXT,
    }
)
_PROBLEM: Final = described_table(
    {
        "file": _TEXT,
        "line": _COUNT,
        "column": _COUNT,
        "end_column": _COUNT,
        "text": _TEXT,
        "hint": _TEXT,
        "code": _TEXT,
        "severity": _TEXT,
    }
)

NODE_ANSWERS: Final[Mapping[str, Schema]] = {
    "sys.health": described_table(
        {
            "state": {"enum": list(NODE_STATES)},
            "substrate": _TEXT,
            "simulated": _FLAG,
            "link": {"type": ["object", "null"]},
            "listening": _NAMES,
            "insecure": _NAMES,
            "devices": {"type": "object", "additionalProperties": shape("health")},
            "rules": {
                "type": "object",
                "additionalProperties": described_table(
                    {"state": {"enum": list(RULE_STATES)}, **_RULE}, "reason"
                ),
            },
            "buses": {
                "type": "object",
                "additionalProperties": {"type": "object", "required": ["state"]},
            },
        }
    ),
    "sys.config.check": described_table(
        {
            "ok": _FLAG,
            "problems": {"type": "array", "items": _PROBLEM},
            "changes": {"anyOf": [_CHANGES, {"type": "null"}]},
        }
    ),
    "sys.config.apply": _CHANGES,
}
"""What procedures of the node answer, by their URI below the prefix, where more than a type is
known."""
