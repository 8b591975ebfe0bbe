"""Values in a description: what a channel carries, in which steps, and what arguments may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wampedge.config.model import ChannelConfig
from wampedge.devices.fields import REQUIRED, Boolean, Choice, Duration, Field, Integer
from wampedge.devices.units import duration_text
from wampedge.runtime.values import to_public

__all__ = ["argument", "arguments_of", "reading_schema", "step_of", "value_schema", "values_of"]

_MOVING: Final = frozenset(("offset", "scale", "polynomial", "calibrate", "ntc", "pt100", "pt1000"))
"""Filters after which the limits of the part say nothing any more."""
_NUMBERS: Final = ("number", "integer")


def value_schema(channel: ChannelConfig) -> dict[str, Any]:
    """Return the schema of what the part measures or takes, in the unit of the device file."""
    schema = _typed(channel)
    if channel.spec.may_be_empty and "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    if schema.get("type") not in _NUMBERS:
        return schema
    limits = _limits(channel, schema)
    if channel.range is not None:
        low, high = channel.range
        limits = {
            "minimum": max(low, limits.get("minimum", low)),
            "maximum": min(high, limits.get("maximum", high)),
        }
    return {"type": schema["type"], **limits}


def reading_schema(channel: ChannelConfig) -> dict[str, Any]:
    """Return the schema of the value of a reading: certain, so without the limits of the part."""
    schema = _typed(channel)
    if "enum" in schema:
        return {"enum": [*schema["enum"], None]}
    if "type" not in schema:
        return {}
    limits = {}
    if channel.range is not None and schema["type"] in _NUMBERS:
        limits = {"minimum": channel.range[0], "maximum": channel.range[1]}
    return {"type": [schema["type"], "null"], **limits}


def step_of(channel: ChannelConfig) -> float | None:
    """Return the step between values, in the unit of the channel; None where nobody knows."""
    rounded = [each.options for each in channel.filters if each.name == "round"]
    if rounded and channel.filters[-1].name in ("round", "clamp", "range"):
        return float(10.0 ** -rounded[-1])
    if isinstance(channel.spec.field, Integer) and not channel.filters:
        return channel.scale
    return None


def values_of(channel: ChannelConfig) -> list[Any] | None:
    """Return every value there is, where that is a list."""
    kind = channel.spec.field
    if isinstance(kind, Boolean):
        return [False, True]
    return list(kind.values) if isinstance(kind, Choice) else None


def arguments_of(declared: Mapping[str, Field]) -> dict[str, Any]:
    """Return the description of *declared* arguments, by name, in positional order."""
    return {name: argument(kind) for name, kind in declared.items()}


def argument(kind: Field) -> dict[str, Any]:
    """Return the description of one argument; limits and defaults as a caller writes them."""
    described: dict[str, Any] = {
        "schema": kind.schema(),
        "required": kind.default is REQUIRED,
    }
    if kind.default is not REQUIRED and kind.default is not None:
        is_duration = isinstance(kind, Duration)
        described["default"] = duration_text(kind.default) if is_duration else kind.default
    if isinstance(kind, Duration):
        limits = {"minimum": kind.minimum_s, "maximum": kind.maximum_s}
        described |= {key: duration_text(s) for key, s in limits.items() if s is not None}
    return described | ({"doc": kind.doc} if kind.doc else {})


def _typed(channel: ChannelConfig) -> dict[str, Any]:
    """Return the schema of the driver, with the kind of number that is left of it."""
    schema = dict(channel.spec.field.schema())
    is_whole = channel.scale == 1.0 and channel.offset == 0.0 and not channel.filters
    if schema.get("type") == "integer" and not is_whole:
        schema["type"] = "number"
    return schema


def _limits(channel: ChannelConfig, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits of the part in the public unit, as far as filters leave them true."""
    limits = {k: to_public(channel, schema[k]) for k in ("minimum", "maximum") if k in schema}
    if channel.spec.is_settable:
        return limits  # filters are for readings: what is set does not pass them
    for each in channel.filters:
        if each.name in _MOVING:
            limits = {}
        elif each.name == "clamp" and each.then == (1.0, 0.0):
            limits = {"minimum": each.options[0], "maximum": each.options[1]}
    return limits
