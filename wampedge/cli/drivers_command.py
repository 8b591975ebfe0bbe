"""``wampedge drivers``: list the drivers, show what one takes and offers, or run their vectors."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from wampedge.cli import exit_codes
from wampedge.devices.catalog import UnknownDriverError, driver_names, find_driver
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import REQUIRED, Field
from wampedge.errors import ConfigError

__all__ = ["add_flags", "run"]


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
        from wampedge.cli.driver_pages import page_of  # noqa: PLC0415 # only when asked for

        print(page_of(specs[0]))
        if specs[0].name.startswith("adafruit:"):
            from wampedge.cli.adafruit_list import class_lines  # noqa: PLC0415 # few have any

            print("\n".join(class_lines(specs[0].name)))
    else:
        for spec in specs:
            print(f"{spec.name:<12} {spec.bus or 'gpio':<7} {spec.title}")
        from wampedge.devices.installed import installed_names  # noqa: PLC0415 # slow

        for name, package in sorted(installed_names().items()):
            print(f"{name:<12} {'':<7} of the package {package}")
    return exit_codes.OK


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
