"""The disk of a real node is full, or is taken away, while there is no router upstream.

Then there is one: each number arrives in order, or a gap accounts for it. Mounts need root, so
``pytest -m kernel tests/faults`` runs this.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.bad_line import BadLine
from tests.faults.line_rig import SITE, TOPIC, Ears, hub
from tests.support.node_process import NodeProcess
from wampedge.client import Session

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root"),
]

PUBLISHED = 12_000
BUFFER = """
[[upstream.buffer.topics]]
topic = "edge.t.lan."
"""
"""With a rule of their own the numbers have gaps of their own: the node publishes as well."""
_PADDING = "x" * 1_000
_ARRIVAL_S = 60.0


@contextlib.contextmanager
def mounted(folder: Path, size: str) -> Iterator[None]:
    """Let *folder* be a disk of its own with room for *size*."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield
    finally:
        if folder.is_mount():
            subprocess.run(["umount", "-l", str(folder)], check=True)


class CountingEars(Ears):
    """Hears numbers, and of the gaps among them."""

    def __init__(self) -> None:
        super().__init__()
        self._change = asyncio.Event()

    async def hear_of_all(self) -> None:
        """Wait until each number has arrived, or a gap for it."""
        async with asyncio.timeout(_ARRIVAL_S):
            while len(self.heard) + self.gaps < PUBLISHED:
                self._change.clear()
                await self._change.wait()

    def _hear(self, number: int, **_: Any) -> None:
        super()._hear(number)
        self._change.set()

    def _hear_of_gap(self, *_: Any, topic: str = "", count: int = 0, **__: Any) -> None:
        if topic.startswith("edge.t.lan."):
            self.gaps += count
            self._change.set()


async def run(*command: str) -> None:
    """Run *command*, which has to succeed."""
    await asyncio.to_thread(subprocess.run, command, check=True)


async def publish(session: Session, first: int, last: int) -> None:
    """Publish numbers, each with a kilobyte."""
    for number in range(first, last + 1):
        await session.publish(TOPIC, number, padding=_PADDING)
        if number % 50 == 0:
            await asyncio.sleep(0.01)


async def break_and_heal(
    fault: str, node: NodeProcess, state: Path, line: BadLine, ears: CountingEars
) -> str:
    """Publish on a disk with *fault*, then join the router upstream; returns what was told."""
    async with await Session.connect(node.url("unix"), "edge") as session:
        await publish(session, 1, PUBLISHED // 2)
        if fault == "removed":
            await run("umount", "-l", str(state))
        await publish(session, PUBLISHED // 2 + 1, PUBLISHED)
        queue = await session.call("edge.t.sys.queue")
        await line.start()
        await ears.wait_for(PUBLISHED)
        if fault == "full":  # until there is room nobody knows what of the gap is on the disk
            await run("mount", "-o", "remount,size=64m", str(state))
        await ears.hear_of_all()
        assert (await session.call("edge.t.lamp.get")).args
    return str(queue)


@pytest.mark.parametrize("fault", ["full", "removed"])
async def test_each_event_arrives_in_order_or_is_accounted_for(fault: str, tmp_path: Path) -> None:
    file, ears = tmp_path / "devices.toml", CountingEars()
    async with hub(ears) as (port, _):
        line = BadLine(port)
        await line.start()
        await line.refuse()
        text = SITE.format(scheme="ws", port=line.own_port, path="/ws")
        file.write_text(text + BUFFER, encoding="utf-8")
        node = NodeProcess(file, listen=("unix:",))
        state = node.socket_path.parent / "state"
        with contextlib.closing(node), mounted(state, "1m" if fault == "full" else "64m"):
            await asyncio.to_thread(node.start)
            told = await break_and_heal(fault, node, state, line, ears)
            log = node.log()
        await line.close()

    assert ears.heard == sorted(set(ears.heard)), "twice, or out of order"
    assert len(ears.heard) + ears.gaps == PUBLISHED
    assert ears.gaps > 0
    assert "'store'" in told, "the queue tells of the gap before it is upstream"
    assert fault in log
    assert "Traceback" not in log
    if fault == "removed":
        assert ears.gaps <= PUBLISHED // 2, "what came later was in memory, and is there"
