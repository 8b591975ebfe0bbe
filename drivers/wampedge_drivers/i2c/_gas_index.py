"""The VOC index of Sensirion: how the air smells compared with the last day, 1 to 500.

What the algorithm does is published with the one Sensirion gives away ("Gas Index Algorithm",
version 3.2; application note "What is Sensirion's VOC Index?"). A running mean and deviation of the
raw signal are the usual air, which is 100 by definition; a signal below the mean is more gas. Both
are learned quickly in the first hours and slowly later, and hardly at all while the air is bad
("gating"), so that three hours of bad air do not become the usual. The index itself passes a filter
that is slow as long as little happens.

Sensirion computes with fixed point numbers and with one sample a second. Here the time since the
last sample enters each step, so a late or additional sample does no harm.
"""

from __future__ import annotations

import math

__all__ = ["BLACKOUT_S", "LEARNED_S", "VocIndex"]

BLACKOUT_S = 45.0
"""How long the sensor warms up; until then there is no index."""
LEARNED_S = 3 * 3600.0
"""After so long mean and deviation are worth being kept."""

LOWEST_INDEX = 0.5
GAIN, HIGHEST_INDEX, CENTRE, STEEPNESS = 230.0, 500.0, 213.0, -0.0065
FIRST_DEVIATION, ADDED_DEVIATION = 50.0, 220.0
ZERO_TICKS, MOST_TICKS = 20_000, 32_767
LEARNING_S = 12 * 3600.0
FIRST_MEAN_S, FIRST_DEVIATION_S = 20.0, 2500.0
QUICK_MEAN_S, QUICK_DEVIATION_S = 3600 * 0.75, 3600 * 1.45
"""For how long mean and deviation are learned quickly."""
QUICK_SLOPE = 0.01
GATE, FIRST_GATE, GATE_SLOPE = 340.0, 510.0, 0.09
LONGEST_GATE_S, GATE_PAYBACK = 3 * 3600.0, 0.3
FILTER_FAST_S, FILTER_SLOW_S, FILTER_SLOPE = 20.0, 500.0, -0.2


class VocIndex:
    """Makes the index of raw samples; belongs to one sensor.

    Attributes:
        mean: usual raw signal, in ticks above 20,000.
        deviation: usual deviation from it, in ticks.
        learned_s: for how long both were learned, in seconds.
    """

    def __init__(self) -> None:
        self.mean: float | None = None
        self.deviation = FIRST_DEVIATION
        self.learned_s = 0.0
        self._age_s = 0.0
        self._ungated_s = self._gated_s = 0.0
        self._filter = _Filter()

    def resume(self, mean: float, deviation: float) -> None:
        """Go on with what was learned before a short interruption."""
        self.mean, self.deviation, self.learned_s = mean, deviation, LEARNED_S

    def feed(self, ticks: int, elapsed_s: float) -> float | None:
        """Take a raw sample, *elapsed_s* after the last one; return the index, or None at first."""
        if self._age_s <= BLACKOUT_S:
            self._age_s += elapsed_s
            return None
        signal = float(min(max(ticks - ZERO_TICKS, 1), MOST_TICKS))
        # Without a mean the signal is compared with 0, as Sensirion does: close to 100 for air in
        # which the sensor gives few ticks, and too low for any other; the filter forgets it.
        gas = -(signal - (self.mean or 0.0)) / (self.deviation + ADDED_DEVIATION) * GAIN
        index = max(self._filter.feed(_index_of(gas), elapsed_s), LOWEST_INDEX)
        if self.mean is None:
            self.mean = signal
        else:
            self._learn(signal, index, elapsed_s)
        return index

    def _learn(self, signal: float, index: float, elapsed_s: float) -> None:
        """Move mean and deviation towards *signal*."""
        assert self.mean is not None, "what the first sample sets"
        self.learned_s += elapsed_s
        self._ungated_s += elapsed_s
        quick_mean = _fall(self.learned_s, QUICK_MEAN_S, QUICK_SLOPE)
        quick_deviation = _fall(self.learned_s, QUICK_DEVIATION_S, QUICK_SLOPE) - quick_mean
        slow = elapsed_s / (LEARNING_S + elapsed_s)
        of_mean = slow + (elapsed_s / (FIRST_MEAN_S + elapsed_s) - slow) * quick_mean
        first_of_deviation = elapsed_s / (FIRST_DEVIATION_S + elapsed_s)
        of_deviation = slow + (first_of_deviation - slow) * quick_deviation
        is_open = self._gate(index, QUICK_MEAN_S)
        of_mean *= is_open
        of_deviation *= self._gate(index, QUICK_DEVIATION_S)
        away = signal - self.mean
        self.deviation = math.sqrt(
            (1.0 - of_deviation) * (self.deviation**2 + of_deviation * away**2)
        )
        self.mean += of_mean * away
        self._count_gate(is_open, elapsed_s)

    def _gate(self, index: float, quick_s: float) -> float:
        """Return how much is learned while the index is so high: 1 all, 0 nothing."""
        first = _fall(self._ungated_s, quick_s, QUICK_SLOPE)
        return _fall(index, GATE + (FIRST_GATE - GATE) * first, GATE_SLOPE)

    def _count_gate(self, is_open: float, elapsed_s: float) -> None:
        """Open the gate for good air and bad when it was shut for too long."""
        shut = (1.0 - is_open) * (1.0 + GATE_PAYBACK) - GATE_PAYBACK
        self._gated_s = max(0.0, self._gated_s + elapsed_s * shut)
        if self._gated_s > LONGEST_GATE_S:
            self._ungated_s = 0.0


class _Filter:
    """A low pass that is slow while its fast and its slow half agree."""

    def __init__(self) -> None:
        self._states: tuple[float, float, float] | None = None

    def feed(self, sample: float, elapsed_s: float) -> float:
        """Take a sample and return the filtered one."""
        fast, slow, result = self._states or (sample, sample, sample)
        fast += (sample - fast) * elapsed_s / (FILTER_FAST_S + elapsed_s)
        slow += (sample - slow) * elapsed_s / (FILTER_SLOW_S + elapsed_s)
        calm = math.exp(FILTER_SLOPE * abs(fast - slow))
        tau_s = FILTER_FAST_S + (FILTER_SLOW_S - FILTER_FAST_S) * calm
        result += (sample - result) * elapsed_s / (tau_s + elapsed_s)
        self._states = fast, slow, result
        return result


def _index_of(gas: float) -> float:
    """Map what exceeds the usual to 0 to 500; nothing is 100."""
    return HIGHEST_INDEX * _fall(gas, CENTRE, STEEPNESS)


def _fall(value: float, centre: float, slope: float) -> float:
    """Return 1 far below *centre* and 0 far above; the other way round if *slope* is negative."""
    power = slope * (value - centre)
    if power < -50:
        return 1.0
    return 0.0 if power > 50 else 1.0 / (1.0 + math.exp(power))
