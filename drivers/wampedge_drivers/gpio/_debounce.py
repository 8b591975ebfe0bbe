"""Debounce on edge time stamps, without a clock of its own: the same on every back end."""

from __future__ import annotations

__all__ = ["Debounce"]


class Debounce:
    """Follows a bouncing line; a level counts once it has lasted ``settle_ns``.

    Decides by the time stamps of the edges, so a busy event loop neither lengthens nor loses a
    press: an edge that comes ``settle_ns`` or more after the one before proves that the level
    between them had settled.

    Args:
        level: the settled level to start from.
        settle_ns: how long a level must last, in nanoseconds; 0 lets every edge count.
    """

    def __init__(self, level: bool, settle_ns: int) -> None:
        self.level = level
        self._raw = level
        self._raw_since_ns = 0
        self._settle_ns = settle_ns

    @property
    def is_settled(self) -> bool:
        """Whether the line is where the settled level says."""
        return self._raw == self.level

    def edge(self, level: bool, at_ns: int) -> list[bool]:
        """Take an edge to *level*; return the levels that settled by it, oldest first."""
        settled = []
        if not self.is_settled and at_ns - self._raw_since_ns >= self._settle_ns:
            settled.append(self.settle())
        if level != self._raw:
            self._raw = level
            self._raw_since_ns = at_ns
        if not self.is_settled and self._settle_ns == 0:
            settled.append(self.settle())
        return settled

    def settle(self) -> bool:
        """Take the present level as settled, because it lasted; return it."""
        self.level = self._raw
        return self.level
