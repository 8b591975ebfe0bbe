"""The answer of a command that goes on after its unit: a way with an end, told on the way.

Its caller gets what is told as progressive results, and the end as the result.
"""

from __future__ import annotations

from collections.abc import Callable

from wampedge.devices.values import Value
from wampedge.errors import DeviceError

__all__ = ["Journey"]

OnPart = Callable[[Value], None]
OnEnd = Callable[[Value | DeviceError], None]


class Journey:
    """One way under way; made by a driver, followed by whoever called; used on the event loop."""

    def __init__(self) -> None:
        self._followers: list[tuple[OnPart, OnEnd]] = []
        self._outcome: tuple[Value | DeviceError] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._outcome is not None

    def tell(self, value: Value) -> None:
        """Say where it is now."""
        for on_part, _ in self._followers:
            on_part(value)

    def end(self, outcome: Value | DeviceError) -> None:
        """Say where it ended, or why it could not go on; the first end counts."""
        if self._outcome is None:
            self._outcome = (outcome,)
            for _, on_end in self._followers:
                on_end(outcome)
            self._followers.clear()

    def follow(self, on_part: OnPart, on_end: OnEnd) -> None:
        """Call *on_part* with what is told from now on, and *on_end* at the end, be it over."""
        if self._outcome is not None:
            on_end(*self._outcome)
        else:
            self._followers.append((on_part, on_end))
