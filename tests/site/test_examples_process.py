"""Each example site as a program: checked, and served until it is told to stop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.examples_rig import ENVIRON, copy_of
from tests.support.node_process import NodeProcess
from wampedge.client import Session
from wampedge.wamp.auth import ANONYMOUS, Identity, TicketAuthenticator, WampCraAuthenticator

EXAMPLES = {
    "greenhouse": ("edge.gh1.vent_up.state.get", ANONYMOUS),
    "cabinet": ("edge.cab7.k2.state.get", Identity("panel", (TicketAuthenticator("door"),))),
    "robot": (
        "fleet.rovers.rover_7.wheel_left.ticks.get",
        Identity("pilot", (WampCraAuthenticator("stick"),)),
    ),
}
"""A procedure that answers False or 0, and who may call it."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_no_mistake_and_serves(name: str, tmp_path: Path) -> None:
    path = copy_of(name, tmp_path)
    procedure, identity = EXAMPLES[name]
    command = [sys.executable, "-m", "wampedge", "check", str(path)]

    checked = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False)
    with NodeProcess(path, listen=("unix:",), environment=ENVIRON) as node:
        url, realm = f"unix:{node.socket_path}", node.facts["realm"]

        async def ask() -> object:
            async with await Session.connect(url, realm, identity=identity) as session:
                return (await session.call(procedure)).value

        answer = asyncio.run(ask())

    assert (checked.returncode, checked.stderr) == (0, "")
    assert not answer
