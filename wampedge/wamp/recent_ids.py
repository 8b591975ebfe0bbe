"""A short memory of ids that ended, to tell a late message from a made-up one."""

from __future__ import annotations

__all__ = ["MAX_REMEMBERED", "RecentIds"]

MAX_REMEMBERED = 256
"""How many ended ids are remembered."""


class RecentIds:
    """The last ids that ended, oldest forgotten first; a late message for one is a legal race."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}

    def add(self, ended_id: int) -> None:
        """Remember *ended_id*."""
        self._ids[ended_id] = None
        if len(self._ids) > MAX_REMEMBERED:
            del self._ids[next(iter(self._ids))]

    def discard(self, reused_id: int) -> None:
        """Forget *reused_id*: it is alive again."""
        self._ids.pop(reused_id, None)

    def __contains__(self, some_id: int) -> bool:
        return some_id in self._ids
