"""The one formula behind air: a quantity that drifts to that outside, while something pushes it.

dx/dt = k * (outside(t) - x) + push, where outside is a wave. Its solution is exact at any time:
x(t) = rest(t) + (x0 - rest(t0)) * exp(-k * (t - t0)), where rest is what x follows in the long run:
the wave, damped and late as a low-pass makes it, and push / k above.
"""

from __future__ import annotations

import math

from wampedge_simulator.physics.fields import Wave, phase_of

__all__ = ["exchange", "relaxed", "rest"]


def rest(wave: Wave, rate_per_s: float, push_per_s: float, unix_s: float) -> float:
    """Return what the quantity follows in the long run, at a time.

    Args:
        wave: outside.
        rate_per_s: k, more than 0.
        push_per_s: what pushes, in units a second.
        unix_s: the time.
    """
    lag = 2 * math.pi / wave.period_s / rate_per_s
    phase = phase_of(wave, unix_s)
    damped = wave.swing * (math.cos(phase) + lag * math.sin(phase)) / (1 + lag * lag)
    return wave.mean + damped + push_per_s / rate_per_s


def relaxed(
    start: float, wave: Wave, rate_per_s: float, push_per_s: float, *, begin_s: float, unix_s: float
) -> float:
    """Return the quantity at *unix_s* when it was *start* at *begin_s*; see `rest`."""
    left = start - rest(wave, rate_per_s, push_per_s, begin_s)
    decay = math.exp(-rate_per_s * (unix_s - begin_s))
    return rest(wave, rate_per_s, push_per_s, unix_s) + left * decay


def exchange(tau_s: float, open_tau_s: float | None, opening: float) -> float:
    """Return the rate of exchange with outside, when a vent is open by *opening* (0 to 1)."""
    closed = 1 / tau_s
    opening = min(max(opening, 0.0), 1.0)
    return closed if open_tau_s is None else closed + opening * (1 / open_tau_s - closed)
