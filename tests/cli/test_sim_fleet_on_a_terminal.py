"""``wampedge sim fleet`` as a process on a terminal: its bars, and how it ends when told to."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

SITE = """\
wampedge = 1
[node]
name = "a"
[devices.lamp]
driver = "led"
pin = 27
"""


@contextmanager
def on_terminal(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a fleet whose standard error is a terminal; give the process and our end of that."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wampedge", "sim", "fleet", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as fleet:
        os.close(theirs)
        try:
            yield fleet, ours
        finally:
            fleet.kill()
            os.close(ours)


def read_until(terminal: int, wanted: bytes) -> bytes:
    """Return what comes on *terminal* up to *wanted*; raises OSError when it ends before."""
    read = b""
    while wanted not in read:
        read += os.read(terminal, 4096)
    return read


def read_rest(terminal: int) -> bytes:
    """Return what comes on *terminal* until nobody has the other end any more."""
    read = b""
    with suppress(OSError):
        while piece := os.read(terminal, 4096):
            read += piece
    return read


def disk_of(fleet: subprocess.Popen[bytes]) -> Path:
    """Return the folder in which the nodes have their disks, by the files that are open."""
    opened = [each.readlink() for each in Path(f"/proc/{fleet.pid}/fd").iterdir()]
    disk = next(each for each in opened if "/wampedge-fleet-" in str(each))
    return disk.parents[1]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "devices.toml"
    path.write_text(SITE)
    return str(path)


def test_bars_of_all_stages_come_one_after_another_and_go(file: str) -> None:
    with on_terminal(file, "--nodes", "2", "--for", "10s") as (fleet, terminal):
        shown = read_until(terminal, b"back [##############################] 100%\r\x1b[K")
        out, _ = fleet.communicate(timeout=60)

    assert fleet.returncode == 0
    assert out.startswith(b"nodes        2, ")
    assert shown.startswith(b"\r2 nodes, starting [..............................]   0%")
    places = [shown.index(stage) for stage in (b"starting", b"running", b"waiting until all")]
    assert places == sorted(places)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_it_at_once_and_removes_the_disks(
    number: signal.Signals, code: int, file: str
) -> None:
    with on_terminal(file, "--nodes", "2", "--for", "30d") as (fleet, terminal):
        read_until(terminal, b"running [")
        disk = disk_of(fleet)
        assert disk.is_dir()

        fleet.send_signal(number)
        shown = read_rest(terminal)
        fleet.wait(timeout=60)

    assert fleet.returncode == code
    assert shown.endswith((b"\r\x1b[K", b"\r\x1b[K\r\n")), shown  # and no traceback after it
    assert not disk.exists()
