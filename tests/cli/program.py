"""The command line as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

__all__ = ["wampedge"]


def wampedge(
    *arguments: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "wampedge", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
        timeout=60,
    )
