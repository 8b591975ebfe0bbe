"""Telling who published an event on the local router when it is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["Safety", "tell_when_safe"]


class Safety(Protocol):
    """The local router, as far as publishers wait there for their events to be stored."""

    def keep(self, stores: Callable[[str], bool]) -> None:
        """Let publishers of topics wait that *stores* says yes to."""
        ...

    def release(self, stores: Callable[[str], bool]) -> None:
        """Let them wait no more."""
        ...

    def has(self, publication_id: int) -> bool:
        """Tell whether somebody waits for a publication."""
        ...

    def has_batch(self, publication_id: int) -> bool:
        """Tell whether it came in a batch whose sender waits for all of it."""
        ...

    def settle(self, publication_id: int, *, is_safe: bool) -> None:
        """Tell who waits whether it is stored."""
        ...


def tell_when_safe(
    safety: Safety, publication_id: int, outcome: asyncio.Future[bool] | None
) -> None:
    """Settle a publication when its event is safe.

    Args:
        safety: the local router.
        publication_id: its id there.
        outcome: what tells whether it is safe; None where it is already.
    """
    if outcome is None:
        safety.settle(publication_id, is_safe=True)
        return

    def tell(done: asyncio.Future[bool]) -> None:
        is_safe = not done.cancelled() and done.exception() is None and done.result()
        safety.settle(publication_id, is_safe=is_safe)

    outcome.add_done_callback(tell)
