"""The device file: from TOML text to a checked model, with every mistake found in one run.

Nothing here opens a bus, and nothing imports asyncio or a hardware library: ``wampedge check``
costs what reading and checking cost. Names are loaded when they are used first, so that a client
that only looks for the socket of the node (``config.paths``) does not pay for the checker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wampedge.lazy_names import lazy_names

if TYPE_CHECKING:
    from wampedge.config.checking import Checked, check, check_all, load
    from wampedge.config.model import SiteConfig
    from wampedge.config.problems import Problem, Related
    from wampedge.config.report import render
    from wampedge.config.source import read_source

__all__ = [
    "Checked",
    "Problem",
    "Related",
    "SiteConfig",
    "check",
    "check_all",
    "load",
    "read_source",
    "render",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Problem": "problems",
        "Related": "problems",
        "SiteConfig": "model",
        "Checked": "checking",
        "check": "checking",
        "check_all": "checking",
        "load": "checking",
        "read_source": "source",
        "render": "report",
    },
)
