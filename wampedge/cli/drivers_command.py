"""``wampedge drivers``: list the drivers, show what one takes and offers, or run their vectors."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from wampedge.cli import exit_codes
from wampedge.devices.catalog import UnknownDriverError, driver_names, find_driver
from wampedge.devices.driver import ChannelSpec, DriverSpec
from wampedge.devices.fields import REQUIRED, Duration, Field, Quantity
from wampedge.errors import ConfigError

__all__ = ["add_flags", "page_of", "run"]

_WORDS = {
    "array": "list",
    "boolean": "true | false",
    "integer": "whole number",
    "number": "number",
    "object": "table",
    "string": "text",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument("name", nargs="?", help="show this driver in full; test: run test vectors")
    parser.add_argument(
        "target", nargs="?", help="with test: a driver or a TOML file; all drivers if not given"
    )
    parser.add_argument(
        "--adafruit", action="store_true",
        help="list drivers for CircuitPython whose channels are known, and how to install them",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object per driver")


def run(options: argparse.Namespace) -> int:
    """List all drivers, show one, or run test vectors."""
    if options.name == "test":
        from wampedge.cli.driver_tests import run_tests  # noqa: PLC0415 # only when asked for

        return run_tests(options.target)
    if options.adafruit:
        from wampedge.cli.adafruit_list import adafruit_lines  # noqa: PLC0415 # only when asked for

        print("\n".join(adafruit_lines()))
        return exit_codes.OK
    try:
        names = [options.name] if options.name else driver_names()
        specs = [find_driver(name) for name in names]
    except (UnknownDriverError, ConfigError) as error:
        print(f"wampedge drivers: {error}", file=sys.stderr)
        return exit_codes.FINDINGS
    if options.json:
        for spec in specs:
            print(json.dumps(_as_json(spec), ensure_ascii=False))
    elif options.name:
        print(page_of(specs[0]))
        if specs[0].name.startswith("adafruit:"):
            from wampedge.cli.adafruit_list import class_lines  # noqa: PLC0415 # few have any

            print("\n".join(class_lines(specs[0].name)))
    else:
        for spec in specs:
            print(f"{spec.name:<12} {spec.bus or 'gpio':<7} {spec.title}")
    return exit_codes.OK


def page_of(spec: DriverSpec) -> str:
    """Return everything about one driver as text."""
    lines = [f"{spec.name}: {spec.title}", "", f"bus: {spec.bus or 'none (pins only)'}"]
    if spec.addresses:
        lines.append("addresses: " + ", ".join(f"0x{address:02x}" for address in spec.addresses))
    if spec.provides_pins:
        lines.append(f"offers {spec.provides_pins} pins to other devices")
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
        lines += ["", "events: " + ", ".join(spec.events)]
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
    low, high = ("" if limit is None else f"{limit:g}" for limit in limits)
    return f"{_WORDS[schema['type']]} {low} to {high}".rstrip()


def _as_json(spec: DriverSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "title": spec.title,
        "bus": spec.bus,
        "addresses": list(spec.addresses),
        "pins": {n: {"direction": p.direction, "doc": p.doc} for n, p in spec.pins.items()},
        "params": {n: _param_as_json(f) for n, f in spec.params.items()},
        "channels": {
            n: {"unit": c.unit, "settable": c.is_settable, "schema": c.field.schema()}
            for n, c in spec.channels.items()
        },
        "open_channels": spec.has_open_channels,
        "commands": {
            n: {"doc": c.doc, "arguments": {a: f.schema() for a, f in c.arguments.items()}}
            for n, c in spec.commands.items()
        },
        "events": list(spec.events),
    }


def _param_as_json(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"schema": field.schema(), "required": field.default is REQUIRED}
    if field.default is not REQUIRED:
        described["default"] = field.default
    return described
