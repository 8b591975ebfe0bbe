"""A small device file and the command line around it, as processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.node_process import NodeProcess

SMALL = """\
wampedge = 1
[node]
name = "n1"
[router]
realm = "site"
[devices.lamp]
driver = "led"
pin = 17
[devices.drip]
driver = "relay"
pin = 27
"""


@pytest.fixture
def device_file(tmp_path: Path) -> Path:
    """A device file with two outputs, and a realm of its own."""
    path = tmp_path / "devices.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def node(device_file: Path) -> Iterator[NodeProcess]:
    """That file, served."""
    with NodeProcess(device_file) as running:
        yield running
