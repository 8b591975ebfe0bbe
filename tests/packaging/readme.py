"""The commands that the README prints, so that tests run what a reader would type."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["readme_command"]

README = Path(__file__).parents[2] / "README.md"


def readme_command(name: str) -> str:
    """Return the fenced block after ``<!-- command: NAME -->``; raises LookupError without one."""
    block = re.search(
        rf"<!-- command: {re.escape(name)} -->\s*^```\w*\n(.*?)^```",
        README.read_text(),
        flags=re.DOTALL | re.MULTILINE,
    )
    if block is None:
        raise LookupError(f"README.md has no fenced block after '<!-- command: {name} -->'")
    return block[1].strip()
