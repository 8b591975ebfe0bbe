"""The device file: from TOML text to a checked model, with every mistake found in one run.

Nothing here opens a bus, and nothing imports asyncio or a hardware library: ``wampedge check``
costs what reading and checking cost.
"""

from wampedge.config.checking import check, load
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Problem, Related
from wampedge.config.report import render
from wampedge.config.source import read_source

__all__ = ["Problem", "Related", "SiteConfig", "check", "load", "read_source", "render"]
