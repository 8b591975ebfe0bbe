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
        self._shown: tuple[str, int] | None = None

    def show(self, share: float, stage: str = "") -> None:
        """Show that *share* of it is done, or of one *stage* of it."""
        shown = stage, round(share * _WIDTH)
        if self._is_on and shown != self._shown:
            what = f"{self._name}, {stage}" if stage else self._name
            end = "\x1b[K" if self._shown is not None and stage != self._shown[0] else ""
            self._shown = shown
            sys.stderr.write(f"\r{what} [{bar(share)}] {share:4.0%}{end}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take it away."""
        if self._shown is not None:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
