"""How far something has come, on a terminal."""

from __future__ import annotations

import sys

__all__ = ["ProgressBar", "bar"]

_WIDTH = 30


def bar(share: float) -> str:
    """Return a bar of which *share*, 0 to 1, is filled."""
    filled = round(share * _WIDTH)
    return "#" * filled + "." * (_WIDTH - filled)


class ProgressBar:
    """A bar on standard error where that is a terminal; nothing anywhere else.

    Args:
        name: what it is that goes on.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_on = sys.stderr.isatty()
        self._shown = -1

    def show(self, share: float) -> None:
        """Show that *share* of it is done."""
        filled = round(share * _WIDTH)
        if self._is_on and filled != self._shown:
            self._shown = filled
            sys.stderr.write(f"\r{self._name} [{bar(share)}] {share:4.0%}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take it away."""
        if self._is_on and self._shown >= 0:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
