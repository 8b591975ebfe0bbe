"""WAMP ids: the range, the sequence of request ids, and random ids.

Randomness comes in as an argument: this package draws none itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["MAX_ID", "RequestIds", "is_id", "random_id"]

MAX_ID = 2**53
_ID_BITS = 53


def is_id(value: Any) -> bool:
    """Tell whether *value* is an integer (never a bool or a float) from 1 to 2**53."""
    return type(value) is int and 1 <= value <= MAX_ID


def random_id(randbits: Callable[[int], int]) -> int:
    """Draw an id of the global scope, uniform over 1 to 2**53.

    Args:
        randbits: gives an integer with that many random bits (``random.getrandbits``,
            ``secrets.randbits``).
    """
    return randbits(_ID_BITS) + 1


class RequestIds:
    """Request ids of one session: 1, 2, 3, ... and again 1 after 2**53.

    Owned by one side of one session; not shared.
    """

    __slots__ = ("_last",)

    def __init__(self, last: int = 0) -> None:
        self._last = last

    @property
    def last(self) -> int:
        """The id that was given last, 0 before the first."""
        return self._last

    def next(self) -> int:
        """Return the next request id."""
        self._last = self._last + 1 if self._last < MAX_ID else 1
        return self._last
