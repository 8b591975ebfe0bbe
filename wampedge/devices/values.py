"""What a channel can carry, and how good it is."""

from __future__ import annotations

from typing import Literal

__all__ = ["Quality", "Value"]

Value = bool | int | float | str | None
Quality = Literal["good", "uncertain", "bad", "stale"]
