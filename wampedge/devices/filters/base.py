"""What every filter has in common: how it takes samples, and what comes out of it.

A filter sees good values only. A bad one goes past all filters and resets them, so that no window
ever holds a value from before a failure, and nothing stale is averaged into what comes after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from wampedge.devices.fields import Field
from wampedge.records import Record

__all__ = ["HELD", "MAX_WINDOW", "Bad", "Filter", "FilterKind", "FilterSpec"]

MAX_WINDOW: Final = 1000
"""Samples a window may hold."""


class _Held:
    """The one value that says: nothing goes on to the next filter."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "HELD"


HELD: Final = _Held()
"""What ``take`` returns when nothing goes on."""


class Bad:
    """What ``take`` returns when the sample is no measurement; *reason* is for people.

    Args:
        reason: why, such as ``85 °C is what the part shows after a reset``.
        is_stale: the value is not wrong, but too old to count.
    """

    __slots__ = ("is_stale", "reason")

    def __init__(self, reason: str, *, is_stale: bool = False) -> None:
        self.reason = reason
        self.is_stale = is_stale


class Filter:
    """Base of all filters; one instance a channel, used on the event loop only.

    Attributes:
        memory: how many samples, itself included, an uncertain sample makes uncertain; 0: only
            what is made of it alone, which is itself.
        due_s: when ``expire`` is to be called, on the monotonic clock in seconds; None: never.
        sample_s: when the sample was taken that ``expire`` returned.
    """

    memory: int = 0
    due_s: float | None = None
    sample_s: float = 0.0

    def take(self, value: Any, now_s: float) -> Any:
        """Take the good *value* of a sample; return what goes on, ``HELD``, or a ``Bad``."""
        raise NotImplementedError

    def reset(self) -> None:
        """Forget all samples: a bad one came past."""

    def expire(self, now_s: float) -> Any:
        """Return what goes on because of the time; as ``take`` does."""
        return HELD


class FilterKind(Record):
    """One filter of the device file.

    Attributes:
        name: its key.
        field: what may follow the key.
        make: makes a filter of converted options, whose amounts are in the unit of the channel.
        doc: one line for people.
        example: a value as the device file has it.
        takes_numbers: it is of no use for flags and texts.
        changes_unit: what comes out may be another quantity, whose unit the channel names.
        units: units of what goes in and comes out, where they are fixed: ("Ω", "°C").
    """

    name: str
    field: Field
    make: Callable[[Any], Filter]
    doc: str
    example: str
    takes_numbers: bool = True
    changes_unit: bool = False
    units: tuple[str, str] | None = None


class FilterSpec(Record):
    """One filter of one channel, checked.

    Attributes:
        name: which.
        options: converted, in the unit of the channel.
        then: factor and summand that bring what comes out to the unit of the channel.
    """

    name: str
    options: Any = None
    then: tuple[float, float] = (1.0, 0.0)
