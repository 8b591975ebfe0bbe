"""What a channel can carry, and how good it is."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Quality", "Uncertain", "Value"]

Value = bool | int | float | str | None
Quality = Literal["good", "uncertain", "bad", "stale"]


class Uncertain(NamedTuple):
    """What a driver gives in place of a value it does not quite trust, such as while warming up.

    Readings and filters pass the mark on: their quality is ``uncertain``.
    """

    value: Value
    reason: str
