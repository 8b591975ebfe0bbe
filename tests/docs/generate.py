"""Write the pages of ``docs/reference`` that are made from the code.

Run it as ``python -m tests.docs.generate``.
"""

from __future__ import annotations

import json
from pathlib import Path

from wampedge.cli.drivers_command import page_of
from wampedge.config.schema import json_schema
from wampedge.devices.catalog import driver_names, find_driver

__all__ = ["REFERENCE", "pages"]

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

_HEAD = """\
# Drivers

Made from the drivers themselves by `python -m tests.docs.generate`.
`wampedge drivers NAME` prints the same.
"""


def pages() -> dict[str, str]:
    """Return file name and text of every generated page."""
    sections = [f"## {name}\n\n```\n{page_of(find_driver(name))}\n```\n" for name in driver_names()]
    return {
        "drivers.md": "\n".join([_HEAD, *sections]),
        "devices.schema.json": json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    for name, text in pages().items():
        REFERENCE.joinpath(name).write_text(text, encoding="utf-8")
