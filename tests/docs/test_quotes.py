"""What a page quotes from a file stands there, word for word."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
QUOTE = re.compile(r"^<!-- quoted from (\S+) -->\n```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def quotes() -> Iterator[tuple[Path, Path, str]]:
    for page in sorted(DOCS.rglob("*.md")):
        for source, text in QUOTE.findall(page.read_text("utf-8")):
            yield page, page.parent / source, text


@pytest.mark.parametrize(
    ("page", "source", "text"),
    list(quotes()),
    ids=[f"{page.name}-{source.name}" for page, source, _ in quotes()],
)
def test_quote_is_part_of_its_file(page: Path, source: Path, text: str) -> None:
    assert textwrap.dedent(text) in textwrap.dedent(source.read_text("utf-8")) or (
        text in source.read_text("utf-8")
    )
