"""The schema of descriptions, and the example sites that are described."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.site.examples_rig import ENVIRON, copy_of
from tests.site.rig import GREENHOUSE
from wampedge.config.checking import load
from wampedge.config.model import SiteConfig

jsonschema = pytest.importorskip("jsonschema")

__all__ = ["EXAMPLES", "SCHEMA", "damaged", "example", "mistakes", "obeys"]

SCHEMA: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "docs" / "reference" / "describe.schema.json").read_text("utf-8")
)
EXAMPLES: Final = ("devices", "greenhouse", "cabinet", "robot")


def example(name: str, folder: Path) -> SiteConfig:
    """Return an example site without its router upstream; its files are copied to *folder*."""
    path = GREENHOUSE if name == "devices" else copy_of(name, folder)
    return load(path, ENVIRON).but(upstream=None)


def mistakes(answer: Any, part: str = "node") -> list[str]:
    """Return what of *answer* the schema of *part* forbids; empty when it obeys."""
    schema = {**SCHEMA, "$ref": f"#/$defs/{part}"}
    found = jsonschema.Draft202012Validator(schema).iter_errors(answer)
    return [f"{error.json_path}: {error.message}" for error in found]


def obeys(answer: Any) -> bool:
    """Say whether *answer* is a description of a node."""
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(answer))


def damaged(answer: dict[str, Any], path: tuple[str, ...], **values: Any) -> dict[str, Any]:
    """Return a copy of *answer* with *values* at the end of *path*; None takes a key away."""
    copied = copy.deepcopy(answer)
    table = copied
    for key in path:
        table = table[key]
    for key, value in values.items():
        if value is None:
            del table[key]
        else:
            table[key] = value
    return copied
