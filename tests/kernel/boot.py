"""Runs a command under a kernel of its own: User-Mode Linux on the host's files, read-only."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finished", "GuestError", "boot", "run_module"]

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_NOISE = ("sysrq: Power Off", "reboot: Power down")


class GuestError(Exception):
    """The kernel ended without an exit code of the command: time-out, panic, or no boot."""


@dataclass(frozen=True)
class Finished:
    """What became of a command.

    Attributes:
        exit_code: that of the command.
        output: what it and the kernel printed.
    """

    exit_code: int
    output: str


def boot(
    kernel: Path,
    command: Sequence[str],
    share: Path,
    *,
    timeout_s: float,
    has_virtual_time: bool = False,
    memory_mb: int = 256,
) -> Finished:
    """Boot *kernel*, run *command* as root in the project's folder, and turn the machine off.

    Args:
        kernel: a User-Mode Linux.
        command: program and arguments, as on the host; ``$TMPDIR`` is its own.
        share: the folder the command finds as ``/mnt``, the only one of the host it can write to.
        timeout_s: real seconds after which the machine is killed.
        has_virtual_time: let the time of the machine jump when nothing in it is busy.
        memory_mb: its memory.

    Raises:
        GuestError: there is no exit code; carries what was printed.
    """
    (share / "run.sh").write_text(f"cd {shlex.quote(str(_ROOT))}\nexec {shlex.join(command)}\n")
    told = share / "exit-code"
    told.unlink(missing_ok=True)
    arguments = [
        str(kernel), f"mem={memory_mb}M", "rootfstype=hostfs", "rootflags=/", "ro",
        "con=null", "con0=null,fd:1", "quiet", "panic=-1", f"uml_dir={share}/",
        f"init={_HERE / 'init.sh'}", f"SHARE={share}",
    ]  # fmt: skip
    if has_virtual_time:
        arguments.append("time-travel=inf-cpu")
    output = _run_bounded(arguments, timeout_s)
    if not told.exists():
        raise GuestError(f"the test kernel ended without an exit code:\n{output}")
    return Finished(int(told.read_text()), output)


def run_module(
    kernel: Path,
    module: str,
    share: Path,
    *,
    timeout_s: float,
    has_virtual_time: bool = False,
) -> Finished:
    """Run a module of the tests as `boot` does, with the Python that runs this."""
    return boot(
        kernel,
        [sys.executable, "-B", "-X", "faulthandler", "-m", module],
        share,
        timeout_s=timeout_s,
        has_virtual_time=has_virtual_time,
    )


def _run_bounded(arguments: Sequence[str], timeout_s: float) -> str:
    """Run a program and all it starts until it ends or *timeout_s* are over; returns its output."""
    with subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as machine:
        try:
            output, _ = machine.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(machine.pid, signal.SIGKILL)
            output, _ = machine.communicate()
            output += f"\n(killed after {timeout_s:g} s)"
    lines = output.splitlines()
    return "\n".join(line for line in lines if line and not line.endswith(_NOISE))
