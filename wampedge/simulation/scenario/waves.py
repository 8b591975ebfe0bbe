"""Measures a signal that is true or false against what the file says of its wave.

Everything is measured while it happens, so nothing of the past is kept. Pulses that began before
the window, or go on beyond it, count only for what is certain of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wampedge.simulation.scenario.conditions import Count
from wampedge.simulation.scenario.model import Limits, Wave
from wampedge.simulation.scenario.property_check import limits_text
from wampedge.simulation.scenario.spans import time_text

__all__ = ["WaveMeter"]

_SLACK_S: Final = 1e-6
"""Steps of one instant are some nanoseconds apart, and floats tell no finer time in a year."""

OnMiss = Callable[[str, str], None]
"""Called with what was wanted and what there was."""


class WaveMeter:
    """Measures one wave in one window.

    Args:
        wave: what is wanted.
        at_s: begin of the window.
        level: what the signal is then.
        miss: told of everything that is not as wanted.
    """

    def __init__(self, wave: Wave, at_s: float, level: bool, miss: OnMiss) -> None:
        self._wave = wave
        self._miss = miss
        self._level = level
        self._begin_s = self._since_s = at_s
        self._is_whole = False
        """Whether the present pulse or gap began within the window."""
        self._on_s = 0.0
        self._rises = 0
        self._last_rise_s: float | None = None
        self._leader_rise_s: float | None = None

    def change(self, level: bool, at_s: float) -> None:
        """Take an edge."""
        if level == self._level:
            return
        lasted_s = at_s - self._since_s
        if self._level:
            self._on_s += lasted_s
        self._check_span(lasted_s, is_over=True)
        self._level, self._since_s, self._is_whole = level, at_s, True
        if level:
            self._rise(at_s)

    def leader_rises(self, at_s: float) -> None:
        """Take a rise of the signal that comes before."""
        self._leader_rise_s = at_s

    def end(self, at_s: float) -> None:
        """Take the end of the window."""
        lasted_s = at_s - self._since_s
        self._check_span(lasted_s, is_over=False)
        if self._level:
            self._on_s += lasted_s
        wave, window_s = self._wave, at_s - self._begin_s
        if wave.duty is not None and window_s > 0:
            duty = self._on_s / window_s
            if not wave.duty[0] <= round(duty, 9) <= wave.duty[1]:
                self._miss(f"duty {limits_text(wave.duty, is_time=False)}", f"{duty:.4g}")
        if wave.count is not None and not wave.count.holds(self._rises):
            self._miss(f"rises {_times(wave.count)}", _times(Count(self._rises, self._rises)))

    def _rise(self, at_s: float) -> None:
        self._rises += 1
        wave, before_s, self._last_rise_s = self._wave, self._last_rise_s, at_s
        if wave.period_s is not None and before_s is not None:
            self._check("period", wave.period_s, at_s - before_s)
        if wave.phase_s is not None:
            if self._leader_rise_s is None:
                self._miss(f"rises after {wave.follows}", "it rose first")
            else:
                self._check(f"rise after {wave.follows}", wave.phase_s, at_s - self._leader_rise_s)
            self._leader_rise_s = None

    def _check_span(self, lasted_s: float, *, is_over: bool) -> None:
        limits = self._wave.on_s if self._level else self._wave.off_s
        if limits is None:
            return
        is_too_short = is_over and self._is_whole and lasted_s < limits[0] - _SLACK_S
        if is_too_short or lasted_s > limits[1] + _SLACK_S:
            word = "on" if self._level else "off"
            self._miss(f"{word} for {limits_text(limits)}", f"{_time(lasted_s)}")

    def _check(self, what: str, limits: Limits, value_s: float) -> None:
        if not limits[0] - _SLACK_S <= value_s <= limits[1] + _SLACK_S:
            self._miss(f"{what} {limits_text(limits)}", _time(value_s))


def _time(seconds: float) -> str:
    return time_text(seconds) if seconds >= 1e-6 else f"{seconds * 1e9:.0f} ns"


def _times(count: Count) -> str:
    if count.least == count.most:
        return "once" if count.least == 1 else f"{count.least} times"
    return count.text()
