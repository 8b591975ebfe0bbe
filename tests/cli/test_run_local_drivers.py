"""SIGHUP to a running node whose driver beside the device file is another one now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.node_process import NodeProcess
from wampedge.client import Session

DRIVER = '''
from wampedge.devices.driver import Driver, reading

class Answer(Driver, title="Knows a number", place="pins", default_every_s=3600.0):
    """Reads what it always was."""

    number = reading("")

    async def read(self):
        return {"number": 41}
'''
PART = """
from wampedge_simulator.part import Part

class PART(Part):
    pass
"""
FILE = """
wampedge = 1
node.name = "n"
[drivers.answer]
module = "drivers/answer.py"
[devices.answer]
driver = "answer"
[devices.lamp]
driver = "relay"
pin = 27
"""
LIMIT_S = 20.0


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[tuple[NodeProcess, Path, Session]]:
    """A node with its lamp on, the file of its driver, and a client."""
    driver = tmp_path / "drivers" / "answer.py"
    driver.parent.mkdir(mode=0o755)
    driver.write_text(DRIVER, encoding="utf-8")
    driver.with_name("answer_simulated.py").write_text(PART, encoding="utf-8")
    path = tmp_path / "devices.toml"
    path.write_text(FILE, encoding="utf-8")
    with NodeProcess(path, ("unix:",)) as node:
        async with await Session.connect(node.url("unix"), "edge") as session:
            await session.call("edge.n.lamp.on")
            yield node, driver, session


async def after_reload(node: NodeProcess, session: Session) -> tuple[str, str, list[Any]]:
    """Send SIGHUP; return what the node said of its file, and what the lamp said meanwhile."""
    said: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
    lamp: list[Any] = []
    config = await session.subscribe(
        "edge.n.sys.config", lambda outcome, text="", **_: said.set_result((outcome, text))
    )
    state = await session.subscribe("edge.n.lamp.state", lambda value, **_: lamp.append(value))
    node.reload()
    async with asyncio.timeout(LIMIT_S):
        outcome, text = await said
    await config.unsubscribe()
    await state.unsubscribe()
    return outcome, text, lamp


async def test_new_code_runs_and_an_untouched_relay_shows_no_edge(
    running: tuple[NodeProcess, Path, Session],
) -> None:
    node, driver, session = running
    assert (await session.call("edge.n.answer.number.get")).value == 41
    driver.write_text(DRIVER.replace("41", "42"), encoding="utf-8")

    outcome, text, lamp = await after_reload(node, session)

    assert (outcome, lamp) == ("applied", [])
    assert "answer" in text
    assert (await session.call("edge.n.answer.number.get", fresh=True)).value == 42
    assert (await session.call("edge.n.sim.pin", "gpio", 27)).value is True


async def test_broken_code_leaves_all_as_it_was_and_says_why(
    running: tuple[NodeProcess, Path, Session],
) -> None:
    node, driver, session = running
    driver.write_text("import sys\nsys.exit(1)\n", encoding="utf-8")

    outcome, text, lamp = await after_reload(node, session)

    assert (outcome, lamp) == ("refused", [])
    assert "answer.py:2: SystemExit: 1" in text
    assert (await session.call("edge.n.answer.number.get", fresh=True)).value == 41
    assert (await session.call("edge.n.sim.pin", "gpio", 27)).value is True
