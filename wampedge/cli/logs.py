"""How log lines look: for people on a terminal, for the journal under systemd."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping

__all__ = ["start_logging"]

_JOURNAL_PRIORITY = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}


def start_logging(level: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send log lines of *level* and above to stderr.

    Under systemd each line starts with its priority, which the journal takes off, and has no time
    of its own.
    """
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(_JournalLines() if "JOURNAL_STREAM" in environ else _TerminalLines())
    logging.basicConfig(level=level.upper(), handlers=[output])
    logging.raiseExceptions = False  # a closed stderr must not end the node, nor fill the journal


class _TerminalLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def formatException(self, ei: object) -> str:  # noqa: N802 # name given by logging
        """Keep tracebacks for those who ask for debug lines."""
        if logging.getLogger().isEnabledFor(logging.DEBUG):
            return super().formatException(ei)  # type: ignore[arg-type] # as logging passes it
        return ""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without the empty one a left-out traceback would add."""
        return super().format(record).rstrip()


class _JournalLines(_TerminalLines):
    def __init__(self) -> None:
        super().__init__()
        self._style = logging.PercentStyle("%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line behind its priority."""
        return f"<{_JOURNAL_PRIORITY.get(record.levelname, 6)}>{super().format(record)}"
