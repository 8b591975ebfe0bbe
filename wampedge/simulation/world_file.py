"""World files: the physics around the devices of a device file, which itself stays as it is.

The file is TOML: a table for each physical model, and ``[wiring]`` for what is said of pins. Every
mistake is found in one run, with its place and what to do, as in device files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from wampedge.config.includes import parsed_file
from wampedge.config.model import SiteConfig
from wampedge.config.problems import Problem
from wampedge.config.report import render
from wampedge.config.source import read_source
from wampedge.config.statements import MAX_SIZE_BYTES
from wampedge.errors import ConfigError
from wampedge.records import Record
from wampedge.simulation.world_check import check_tables
from wampedge_simulator.physics.plan import WorldPlan

__all__ = ["Board", "WorldFile", "check_world", "load_world"]


class Board(Protocol):
    """A simulated board that is not started yet."""

    def attach(self, plan: WorldPlan) -> None:
        """Give the board a physical world."""


class WorldFile(Record):
    """A world file without mistakes.

    Attributes:
        path: where it is.
        plan: the models, and what each is connected to.
    """

    path: Path
    plan: WorldPlan

    def install(self, board: Board) -> None:
        """Put the world around *board*, before it is started."""
        board.attach(self.plan)


def load_world(path: Path, config: SiteConfig) -> WorldFile:
    """Read and check the world file at *path*, for the devices of *config*.

    Raises:
        ConfigError: its text is the whole report, ``problems`` lists each mistake; ``problems`` is
            empty when the file could not be read at all.
    """
    text = read_source(path, "world file")
    plan, problems = check_world(text, str(path), config)
    if plan is None:
        raise ConfigError(render(problems, text), problems)
    return WorldFile(path, plan)


def check_world(
    text: str, filename: str, config: SiteConfig
) -> tuple[WorldPlan | None, list[Problem]]:
    """Check the text of a world file; never raises for what is in it.

    Args:
        text: the file.
        filename: its name in the problems.
        config: the devices it is for.

    Returns:
        What it says, None when anything is wrong; and every mistake, in file order.
    """
    if len(text) > MAX_SIZE_BYTES:
        limit = f"file is larger than {MAX_SIZE_BYTES // 1024} KiB"
        return None, [Problem(filename, 1, 1, 2, limit, code="limit")]
    values, findings, file = parsed_file(filename, text, None)
    plan = check_tables(values, findings, config) if file.scan.is_complete else None
    return (None if len(findings) else plan), findings.in_file_order()
