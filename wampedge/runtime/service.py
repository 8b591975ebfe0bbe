"""Run a node as a program: signals, service manager, watchdog, messages for people."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wampedge import __version__
from wampedge.config.model import SiteConfig
from wampedge.config.paths import runtime_folder, state_file
from wampedge.devices.contracts import Clock, Substrate
from wampedge.errors import WampedgeError
from wampedge.runtime.config_procedures import DeviceFile
from wampedge.runtime.garbage import settle
from wampedge.runtime.ground import (
    Pace,
    SimulationOptions,
    SubstrateName,
    choose_substrate,
    pace_of,
)
from wampedge.runtime.node import Node
from wampedge.runtime.presence import Presence
from wampedge.runtime.sd_notify import notify, watchdog_period_s
from wampedge.runtime.system_clock import SystemClock
from wampedge.store.store import Store
from wampedge.transports.url import TransportUrl

if TYPE_CHECKING:
    from wampedge.runtime.watchdog import HardwareWatchdog

__all__ = ["BOARD_PATH", "STOP_LIMIT_S", "serve"]

log = logging.getLogger(__name__)

STOP_LIMIT_S = 4.5
"""Longest time an orderly stop may take; a part that hangs must not keep the others on."""
EXIT_LIMIT_S = 4.9
"""When the process ends in any case, though something may block the event loop itself."""
BOARD_PATH = "/board"
"""Below which the board view is served."""
BROKEN = 1
"""Exit code of a node that could not go on, or not stop in order."""


def serve(
    config: SiteConfig,
    path: Path,
    *,
    substrate: SubstrateName | None = None,
    changes: Mapping[str, Any] = MappingProxyType({}),
    simulation: SimulationOptions | None = None,
    around: Callable[[Substrate, Clock], Substrate] | None = None,
    say: Callable[[str], None] = log.info,
) -> int:
    """Run the node of *config* until SIGTERM or SIGINT; return the exit code.

    Args:
        config: the checked device file.
        path: the file, to read again on SIGHUP.
        substrate: hardware or simulator; None: what fits the machine.
        changes: what the router is to do instead of what the file says: fields of its config.
            ``pages`` with ``BOARD_PATH`` is the board view.
        simulation: how a simulated node runs.
        around: puts something between substrate and node, such as a recorder.
        say: tells the person who started the node how it goes.

    Raises:
        NodeBusyError: another node runs on the same runtime folder.
        ConfigError: the router cannot listen where the file says.
        HardwareError: a bus or the header cannot be opened.
    """
    presence = Presence(runtime_folder(os.environ))
    presence.claim()
    try:
        pace = pace_of(simulation) if simulation is not None else None
        ground = choose_substrate(config, substrate, options=simulation, pace=pace)
        if around is not None:
            ground = around(ground, pace.clock if pace is not None else SystemClock())
        service = _Service(config, path, ground, presence, changes=changes, pace=pace, say=say)
        try:
            with asyncio.Runner(loop_factory=(lambda: pace.loop) if pace else None) as runner:
                return runner.run(service.run())
        finally:
            service.last_resort.cancel()
    finally:
        presence.release()


class _Service:
    """The program around one node.

    Attributes:
        last_resort: begins to count at the first signal to stop, and ends the process.
    """

    def __init__(
        self,
        config: SiteConfig,
        path: Path,
        substrate: Substrate,
        presence: Presence,
        *,
        changes: Mapping[str, Any],
        pace: Pace | None = None,
        say: Callable[[str], None],
    ) -> None:
        self._config = _changed(config, changes)
        self._path = path
        self._substrate = substrate
        self._presence = presence
        self._changes = changes
        self._pace = pace
        self._say = say
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._is_first_signal = threading.Lock()
        self.last_resort = threading.Timer(EXIT_LIMIT_S, os._exit, (BROKEN,))
        self.last_resort.daemon = True
        self._watchdog: HardwareWatchdog | None = None

    async def run(self) -> int:
        """Start, serve until told to stop, stop; return the exit code."""
        self._catch_signals()
        clock: Clock = self._pace.clock if self._pace is not None else SystemClock()
        node = Node(
            self._config,
            self._substrate,
            clock=clock,
            presence=self._presence,
            store=self._store(),
            is_inline=self._pace is not None,
            patience=self._pace.speed if self._pace is not None else 1.0,
        )
        node.file = self._file_of(node)
        self._say(f"wampedge {__version__}: node {self._config.node.name}, {self._path}")
        self._say(self._substrate.description)
        self._open_watchdog()
        stopping = asyncio.ensure_future(self._stop.wait())
        starting = asyncio.ensure_future(node.start())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            if starting.exception() is not None:
                self._close_watchdog()  # a board that resets mends no file and no wiring
            starting.result()
            code = await self._serve(node, stopping)
        else:
            code = 0
        return await self._end(node, starting) or code

    async def _serve(self, node: Node, stopping: asyncio.Future[Any]) -> int:
        """Serve until told to stop; return the exit code."""
        self._tell_ready(node)
        settle()
        broken = asyncio.ensure_future(node.wait_broken())
        background = [
            broken,
            asyncio.ensure_future(self._reload_when_told(node)),
        ]
        if self._config.node.watchdog.systemd:
            background.append(asyncio.ensure_future(_feed_watchdog()))
        await asyncio.wait({stopping, broken}, return_when=asyncio.FIRST_COMPLETED)
        code = BROKEN if broken.done() else 0
        for task in background:
            task.cancel()
        return code

    def _open_watchdog(self) -> None:
        """Open the watchdog of the board; a simulation must never reset the machine it runs on."""
        path = self._config.node.watchdog.hardware
        if path is None or self._substrate.is_simulated:
            return
        from wampedge.runtime.watchdog import HardwareWatchdog  # noqa: PLC0415 # few files need it

        self._watchdog = HardwareWatchdog(path)
        if not self._watchdog.open():
            self._say(f"warning: {path} cannot be used: nothing resets a board that hangs")

    def _close_watchdog(self) -> None:
        if self._watchdog is not None:
            self._watchdog.close()

    def _file_of(self, node: Node) -> DeviceFile:
        """Return the file of *node*: SIGHUP and ``P.sys.config.apply`` take it over one by one."""
        return DeviceFile(self._path, node, adjusted=lambda c: _changed(c, self._changes))

    def _store(self) -> Store:
        """Return where the node keeps things on this machine."""
        name, is_simulated = self._config.node.name, self._substrate.is_simulated
        return Store(state_file(name, os.environ, is_simulated=is_simulated))

    def _catch_signals(self) -> None:
        """Take signals from the first moment on: a SIGHUP while starting must not kill the node."""
        loop = asyncio.get_running_loop()

        def tell(callback: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: there is no more to end
                loop.call_soon_threadsafe(callback)

        def on_stop_signal(*_: object) -> None:
            # A lock, because the next signal may interrupt this very line.
            if self._is_first_signal.acquire(blocking=False):
                self.last_resort.start()
            tell(self._on_stop_signal)

        # Handlers of Python, not of the loop: the time to stop counts though a driver blocks the
        # loop, and a signal that comes after the loop has closed ends nothing half-way.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_stop_signal)
        signal.signal(signal.SIGHUP, lambda *_: tell(self._reload.set))

    def _on_stop_signal(self) -> None:
        if self._stop.is_set():
            # Not ended at once: outputs left as they are could flood the greenhouse.
            log.warning("already stopping; it takes %g s at most", EXIT_LIMIT_S)
        self._stop.set()

    async def _reload_when_told(self, node: Node) -> None:
        """Read the file again at each SIGHUP; those that come meanwhile are one."""
        while True:
            await self._reload.wait()
            self._reload.clear()
            notify("RELOADING=1", f"MONOTONIC_USEC={_monotonic_us()}")
            await self._read_again(node)
            settle()
            notify("READY=1", f"STATUS={_status(node)}")

    async def _read_again(self, node: Node) -> None:
        """Read the file again; a file that cannot be used leaves everything as it is."""
        try:
            assert node.file is not None, "run() told the node its file"
            changes = await node.file.read_again()
        except WampedgeError as error:
            log.error("%s was not taken over, the old one stays:\n%s", self._path, error)
            node.announce_file("refused", str(error))
        except Exception as error:  # outermost edge: the next SIGHUP must find us listening
            log.exception("%s was not taken over", self._path)
            node.announce_file("refused", f"reading it failed: {type(error).__name__}")
        else:
            log.info("%s read again: %s", self._path, changes.summary())
            node.announce_file("applied", changes.summary())

    def _tell_ready(self, node: Node) -> None:
        self._say(_status(node))
        self._say(f"listening on {'  '.join(node.urls)}  (realm {self._config.router.realm})")
        for url in node.exposed_urls:
            self._say(f"warning: {url} is insecure: other machines need no TLS, or no proof")
        if BOARD_PATH in node.config.router.pages:
            urls = _board_urls(node) or ["nowhere: no port (add --listen ws://127.0.0.1:8080/ws)"]
            self._say(f"board view: {'  '.join(urls)}")
        example = _example_call(node)
        if example:
            self._say(f"try: {example}")
        notify("READY=1", f"STATUS={_status(node)}")

    async def _end(self, node: Node, starting: asyncio.Future[None]) -> int:
        notify("STOPPING=1")
        self._say("stopping")
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await node.stop()
                await asyncio.wait({starting})
        except TimeoutError:
            log.error("a part did not stop within %g s", STOP_LIMIT_S)
            return BROKEN
        if not starting.cancelled() and starting.exception() is not None:
            log.debug("the start ended with: %s", starting.exception())
        self._close_watchdog()
        return 0


async def _feed_watchdog() -> None:
    """Tell the service manager that the event loop is alive, for as long as it is."""
    period_s = watchdog_period_s()
    while period_s is not None:
        notify("WATCHDOG=1")
        await asyncio.sleep(period_s)


def _changed(config: SiteConfig, changes: Mapping[str, Any]) -> SiteConfig:
    """Return *config* with what the flags say of the router instead of the file."""
    return config.but(router=config.router.but(**changes)) if changes else config


def _status(node: Node) -> str:
    counts: dict[str, int] = {}
    for device in node.site.devices.values():
        counts[device.health.state] = counts.get(device.health.state, 0) + 1
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    count = len(node.site.devices)
    return f"{count} device{'' if count == 1 else 's'}: {states or 'none'}"


def _board_urls(node: Node) -> list[str]:
    """Return where the board view is; none where nothing listens on a port."""
    router = node.config.router
    query = f"realm={router.realm}&prefix={node.config.node.uri_prefix}"
    places = [(url, f"[{url.host}]" if ":" in url.host else url.host) for url in _ports(node)]
    return [
        f"{'https' if url.is_tls else 'http'}://{host}:{url.port}{BOARD_PATH}/?{query}"
        for url, host in places
    ]


def _ports(node: Node) -> list[TransportUrl]:
    return [url for url in node.server.addresses if not url.socket_path]


def _example_call(node: Node) -> str:
    prefix = node.config.node.uri_prefix
    for device in node.config.devices.values():
        if "toggle" in device.commands:
            return f"wampedge call {prefix}.{device.name}.toggle"
    return f"wampedge call {prefix}.sys.health"


def _monotonic_us() -> int:
    return int(asyncio.get_running_loop().time() * 1_000_000)
