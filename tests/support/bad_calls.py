"""Every way to call a procedure wrongly, worked out from what the procedure says it takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["bad_calls", "procedures_of"]

_FRESH = {"fresh": {"schema": {"type": "boolean"}, "required": False}}
_FOR = {"schema": {"type": "string"}, "required": False}
_WRONG_BY_TYPE: dict[str, list[Any]] = {
    "boolean": ["on", 2, 1.0, math.nan, 2**70, [True], {}, b"\x01"],
    "number": ["50", True, math.nan, math.inf, -math.inf, 2**70, [1], {}, 10**400],
    "integer": ["1", True, 1.5, math.nan, 2**70, -(2**70), [1], {}],
    "string": [True, 1, 1.5, math.nan, 2**70, [], {}, b"x", "x" * 70_000],
}
_WRONG_CHOICES = ["no such choice", True, 1.5, math.nan, 2**70, [], {}, b"x"]


def procedures_of(description: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every procedure of a node with what it takes, as ``sys.describe`` tells it."""
    found = {uri: each["arguments"] for uri, each in description["procedures"].items()}
    prefix = description["prefix"]
    for name, device in description["devices"].items():
        base = f"{prefix}.{name}"
        found |= {f"{base}.get": _FRESH, f"{base}.describe": {}, f"{base}.health": {}}
        settable = []
        for channel in device["channels"].values():
            found[channel["get"]] = _FRESH
            if channel["set"]:
                value = {"schema": channel["schema"], "required": True}
                found[channel["set"]] = {"value": value, "for_": _FOR}
                settable.append(channel["set"])
        if len(settable) == 1:
            found[f"{base}.set"] = found[settable[0]]
        for command in device["commands"].values():
            found[command["procedure"]] = command["arguments"]
    return found


def bad_calls(
    arguments: Mapping[str, Any],
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any], str]]:
    """Return (args, kwargs, field at fault) for each way to call a procedure wrongly."""
    good = {n: _allowed_value(a["schema"]) for n, a in arguments.items() if a["required"]}
    for name, argument in arguments.items():
        for wrong in _wrong_values(argument["schema"]):
            yield (), {**good, name: wrong}, name
        if argument["required"]:
            yield (), {n: v for n, v in good.items() if n != name}, name
            if next(iter(arguments)) == name:
                yield (good[name],), good, name  # given twice
    yield (), {**good, "sudo": True}, "sudo"
    everything = tuple(_allowed_value(a["schema"]) for a in arguments.values())
    yield (*everything, None), {}, f"argument {len(everything) + 1}"


def _wrong_values(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Return values that *schema* does not allow."""
    if "enum" in schema:
        yield from _WRONG_CHOICES
    takes_bytes = "contentMediaType" in schema
    for wrong in _WRONG_BY_TYPE.get(schema.get("type", ""), ()):
        if not (takes_bytes and isinstance(wrong, bytes)):
            yield wrong
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)


def _allowed_value(schema: Mapping[str, Any]) -> Any:
    """Return a value that *schema* allows, to get past the arguments before the wrong one."""
    if "enum" in schema:
        return schema["enum"][0]
    if "minimum" in schema:
        return schema["minimum"]
    samples = {"boolean": True, "number": 1.0, "integer": 1, "string": "5s"}
    return samples.get(schema.get("type", ""), 1)
