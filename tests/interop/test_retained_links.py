"""Retained events between a node and a real Crossbar upstream of it, both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.interop.crossbar import REALM, CrossbarRouter
from tests.support.node_process import NodeProcess
from wampedge.client import Session

pytestmark = [pytest.mark.interop, pytest.mark.crossbar]

SITE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "{url}"
realm = "{realm}"
auth = {{ method = "anonymous" }}
forward = {{ up = ["edge.n1.", "lan."], down = ["lan.", "fleet."] }}
[devices.lamp]
driver = "led"
pin = 17
"""
KEPT = {"acknowledge": True, "retain": True}


@pytest.fixture
def node(crossbar: CrossbarRouter, tmp_path: Path) -> Iterator[NodeProcess]:
    """A running node that joins Crossbar."""
    device_file = tmp_path / "devices.toml"
    device_file.write_text(SITE.format(url=crossbar.url, realm=REALM))
    with NodeProcess(device_file) as node:
        yield node


@asynccontextmanager
async def _here(node: NodeProcess) -> AsyncIterator[Session]:
    url = f"unix:{node.socket_path}"
    async with await Session.connect(url, node.facts["realm"]) as session:
        yield session


async def _retained(session: Session, topic: str, **options: Any) -> asyncio.Queue[Any]:
    """Return a queue of values, and whether they were retained."""
    found: asyncio.Queue[Any] = asyncio.Queue()
    await session.subscribe(
        topic,
        lambda value, details: found.put_nowait((value, details.is_retained)),
        options={"get_retained": True, **options},
        wants_details=True,
    )
    return found


async def test_who_asks_here_gets_what_crossbar_retains_the_second_as_well(
    crossbar: CrossbarRouter, node: NodeProcess
) -> None:
    async with await Session.connect(crossbar.url, REALM) as there, _here(node) as first:
        await there.publish("fleet.mode", "eco", options=KEPT)
        one = await _retained(first, "fleet.mode")
        assert await asyncio.wait_for(one.get(), 5) == ("eco", True)
        async with _here(node) as second:
            two = await _retained(second, "fleet.mode")
            assert await asyncio.wait_for(two.get(), 5) == ("eco", True)
            await there.publish("fleet.mode", "full", options=KEPT)

            assert await asyncio.wait_for(two.get(), 5) == ("full", False)
        assert await asyncio.wait_for(one.get(), 5) == ("full", False)
        assert one.empty()


async def test_what_a_client_here_retains_is_retained_at_crossbar_also_after_an_outage(
    crossbar: CrossbarRouter, node: NodeProcess
) -> None:
    async with _here(node) as here, await Session.connect(crossbar.url, REALM) as there:
        heard = await _retained(there, "lan.level")
        await here.publish("lan.level", 1, options=KEPT)
        assert await asyncio.wait_for(heard.get(), 5) == (1, False)
        await here.call("edge.n1.sys.link.stop")
        for value in (2, 3):
            await here.publish("lan.level", value, options=KEPT)
        await here.call("edge.n1.sys.link.start")
        found = [await asyncio.wait_for(heard.get(), 10) for _ in (2, 3)]
        later = await _retained(there, "lan.level")

        assert found == [(2, False), (3, False)]
        assert await asyncio.wait_for(later.get(), 5) == (3, True)
