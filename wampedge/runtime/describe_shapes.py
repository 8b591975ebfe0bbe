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


def _event_table(properties: Mapping[str, Any], *optional: str) -> dict[str, Any]:
    """Return the schema of the keywords of an event, which may be from before the clock was set."""
    return described_table({**properties, "clock": {"const": "unsynced"}}, *optional, "clock")


SHAPES: Final[Mapping[str, Schema]] = {
    "reading": _event_table(_READING, "reason", "last"),
    "sample": described_table({"value": VALUE, **_READING}, "reason", "last"),
    "status": _event_table(_HEALTH, "errors", "successes", "reason"),
    "health": described_table(
        {"state": {"enum": list(DEVICE_STATES)}, **_HEALTH, "blocked": _COUNT},
        "reason",
        "blocked",
        others={"type": "number"},
    ),
    "moment": _event_table({"time": _TIME}),
    "alarm": _event_table(
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
    "rule": _event_table(_RULE, "reason"),
    "bundle": _event_table(
        {
            "time": _TIME,
            "quality": {**_QUALITY, "description": "the worst of all"},
            "seq": _COUNT,
            "reasons": {"type": "object", "additionalProperties": _TEXT},
        },
        "reasons",
    ),
    "file": _event_table({"time": _TIME, "text": _TEXT}),
    "history": described_table(
        {
            "unit": _TEXT,
            "is_limit_reached": _FLAG,
            "next": {
                "type": "object",
                "additionalProperties": _NUMBER,
                "description": "the arguments of the next page, beside those of this one",
            },
        },
        "next",
    ),
    "clock": _event_table(
        {"time": _TIME, "step": {**_NUMBER, "description": "how far it jumped, seconds"}}
    ),
    "trouble": _event_table({"time": _TIME, "reason": _TEXT}, "reason"),
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

_LINK_STATE: Final = {"enum": ["connecting", "joined", "waiting", "stopped"]}
_OR_NULL: Final[Mapping[str, Schema]] = {
    name: {**schema, "type": [schema["type"], "null"]}
    for name, schema in {"text": _TEXT, "count": _COUNT, "number": _NUMBER, "time": _TIME}.items()
}
_LINK: Final = described_table(
    {
        "url": _TEXT,
        "realm": _TEXT,
        "state": _LINK_STATE,
        "since": {**_TIME, "description": "when it came up, or went down, Unix seconds"},
        "latency": {**_OR_NULL["number"], "description": "answer to the newest ping, seconds"},
        "session_id": _COUNT,
        "joined_at": _OR_NULL["time"],
        "joins": _COUNT,
        "failures": {**_COUNT, "description": "tries that failed since it was up last"},
        "last_error": _TEXT,
        "is_rejected": _FLAG,
        "procedures": _COUNT,
        "procedures_registered": _COUNT,
        "published": _COUNT,
        "dropped": _COUNT,
        "refused": _COUNT,
        "calls": _COUNT,
    }
)
_QUEUE: Final = described_table(
    {
        "depth": {**_COUNT, "description": "events that wait"},
        "bytes": _COUNT,
        "oldest": {**_OR_NULL["time"], "description": "of the oldest one, Unix seconds"},
        "age": {**_OR_NULL["number"], "description": "of the oldest one, seconds"},
        "sent": {**_COUNT, "description": "events that are upstream since the start"},
        "dropped": {
            "type": "object",
            "additionalProperties": _COUNT,
            "description": "events that were lost since the start, by reason",
        },
        "gaps": {**_COUNT, "description": "gap records that wait"},
        "lasting": {**_FLAG, "description": "whether what waits outlives the process"},
        "trouble": _OR_NULL["text"],
    }
)
_CARD: Final = described_table(
    {
        "lasting": _FLAG,
        "trouble": {**_OR_NULL["text"], "description": "why nothing is safe at the moment"},
        "commits": _COUNT,
        "written": {**_OR_NULL["count"], "description": "bytes since the start"},
        "written_a_day": {**_OR_NULL["count"], "description": "bytes a day, of the last day"},
    }
)

NODE_ANSWERS: Final[Mapping[str, Schema]] = {
    "sys.health": described_table(
        {
            "state": {"enum": list(NODE_STATES)},
            "node": _TEXT,
            "version": _TEXT,
            "uptime": {**_NUMBER, "description": "seconds"},
            "time": _TIME,
            "clock": {"enum": ["synced", "unsynced"]},
            "substrate": _TEXT,
            "simulated": _FLAG,
            "link": {"type": ["object", "null"]},
            "links": {"type": "object", "additionalProperties": _LINK_STATE},
            "store": _CARD,
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
    "sys.link": {"type": "object", "additionalProperties": _LINK},
    "sys.queue": described_table(
        {"links": {"type": "object", "additionalProperties": _QUEUE}, "store": _CARD}
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
