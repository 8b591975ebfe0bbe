"""What the node says of itself: devices, channels, commands, as plain values for any client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.config.model import ChannelConfig, DeviceConfig, SiteConfig
from wampedge.devices.driver import CommandSpec
from wampedge.devices.fields import REQUIRED, Field
from wampedge.runtime.describe_policies import (
    describe_access,
    describe_interlock,
    describe_output,
    describe_place,
    describe_publishing,
)
from wampedge.runtime.values import to_public

if TYPE_CHECKING:
    from wampedge.config.derived import DerivedConfig
    from wampedge.devices.alarms import AlarmPolicy
    from wampedge.devices.logic import RuleSpec

__all__ = ["FORMAT", "describe_device", "describe_node"]

FORMAT = 1
"""Version of the description; keys may be added to it, but none changes its meaning."""


def describe_node(
    config: SiteConfig, version: str, procedures: Mapping[str, Mapping[str, Field]]
) -> dict[str, Any]:
    """Return the description of the whole node, all devices included.

    Args:
        config: the device file that runs.
        version: of wampedge.
        procedures: those of the node itself: URI to arguments, in positional order.
    """
    prefix = config.node.uri_prefix
    return {
        "format": FORMAT,
        "node": config.node.name,
        "prefix": prefix,
        "version": version,
        "labels": dict(config.node.labels),
        "status_topic": f"{prefix}.status",
        "procedures": {uri: {"arguments": _arguments(a)} for uri, a in procedures.items()},
        "buses": {
            n: {"type": bus.type, "labels": dict(bus.labels)} for n, bus in config.buses.items()
        },
        "devices": {n: describe_device(d, prefix) for n, d in config.devices.items()},
        "interlocks": {n: describe_interlock(i) for n, i in config.interlocks.items()},
        "derived": {n: _describe_derived(d, prefix) for n, d in config.derived.items()},
        "rules": {n: _describe_rule(r, prefix) for n, r in config.rules.items()},
    }


def describe_device(device: DeviceConfig, prefix: str) -> dict[str, Any]:
    """Return the description of one device: enough to build a control panel from."""
    base = f"{prefix}.{device.name}"
    return {
        "driver": device.driver.name,
        "title": device.driver.title,
        "bus": device.bus,
        "place": describe_place(device),
        "every": device.every_s,
        "stale_after": device.stale_after_s,
        "is_output": device.driver.is_output,
        "output": describe_output(device.output) if device.driver.is_output else None,
        "access": describe_access(device.access),
        "labels": dict(device.labels),
        "status_topic": f"{base}.status",
        "health": f"{base}.health",
        "get": f"{base}.get",
        "bundle_topic": base if device.bundle.is_used else None,
        "batch": device.bundle.batch if device.bundle.batch > 1 else None,
        "event_topic": f"{base}.event" if device.driver.events else None,
        "events": list(device.driver.events),
        "channels": {n: _describe_channel(c, base) for n, c in device.channels.items()},
        "commands": {n: _describe_command(n, c, base) for n, c in device.commands.items()},
    }


def _describe_channel(channel: ChannelConfig, base: str) -> dict[str, Any]:
    topic = f"{base}.{channel.name}"
    description: dict[str, Any] = {
        "topic": topic,
        "get": f"{topic}.get",
        "set": f"{topic}.set" if channel.spec.is_settable else None,
        "unit": channel.unit,
        "schema": _public_schema(channel),
        "range": None if channel.range is None else list(channel.range),
        "settable": channel.spec.is_settable,
        "publish": describe_publishing(channel.publish),
        "access": describe_access(channel.access),
    }
    if channel.alarm is not None:
        description["alarm"] = _describe_alarm(channel.alarm, topic)
    if channel.spec.doc:
        description["doc"] = channel.spec.doc
    return description


def _describe_alarm(alarm: AlarmPolicy, topic: str) -> dict[str, Any]:
    return {
        "topic": f"{topic}.alarm",
        "below": alarm.below,
        "above": alarm.above,
        "clear_below": alarm.clear_below,
        "clear_above": alarm.clear_above,
        "for": alarm.for_s,
    }


def _describe_derived(derived: DerivedConfig, prefix: str) -> dict[str, Any]:
    topic = f"{prefix}.derived.{derived.channel.name}"
    return {
        "topic": topic,
        "get": f"{topic}.get",
        "unit": derived.channel.unit,
        "value": derived.term.text,
        "inputs": list(derived.term.inputs),
        "schema": _public_schema(derived.channel),
    }


def _describe_rule(rule: RuleSpec, prefix: str) -> dict[str, Any]:
    return {
        "topic": f"{prefix}.rules.{rule.name}",
        "when": rule.when.text,
        "for": rule.for_s,
        "do": [order.text for order in rule.orders],
        "otherwise": [order.text for order in rule.otherwise],
        "priority": "safety" if rule.is_safety else "normal",
    }


def _public_schema(channel: ChannelConfig) -> dict[str, Any]:
    """Return the schema of the channel's value in the unit of the device file."""
    schema = dict(channel.spec.field.schema())
    for limit in ("minimum", "maximum"):
        if limit in schema:
            schema[limit] = to_public(channel, schema[limit])
    if channel.range is not None:
        low, high = channel.range
        schema["minimum"] = max(low, schema.get("minimum", low))
        schema["maximum"] = min(high, schema.get("maximum", high))
    return schema


def _describe_command(name: str, command: CommandSpec, base: str) -> dict[str, Any]:
    arguments = _arguments(command.arguments)
    described = {"procedure": f"{base}.{name}", "arguments": arguments, "doc": command.doc}
    return described | ({"progress": True} if command.has_progress else {})


def _arguments(declared: Mapping[str, Field]) -> dict[str, Any]:
    return {
        name: {"schema": kind.schema(), "required": kind.default is REQUIRED}
        for name, kind in declared.items()
    }
