"""Two routers with a link between them: Crossbar with its own, and nodes of ours."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.cable import Cable
from tests.bench.rlink import EdgeCrossbar
from tests.interop.crossbar import REALM, SECRET, CrossbarRouter, free_port
from tests.support.node_process import NodeProcess
from wampedge.client import Session

__all__ = ["RIGS", "Rig"]


@dataclass
class Rig:
    """A hub, a cable, and an edge that dials through it; ``running`` starts and ends them.

    Args:
        name: heading of its column.
        edge_is_ours: whether a node of ours stands at the edge, else a Crossbar.
        hub_is_ours: the same of the hub.
        more: further lines of the device file of the edge.
    """

    name: str
    edge_is_ours: bool
    hub_is_ours: bool
    more: str = ""
    cable: Cable = field(init=False)
    _folder: Path = field(init=False)
    _hub: CrossbarRouter | NodeProcess = field(init=False)
    _edge: CrossbarRouter | NodeProcess = field(init=False)
    _hub_url: str = field(init=False)

    @contextlib.asynccontextmanager
    async def running(self, *, is_direct: bool = False) -> AsyncIterator[Rig]:
        """Start hub, cable and edge, and end them.

        Args:
            is_direct: the edge dials the hub itself; the cable lies beside it.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="links-"))
        hub_port = self._make_hub()
        self.cable = Cable(hub_port)
        await self.cable.start()
        try:
            self._make_edge(hub_port if is_direct else self.cable.own_port)
            await asyncio.to_thread(self._hub.start)
            await asyncio.to_thread(self._edge.start)
            if isinstance(self._edge, EdgeCrossbar):
                async with await self.at_hub() as hub:
                    await self._edge.wait_linked(hub)
            yield self
        finally:
            await asyncio.to_thread(self._end)
            await self.cable.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    async def at_hub(self, *, as_pilot: bool = False) -> Session:
        """Join the hub; *as_pilot* with a name that callees can be told."""
        if as_pilot:
            return await Session.connect(self._hub_url, REALM, authid="pilot", secret=SECRET)
        return await Session.connect(self._hub_url, REALM)

    async def at_edge(self) -> Session:
        """Join the router at the edge."""
        if isinstance(self._edge, NodeProcess):
            return await Session.connect(self._edge.url("unix"), self._edge.facts["realm"])
        return await Session.connect(self._edge.url, REALM)

    @property
    def edge_pid(self) -> int:
        """The process of the node at the edge."""
        assert isinstance(self._edge, NodeProcess), "a node of ours"
        return self._edge.pid

    @property
    def hub_pid(self) -> int:
        """The process of the node at the hub."""
        assert isinstance(self._hub, NodeProcess), "a node of ours"
        return self._hub.pid

    async def restart_edge(self) -> None:
        """Take the power of the edge away, and give it back; the hub is not told."""
        self.cable.keeps_far_end = True
        await asyncio.to_thread(self._edge.kill)
        await asyncio.to_thread(self._edge.start)

    def _make_hub(self) -> int:
        folder = self._folder / "hub"
        folder.mkdir()
        if self.hub_is_ours:
            port = free_port()
            file = folder / "devices.toml"
            file.write_text(_HUB.format(realm=REALM))
            self._hub_url = f"ws://127.0.0.1:{port}/ws"
            self._hub = NodeProcess(
                file, listen=("unix:", self._hub_url), environment={"HUB_SECRET": SECRET}
            )
            return port
        self._hub = CrossbarRouter(folder)
        self._hub_url = self._hub.url
        return self._hub.websocket_port

    def _make_edge(self, port: int) -> None:
        folder = self._folder / "edge"
        folder.mkdir()
        if self.edge_is_ours:
            file = folder / "devices.toml"
            path = "ws" if self.hub_is_ours else ""
            url = f"ws://127.0.0.1:{port}/{path}"
            file.write_text(_EDGE.format(realm=REALM, url=url) + self.more)
            self._edge = NodeProcess(file, listen=("unix:",))
        else:
            self._edge = EdgeCrossbar(folder, hub_port=port)

    def _end(self) -> None:
        for router in (self._edge, self._hub):
            if isinstance(router, NodeProcess):
                router.close()
            else:
                router.kill()


_HUB = """\
wampedge = 1
[node]
name = "hub"
[router]
realm = "{realm}"
[router.users.pilot]
auth = {{ method = "wampcra", secret = "${{env:HUB_SECRET}}" }}
role = "local"
[devices.lamp]
driver = "led"
pin = 17
"""
_EDGE = """\
wampedge = 1
[node]
name = "edge"
[upstream]
url = "{url}"
realm = "{realm}"
auth = {{ method = "anonymous" }}
forward = {{ up = ["edge.edge."], down = ["hub."] }}
[devices.lamp]
driver = "led"
pin = 17
"""

RIGS = (
    Rig("Crossbar rlink", edge_is_ours=False, hub_is_ours=False),
    Rig("wampedge to Crossbar", edge_is_ours=True, hub_is_ours=False),
    Rig("wampedge to wampedge", edge_is_ours=True, hub_is_ours=True),
)
"""The columns of the table."""
