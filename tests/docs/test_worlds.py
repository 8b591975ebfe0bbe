"""World files in pages, and the example, are right for the example greenhouse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.generate import REFERENCE
from wampedge.config import load, render
from wampedge.simulation.world_fields import WIRING_FIELDS
from wampedge.simulation.world_file import check_world
from wampedge_simulator.physics.registry import MODELS

ROOT = Path(__file__).parents[2]
PAGE = (REFERENCE / "world-file.md").read_text(encoding="utf-8")
WORLDS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_page_has_examples() -> None:
    assert len(WORLDS) == 3


@pytest.mark.parametrize("text", WORLDS)
def test_a_world_in_the_page_has_no_mistake(text: str) -> None:
    plan, problems = check_world(text, "world.toml", load(ROOT / "devices.toml"))

    assert plan is not None, render(problems, text)


def test_the_page_names_every_model_and_every_key_of_the_wiring() -> None:
    named = re.search(r"\[(thermal.*?)\]\(world-models\.md\)", PAGE)

    assert named is not None
    assert re.split(", | or ", named[1]) == list(MODELS)
    assert all(f"| `{key}` |" in PAGE for key in WIRING_FIELDS)
