"""A NATS leaf node with JetStream behind a cable: figures as ``uplink`` takes them of ours.

Run by the Python of the NATS environment (``tests.interop.peers``), which has the client::

    python -m tests.bench.nats_leaf EVENTS BACKLOG_BYTES

Prints one line of JSON. The leaf stores in a file stream, with the interval of fsync that NATS has
by default (2 minutes); the hub takes the events over with a source of its own stream.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import nats  # type: ignore[import-not-found] # in the environment of the peer only
from nats.js.api import (  # type: ignore[import-not-found] # likewise
    ExternalStream,
    StreamConfig,
    StreamSource,
)

from tests.bench.cable import Cable
from tests.bench.processes import BETWEEN_CUTS_S, SETTLE_S, cpu_s, rss_bytes

__all__ = ["main"]

_EVENT = b"x" * 200
_LARGE = b"x" * 1024
_AT_ONCE = 256
_HUB = """\
port: {port}
server_name: hub
jetstream {{ store_dir: "{folder}/hub", domain: hub }}
leafnodes {{ host: 127.0.0.1, port: {leaf_port}, no_advertise: true }}
host: 127.0.0.1
"""
_LEAF = """\
port: {port}
server_name: leaf
host: 127.0.0.1
jetstream {{ store_dir: "{folder}/leaf", domain: leaf }}
leafnodes {{ remotes: [{{ url: "nats-leaf://127.0.0.1:{cable_port}" }}] }}
"""


class _Site:
    """Both servers, the cable between them, and a client at each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub_port, self.leaf_port, self.link_port = _free(), _free(), _free()
        self.cable = Cable(self.link_port)
        self.servers: list[subprocess.Popen[bytes]] = []

    async def open(self) -> None:
        await self.cable.start()
        ports = {"leaf_port": self.link_port, "cable_port": self.cable.own_port}
        for name, text, port in (("hub", _HUB, self.hub_port), ("leaf", _LEAF, self.leaf_port)):
            file = self.folder / f"{name}.conf"
            file.write_text(text.format(port=port, folder=self.folder, **ports))
            program = Path(sys.executable).with_name("nats-server")
            log = ["-l", str(self.folder / f"{name}.log")]
            command = [str(program), "-c", str(file), *log]
            self.servers.append(subprocess.Popen(command))  # noqa: ASYNC220 # forks at once
        self.hub = await _connect(self.hub_port)
        self.leaf = await _connect(self.leaf_port)

    async def close(self) -> None:
        for client in (self.hub, self.leaf):
            await client.close()
        for server in self.servers:
            server.terminate()
            server.wait()
        await self.cable.close()

    def cpus_s(self) -> list[float]:
        """CPU time of the leaf, and of the hub."""
        return [cpu_s(server.pid) for server in reversed(self.servers)]


async def _measure(events: int, backlog_bytes: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="nats-"))
    site = _Site(folder)
    await site.open()
    try:
        figures = await _calls(site)
        figures |= await _heal(site)
        at_leaf, at_hub = site.leaf.jetstream(), site.hub.jetstream()
        await at_leaf.add_stream(StreamConfig(name="LOAD", subjects=["load.>"]))
        source = StreamSource(name="LOAD", external=ExternalStream(api="$JS.leaf.API"))
        await at_hub.add_stream(StreamConfig(name="COPY", sources=[source]))
        figures |= await _drain(site, at_leaf, at_hub, events)
        figures |= await _backlog(site, at_leaf, backlog_bytes)
    finally:
        await site.close()
        shutil.rmtree(folder, ignore_errors=True)
    return figures


async def _calls(site: _Site) -> dict[str, Any]:
    async def echo(message: Any) -> None:
        await message.respond(message.data)

    await site.leaf.subscribe("far.echo", cb=echo)
    neighbour = await _connect(site.hub_port)
    await neighbour.subscribe("near.echo", cb=echo)
    await _answered_s(site, "far.echo")
    times: dict[str, list[float]] = {"near.echo": [], "far.echo": []}
    for _ in range(1000):
        for subject, spent in times.items():
            started_s = time.perf_counter()
            await site.hub.request(subject, b"1", timeout=5)
            spent.append(time.perf_counter() - started_s)
    await neighbour.close()
    return {
        "near_ms": 1000 * median(times["near.echo"]),
        "far_ms": 1000 * median(times["far.echo"]),
    }


