"""Write the pages of ``docs/reference`` that are made from the code.

Run it as ``python -m tests.docs.generate``.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.docs.world_pages import models_page
from wampedge.cli.driver_pages import page_of
from wampedge.config.schema import json_schema
from wampedge.devices.catalog import driver_names, find_driver
from wampedge.devices.fields.amounts import Short
from wampedge.devices.filters.base import FilterKind
from wampedge.devices.filters.registry import FILTERS
from wampedge.simulation.scenario.schema import scenario_schema
from wampedge.simulation.world_fields import world_schema

__all__ = ["REFERENCE", "pages"]

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

_HEAD = """\
# Drivers

Made from the drivers themselves by `python -m tests.docs.generate`.
`wampedge drivers NAME` prints the same.
"""

_FILTERS_HEAD = """\
# Filters

Made from the filters themselves by `python -m tests.docs.generate`.

`filters` of a channel is a list of tables with one key each; samples go through them in this order.
The driver's value is converted to the unit of the channel first, so amounts are in that unit, or carry their own (`{ offset = "-0.4°C" }`).
Only good values reach a filter: a bad one passes all of them at once and resets them, so that no window holds a value from before a failure.
What is made of an uncertain sample is uncertain.
Values a filter delays keep the time of their measurement.

`calibrate`, `polynomial` and `scale` may make another quantity of a value: `unit` of the channel says which, and filters before that one are in the unit of the driver.
`ntc`, `pt100` and `pt1000` make °C of ohms; a driver that gives volts needs a filter before them that makes ohms of these.
Windows (`median`, `mean`, `min`, `max`, `quantile`, `exponential`) send with every sample unless `send_every` says otherwise.

| filter | example | what it does |
|---|---|---|"""  # noqa: E501 # pages have one sentence a line


def pages() -> dict[str, str]:
    """Return file name and text of every generated page."""
    sections = [f"## {name}\n\n```\n{page_of(find_driver(name))}\n```\n" for name in driver_names()]
    return {
        "drivers.md": "\n".join([_HEAD, *sections]),
        "filters.md": _filters(),
        "world-models.md": models_page(),
        "scenario.schema.json": json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n",
        "world.schema.json": json.dumps(world_schema(), indent=1, ensure_ascii=False) + "\n",
        "devices.schema.json": json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n",
    }


def _filters() -> str:
    rows = [f"| `{k.name}` | `{{ {k.name} = {k.example} }}` | {k.doc} |" for k in FILTERS.values()]
    tables = [_options(kind) for kind in FILTERS.values() if isinstance(kind.field, Short)]
    return "\n".join([_FILTERS_HEAD, *rows, "", *tables])


def _options(kind: FilterKind) -> str:
    assert isinstance(kind.field, Short)
    lines = [f"## Options of {kind.name}", "", "| key | default | means |", "|---|---|---|"]
    for key, field in kind.field.fields.items():
        default = "required" if field.is_required else f"`{field.default}`"
        lines.append(f"| `{key}` | {default} | {field.doc} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    for name, text in pages().items():
        REFERENCE.joinpath(name).write_text(text, encoding="utf-8")
