"""Events that come more than once because several subscriptions match their topic."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["Once"]

_REMEMBERED: Final = 4096


class Once:
    """Remembers the newest publications."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._order: deque[int] = deque()

    def has_had(self, publication_id: int) -> bool:
        """Return whether this publication came before; it has from now on."""
        if publication_id in self._known:
            return True
        self._known.add(publication_id)
        self._order.append(publication_id)
        if len(self._order) > _REMEMBERED:
            self._known.discard(self._order.popleft())
        return False
