"""The filters of one channel in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wampedge.devices.filters.arithmetic import Linear
from wampedge.devices.filters.base import HELD, Bad, Filter, FilterSpec
from wampedge.devices.filters.registry import FILTERS

__all__ = ["FilterChain"]


class FilterChain:
    """Owned by the readings of one device; used on the event loop only.

    Attributes:
        is_uncertain: what came out last is made of an uncertain sample.
        sample_s: when the sample was taken that ``expire`` brought out.

    Args:
        specs: the filters, first to last.
    """

    __slots__ = ("_filters", "_has_timers", "_unsure", "is_uncertain", "sample_s")

    def __init__(self, specs: Sequence[FilterSpec]) -> None:
        self._filters: list[Filter] = []
        for spec in specs:
            self._filters.append(FILTERS[spec.name].make(spec.options))
            if spec.then != (1.0, 0.0):
                self._filters.append(Linear(*spec.then))
        self._unsure = [0] * len(self._filters)
        self._has_timers = any(type(each).expire is not Filter.expire for each in self._filters)
        self.is_uncertain = False
        self.sample_s = 0.0

    @property
    def due_s(self) -> float | None:
        """When ``expire`` is to be called, on the monotonic clock; None: not at all."""
        if not self._has_timers:
            return None
        return min((each.due_s for each in self._filters if each.due_s is not None), default=None)

    def take(self, value: Any, now_s: float, *, is_uncertain: bool = False) -> Any:
        """Send the good *value* of a sample through; return what comes out, HELD or a Bad."""
        self.sample_s = now_s
        if is_uncertain or self.is_uncertain or any(self._unsure):
            return self._take_slowly(value, now_s, 0, is_uncertain)
        return self._take_from(0, value, now_s)

    def expire(self, now_s: float) -> Any:
        """Return what comes out because of the time, HELD or a Bad."""
        for index, each in enumerate(self._filters):
            if each.due_s is not None and each.due_s <= now_s:
                value = each.expire(now_s)
                self.sample_s = each.sample_s
                if type(value) is Bad:
                    self._reset_after(index)
                    return value
                if value is not HELD:
                    return self._take_slowly(value, now_s, index + 1, self._unsure[index] > 0)
        return HELD

    def reset(self) -> None:
        """Forget all samples: a bad one came."""
        for each in self._filters:
            each.reset()
        self._unsure = [0] * len(self._filters)
        self.is_uncertain = False

    def _take_from(self, first: int, value: Any, now_s: float) -> Any:
        for index in range(first, len(self._filters)):
            value = self._filters[index].take(value, now_s)
            if value is HELD:
                return HELD
            if type(value) is Bad:
                self._reset_after(index)
                return value
        return value

    def _take_slowly(self, value: Any, now_s: float, first: int, is_uncertain: bool) -> Any:
        """Do the same while counting for how long each filter remembers an uncertain sample."""
        for index in range(first, len(self._filters)):
            each = self._filters[index]
            left = max(self._unsure[index] - 1, 0)
            self._unsure[index] = max(each.memory, 1) if is_uncertain else left
            is_uncertain = self._unsure[index] > 0
            value = each.take(value, now_s)
            if value is HELD:
                return HELD
            if type(value) is Bad:
                self._reset_after(index)
                return value
        self.is_uncertain = is_uncertain
        return value

    def _reset_after(self, index: int) -> None:
        for later in range(index + 1, len(self._filters)):
            self._filters[later].reset()
            self._unsure[later] = 0
        self.is_uncertain = False
