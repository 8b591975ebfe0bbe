"""``wampedge schema``: print the JSON Schema of device, scenario or world files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from wampedge.cli import exit_codes
from wampedge.config.schema import json_schema
from wampedge.devices.catalog import find_driver
from wampedge.devices.installed import installed_names
from wampedge.errors import ConfigError

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.add_argument(
        "kind", nargs="?", choices=tuple(_SCHEMAS), default="devices", help="of which files"
    )
    parser.epilog = (
        "Editors with TOML support use it when the first line of the file is: #:schema PATH"
    )


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    print(json.dumps(_SCHEMAS[options.kind](), indent=2, ensure_ascii=False))
    return exit_codes.OK


def _devices() -> dict[str, Any]:
    return json_schema(_usable_names())


def _usable_names() -> list[str]:
    """Return the drivers of packages on this machine; tells those that cannot be used."""
    names = []
    for name in installed_names():
        try:
            find_driver(name)
        except ConfigError as error:
            print(f"wampedge schema: left out: {error}", file=sys.stderr)
        else:
            names.append(name)
    return names


def _scenario() -> dict[str, Any]:
    from wampedge.simulation.scenario.schema import scenario_schema  # noqa: PLC0415 # when asked for

    return scenario_schema()


def _world() -> dict[str, Any]:
    from wampedge.simulation.world_fields import world_schema  # noqa: PLC0415 # when asked for

    return world_schema()


_SCHEMAS: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "devices": _devices,
    "scenario": _scenario,
    "world": _world,
}
