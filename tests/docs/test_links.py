"""Links between our pages lead to a page, and to a heading on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "drivers").glob("*.md")),
    *sorted((ROOT / "simulator").glob("*.md")),
]
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")


def anchors_of(page: Path) -> set[str]:
    """Return what the headings of *page* are called in links, as GitHub calls them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+?)\s*$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in plain}


def test_a_heading_is_called_as_on_github(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# The file\n## `[drivers.NAME]`\n```sh\n# no heading\n```\n## A, b_c\n")

    assert anchors_of(page) == {"the-file", "driversname", "a-b_c"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = CODE.sub(lambda code: "x" * len(code[0]), page.read_text("utf-8"))
    lost = []
    for target, anchor in LINK.findall(text):
        there = (page.parent / target).resolve() if target else page
        if not there.exists() or (anchor and anchor not in anchors_of(there)):
            lost.append(f"{target}#{anchor}")

    assert lost == []
