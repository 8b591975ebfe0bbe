"""A reading: one value of one channel with its unit, sample time, quality and sequence number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wampedge.devices.values import Quality, Value

__all__ = ["Reading"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample of one channel.

    Attributes:
        value: the sample in *unit*; None when *quality* is ``bad``.
        unit: unit text such as ``°C``, or "" for a plain number, flag or text.
        time: wall-clock sample time, Unix seconds.
        seq: counts the readings of this channel since the node started, from 1.
        quality: ``good``, ``uncertain``, ``bad`` or ``stale``.
        reason: why the quality is not ``good``, or None.
        last: the last good value, given only when *value* is None.
    """

    value: Value
    unit: str
    time: float
    seq: int
    quality: Quality = "good"
    reason: str | None = None
    last: Value = None

    def details(self) -> dict[str, Any]:
        """Return the keyword arguments that ride with the value in a WAMP event or result."""
        details: dict[str, Any] = {
            "unit": self.unit,
            "time": self.time,
            "quality": self.quality,
            "seq": self.seq,
        }
        if self.reason is not None:
            details["reason"] = self.reason
        if self.last is not None:
            details["last"] = self.last
        return details
