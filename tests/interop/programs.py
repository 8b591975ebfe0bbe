"""The client scripts of ``clients/`` as processes that tests talk with, line by line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.interop.peers import (
    AUTOBAHN,
    AUTOBAHN_DEBIAN,
    AUTOBAHN_JS,
    AUTOBAHN_JS_26,
    WAMPY_JS,
    XCONN,
    DebianPeer,
    NodePeer,
    PythonPeer,
)

__all__ = ["NODE_CLIENTS", "PYTHON_CLIENTS", "Client", "Playing"]

CLIENTS = Path(__file__).parent / "clients"
STEP_TIMEOUT_S = 20.0
_ALL = ("ws", "rs", "unix")


@dataclass(frozen=True)
class Client:
    """Somebody else's client library and the script that plays our scene with it.

    Args:
        name: what it is called in reports.
        peer: where it comes from.
        script: its part, in ``clients/``.
        options: what Node.js has to be told.
        schemes: the transports it has.
        serializers: those it has among ours.
    """

    name: str
    peer: PythonPeer | DebianPeer | NodePeer
    script: str
    options: str = ""
    schemes: tuple[str, ...] = ("ws",)
    serializers: tuple[str, ...] = ("json", "msgpack", "cbor")

    def play(self, task: Mapping[str, Any]) -> Playing:
        """Prepare one process that does *task*; it starts with ``async with``."""
        folder = self.peer.install()
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        if isinstance(self.peer, NodePeer):
            program = "node"
            environment["NODE_PATH"] = str(folder / "node_modules")
            if self.options:
                environment["NODE_OPTIONS"] = self.options
        else:
            program = str(folder / "bin" / "python3")
        return Playing((program, str(CLIENTS / self.script), json.dumps(task)), environment)


@dataclass
class Playing:
    """One run of a client script; killed, if it still runs, at the end of ``async with``."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    facts_by_step: dict[str, dict[str, Any]] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(self.environment),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None, "entered before"
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                # Not Process.kill: it polls, and so takes the exit status from asyncio's watcher.
                os.kill(self._process.pid, signal.SIGKILL)
        await self._process.communicate()

    async def until(self, step: str) -> dict[str, Any]:
        """Return the facts of *step*, reading on until the script has told it."""
        assert self._process is not None, "entered before"
        assert self._process.stdout is not None, "piped"
        noise: list[str] = []
        async with asyncio.timeout(STEP_TIMEOUT_S):
            while step not in self.facts_by_step:
                line = (await self._process.stdout.readline()).decode()
                if not line:
                    told = list(self.facts_by_step)
                    raise RuntimeError(f"ended without {step} after {told}:\n{''.join(noise)}")
                if line.startswith('{"step":'):
                    facts = json.loads(line)
                    self.facts_by_step[facts.pop("step")] = facts
                else:
                    noise.append(line)
        return self.facts_by_step[step]

    async def ended(self) -> int:
        """Return the exit status once the script has ended by itself."""
        assert self._process is not None, "entered before"
        async with asyncio.timeout(STEP_TIMEOUT_S):
            await self._process.communicate()
        assert self._process.returncode is not None, "it has ended"
        return self._process.returncode


PYTHON_CLIENTS = (
    Client("autobahn", AUTOBAHN, "autobahn_client.py", schemes=_ALL),
    # Its raw socket on asyncio fails by itself, in 22.7.1.
    Client(
        "autobahn-debian", AUTOBAHN_DEBIAN, "autobahn_client.py", serializers=("json", "msgpack")
    ),
    Client("xconn", XCONN, "xconn_client.py", schemes=_ALL),
)
NODE_CLIENTS = (
    Client("autobahn-js", AUTOBAHN_JS, "autobahn_client.js"),
    # Node.js before 22 has a WebSocket, but only for those who ask.
    Client("autobahn-js-26", AUTOBAHN_JS_26, "autobahn_client.js", "--experimental-websocket"),
    Client("wampy-js", WAMPY_JS, "wampy_client.js"),
)
