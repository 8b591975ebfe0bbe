"""Node and hub on machines of their own; the cable between them is pulled, narrow, or loses.

Nobody tells the ends of a connection that its cable is pulled: short gaps TCP makes good, long ones
are found by pings. ``CABLE_PULLS`` says how often it is pulled, five times unless it is set, and
``LOSING_S`` for how many seconds packets are lost. Needs root, ``ip`` and, for the loss, ``nft``:
``pytest -m kernel tests/faults`` runs this.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.bad_line import BadLine
from tests.faults.line_rig import Ears, Site
from tests.support.netns import Machine, Network, missing_for_loss, missing_for_netns
from tests.support.node_process import NodeProcess
from wampedge.client import Session

pytestmark = pytest.mark.kernel

PULLS = int(os.environ.get("CABLE_PULLS", "5"))
LONGEST_S = 4.0
SILENCE_S = 18.0
"""Longer than it takes to find that nobody is there."""
LOSING_S = float(os.environ.get("LOSING_S", "8"))
HUB = """\
wampedge = 1
[node]
name = "hub"
[devices.lamp]
driver = "led"
pin = 17
"""
EDGE = """\
wampedge = 1
[node]
name = "t"
[upstream]
url = "ws://{address}:8080/ws"
realm = "edge"
reconnect = {{ min = "100ms", max = "2s" }}
forward = {{ up = ["edge.t."] }}
[devices.lamp]
driver = "led"
pin = 17
"""


class Pair:
    """A node and its hub, each on a machine, and who hears what arrives there.

    Args:
        cable: the machine of the node.
        namespace: its name.
        place: the node, and those who use it.
        ears: at the hub.
    """

    def __init__(self, cable: Machine, namespace: str, place: Site, ears: Ears) -> None:
        self.cable, self.namespace, self.place, self.ears = cable, namespace, place, ears

    async def check(self) -> None:
        """Wait until everything is there, and compare."""
        await self.place.end()
        await self.ears.wait_for(self.place.published)
        assert self.ears.heard == list(range(1, self.place.published + 1))
        assert self.ears.gaps == 0


def on_machine(number: int, network: Network, file: Path, *listen: str) -> NodeProcess:
    """Return a node that runs on machine *number* of *network*."""
    program = ("ip", "netns", "exec", name_of(number, network), sys.executable, "-m", "wampedge")
    return NodeProcess(file, listen, program, flags=("--simulate", "--insecure"))


def name_of(number: int, network: Network) -> str:
    """Return the namespace of machine *number*."""
    prefix: str = network._prefix
    return f"{prefix}-{number}"


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    missing = missing_for_netns()
    if missing:
        pytest.skip(missing)
    hub_file, file, ears = tmp_path / "hub.toml", tmp_path / "devices.toml", Ears()
    async with Network() as network:
        hub_machine, machine = network.add(), network.add()
        hub_file.write_text(HUB, encoding="utf-8")
        file.write_text(EDGE.format(address=hub_machine.address), encoding="utf-8")
        hub = on_machine(1, network, hub_file, "unix:", f"ws://{hub_machine.address}:8080/ws")
        node = on_machine(2, network, file, "unix:")
        with contextlib.closing(hub), contextlib.closing(node):
            await asyncio.to_thread(hub.start)
            async with await Session.connect(hub.url("unix"), "edge") as session:
                await ears.listen(session)
                await asyncio.to_thread(node.start)
                place = Site(node, BadLine(0))
                await place.begin()
                await ears.wait_for(1)
                yield Pair(machine, name_of(2, network), place, ears)
            assert "Traceback" not in node.log() + hub.log()


async def test_all_arrives_when_the_cable_is_pulled_again_and_again(pair: Pair) -> None:
    luck = random.Random(4)
    for _ in range(PULLS):
        pair.cable.unplug()
        await asyncio.sleep(luck.uniform(0.1, LONGEST_S))
        pair.cable.plug()
        await asyncio.sleep(luck.uniform(0.1, 2.0))
    await pair.check()


async def test_all_arrives_after_both_ends_gave_each_other_up(pair: Pair) -> None:
    pair.cable.unplug()
    await asyncio.sleep(SILENCE_S)
    pair.cable.plug()
    await pair.check()


@pytest.mark.parametrize("percent", [5, 20])
async def test_all_arrives_when_packets_are_lost(pair: Pair, percent: int) -> None:
    missing = missing_for_loss()
    if missing:
        pytest.skip(missing)
    pair.cable.lose(percent)
    await asyncio.sleep(LOSING_S)
    lost = pair.cable.lost()
    pair.cable.lose(0)
    await pair.check()
    assert lost > LOSING_S, "hardly anything was lost"


async def test_all_arrives_over_64_kbit_a_second(pair: Pair) -> None:
    if shutil.which("tc") is None:
        pytest.skip("the command tc (iproute2) is not installed")
    tc = ("ip", "netns", "exec", pair.namespace, "tc", "qdisc")
    narrow = ("root", "tbf", "rate", "64kbit", "burst", "1600", "latency", "400ms")
    made = await asyncio.to_thread(
        subprocess.run, [*tc, "add", "dev", "eth0", *narrow], capture_output=True
    )
    if made.returncode != 0:
        pytest.skip(f"no rate can be set here: {made.stderr.decode().strip()}")
    await asyncio.sleep(5.0)
    await asyncio.to_thread(subprocess.run, [*tc, "del", "dev", "eth0", "root"], check=True)
    await pair.check()
