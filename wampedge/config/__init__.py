"""The device file: from TOML text to a checked model, with every mistake found in one run.

Nothing here opens a bus, and nothing imports asyncio or a hardware library: ``wampedge check``
costs what reading and checking cost. Names are loaded when they are used first, so that a client
that only looks for the socket of the node (``config.paths``) does not pay for the checker.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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

_MODULE_BY_NAME = {
    "Problem": "problems",
    "Related": "problems",
    "SiteConfig": "model",
    "Checked": "checking",
    "check": "checking",
    "check_all": "checking",
    "load": "checking",
    "read_source": "source",
    "render": "report",
}


def __getattr__(name: str) -> Any:
    """Load the module that has *name*."""
    module = _MODULE_BY_NAME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
