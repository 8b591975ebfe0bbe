"""The page of one driver: what it takes and offers, how it is wired, and where that is said."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Final

import tomli

from wampedge.config.model import DEFAULT_EVERY_S
from wampedge.config.output_policy import policy_fields
from wampedge.devices.catalog import UnknownDriverError, driver_file
from wampedge.devices.driver import ChannelSpec, DriverSpec
from wampedge.devices.fields import REQUIRED, Duration, Field, Quantity

__all__ = ["page_of"]

_WIRING: Final = {
    "i2c": "SDA and SCL of the bus (bus 1: places 3 and 5 of the header), ground, and the supply"
    " of the part; both lines pulled up to 3.3 V, as those of bus 1 are",
    "spi": "SCLK, MOSI and MISO of the bus (bus 0: places 23, 19 and 21 of the header), ground,"
    " supply; chip select to CE0 or CE1 (places 24 and 26), as chip_select says",
    "onewire": "the data line to that of the bus (GPIO4, place 7 of the header, unless told"
    " otherwise), pulled up to 3.3 V with 4.7 kohm; ground, supply",
    "serial": "TX of the part to RX of the port and the other way round, ground to ground; lines"
    " of the header bear 3.3 V, RS-232 and 5 V need a converter",
    "modbus": "A to A and B to B of a converter for RS-485 (a part with a UART: TX to RX and RX"
    " to TX), ground, 120 ohm at both ends of a long line; or a network, for modbus_tcp",
}
_PINS: Final = (
    "each pin to its line of the header or of a port expander; 3.3 V at most, a common"
    " ground, loads behind a driver of their own"
)
_KERNEL: Final = "as the kernel driver wants it, which a line of config.txt loads"
_PACKAGE: Final = "as the page of its package says"
_NOTHING: Final = "nothing of its own: it works through other devices of the file"


_WORDS = {
    "array": "list",
    "boolean": "true | false",
    "integer": "whole number",
    "number": "number",
    "object": "table",
    "string": "text",
}


def page_of(spec: DriverSpec) -> str:
    """Return everything about one driver as text."""
    lines = [f"{spec.name}: {spec.title}", "", *_notes(spec.name), f"bus: {_bus(spec)}"]
    if spec.addresses:
        lines.append("addresses: " + ", ".join(f"0x{address:02x}" for address in spec.addresses))
    if spec.is_polled:
        lines.append(f"sampled: every {spec.default_every_s or DEFAULT_EVERY_S:g} s, unless told")
    if spec.provides_pins:
        lines.append(f"offers {spec.provides_pins} pins to other devices")
    if spec.provides_buses:
        lines.append(f"offers {spec.provides_buses} I2C buses to other devices")
    if spec.is_output:
        lines.append("output policy: " + ", ".join(policy_fields(spec)))
    lines.append(f"wiring: {_wiring(spec)}")
    lines += _section("pins", {n: f"{p.direction} -- {p.doc}" for n, p in spec.pins.items()})
    lines += _section("parameters", {n: _field_line(f) for n, f in spec.params.items()})
    channels = {name: _channel_line(channel) for name, channel in spec.channels.items()}
    if spec.has_open_channels:
        channels["(any name)"] = "the device file names the channels"
    lines += _section("channels", channels)
    lines += _section("keys of a channel", _fields(spec.channel_fields))
    commands = {
        f"{name}({', '.join(command.arguments)})": command.doc
        for name, command in spec.commands.items()
    }
    lines += _section("commands", commands)
    if spec.events:
        with_details = f" (with {', '.join(spec.event_details)})" if spec.event_details else ""
        lines += ["", "events: " + ", ".join(spec.events) + with_details]
    return "\n".join(lines)


def _channel_line(channel: ChannelSpec) -> str:
    unit = f" {channel.unit}" if channel.unit else ""
    settable = ", settable" if channel.is_settable else ""
    doc = f" -- {channel.doc}" if channel.doc else ""
    return f"{_kind(channel.field)}{unit}{settable}{doc}"


def _section(title: str, rows: Mapping[str, str]) -> list[str]:
    if not rows:
        return []
    width = max(len(name) for name in rows)
    return ["", f"{title}:"] + [f"  {n:<{width}}  {text}".rstrip() for n, text in rows.items()]


def _fields(fields: Mapping[str, Field]) -> dict[str, str]:
    return {name: _field_line(field) for name, field in fields.items()}


def _field_line(field: Field) -> str:
    doc = f" -- {field.doc}" if field.doc else ""
    return f"{_kind(field)}{_need(field)}{doc}"


def _need(field: Field) -> str:
    """Return whether the key must be there, and what its absence means."""
    if field.default is REQUIRED:
        return ", required"
    if field.default is None or field.default == {}:
        return ", optional"
    unit = " s" if isinstance(field, Duration) else f" {getattr(field, 'unit', '')}".rstrip()
    return f", default {json.dumps(field.default, ensure_ascii=False)}{unit}"


def _kind(field: Field) -> str:
    """Return what a value of *field* is, in the words of somebody who writes a device file."""
    schema = field.schema()
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    if isinstance(field, Duration):
        return 'duration such as "30s"'
    if isinstance(field, Quantity):
        return f"quantity in {field.unit}"
    limits = (schema.get("minimum"), schema.get("maximum"))
    if limits == (None, None):
        kinds = schema.get("type", "")
        names = kinds if isinstance(kinds, list) else [kinds]
        return " | ".join(_WORDS.get(name, "value") for name in names)
    kind, (low, high) = _WORDS[schema["type"]], limits
    if high is None:
        return f"{kind}, {low:.10g} or more"
    if low is None:
        return f"{kind}, {high:.10g} or less"
    return f"{kind} {low:.10g} to {high:.10g}"


def _bus(spec: DriverSpec) -> str:
    if spec.bus is not None:
        return spec.bus
    return "none (pins only)" if spec.pins else "none"


def _wiring(spec: DriverSpec) -> str:
    if spec.bus is not None:
        return _WIRING[spec.bus] + ("; and the pins below" if spec.pins else "")
    if spec.pins:
        return _PINS
    if spec.place == "sysfs":
        return _KERNEL
    return _PACKAGE if spec.name.startswith("adafruit:") else _NOTHING


def _notes(name: str) -> list[str]:
    """Return what the file of the driver says of the part, its addresses and its datasheet."""
    try:
        path = driver_file(name)
    except UnknownDriverError:
        return []
    text = path.read_text(encoding="utf-8")
    notes = _notes_of_map(text) if path.suffix == ".toml" else _notes_of_class(text)
    return [*notes, ""] if notes else []


def _notes_of_map(text: str) -> list[str]:
    lines = text.splitlines()
    count = next(at for at, line in enumerate(lines) if not line.startswith("#"))
    notes = [line.removeprefix("#").strip() for line in lines[:count]]
    datasheet = tomli.loads(text).get("datasheet")
    return [*notes, f"Datasheet: {datasheet}"] if datasheet else notes


def _notes_of_class(text: str) -> list[str]:
    return (ast.get_docstring(ast.parse(text)) or "").replace("``", "").splitlines()
