"""Run a node as a program: signals, service manager, watchdog, messages for people."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from wampedge import __version__
from wampedge.config import load
from wampedge.config.model import SiteConfig
from wampedge.config.paths import runtime_folder
from wampedge.devices.contracts import Clock, Substrate
from wampedge.errors import WampedgeError
from wampedge.runtime.ground import SubstrateName, choose_substrate
from wampedge.runtime.node import Node
from wampedge.runtime.presence import NodeBusyError, Presence
from wampedge.runtime.sd_notify import notify, watchdog_period_s
from wampedge.runtime.system_clock import SystemClock

__all__ = ["STOP_LIMIT_S", "NodeBusyError", "serve"]

log = logging.getLogger(__name__)

STOP_LIMIT_S = 4.5
"""Longest time an orderly stop may take; a part that hangs must not keep the others on."""


def serve(
    config: SiteConfig,
    path: Path,
    *,
    substrate: SubstrateName | None = None,
    listen: Sequence[str] | None = None,
    say: Callable[[str], None] = log.info,
) -> int:
    """Run the node of *config* until SIGTERM or SIGINT; return the exit code.

    Args:
        config: the checked device file.
        path: the file, to read again on SIGHUP.
        substrate: hardware or simulator; None: what fits the machine.
        listen: addresses to use instead of those in the file.
        say: tells the person who started the node how it goes.

    Raises:
        NodeBusyError: another node runs on the same runtime folder.
        ConfigError: the router cannot listen where the file says.
        HardwareError: a bus or the header cannot be opened.
    """
    presence = Presence(runtime_folder(os.environ))
    presence.claim()
    try:
        ground = choose_substrate(config, substrate)
        service = _Service(
            _listening(config, listen), path, ground, presence, listen=listen, say=say
        )
        return asyncio.run(service.run())
    finally:
        presence.release()


class _Service:
    """The program around one node."""

    def __init__(
        self,
        config: SiteConfig,
        path: Path,
        substrate: Substrate,
        presence: Presence,
        *,
        listen: Sequence[str] | None,
        say: Callable[[str], None],
    ) -> None:
        self._config = config
        self._path = path
        self._substrate = substrate
        self._presence = presence
        self._listen = listen
        self._say = say
        self._stop = asyncio.Event()
        self._reloads: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """Start, serve until told to stop, stop; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop_signal)
        clock: Clock = SystemClock()
        node = Node(self._config, self._substrate, clock=clock, presence=self._presence)
        self._say(f"wampedge {__version__}: node {self._config.node.name}, {self._path}")
        self._say(self._substrate.description)
        starting = asyncio.ensure_future(node.start())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.wait({starting}, timeout=STOP_LIMIT_S)
            return 0
        starting.result()
        loop.add_signal_handler(signal.SIGHUP, self._on_reload_signal, node)
        self._tell_ready(node)
        watchdog = asyncio.ensure_future(_feed_watchdog())
        await stopping
        watchdog.cancel()
        return await self._end(node)

    def _on_stop_signal(self) -> None:
        if self._stop.is_set():
            log.warning("told to stop twice: ending at once")
            os._exit(1)
        self._stop.set()

    def _on_reload_signal(self, node: Node) -> None:
        task = asyncio.ensure_future(self._reload(node))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self, node: Node) -> None:
        """Read the file again; a file that cannot be used leaves everything as it is."""
        notify("RELOADING=1", f"MONOTONIC_USEC={_monotonic_us()}")
        try:
            changes = await node.reload(_listening(load(self._path), self._listen))
        except WampedgeError as error:
            log.error("%s was not taken over, the old one stays:\n%s", self._path, error)
            node.announce_file("refused", str(error))
        else:
            log.info("%s read again: %s", self._path, changes.summary())
            node.announce_file("applied", changes.summary())
        notify("READY=1", f"STATUS={_status(node)}")

    def _tell_ready(self, node: Node) -> None:
        self._say(_status(node))
        self._say(f"listening on {'  '.join(node.urls)}  (realm {self._config.router.realm})")
        example = _example_call(node)
        if example:
            self._say(f"try: {example}")
        notify("READY=1", f"STATUS={_status(node)}")

    async def _end(self, node: Node) -> int:
        notify("STOPPING=1")
        self._say("stopping")
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await node.stop()
        except TimeoutError:
            log.error("a part did not stop within %g s", STOP_LIMIT_S)
            return 1
        return 0


async def _feed_watchdog() -> None:
    """Tell the service manager that the event loop is alive, for as long as it is."""
    period_s = watchdog_period_s()
    while period_s is not None:
        notify("WATCHDOG=1")
        await asyncio.sleep(period_s)


def _listening(config: SiteConfig, listen: Sequence[str] | None) -> SiteConfig:
    if not listen:
        return config
    router = config.router.but(listen=tuple(listen))
    return config.but(router=router)


def _status(node: Node) -> str:
    counts: dict[str, int] = {}
    for device in node.site.devices.values():
        counts[device.health.state] = counts.get(device.health.state, 0) + 1
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{len(node.site.devices)} devices: {states or 'none'}"


def _example_call(node: Node) -> str:
    prefix = node.config.node.uri_prefix
    for device in node.config.devices.values():
        if "toggle" in device.commands:
            return f"wampedge call {prefix}.{device.name}.toggle"
    return f"wampedge call {prefix}.sys.health"


def _monotonic_us() -> int:
    return int(asyncio.get_running_loop().time() * 1_000_000)
