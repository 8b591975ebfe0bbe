"""The example sites as real nodes in virtual time, asked by clients over a Unix socket only."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.site.rig import Heard
from wampedge.client import Session
from wampedge.config.checking import check_all
from wampedge.config.model import SiteConfig
from wampedge.router import RealmSettings, Router, User
from wampedge.runtime.ground import wiring_of
from wampedge.runtime.node import Node
from wampedge.server import Server
from wampedge.store.store import Store
from wampedge.wamp.auth import Identity
from wampedge.wamp.auth_proofs import Proof
from wampedge_simulator.clock import SimulatedClock, run_virtual
from wampedge_simulator.substrate import SimulatedSubstrate

__all__ = [
    "ENVIRON",
    "SEED",
    "SITES",
    "Away",
    "Place",
    "Running",
    "copy_of",
    "on_example",
]

SITES: Final = Path(__file__).parents[2] / "examples" / "sites"
SEED: Final = "4c" * 32
"""The rover's private key."""
ENVIRON: Final = {
    "GH1_TICKET": "dew",
    "CABINET_SECRET": "rail",
    "PANEL_TICKET": "door",
    "PLC_SECRET": "ladder",
    "LAPTOP_TICKET": "cable",
    "ROVER_NO": "7",
    "PILOT_SECRET": "stick",
}


def copy_of(name: str, folder: Path) -> Path:
    """Copy the sites, with the private files they want; return the device file of *name*."""
    shutil.copytree(SITES, folder / "sites", ignore=shutil.ignore_patterns("__pycache__"))
    keys = folder / "sites" / "keys"
    keys.mkdir()
    for file, text in {"rover.key": SEED, "arm.secret": "elbow"}.items():
        (keys / file).write_text(f"{text}\n", encoding="utf-8")
        (keys / file).chmod(0o600)
    return folder / "sites" / f"{name}.toml"


@dataclass
class Place:
    """Where an example is installed: its file, its sockets, and what its devices keep."""

    folder: Path
    name: str
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.path = copy_of(self.name, self.folder)

    def config(self) -> SiteConfig:
        """Return what the file says, with Unix sockets in the place of its networks."""
        text = self.path.read_text(encoding="utf-8")
        checked = check_all(text, str(self.path), ENVIRON)
        assert checked.config is not None, checked.problems
        config = checked.config
        upstream = config.upstream
        assert upstream is not None, "each example joins another router"
        return config.but(
            router=config.router.but(listen=(f"unix:{self.folder}/node.sock",)),
            upstream=upstream.but(url=f"unix:{self.folder}/upstream.sock"),
        )


class Away:
    """The router upstream, with the node as its one known user.

    Args:
        place: where the example is.
        proof: how the node proves itself; None: the router is not there at all.
    """

    def __init__(self, place: Place, proof: Proof | None) -> None:
        upstream = place.config().upstream
        assert upstream is not None, "each example joins another router"
        self.url, self.realm = upstream.url, upstream.realm
        self._user = None if proof is None else User(str(upstream.auth.id), "node", proof)
        self._server: Server | None = None

    async def start(self) -> None:
        """Listen; does nothing where there is no such router."""
        if self._user is None:
            return
        ids = itertools.count(2**53 - 1000)
        settings = RealmSettings(self.realm, users=(self._user,))
        router = Router(
            [settings],
            random_id=lambda: next(ids),
            monotonic_s=asyncio.get_running_loop().time,
        )
        self._server = Server(router, [self.url])
        await self._server.start()

    async def stop(self) -> None:
        """Be gone; does nothing when it is."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def join(self) -> Session:
        """Join it as somebody else."""
        return await Session.connect(self.url, self.realm)


@dataclass
class Running:
    """One example that runs, with its router upstream and a client."""

    node: Node
    simulator: SimulatedSubstrate
    away: Away
    client: Session

    @property
    def prefix(self) -> str:
        """What every URI of the node begins with."""
        return self.node.config.node.uri_prefix

    async def join(self, identity: Identity | None = None) -> Session:
        """Join the router of the node as somebody else."""
        realm = self.node.config.router.realm
        return await Session.connect(self.node.urls[0], realm, identity=identity)

    async def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        """Call a procedure below the prefix as the client; return its first value."""
        return (await self.client.call(f"{self.prefix}.{procedure}", *args, **kwargs)).value

    async def read(self, channel: str, *, fresh: bool = False) -> tuple[Any, str, str]:
        """Return value, unit and quality of a channel such as ``air.temperature``."""
        options: dict[str, Any] = {"fresh": True} if fresh else {}
        found = await self.client.call(f"{self.prefix}.{channel}.get", **options)
        return found.value, found.kwargs["unit"], found.kwargs["quality"]

    async def hear(self, *topics: str) -> Heard:
        """Subscribe to topics below the prefix and keep what comes."""
        heard = Heard()
        for topic in topics:
            await self.client.subscribe(f"{self.prefix}.{topic}", heard.listener(topic))
        return heard

    async def linked(self) -> None:
        """Wait until the node is at its router upstream with all it has to offer."""
        uplink = self.node._upstream.watched
        assert uplink is not None, "each example has one"
        await uplink.connection.wait_joined()
        await uplink.connection.wait_restored()


@asynccontextmanager
async def _running(place: Place, away: Away, identity: Identity | None) -> Any:
    config = place.config()
    simulator = SimulatedSubstrate(wiring_of(config))
    store = Store(place.folder / "state.sqlite", is_inline=True)
    await away.start()
    node = Node(config, simulator, clock=SimulatedClock(), store=store, is_inline=True)
    await node.start()
    try:
        client = await Session.connect(node.urls[0], config.router.realm, identity=identity)
        yield Running(node, simulator, away, client)
        await client.leave()
    finally:
        await node.stop()
        await away.stop()
        await asyncio.sleep(0)


def on_example(
    place: Place,
    act: Callable[[Running], Coroutine[Any, Any, None]],
    *,
    identity: Identity | None = None,
    proof: Proof | None = None,
) -> None:
    """Run *act* in virtual time on the node of *place*.

    Args:
        place: the example.
        act: what to do while it runs.
        identity: who the client is.
        proof: of the node at the router upstream, which is not there without.
    """

    async def main() -> None:
        async with _running(place, Away(place, proof), identity) as running:
            await act(running)

    run_virtual(main())
