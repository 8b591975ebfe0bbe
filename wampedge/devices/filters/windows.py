"""Filters over the last samples: mean, median, quantile, min, max, exponential.

All of them slide: they send with every sample unless ``send_every`` says otherwise. The first
value comes with sample number ``send_first``, from as many samples as there are by then.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from wampedge.devices.fields import Choice, Field, FieldError, Integer, Number
from wampedge.devices.fields.amounts import Short
from wampedge.devices.filters.base import HELD, MAX_WINDOW, Filter, FilterKind

__all__ = ["KINDS", "Exponential", "Sorted", "Window"]

_SEND: Final = {
    "send_every": Integer(1, MAX_WINDOW, default=1, doc="send with every so-manieth sample"),
    "send_first": Integer(1, MAX_WINDOW, default=1, doc="number of the sample that is sent first"),
}
_SIZE: Final = Integer(1, MAX_WINDOW, doc="samples in the window")


class _Pace:
    """Says with which samples something is sent."""

    __slots__ = ("_count", "_every", "_first")

    def __init__(self, every: int, first: int) -> None:
        self._every, self._first = every, first
        self.restart()

    def restart(self) -> None:
        self._count = self._every - self._first

    def is_due(self) -> bool:
        self._count += 1
        if self._count < self._every:
            return False
        self._count = 0
        return True


class Window(Filter):
    """The mean of the last *size* samples."""

    def __init__(self, size: int, *, send_every: int = 1, send_first: int = 1) -> None:
        self.memory = size
        self._samples: deque[float] = deque(maxlen=size)
        self._pace = _Pace(send_every, send_first)

    def take(self, value: Any, now_s: float) -> Any:
        """Add *value*; return the mean when it is to be sent."""
        self._samples.append(value)
        if not self._pace.is_due():
            return HELD
        return math.fsum(self._samples) / len(self._samples)

    def reset(self) -> None:
        """Empty the window."""
        self._samples.clear()
        self._pace.restart()


class Sorted(Filter):
    """What *pick* finds in the last *size* samples in rising order."""

    def __init__(
        self,
        size: int,
        pick: Callable[[Sequence[float]], float],
        *,
        send_every: int = 1,
        send_first: int = 1,
    ) -> None:
        self.memory = size
        self._size, self._pick = size, pick
        self._samples: deque[float] = deque()
        self._sorted: list[float] = []
        self._pace = _Pace(send_every, send_first)

    def take(self, value: Any, now_s: float) -> Any:
        """Add *value*; return what is picked when it is to be sent."""
        if len(self._samples) == self._size:
            del self._sorted[bisect_left(self._sorted, self._samples.popleft())]
        self._samples.append(value)
        insort(self._sorted, value)
        return self._pick(self._sorted) if self._pace.is_due() else HELD

    def reset(self) -> None:
        """Empty the window."""
        self._samples.clear()
        self._sorted.clear()
        self._pace.restart()


class Exponential(Filter):
    """Each sample counts *alpha*, all before it the rest."""

    def __init__(self, alpha: float, *, send_every: int = 1, send_first: int = 1) -> None:
        # After so many samples an uncertain one counts less than a hundredth.
        self.memory = 1 if alpha >= 1 else math.ceil(math.log(0.01) / math.log1p(-alpha))
        self._alpha = alpha
        self._mean: float | None = None
        self._pace = _Pace(send_every, send_first)

    def take(self, value: Any, now_s: float) -> Any:
        """Add *value*; return the mean when it is to be sent."""
        mean = self._mean
        self._mean = value if mean is None else mean + self._alpha * (value - mean)
        return self._mean if self._pace.is_due() else HELD

    def reset(self) -> None:
        """Begin anew with the next sample."""
        self._mean = None
        self._pace.restart()


class _WindowOptions(Short):
    """Options of a window; ``send_first`` is at most ``send_every``."""

    def convert(self, value: Any) -> dict[str, Any]:
        """Return the whole table; raises FieldError."""
        table = super().convert(value)
        if table["send_first"] > table["send_every"]:
            most = table["send_every"]
            text = f"must be at most send_every, {most}, got {table['send_first']}"
            raise FieldError(text, path=("send_first",))
        return table


def _median(values: Sequence[float]) -> float:
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def _first(values: Sequence[float]) -> float:
    return values[0]


def _last(values: Sequence[float]) -> float:
    return values[-1]


def _rank(share: float) -> Callable[[Sequence[float]], float]:
    """Return what finds the smallest sample that so large a share of all does not exceed."""

    def pick(values: Sequence[float]) -> float:
        # A product of 9.000000000000002 is meant to be nine.
        return values[max(math.ceil(len(values) * share - 1e-9), 1) - 1]

    return pick


_PICKS: Final = {"median": _median, "min": _first, "max": _last}


def _window(of: str) -> Callable[[Mapping[str, Any]], Filter]:
    def make(options: Mapping[str, Any]) -> Filter:
        pace = {key: options[key] for key in _SEND}
        pick = _PICKS.get(of)
        return (
            Sorted(options["window"], pick, **pace) if pick else Window(options["window"], **pace)
        )

    return make


def _quantile(options: Mapping[str, Any]) -> Filter:
    pace = {key: options[key] for key in _SEND}
    return Sorted(options["window"], _rank(options["quantile"]), **pace)


def _sliding(options: Mapping[str, Any]) -> Filter:
    return _window(options["of"])(options)


def _exponential(options: Mapping[str, Any]) -> Filter:
    return Exponential(options["alpha"], **{key: options[key] for key in _SEND})


def _options(first: Mapping[str, Field], **more: Field) -> _WindowOptions:
    return _WindowOptions({**first, **_SEND, **more})


_SIZED: Final = {"window": _SIZE}
_SHARE: Final = Number(0.0, 1.0, default=0.9, doc="share of samples at or below the result")
_ALPHA: Final = Number(0.001, 1.0, doc="share of the newest sample")

KINDS: Final = (
    FilterKind("median", _options(_SIZED), _window("median"), "middle of the last samples", "5"),
    FilterKind("mean", _options(_SIZED), _window("mean"), "mean of the last samples", "10"),
    FilterKind("min", _options(_SIZED), _window("min"), "smallest of the last samples", "10"),
    FilterKind("max", _options(_SIZED), _window("max"), "largest of the last samples", "10"),
    FilterKind(
        "quantile",
        _options(_SIZED, quantile=_SHARE),
        _quantile,
        "value that a share of the last samples does not exceed",
        "{ window = 10, quantile = 0.9 }",
    ),
    FilterKind(
        "sliding_window",
        _WindowOptions(
            {
                "window": _SIZE,
                "of": Choice(("mean", "median", "min", "max"), default="mean"),
                "send_every": _SEND["send_every"].but(default=15),
                "send_first": _SEND["send_first"],
            }
        ),
        _sliding,
        "one value for several samples",
        "{ window = 15, send_every = 15 }",
    ),
    FilterKind(
        "exponential",
        _options({"alpha": _ALPHA}),
        _exponential,
        "mean that forgets: each sample counts alpha",
        "0.1",
    ),
)
"""The filters of this module."""
