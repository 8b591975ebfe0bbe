"""Runs a program on the traced disk, and returns the trace."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.power_cuts.ops import Op

__all__ = ["recorded", "why_not"]

_PATIENCE_S = 20.0


def why_not() -> str | None:
    """Return why nothing can be traced here; None where it can."""
    if not Path("/dev/fuse").exists():
        return "no /dev/fuse"
    try:
        import mfusepy  # noqa: F401 # looks for libfuse when it is loaded
    except (ImportError, OSError) as error:
        return f"no FUSE for Python: {error}"
    return None


def recorded(
    folder: Path, seed: int, *how: str, rounds: int = 60, fails: Sequence[int] = ()
) -> list[Op]:
    """Let the store work on a traced disk; return all that was done to the disk, with its marks.

    Args:
        folder: for mount point and trace.
        seed: of the work.
        *how: what is wrong with the store on purpose, or ``virtual``.
        rounds: how much work.
        fails: the first and the last operation of the disk that fails, and the error number.
    """
    mount, trace = folder / "disk", folder / "trace"
    mount.mkdir()
    faults = [*map(str, fails)]
    module = "tests.faults.power_cuts"
    disk = [sys.executable, "-m", f"{module}.trace_fs", str(mount), str(trace), *faults]
    server = subprocess.Popen(disk)
    try:
        gives_up_s = time.monotonic() + _PATIENCE_S
        while not mount.is_mount():
            assert server.poll() is None, "the file system could not be mounted"
            assert time.monotonic() < gives_up_s, "the file system was not mounted"
        work = [
            sys.executable,
            "-m",
            f"{module}.workload",
            str(mount),
            str(seed),
            str(rounds),
            *how,
        ]
        subprocess.run(work, check=True, timeout=120)
    finally:
        subprocess.run(["fusermount3", "-u", str(mount)], check=False)
        server.wait(_PATIENCE_S)
    return [Op(*fields) for fields in pickle.loads(trace.read_bytes())]
