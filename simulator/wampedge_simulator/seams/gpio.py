"""The seam beneath gpiozero: a pin factory whose pins are nets of the simulated board.

gpiozero's devices and every program built on them run unmodified. What the stock mock pins lack is
here: a wave on any line, levels that follow pulls and parts, edges with time stamps of the board's
clock, and no list of states that grows. Callbacks get (seconds, level), as those of lgpio's pins.
"""

from __future__ import annotations

import logging
from typing import Any

from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinInvalidState,
    PinPWMFixedValue,
    PinSetInput,
)
from gpiozero.pins.pi import PiFactory, PiPin

from wampedge_simulator.nets import HEADER, Wave
from wampedge_simulator.part import Bench

__all__ = ["SimulatedFactory", "SimulatedPin"]

log = logging.getLogger(__name__)

REVISION = 0xC03111
"""The board pretends to be a Raspberry Pi 4B with 4 GB."""
_PULLS = {"up": True, "down": False, "floating": None}
_EDGES = {"both": {True, False}, "rising": {True}, "falling": {False}, "none": set[bool]()}


class SimulatedFactory(PiFactory):  # type: ignore[misc] # gpiozero ships no types
    """Makes the pins of one simulated board; reservations of its pins are its own.

    Args:
        bench: the board.
        keeps_outputs: closing a pin that is an output leaves it as it is. Else closing makes it an
            input, as gpiozero's own pins do.
    """

    def __init__(self, bench: Bench, *, keeps_outputs: bool = False) -> None:
        super().__init__()
        self.pin_class = SimulatedPin
        self.bench = bench
        self.keeps_outputs = keeps_outputs

    def level_before(self, line: int) -> bool:
        """Return the level of a line that is not used yet."""
        return self.bench.nets.net(HEADER, line).level

    def ticks(self) -> float:
        """Return the time of the board's clock, in seconds."""
        return self.bench.clock.monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Return the seconds between two times."""
        return later - earlier

    def _get_revision(self) -> int:
        return REVISION


class SimulatedPin(PiPin):  # type: ignore[misc] # gpiozero ships no types
    """One line of the header; made and owned by its factory.

    Each of gpiozero's pin properties calls the accessor of its name below.
    """

    def __init__(self, factory: SimulatedFactory, info: Any) -> None:
        super().__init__(factory, info)
        self._bench = factory.bench
        self._net = factory.bench.nets.net(HEADER, self._number)
        self._pull = info.pull or "floating"
        self._bounce_s: float | None = None
        self._edges = "both"
        self._last_edge_s: float | None = None
        self._is_output = False
        self._frequency_hz: float | None = None
        self._duty = 0.0
        if not factory.keeps_outputs:
            self._become_input()

    def output_with_state(self, state: float) -> None:
        """Make the line an output that has *state* from its first instant on."""
        self._become_output(bool(state))

    def close(self) -> None:
        """Stop watching and give the line up."""
        self.when_changed = None
        if not (self._is_output and self.factory.keeps_outputs):
            self._become_input()

    def _get_function(self) -> str:
        return "output" if self._is_output else "input"

    def _set_function(self, value: str) -> None:
        if value == "input":
            self._become_input()
        elif value == "output":
            self._become_output(False)
        else:
            raise PinInvalidFunction(f'invalid function "{value}" for pin {self!r}')

    def _get_state(self) -> float:
        if not self._is_output:
            return self._net.read()
        return self._net.level if self._frequency_hz is None else self._duty

    def _set_state(self, value: float) -> None:
        if not self._is_output:
            raise PinSetInput(f"cannot set state of pin {self!r}")
        if not 0 <= value <= 1:
            raise PinInvalidState(f'invalid state "{value}" for pin {self!r}')
        if self._frequency_hz is None:
            self._drive(bool(value))
        else:
            self._duty = float(value)
            self._drive(Wave(self._frequency_hz, self._duty))

    def _get_pull(self) -> str:
        return str(self._pull)

    def _set_pull(self, value: str) -> None:
        if self._is_output:
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if self.info.pull not in {value, ""}:
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        if value not in _PULLS:
            raise PinInvalidPull(f'invalid pull "{value}" for pin {self!r}')
        self._pull = value
        self._net.pull(HEADER, _PULLS[value])

    def _get_frequency(self) -> float | None:
        return self._frequency_hz

    def _set_frequency(self, value: float | None) -> None:
        if value:
            if not self._is_output:
                raise PinPWMFixedValue(f"cannot start PWM on pin {self!r}")
            self._frequency_hz = float(value)
            self._drive(Wave(self._frequency_hz, self._duty))
        elif self._frequency_hz is not None:
            self._become_output(False)

    def _get_bounce(self) -> float | None:
        return self._bounce_s

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be None or 0 or more")
        self._bounce_s = value

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in _EDGES:
            raise PinInvalidEdges(f'invalid edges "{value}" for pin {self!r}')
        self._edges = value

    def _enable_event_detect(self) -> None:
        self._net.watch(self._on_level)

    def _disable_event_detect(self) -> None:
        self._net.unwatch(self._on_level)

    def _become_input(self) -> None:
        self._is_output = False
        self._frequency_hz = None
        self._duty = 0.0
        self._drive(None)
        self._net.pull(HEADER, _PULLS[self._pull])

    def _become_output(self, level: bool) -> None:
        self._is_output = True
        self._frequency_hz = None
        self._duty = 0.0
        self._net.pull(HEADER, None)
        self._drive(level)

    def _drive(self, signal: bool | Wave | None) -> None:
        self._net.drive(HEADER, signal)

    def _on_level(self, level: bool) -> None:
        """Report an edge, unless it is one nobody wants or follows the last too soon."""
        now_s = self.factory.ticks() if self._net.stamp_s is None else self._net.stamp_s
        if level not in _EDGES[self._edges] or self._is_bounce(now_s):
            return
        self._last_edge_s = now_s
        try:
            self._call_when_changed(now_s, int(level))
        except Exception:  # the outermost edge: on a board this is a thread of lgpio
            log.exception("callback for %s failed", self._info.name)

    def _is_bounce(self, now_s: float) -> bool:
        if self._bounce_s is None or self._last_edge_s is None:
            return False
        return now_s - self._last_edge_s < self._bounce_s
