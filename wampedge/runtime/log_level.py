"""``P.sys.log``: more or fewer log lines of a running node, for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from wampedge.devices.fields import Choice, Duration, Field

__all__ = ["LOG", "LOGGERS", "LogLevel"]

log = logging.getLogger(__name__)

LOGGERS: Final = ("wampedge", "wampedge_drivers", "wampedge_simulator")
"""The packages whose lines are meant; those of others are for who runs the program to choose."""

_LEVELS: Final[Mapping[str, int]] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
LOG: Final[Mapping[str, Field]] = {
    "level": Choice(
        tuple(_LEVELS), default=None, doc="which lines, from now on; only asks without"
    ),
    "for_": Duration(
        1.0, 86_400.0, default=3600.0, doc="how long: then it is as at the start again"
    ),
}
"""What ``P.sys.log`` takes."""


class LogLevel:
    """The level of this process, owned by its node until ``close``; used on the event loop.

    A level set here always ends: debug lines that nobody reads would fill the card of a board.
    """

    def __init__(self) -> None:
        self._first: dict[str, int] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def log(self, *, level: str | None, for_: float) -> str:
        """Set the least level that is logged, if one is given; answers with what it was."""
        before = _name_of(logging.getLogger(LOGGERS[0]).getEffectiveLevel())
        if level is None:
            return before
        if self._first is None:
            self._first = {name: logging.getLogger(name).level for name in LOGGERS}
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(for_, self.close)
        log.info("log level %s for %g s; it was %s", level, for_, before)
        for name in LOGGERS:
            logging.getLogger(name).setLevel(_LEVELS[level])
        return before

    def close(self) -> None:
        """Go back to the level of the start."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        first, self._first = self._first, None
        for name, level in (first or {}).items():
            logging.getLogger(name).setLevel(level)


def _name_of(number: int) -> str:
    """Return the name of the least level that is shown at *number*."""
    return next((name for name, level in _LEVELS.items() if number <= level), "error")
