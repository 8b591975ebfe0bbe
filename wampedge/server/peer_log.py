"""Log lines about peers: bounded in length and in number, whatever the peers do."""

from __future__ import annotations

import asyncio
import logging

__all__ = ["PeerLog"]

_MAX_PEER_TEXT = 512
_LINES_PER_WINDOW = 20
_WINDOW_S = 10.0


class PeerLog:
    """Writes at most 20 lines in 10 s about all peers of one server, then counts.

    Belongs to the event loop that made it; ``close`` ends its timer.

    Args:
        log: where the lines go.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._lines = 0
        self._suppressed = 0
        self._timer: asyncio.TimerHandle | None = None

    def write(self, level: int, peer: str, text: str) -> None:
        """Write one line about *peer*, or count it when there were too many."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_WINDOW_S, self._end_window)
        self._lines += 1
        if self._lines > _LINES_PER_WINDOW:
            self._suppressed += 1
            return
        # Escaped: a peer must not write lines of its own, or control characters, into our log.
        escaped = text.encode("unicode_escape", "backslashreplace").decode("ascii")
        self._log.log(level, "%s: %s", peer, escaped[:_MAX_PEER_TEXT])

    def close(self) -> None:
        """Tell what was suppressed and end the timer; the log may be used again."""
        if self._timer is not None:
            self._timer.cancel()
            self._end_window()

    def _end_window(self) -> None:
        self._timer = None
        if self._suppressed:
            self._log.warning("%d more lines about peers suppressed", self._suppressed)
        self._lines = self._suppressed = 0
