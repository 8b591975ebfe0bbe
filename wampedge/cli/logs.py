"""How log lines look: for people on a terminal, for the journal under systemd."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Mapping

__all__ = ["PatientOutput", "start_logging"]

MAX_WAITING = 1000
"""Lines that may wait for a terminal."""
CLOSE_LIMIT_S = 0.3

_JOURNAL_PRIORITY = {"CRITICAL": 2, "ERROR": 3, "WARNING": 4, "INFO": 6, "DEBUG": 7}


class PatientOutput:
    """Text for a descriptor that may take it late or never; whoever writes is not held up.

    A terminal that was stopped with Ctrl-S, or a connection that hangs, must not stop the node.
    What waits is bounded; lines beyond it are dropped and counted.

    Args:
        descriptor: where the text goes, in the end; written by a thread of its own.
    """

    def __init__(self, descriptor: int) -> None:
        self.dropped = 0
        self._descriptor = descriptor
        self._texts: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Take *text*; never waits."""
        try:
            self._texts.put_nowait(text)
        except queue.Full:
            self.dropped += 1

    def flush(self) -> None:
        """Do nothing: what was taken is written as soon as it can be."""

    def close(self) -> None:
        """Wait a moment until all is written."""
        with contextlib.suppress(queue.Full):
            self._texts.put_nowait(None)
        self._thread.join(CLOSE_LIMIT_S)

    def _run(self) -> None:
        while (text := self._texts.get()) is not None:
            if self.dropped:
                count, self.dropped = self.dropped, 0
                text += f"{count} lines were not shown: the terminal did not take them\n"
            rest = text.encode(errors="backslashreplace")
            # Not through sys.stderr: its lock would hold up the end of the process.
            with contextlib.suppress(OSError):  # nobody reads any more: that is no reason to end
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]


def start_logging(
    level: str, output_to: PatientOutput, environ: Mapping[str, str] = os.environ
) -> None:
    """Send log lines of *level* and above to *output_to*.

    Under systemd each line starts with its priority, which the journal takes off, and has no time
    of its own.
    """
    output = logging.StreamHandler(output_to)
    output.setFormatter(_JournalLines() if "JOURNAL_STREAM" in environ else _TerminalLines())
    logging.basicConfig(level=level.upper(), handlers=[output])
    logging.raiseExceptions = False  # a closed stderr must not end the node, nor fill the journal


class _TerminalLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def formatException(self, ei: object) -> str:  # noqa: N802 # name given by logging
        """Keep tracebacks for those who ask for debug lines."""
        if logging.getLogger("wampedge").isEnabledFor(logging.DEBUG):
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
