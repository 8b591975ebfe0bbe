"""What the node says of itself: devices, channels, commands, as plain values for any client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wampedge.config.model import ChannelConfig, DeviceConfig, SiteConfig
from wampedge.devices.driver import CommandSpec
from wampedge.runtime.describe_policies import (
    describe_access,
    describe_interlock,
    describe_output,
    describe_place,
    describe_publishing,
)
from wampedge.runtime.describe_procedures import (
    ORDER_SHAPES,
    Declared,
    derived_procedures,
    device_procedures,
    node_procedures,
)
from wampedge.runtime.describe_shapes import SHAPES
from wampedge.runtime.describe_topics import device_topics, node_topics, reading_topic, rule_topic
from wampedge.runtime.describe_values import arguments_of, step_of, value_schema, values_of

if TYPE_CHECKING:
    from wampedge.config.derived import DerivedConfig
    from wampedge.devices.alarms import AlarmPolicy
    from wampedge.devices.logic import RuleSpec

__all__ = ["FORMAT", "describe_device", "describe_node"]

FORMAT = 1
"""Version of the description; keys may be added to it, but none changes its meaning."""


def describe_node(
    config: SiteConfig, version: str, procedures: Mapping[str, Declared]
) -> dict[str, Any]:
    """Return the description of the whole node, all devices included.

    Args:
        config: the device file that runs.
        version: of wampedge.
        procedures: those of the node itself, by URI.
    """
    prefix = config.node.uri_prefix
    return {
        "format": FORMAT,
        "node": config.node.name,
        "prefix": prefix,
        "version": version,
        "labels": dict(config.node.labels),
        "status_topic": f"{prefix}.status",
        "safety_silence": config.sessions.silence_s,
        "procedures": node_procedures(procedures, config),
        "topics": node_topics(prefix),
        "buses": {
            n: {"type": bus.type, "labels": dict(bus.labels)} for n, bus in config.buses.items()
        },
        "devices": {n: _describe_device(d, prefix) for n, d in config.devices.items()},
        "interlocks": {n: describe_interlock(i) for n, i in config.interlocks.items()},
        "derived": {n: _describe_derived(d, prefix) for n, d in config.derived.items()},
        "rules": {n: _describe_rule(r, prefix) for n, r in config.rules.items()},
        "$defs": {**SHAPES, **ORDER_SHAPES},
    }


def describe_device(device: DeviceConfig, prefix: str) -> dict[str, Any]:
    """Return the description of one device: enough to build a control panel from."""
    return {**_describe_device(device, prefix), "$defs": {**SHAPES, **ORDER_SHAPES}}


def _describe_device(device: DeviceConfig, prefix: str) -> dict[str, Any]:
    base = f"{prefix}.{device.name}"
    return {
        "driver": device.driver.name,
        "title": device.driver.title,
        "enabled": device.is_enabled,
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
        "channels": {n: _describe_channel(c, device, base) for n, c in device.channels.items()},
        "commands": {n: _describe_command(n, c, base) for n, c in device.commands.items()},
        "procedures": device_procedures(device, prefix),
        "topics": device_topics(device, prefix),
    }


def _describe_channel(channel: ChannelConfig, device: DeviceConfig, base: str) -> dict[str, Any]:
    topic = f"{base}.{channel.name}"
    description: dict[str, Any] = {
        "topic": None if device.bundle.is_used else topic,
        "get": f"{topic}.get",
        "set": f"{topic}.set" if channel.spec.is_settable else None,
        "unit": channel.unit,
        "schema": value_schema(channel),
        "range": None if channel.range is None else list(channel.range),
        "step": step_of(channel),
        "values": values_of(channel),
        "settable": channel.spec.is_settable,
        "publish": describe_publishing(channel.publish),
        "access": describe_access(channel.access),
    }
    if channel.history_s is not None:
        description["history"] = {"procedure": f"{topic}.history", "age": channel.history_s}
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
    age_s = derived.channel.history_s
    kept = {} if age_s is None else {"history": {"procedure": f"{topic}.history", "age": age_s}}
    return {
        **kept,
        "topic": topic,
        "get": f"{topic}.get",
        "unit": derived.channel.unit,
        "value": derived.term.text,
        "inputs": list(derived.term.inputs),
        "every": derived.every_s,
        "schema": value_schema(derived.channel),
        "range": None if derived.channel.range is None else list(derived.channel.range),
        "publish": describe_publishing(derived.channel.publish),
        "procedures": derived_procedures(derived, topic),
        "topics": {topic: reading_topic(derived.channel)},
    }


def _describe_rule(rule: RuleSpec, prefix: str) -> dict[str, Any]:
    topic = f"{prefix}.rules.{rule.name}"
    return {
        "topic": topic,
        "when": rule.when.text,
        "for": rule.for_s,
        "do": [order.text for order in rule.orders],
        "otherwise": [order.text for order in rule.otherwise],
        "priority": "safety" if rule.is_safety else "normal",
        "topics": {topic: rule_topic()},
    }


def _describe_command(name: str, command: CommandSpec, base: str) -> dict[str, Any]:
    arguments = arguments_of(command.arguments)
    described = {"procedure": f"{base}.{name}", "arguments": arguments, "doc": command.doc}
    return described | ({"progress": True} if command.has_progress else {})
