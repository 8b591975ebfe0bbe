"""``wampedge schema``: print the JSON Schema of device files."""

from __future__ import annotations

import argparse
import json

from wampedge.cli import exit_codes
from wampedge.config.schema import json_schema
from wampedge.devices.installed import installed_names

__all__ = ["add_flags", "run"]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this command."""
    parser.epilog = (
        "Editors with TOML support use it when the first line of the file is: #:schema PATH"
    )


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    del options
    print(json.dumps(json_schema(installed_names()), indent=2, ensure_ascii=False))
    return exit_codes.OK
