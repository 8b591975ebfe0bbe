"""A real Crossbar router in its own process, started, killed and started again by tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.interop.peers import CROSSBAR
from wampedge.wamp import ed25519
from wampedge.wamp.scram import ScramSecret
from wampedge.wamp.scram_kdf import Kdf

__all__ = ["KEY_SEED", "PASSWORD", "REALM", "SECRET", "TICKET", "CrossbarRouter", "free_port"]

REALM = "farm"
TICKET = "ticket of the node"
SECRET = "secret of the node"
PASSWORD = "password of two users"
KEY_SEED = bytes(range(32))
SCRAM_KDFS = {
    "harry": Kdf("pbkdf2", b"salt of harry 16", 4096),
    "sally": Kdf("argon2id-13", b"salt of sally 16", 8, 512),
}

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class CrossbarRouter:
    """One node with one router worker on loopback: realm ``farm``, two listeners, five logins.

    Anonymous, user ``node`` by ticket (`TICKET`), user ``pilot`` by WAMP-CRA (`SECRET`), users
    ``harry`` and ``sally`` by SCRAM (`PASSWORD`) with PBKDF2 and Argon2, and user ``robot`` by
    cryptosign (`KEY_SEED`) may do everything. The ports stay the same over `kill` and `start`.
    Whoever started it stops it.

    Args:
        folder: empty folder for configuration, run files and the log.
    """

    folder: Path
    websocket_port: int = field(default_factory=free_port)
    rawsocket_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        """Where the WebSocket listener is."""
        return f"ws://127.0.0.1:{self.websocket_port}/"

    @property
    def rawsocket_url(self) -> str:
        """Where the RawSocket listener is."""
        return f"rs://127.0.0.1:{self.rawsocket_port}"

    @property
    def pids(self) -> list[int]:
        """Every process of the router: the controller and its worker."""
        return [] if self._process is None else _tree(self._process.pid)

    def command(self) -> list[str]:
        """Write the configuration and return what starts the router in the foreground."""
        base = self.folder / ".crossbar"
        base.mkdir(parents=True, exist_ok=True)
        base.joinpath("config.json").write_text(json.dumps(self._configuration(), indent=2))
        for left in base.glob("*.pid"):
            left.unlink()
        program = CROSSBAR.install() / "bin" / "crossbar"
        return [str(program), "start", "--cbdir", str(base), "--logformat", "none"]

    def start(self) -> None:
        """Start the router and return once both listeners accept connections (about 5 s)."""
        command = self.command()
        with self.folder.joinpath("crossbar.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, env=_environment(self.folder)
            )
        self._wait_for(self.websocket_port)
        self._wait_for(self.rawsocket_port)

    def kill(self) -> None:
        """End every process at once, as a power cut would."""
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        """End the router politely; what is left after half a minute is killed."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reap()

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _wait_for(self, port: int) -> None:
        assert self._process is not None, "started before"
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
                return
            time.sleep(0.05)  # another program's start has no event to wait for
        log = self.folder.joinpath("crossbar.log").read_text(errors="replace")
        self.kill()
        raise RuntimeError(f"crossbar does not listen on port {port}:\n{log[-4000:]}")

    def _configuration(self) -> dict[str, Any]:
        everything = {"call": True, "register": True, "publish": True, "subscribe": True}
        disclose = {"caller": True, "publisher": True}
        permission = {"uri": "", "match": "prefix", "allow": everything, "disclose": disclose}
        logins = {
            "anonymous": {"type": "static", "role": "everyone"},
            "ticket": {
                "type": "static",
                "principals": {"node": {"ticket": TICKET, "role": "everyone"}},
            },
            "wampcra": {
                "type": "static",
                "users": {"pilot": {"secret": SECRET, "role": "everyone"}},
            },
        }
        logins["scram"] = {"type": "static", "principals": _scram_principals()}
        robot = {"authorized_keys": [ed25519.public_key(KEY_SEED).hex()], "role": "everyone"}
        logins["cryptosign"] = {"type": "static", "principals": {"robot": robot}}
        serializers = ["json", "msgpack", "cbor"]
        router = {
            "type": "router",
            "realms": [
                {"name": REALM, "roles": [{"name": "everyone", "permissions": [permission]}]}
            ],
            "transports": [
                {
                    "type": kind,
                    "endpoint": {"type": "tcp", "port": port, "interface": "127.0.0.1"},
                    "serializers": serializers,
                    "auth": logins,
                }
                for kind, port in (
                    ("websocket", self.websocket_port),
                    ("rawsocket", self.rawsocket_port),
                )
            ],
        }
        return {"version": 2, "workers": [router]}


def _scram_principals() -> dict[str, dict[str, Any]]:
    """Return what Crossbar stores of the password of two users."""
    principals = {}
    for authid, kdf in SCRAM_KDFS.items():
        keys = ScramSecret.of(PASSWORD, kdf).keys
        principals[authid] = {
            "kdf": kdf.name,
            "iterations": kdf.iterations,
            "memory": kdf.memory_kib or -1,
            "salt": kdf.salt.hex(),
            "stored-key": keys.stored_key.hex(),
            "server-key": keys.server_key.hex(),
            "role": "everyone",
        }
    return principals


def _environment(home: Path) -> dict[str, str]:
    """Keep Crossbar's caches inside *home* and our test settings out of it."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONWARNINGS": "ignore"}


def _tree(pid: int) -> list[int]:
    """Return *pid* and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(entry.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting += children.get(current, [])
    return found
