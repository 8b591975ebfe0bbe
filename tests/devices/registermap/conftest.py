"""A small map that tests change in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

BASE = """
name = "part"
title = "A part with one word"
bus = "i2c"
addresses = [0x40]
speed = "400kHz"
datasheet = "none"
{head}
[[read]]
name = "word"
reg = 0x01
len = 2
{read}
[out.value]
from = "word"
{out}
{tables}
[[test]]
bus = [["01", "0000"]]
expect = {{ value = 0 }}
"""

WriteMap = Callable[..., Path]


@pytest.fixture
def write_map(tmp_path: Path) -> WriteMap:
    """Return a function that writes the map with text put into its places."""

    def write(head: str = "", read: str = "", out: str = "", tables: str = "") -> Path:
        path = tmp_path / "part.toml"
        path.write_text(BASE.format(head=head, read=read, out=out, tables=tables))
        return path

    return write
