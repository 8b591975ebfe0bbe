"""What the test vectors of all driver files share: a context, an error, a comparison."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from wampedge.devices.values import Value

__all__ = ["VectorContext", "VectorError", "compare"]


class VectorError(AssertionError):
    """A vector does not come out as it says; the text shows what was found and what was wanted."""


class VectorContext:
    """A driver context in which time passes at once; it keeps what the driver publishes."""

    name = "vector"
    kept: Any = None
    guard: Any = None

    def __init__(self) -> None:
        self.clock: Any = self
        self.published: list[Mapping[str, Value]] = []
        self._slept_s = 0.0

    def peer(self, name: str) -> Any:
        """Raise: a part that is tested alone has no neighbours."""
        raise NotImplementedError(f"{name} is not there")

    async def sleep(self, seconds: float) -> None:
        """Move the time on."""
        self._slept_s += seconds

    def monotonic(self) -> float:
        """Return the time slept so far."""
        return self._slept_s

    def time(self) -> float:
        """Return the time slept so far."""
        return self._slept_s

    def spend(self, seconds: float) -> None:
        """Move the time on."""
        self._slept_s += seconds

    def emit(self, event: str, **details: Value) -> None:
        """Refuse: files declare no events."""
        raise AssertionError(f"a driver file emits no events, not even {event}")

    def publish(self, values: Mapping[str, Value]) -> None:
        """Keep *values*."""
        self.published.append(dict(values))

    def bad(self, channels: Sequence[str], reason: str) -> None:
        """Keep that *channels* have no value."""
        self.published.append(dict.fromkeys(channels))

    def on_loop(self, callback: Callable[..., None], *args: Any) -> None:
        """Call it now."""
        callback(*args)

    def later(self, seconds: float, action: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Plan nothing."""
        return lambda: None

    async def thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call it now."""
        return function(*args)

    async def run_unit(self, unit: Callable[[], Awaitable[Any]]) -> Any:
        """Run it now."""
        return await unit()


def compare(values: Mapping[str, Value], wanted: Mapping[str, Value]) -> None:
    """Raise VectorError unless *values* are *wanted*, numbers within 1 in 10,000."""
    if set(wanted) != set(values):
        raise VectorError(f"gave {sorted(values)}, the vector speaks of {sorted(wanted)}")
    for name, right in wanted.items():
        value = values[name]
        is_same = value == right
        numbers = (int, float)
        if isinstance(value, numbers) and isinstance(right, numbers):
            is_same = math.isclose(value, right, rel_tol=1e-4, abs_tol=1e-6)
        if not is_same:
            raise VectorError(f"{name} is {value!r}, wanted {right!r}")
