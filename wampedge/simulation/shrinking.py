"""The fewest items that fail together: delta debugging, for whatever chaos is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["smallest"]

_Item = TypeVar("_Item")


def smallest(
    items: Sequence[_Item], fails: Callable[[Sequence[_Item]], bool | None]
) -> Sequence[_Item]:
    """Return few of *items*, which fail together, that fail as well: none can be left out.

    Args:
        items: all of them, in order.
        fails: tries some of them, in order; None: no more tries, what is found has to do.
    """
    parts = 2
    while len(items) > 1:
        size = -(-len(items) // parts)
        for start in range(0, len(items), size):
            rest = [*items[:start], *items[start + size :]]
            failed = fails(rest) if rest else False
            if failed is None:
                return items
            if failed:
                items, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                return items
            parts = min(2 * parts, len(items))
    return items
