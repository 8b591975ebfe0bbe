"""Ids of the global scope from the system's randomness, drawn in stocks.

One id for each publication is on the hottest path of a router. Asking the system for each would
cost a tenth of the whole; a plain random generator is as fast, but whoever sees its ids could tell
the next ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["random_ids"]

_STOCK_IDS = 512
_ID_BYTES = 7
_ID_MASK = (1 << 53) - 1


def random_ids() -> Iterator[int]:
    """Yield ids, uniform over 1 to 2**53, without end."""
    while True:
        stock = os.urandom(_STOCK_IDS * _ID_BYTES)
        for at in range(0, len(stock), _ID_BYTES):
            yield (int.from_bytes(stock[at : at + _ID_BYTES], "big") & _ID_MASK) + 1
