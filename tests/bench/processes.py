"""What processes cost: CPU time and memory, as the kernel counts them; needs nothing of ours."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["BETWEEN_CUTS_S", "SETTLE_S", "cpu_s", "rss_bytes"]

BETWEEN_CUTS_S = 5.0
"""How long a link is left alone between two cuts: one that keeps breaking is tried less often."""
SETTLE_S = 3.0
"""How long memory has to come to rest before it is read."""


def cpu_s(pid: int) -> float:
    """Return the CPU time that all threads of *pid* have used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid: int) -> int:
    """Return the memory of *pid* that is not shared with files it maps, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    raise RuntimeError(f"the kernel does not tell the memory of {pid}")
