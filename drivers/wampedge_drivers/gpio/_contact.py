"""One debounced input at work: takes edges from its pin, and time from the node's clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wampedge.devices.contracts import InputPin
from wampedge.devices.driver import DriverContext
from wampedge_drivers.gpio._debounce import DebounceRule, Edge, Line, line_of

__all__ = ["Contact", "OnEdges"]

OnEdges = Callable[[Sequence[Edge], int], int | None]
"""Called with the edges that count and the time up to which there are no others, in ns; returns
when it wants to be called again though nothing happened, or None."""


class Contact:
    """Watches one pin for one driver, on the event loop; one timer serves any number of edges.

    Args:
        context: of the driver.
        on_edges: told what counts.
        patience_s: how long edges may be under way, in seconds: time alone decides nothing that is
            younger. 0 for a person who waits, more where each edge counts.
    """

    def __init__(
        self, context: DriverContext, on_edges: OnEdges, *, patience_s: float = 0.0
    ) -> None:
        self.edges = 0
        self.counted = 0
        self._context = context
        self._on_edges = on_edges
        self._patience_ns = round(patience_s * 1e9)
        self._planned_ns: int | None = None
        self._cancel: Callable[[], None] | None = None
        self._line: Line | None = None

    async def open(
        self,
        pin: InputPin,
        rule: DebounceRule,
        *,
        min_width_s: float = 0.0,
        level_before: bool | None = None,
    ) -> bool:
        """Watch *pin* from its present level on, which is returned; raises DeviceError.

        Args:
            pin: the pin.
            rule: how it is debounced.
            min_width_s: shortest phase that counts.
            level_before: the level that was told last, if any: another one now is an edge.
        """
        self.close()
        level = await pin.read()
        start = level if level_before is None else level_before
        self._line = line_of(start, rule, min_width_s=min_width_s)
        self._pin = pin
        pin.watch(self._on_edge)
        if level != start:
            self._on_edge(level, self._now_ns())
        return level

    def close(self) -> None:
        """Stop watching."""
        self._forget_timer()
        if self._line is not None:
            self._line = None
            self._pin.watch(None)

    @property
    def level(self) -> bool | None:
        """The level that was told last; None while the pin is not watched."""
        return None if self._line is None else self._line.level

    @property
    def lost_edges(self) -> int:
        """How many edges the pin knows not to have told."""
        return 0 if self._line is None else self._pin.lost_edges

    def _on_edge(self, level: bool, at_ns: int) -> None:
        if self._line is not None:
            self.edges += 1
            self._hand_on(self._line, self._line.edge(level, at_ns))

    async def _on_time(self) -> None:
        planned_ns, self._planned_ns, self._cancel = self._planned_ns, None, None
        if self._line is None or planned_ns is None:
            return
        # A timer may fire a rounding error early.
        now_ns = max(self._now_ns(), planned_ns) - self._patience_ns
        self._hand_on(self._line, self._line.advance(now_ns))

    def _hand_on(self, line: Line, edges: Sequence[Edge]) -> None:
        self.counted += len(edges)
        wanted_ns = self._on_edges(edges, line.final_ns)
        if line.is_undecided:
            wanted_ns = None  # nothing can be said of a time after an edge that may count or not
        due = [at_ns for at_ns in (wanted_ns, line.due_ns) if at_ns is not None]
        if due:
            self._plan(min(due) + self._patience_ns)

    def _plan(self, at_ns: int) -> None:
        """Look at the line at *at_ns*; a later look that is planned already is given up."""
        if self._planned_ns is not None and self._planned_ns <= at_ns:
            return
        self._forget_timer()
        self._planned_ns = at_ns
        delay_s = max(0.0, (at_ns - self._now_ns()) / 1e9)
        self._cancel = self._context.later(delay_s, self._on_time)

    def _forget_timer(self) -> None:
        if self._cancel is not None:
            self._cancel()
        self._planned_ns = self._cancel = None

    def _now_ns(self) -> int:
        return round(self._context.clock.monotonic() * 1e9)
