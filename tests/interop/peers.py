"""Other people's WAMP software, installed once into a cache folder outside the repository.

Each piece lives in a folder of its own, ``<name>-<version>-py<python>`` or
``<name>-<version>-node<node>``, under ``$WAMPEDGE_CACHE`` (else ``$XDG_CACHE_HOME/wampedge``, else
``~/.cache/wampedge``). A folder counts only once its ``.complete`` mark is written, so an
installation that was cut short is made anew. ``python -m tests.interop.peers`` installs all.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "AUTOBAHN",
    "AUTOBAHN_JS",
    "CROSSBAR",
    "PEERS",
    "WAMPY_JS",
    "XCONN",
    "NodePeer",
    "PeerMissingError",
    "PythonPeer",
    "cache_folder",
]


class PeerMissingError(Exception):
    """This machine cannot have the peer at all, because a tool it needs is not there."""


@dataclass(frozen=True)
class PythonPeer:
    """A distribution from PyPI in a virtual environment of its own."""

    name: str
    version: str
    requirements: tuple[str, ...]

    def folder(self) -> Path:
        """Where the environment is, or will be once it is installed."""
        python = f"py{sys.version_info.major}.{sys.version_info.minor}"
        return cache_folder() / f"{self.name}-{self.version}-{python}"

    def install(self) -> Path:
        """Return the environment, made now if it is not there yet (minutes for a large one)."""
        with _claimed(self.folder()) as folder:
            if folder is not None:
                _run([sys.executable, "-m", "venv", str(folder)])
                pip = [str(folder / "bin" / "python"), "-m", "pip", "install"]
                _run([*pip, "--quiet", "--disable-pip-version-check", *self.requirements])
        return self.folder()


@dataclass(frozen=True)
class NodePeer:
    """Packages from the npm registry in a folder of their own."""

    name: str
    version: str
    packages: tuple[str, ...]

    def folder(self) -> Path:
        """Where ``node_modules`` is, or will be; raises PeerMissingError without Node.js."""
        node = shutil.which("node")
        if node is None or shutil.which("npm") is None:
            raise PeerMissingError("node and npm are not installed")
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        major = told.stdout.strip().lstrip("v").split(".")[0]
        return cache_folder() / f"{self.name}-{self.version}-node{major}"

    def install(self) -> Path:
        """Return the folder, made now if it is not there yet; raises PeerMissingError."""
        with _claimed(self.folder()) as folder:
            if folder is not None:
                folder.mkdir()
                npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
                _run([*npm, "--prefix", str(folder), *self.packages])
        return self.folder()


CROSSBAR = PythonPeer("crossbar", "26.10.1", ("crossbar==26.10.1",))
AUTOBAHN = PythonPeer("autobahn", "26.10.2", ("autobahn==26.10.2",))
XCONN = PythonPeer("xconn", "0.5.1", ("xconn==0.5.1",))
# 22.11.1 is the last that brings its own WebSocket; later ones want Node.js 22.
AUTOBAHN_JS = NodePeer("autobahn-js", "22.11.1", ("autobahn@22.11.1",))
WAMPY_JS = NodePeer("wampy-js", "8.0.2", ("wampy@8.0.2", "websocket@1.0.35"))
PEERS: tuple[PythonPeer | NodePeer, ...] = (CROSSBAR, AUTOBAHN, XCONN, AUTOBAHN_JS, WAMPY_JS)


def cache_folder() -> Path:
    """Return the folder that holds all installed peers."""
    named = os.environ.get("WAMPEDGE_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "wampedge"


@contextlib.contextmanager
def _claimed(folder: Path) -> Iterator[Path | None]:
    """Give *folder*, removed and locked, to fill; None when it is complete already."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    complete = folder / ".complete"
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if complete.exists():
            yield None
            return
        shutil.rmtree(folder, ignore_errors=True)
        yield folder
        complete.touch()


def _run(command: list[str]) -> None:
    """Run *command*; a failure shows all it printed."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")


def main() -> int:
    """Install every peer this machine can have and say how long each took."""
    for peer in PEERS:
        started = time.monotonic()
        try:
            peer.install()
        except PeerMissingError as error:
            print(f"SKIPPED {peer.name} {peer.version}: {error}")
        else:
            print(f"{peer.name} {peer.version}: {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
