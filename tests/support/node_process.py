"""``wampedge run`` as a process of its own: started, asked, stopped and killed by tests."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["NodeProcess"]

READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


@dataclass
class NodeProcess:
    """One running node with a private runtime folder; ready when `start` returns.

    Used as a context manager, or with `start` and `stop` where a test kills it in between.

    Args:
        device_file: the file to serve; written by the caller.
        listen: listeners instead of those of the file. Port 0 takes a free one.
        program: how to call wampedge.
        environment: added to a small clean environment.
        flags: further flags of ``wampedge run``.
    """

    device_file: Path
    listen: Sequence[str] = ("unix:", "ws://127.0.0.1:0/ws")
    program: Sequence[str] = (sys.executable, "-m", "wampedge")
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: Sequence[str] = ("--simulate",)
    _folder: Path = field(init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # Not tmp_path: the name of a Unix socket has room for 107 bytes only.
        self._folder = Path(tempfile.mkdtemp(prefix="node-"))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Process number of the running node."""
        assert self._process is not None, "started before"
        return self._process.pid

    @property
    def facts(self) -> dict[str, Any]:
        """What the node says about itself: ``realm``, ``uri_prefix``, ``urls`` and more."""
        facts: dict[str, Any] = json.loads(self._folder.joinpath("node.json").read_text())
        return facts

    @property
    def socket_path(self) -> Path:
        """The Unix socket of the node."""
        return self._folder / "node.sock"

    @property
    def client_environment(self) -> dict[str, str]:
        """Environment in which ``wampedge call`` and its like find this node."""
        return {
            **{name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ},
            **self.environment,
            "WAMPEDGE_RUNTIME_DIR": str(self._folder),
            "WAMPEDGE_STATE_DIR": str(self._folder / "state"),
        }

    def url(self, scheme: str) -> str:
        """Return where to connect by ``ws``, ``rs`` or ``unix``; ws and rs share one port."""
        if scheme == "unix":
            return f"unix://{self.socket_path}"
        websocket: str = next(url for url in self.facts["urls"] if url.startswith("ws:"))
        return websocket if scheme == "ws" else f"rs:{websocket[3:].rsplit('/', 1)[0]}"

    def log(self) -> str:
        """Everything the node printed, over all its starts."""
        return self._folder.joinpath("log").read_text(errors="replace")

    def start(self) -> None:
        """Start the node and return when it says ``READY=1``."""
        command = [*self.program, "run", str(self.device_file), *self.flags]
        for url in self.listen:
            command += ["--listen", url]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            address = self._folder / "notify"
            address.unlink(missing_ok=True)
            notified.bind(str(address))
            with self._folder.joinpath("log").open("ab") as log:
                self._process = subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    env={**self.client_environment, "NOTIFY_SOCKET": str(address)},
                )
            self._wait_until_ready(notified)

    def _wait_until_ready(self, notified: socket.socket) -> None:
        ended = os.pidfd_open(self.pid)
        watched: list[Any] = [notified, ended]
        try:
            while notified in select.select(watched, [], [], READY_TIMEOUT_S)[0]:
                if b"READY=1" in notified.recv(4096).split(b"\n"):
                    return
        finally:
            os.close(ended)
        status = None if self._process is None else self._process.poll()
        self.kill()
        raise RuntimeError(f"node is not ready (exit status {status}):\n{self.log()}")

    def reload(self) -> None:
        """Ask the node to read its device file again."""
        os.kill(self.pid, signal.SIGHUP)

    def stop(self) -> int:
        """End the node politely and return its exit status."""
        assert self._process is not None, "started before"
        self._process.terminate()
        try:
            return self._process.wait(STOP_TIMEOUT_S)
        finally:
            self.kill()

    def kill(self) -> None:
        """End the node at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Kill the node if it still runs, and remove its runtime folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
