"""What the events of topics carry, by their URIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.config.model import ChannelConfig, DeviceConfig
from wampedge.runtime.describe_shapes import (
    DEVICE_STATES,
    NODE_ANSWERS,
    NODE_STATES,
    RULE_STATES,
    SHAPES,
    described_table,
    shape,
)
from wampedge.runtime.describe_values import reading_schema

__all__ = ["device_topics", "node_topics", "reading_topic", "rule_topic"]


def node_topics(prefix: str) -> dict[str, Any]:
    """Return the description of the topics of the node itself."""
    return {
        f"{prefix}.status": _topic("node", _one_of(NODE_STATES), "moment"),
        f"{prefix}.sys.config": _topic(
            "file", _one_of(("applied", "refused")), "file", is_retained=False
        ),
        f"{prefix}.sys.link": _topic("link", NODE_ANSWERS["sys.link"], "moment"),
        f"{prefix}.sys.queue": _topic("queue", NODE_ANSWERS["sys.queue"], "moment"),
        f"{prefix}.sys.clock": _topic("clock", _one_of(("synced", "unsynced")), "clock"),
        f"{prefix}.sys.store.alarm": _topic("trouble", _one_of(("raised", "cleared")), "trouble"),
    }


def device_topics(device: DeviceConfig, prefix: str) -> dict[str, Any]:
    """Return the description of every topic of *device*."""
    base = f"{prefix}.{device.name}"
    topics = {f"{base}.status": _topic("status", _one_of(DEVICE_STATES), "status")}
    if device.bundle.is_used:
        topics[base] = _bundle(device)
    else:
        topics |= {f"{base}.{n}": reading_topic(c) for n, c in device.channels.items()}
    for name, channel in device.channels.items():
        if channel.alarm is not None:
            states = _one_of(("raised", "cleared"))
            topics[f"{base}.{name}.alarm"] = _topic("alarm", states, "alarm")
    if device.driver.events:
        topics[f"{base}.event"] = _event_topic(device)
    return topics


def reading_topic(channel: ChannelConfig) -> dict[str, Any]:
    """Return the description of a topic that carries readings of *channel*."""
    return _topic("reading", reading_schema(channel), "reading")


def rule_topic() -> dict[str, Any]:
    """Return the description of the topic of a rule."""
    return _topic("rule", _one_of(RULE_STATES), "rule")


def _event_topic(device: DeviceConfig) -> dict[str, Any]:
    topic = _topic("event", _one_of(device.driver.events), "moment", is_retained=False)
    riding = {name: kind.schema() for name, kind in device.driver.event_details.items()}
    if riding:
        moment = SHAPES["moment"]["properties"]
        topic["keywords"] = described_table({**moment, **riding}, *riding, "clock")
    return topic


def _bundle(device: DeviceConfig) -> dict[str, Any]:
    """Return the description of ``P.D``: the values of all channels, or several samples of them."""
    values = {name: reading_schema(channel) for name, channel in device.channels.items()}
    table = described_table(values, *values)
    if device.bundle.batch == 1:
        return _topic("group", table, "bundle")
    sample = {
        "type": "array",
        "prefixItems": [table, {"type": "number", "description": "Unix seconds"}],
        "minItems": 2,
        "items": False,
    }
    size = device.bundle.batch
    batch = {"type": "array", "items": sample, "minItems": size, "maxItems": size}
    return _topic("batch", batch, "bundle")


def _topic(
    kind: str, value: Mapping[str, Any], keywords: str, *, is_retained: bool = True
) -> dict[str, Any]:
    return {"kind": kind, "value": value, "keywords": shape(keywords), "retained": is_retained}


def _one_of(words: Sequence[str]) -> dict[str, Any]:
    return {"enum": list(words)}
