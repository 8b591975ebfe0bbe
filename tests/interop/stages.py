"""Where a client's scene is played: a router of ours, and a session on its other side."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Authority
from tests.support.node_process import NodeProcess
from wampedge.client import Session
from wampedge.router import RealmSettings, Router
from wampedge.server import Server
from wampedge.server.listeners import Protection
from wampedge.wamp.ids import random_id

__all__ = ["Stage", "bare_stage", "node_stage"]

EXAMPLE = Path(__file__).parents[2] / "devices.toml"


@dataclass(frozen=True)
class Stage:
    """One router with a relay on it; lives as long as the ``async with`` around it.

    Args:
        url_by_scheme: where to connect by ``ws``, ``rs``, ``unix`` and ``lp`` (long-poll).
        realm: what to join there.
        session: our own session on the same router.
        relay: procedure that switches a relay on.
        sensor: topic of a sensor.
        is_live: the sensor publishes by itself; otherwise the test does it.
        ca_file: who signed the router's certificate, where it has one (``wss`` and ``rss``).
    """

    url_by_scheme: Mapping[str, str]
    realm: str
    session: Session
    relay: str
    sensor: str
    is_live: bool
    ca_file: Path | None = None


@asynccontextmanager
async def bare_stage(*, compression: bool = False) -> AsyncIterator[Stage]:
    """Serve a router alone, in this process, with a scripted relay."""
    folder = Path(tempfile.mkdtemp(prefix="stage-"))
    router = Router(
        [RealmSettings("edge")],
        random_id=lambda: random_id(secrets.SystemRandom().getrandbits),
        monotonic_s=time.monotonic,
    )
    authority = Authority(folder)
    server = Server(
        router,
        [f"unix:{folder}/router.sock", "ws://127.0.0.1:0/ws"],
        compression=compression,
        protection=Protection(tls=authority.issue().server()),
    )
    try:
        await server.start()
        port = server.addresses[1].port
        async with await Session.over(server.attach_local("rig"), "edge") as session:
            await session.register("edge.gh1.drip.on", lambda: True)
            yield Stage(
                {
                    "ws": f"ws://127.0.0.1:{port}/ws",
                    "rs": f"rs://127.0.0.1:{port}",
                    "wss": f"wss://127.0.0.1:{port}/ws",
                    "rss": f"rss://127.0.0.1:{port}",
                    "unix": f"unix://{folder}/router.sock",
                    "lp": f"http://127.0.0.1:{port}/lp",
                },
                "edge",
                session,
                "edge.gh1.drip.on",
                "edge.gh1.air.temperature",
                is_live=False,
                ca_file=authority.ca_file,
            )
    finally:
        await server.stop()
        shutil.rmtree(folder)


@asynccontextmanager
async def node_stage(folder: Path) -> AsyncIterator[Stage]:
    """Serve the example device file by ``wampedge run``, with sensors five times a second."""
    device_file = folder / "devices.toml"
    device_file.write_text(EXAMPLE.read_text().replace('every = "10s"', 'every = "200ms"'))
    with NodeProcess(device_file) as node:
        facts = node.facts
        async with await Session.connect(f"unix:{node.socket_path}", facts["realm"]) as session:
            yield Stage(
                {
                    **{scheme: node.url(scheme) for scheme in ("ws", "rs", "unix")},
                    "lp": node.url("ws").replace("ws://", "http://").replace("/ws", "/lp"),
                },
                facts["realm"],
                session,
                f"{facts['uri_prefix']}.drip.on",
                f"{facts['uri_prefix']}.air.temperature",
                is_live=True,
            )
