"""What procedures take, what they answer and who may call them, by their URIs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from wampedge.config.model import ChannelConfig, DeviceConfig, SiteConfig
from wampedge.devices.answers import annotation_of, answer_schema
from wampedge.devices.fields import Field
from wampedge.runtime.commands import COMMAND_OPTIONS
from wampedge.runtime.describe_shapes import NODE_ANSWERS, described_table, shape
from wampedge.runtime.describe_values import argument, arguments_of, reading_schema, value_schema
from wampedge.runtime.procedures import FRESH, SET

if TYPE_CHECKING:
    from wampedge.config.derived import DerivedConfig

__all__ = [
    "ORDER_SHAPES",
    "Declared",
    "derived_procedures",
    "device_procedures",
    "node_procedures",
    "set_arguments",
]

Declared = tuple[Mapping[str, Field], Callable[..., Awaitable[Any]]]
"""The arguments of a procedure of the node, in positional order, and what carries it out."""

ORDER_SHAPES: Final[Mapping[str, Any]] = {
    name: kind.schema() | {"description": kind.doc} for name, kind in COMMAND_OPTIONS.items()
}
"""Schemas that descriptions of what writes refer to, by the name of the option."""
_ORDER_OPTIONS: Final = {name: {"$ref": f"#/$defs/{name}"} for name in ORDER_SHAPES}
_OBJECT: Final = {"type": "object"}
_GET: Final = "The newest reading."
_GET_ALL: Final = "The newest reading of every channel."


def node_procedures(declared: Mapping[str, Declared], config: SiteConfig) -> dict[str, Any]:
    """Return the description of the procedures of the node itself, by URI."""
    prefix, table = config.node.uri_prefix, {}
    for uri, (arguments, action) in declared.items():
        name = uri.removeprefix(f"{prefix}.")
        answer = NODE_ANSWERS.get(name) or answer_schema(annotation_of(action))
        doc = (action.__doc__ or "").strip().partition("\n")[0]
        roles = _blinking_roles(config) if name == "sys.identify" else None
        table[uri] = _procedure(arguments_of(arguments), answer, roles=roles, doc=doc)
    if config.derived:
        channels = {name: derived.channel for name, derived in config.derived.items()}
        doc = "The newest reading of every derived value."
        table[f"{prefix}.derived.get"] = _get_all(channels, None, doc)
    return table


def device_procedures(device: DeviceConfig, prefix: str) -> dict[str, Any]:
    """Return the description of every procedure of *device*, by URI."""
    base = f"{prefix}.{device.name}"
    table = {f"{base}.get": _get_all(device.channels, device.access.get, _GET_ALL)}
    for name, channel in device.channels.items():
        table[f"{base}.{name}.get"] = _get(channel, _roles(device, channel, "get"))
        if channel.history_s is not None:
            roles = _roles(device, channel, "get")
            table[f"{base}.{name}.history"] = _history(roles)
        if channel.spec.is_settable:
            table[f"{base}.{name}.set"] = _set(device, channel)
    settable = [n for n, c in device.channels.items() if c.spec.is_settable]
    if len(settable) == 1:
        table[f"{base}.set"] = table[f"{base}.{settable[0]}.set"]
    for name, command in device.commands.items():
        table[f"{base}.{name}"] = _procedure(
            arguments_of(command.arguments),
            answer_schema(command.result),
            roles=device.access.set,
            has_progress=command.has_progress,
            doc=command.doc,
            is_order=True,
        )
    doc = "Channels, commands, events and procedures of the device."
    table[f"{base}.describe"] = _procedure({}, _OBJECT, doc=doc)
    doc = "State and counters of the device."
    table[f"{base}.health"] = _procedure({}, shape("health"), doc=doc)
    return table


def derived_procedures(derived: DerivedConfig, topic: str) -> dict[str, Any]:
    """Return the description of the procedures of one derived value."""
    table = {f"{topic}.get": _get(derived.channel, None)}
    if derived.channel.history_s is not None:
        table[f"{topic}.history"] = _history(None)
    return table


def set_arguments(channel: ChannelConfig) -> dict[str, Any]:
    """Return the description of what ``set`` of *channel* takes."""
    value: dict[str, Any] = {"schema": value_schema(channel), "required": True}
    unit = {"unit": channel.unit} if channel.unit else {}
    return {"value": value | unit, "for_": argument(SET["for_"])}


def _get(channel: ChannelConfig, roles: tuple[str, ...] | None) -> dict[str, Any]:
    answer = reading_schema(channel)
    return _procedure(arguments_of(FRESH), answer, keywords=shape("reading"), roles=roles, doc=_GET)


def _history(roles: tuple[str, ...] | None) -> dict[str, Any]:
    from wampedge.runtime.history import HISTORY  # noqa: PLC0415 # only files that have one

    row: dict[str, Any] = {"type": "array", "prefixItems": [{"type": "number"}]}
    return _procedure(
        arguments_of(HISTORY),
        {"type": "array", "items": row},
        keywords=shape("history"),
        roles=roles,
        doc="Rows of time and value, or buckets of time, least, mean, most and count.",
    )


def _get_all(
    channels: Mapping[str, ChannelConfig], roles: tuple[str, ...] | None, doc: str
) -> dict[str, Any]:
    samples = {
        name: {**shape("sample"), "properties": {"value": reading_schema(channel)}}
        for name, channel in channels.items()
    }
    return _procedure(arguments_of(FRESH), described_table(samples), roles=roles, doc=doc)


def _set(device: DeviceConfig, channel: ChannelConfig) -> dict[str, Any]:
    return _procedure(
        set_arguments(channel),
        reading_schema(channel),
        roles=_roles(device, channel, "set"),
        doc="Sets it; answers with what the device accepted.",
        is_order=True,
    )


def _blinking_roles(config: SiteConfig) -> tuple[str, ...] | None:
    """Return who may let the output blink that shows where the node is: who may set it."""
    device = config.devices.get(config.node.identify or "")
    settable = [] if device is None else [c for c in device.channels.values() if c.spec.is_settable]
    return None if device is None else _roles(device, settable[0], "set")


def _roles(device: DeviceConfig, channel: ChannelConfig, action: str) -> tuple[str, ...] | None:
    """Return who may; where a channel says itself who may, the device is not asked."""
    own = channel.access.set if action == "set" else channel.access.get
    return own if own is not None else getattr(device.access, action)


def _procedure(
    arguments: Mapping[str, Any],
    answer: Mapping[str, Any],
    *,
    keywords: Mapping[str, Any] | None = None,
    roles: tuple[str, ...] | None = None,
    has_progress: bool = False,
    doc: str = "",
    is_order: bool = False,
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "arguments": arguments,
        "result": answer,
        "roles": None if roles is None else list(roles),
        "progress": has_progress,
        "doc": doc,
    }
    if is_order:
        described["options"] = _ORDER_OPTIONS
    return described if keywords is None else described | {"keywords": keywords}