async def _heal(site: _Site) -> dict[str, Any]:
    times = []
    for _ in range(5):
        await asyncio.sleep(BETWEEN_CUTS_S)
        site.cable.cut()
        times.append(await _answered_s(site, "far.echo"))
    return {"heal_s": [min(times), max(times)]}


async def _drain(site: _Site, at_leaf: Any, at_hub: Any, events: int) -> dict[str, Any]:
    late: list[float] = []

    async def note(message: Any) -> None:
        late.append(time.perf_counter() - float(message.data))

    await site.hub.subscribe("live", cb=note)
    site.cable.is_up = False
    site.cable.cut()
    started_s = time.perf_counter()
    await _publish(at_leaf, events, _EVENT)
    append_s = time.perf_counter() - started_s
    before_s = site.cpus_s()
    site.cable.is_up = True
    began_s, before = None, 0
    while True:
        count = (await at_hub.stream_info("COPY")).state.messages
        if count and began_s is None:
            began_s, before = time.perf_counter(), count
        if count >= events:
            break
        if began_s is not None:
            await site.leaf.publish("live", str(time.perf_counter()).encode())
        await asyncio.sleep(0.01)
    assert began_s is not None, "something came"
    spent_s = max(time.perf_counter() - began_s, 1e-6)
    await asyncio.sleep(0.5)
    return {
        "append_per_s": events / append_s,
        "drain_per_s": (events - before) / spent_s,
        "drain_cpus_s": [now - then for now, then in zip(site.cpus_s(), before_s, strict=True)],
        "live_p99_ms": 1000 * quantiles(late, n=100)[98] if len(late) > 2 else None,
        "live_events": len(late),
        "lost": events - (await at_hub.stream_info("COPY")).state.messages,
    }


async def _backlog(site: _Site, at_leaf: Any, backlog_bytes: int) -> dict[str, Any]:
    leaf = site.servers[1].pid
    idle = rss_bytes(leaf)
    site.cable.is_up = False
    site.cable.cut()
    await _publish(at_leaf, backlog_bytes // len(_LARGE), _LARGE)
    await asyncio.sleep(SETTLE_S)
    return {"idle_mib": idle / 2**20, "backlog_mib": rss_bytes(leaf) / 2**20}


async def _publish(stream: Any, count: int, body: bytes) -> None:
    """Publish with acknowledgements of the leaf, many of them under way at once."""
    for start in range(0, count, _AT_ONCE):
        some = range(min(_AT_ONCE, count - start))
        await asyncio.gather(*(stream.publish("load.a", body, timeout=30) for _ in some))


async def _answered_s(site: _Site, subject: str) -> float:
    started_s = time.perf_counter()
    while True:
        try:
            await site.hub.request(subject, b"1", timeout=0.2)
        except nats.errors.Error:
            await asyncio.sleep(0.01)
        else:
            return time.perf_counter() - started_s


async def _connect(port: int) -> Any:
    deadline_s = time.monotonic() + 20
    while True:
        try:
            return await nats.connect(
                f"nats://127.0.0.1:{port}", max_reconnect_attempts=0, error_cb=_ignore
            )
        except (OSError, nats.errors.Error):
            if time.monotonic() > deadline_s:
                raise
            await asyncio.sleep(0.1)


async def _ignore(_: Exception) -> None:
    """Take what the client would print: a server that is not up yet."""


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(argv: Sequence[str]) -> int:
    """Print the figures as one line of JSON."""
    events, backlog_bytes = (int(text) for text in argv)
    print(json.dumps(asyncio.run(_measure(events, backlog_bytes))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
