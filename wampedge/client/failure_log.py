"""Logging of failures in user functions, so that a caller cannot flood the log through one."""

from __future__ import annotations

import logging

__all__ = ["FailureLog"]

log = logging.getLogger(__name__)

_REPEAT_AFTER_S = 60.0


class FailureLog:
    """Logs a failure with its traceback once, and again after a minute or when it changes.

    Owned by one registration or subscription.

    Args:
        what: whose failures these are, such as ``procedure edge.gh1.drip.on``.
    """

    __slots__ = ("_last", "_next_s", "_suppressed", "_what")

    def __init__(self, what: str) -> None:
        self._what = what
        self._last = ""
        self._next_s = 0.0
        self._suppressed = 0

    def failed(self, error: BaseException, now_s: float) -> None:
        """Log *error*, or count it.

        Args:
            error: what the user function raised.
            now_s: monotonic time.
        """
        kind = type(error).__qualname__
        if kind == self._last and now_s < self._next_s:
            self._suppressed += 1
            return
        log.error(
            "%s raised %s (%d more like it were not logged)",
            self._what,
            kind,
            self._suppressed,
            exc_info=error,
        )
        self._last = kind
        self._next_s = now_s + _REPEAT_AFTER_S
        self._suppressed = 0
