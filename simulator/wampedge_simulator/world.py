"""The surroundings of the parts: what there is to measure at a given moment.

Every quantity is a closed formula of the time: a wave with the period of a day (or another), plus
noise that is a hash of seed, part, quantity and second. So idle time costs nothing, any moment can
be asked for in any order, and adding a part changes no value of another. Where a physical model
leads a quantity (``physics/``), the wave is the model's; the noise of the sensor stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from hashlib import blake2b

from wampedge.errors import InvalidValueError
from wampedge.records import Record

__all__ = ["DAY_S", "Curve", "Leader", "Quantity", "Sensed", "World", "sense_all"]

DAY_S = 86_400.0
_NOISE_STEP_S = 1.0

Leader = Callable[[float], float]
"""Says what a quantity is at a time, in Unix seconds of the node's clock."""


class Curve(Record):
    """How a quantity goes by itself.

    Attributes:
        mean: middle of the wave.
        swing: largest distance of the wave from *mean*.
        noise: largest distance of the noise from the wave.
        period_s: length of one wave.
        peak_s: when the wave is highest, in seconds after midnight UTC; None: each part its own.
    """

    mean: float
    swing: float = 0.0
    noise: float = 0.0
    period_s: float = DAY_S
    peak_s: float | None = 15 * 3600.0


class Quantity(Record):
    """Something a part senses: its natural course, and the limits of what can be set.

    Attributes:
        curve: how it goes by itself.
        low: smallest value there can be.
        high: largest value there can be.
        unit: unit of all of these.
    """

    curve: Curve
    low: float
    high: float
    unit: str


class World:
    """Answers what a quantity is at a moment; keeps nothing but what it computed last.

    Args:
        seed: makes the noise; the same seed gives the same world.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._peaks: dict[tuple[str, str], float] = {}
        self._noises: dict[tuple[str, str], tuple[int, float]] = {}

    def value(self, part: str, name: str, curve: Curve, time_s: float) -> float:
        """Return quantity *name* at *part* at *time_s* (Unix seconds)."""
        peak_s = curve.peak_s
        if peak_s is None:
            peak_s = self._peak_of(part, name) * curve.period_s
        phase = (time_s - peak_s) / curve.period_s
        wave = curve.swing * math.cos(2 * math.pi * (phase % 1.0))
        return curve.mean + wave + self.noise(part, name, curve.noise, time_s)

    def noise(self, part: str, name: str, largest: float, time_s: float) -> float:
        """Return the noise of a quantity at *time_s* (Unix seconds), at most *largest*."""
        if not largest:
            return 0.0
        step = math.floor(time_s / _NOISE_STEP_S)
        known = self._noises.get((part, name))
        if known is None or known[0] != step:
            known = self._noises[part, name] = step, self.chance(part, name, str(step))
        return largest * (2.0 * known[1] - 1.0)

    def chance(self, *key: str) -> float:
        """Return a number from 0 up to 1 that depends on the seed and *key* only."""
        text = "\0".join((str(self._seed), *key)).encode()
        return int.from_bytes(blake2b(text, digest_size=6).digest(), "big") / 2**48

    def _peak_of(self, part: str, name: str) -> float:
        """Return where in its period a wave is highest that has no hour of its own, 0 to 1."""
        peak = self._peaks.get((part, name))
        if peak is None:
            peak = self._peaks[part, name] = self.chance(part, name, "peak")
        return peak


class Sensed:
    """One quantity at one part: natural, led by a physical model, or pinned from outside.

    Args:
        world: where the natural value comes from.
        part: name of the part.
        name: name of the quantity.
        quantity: its course and limits.
    """

    def __init__(self, world: World, part: str, name: str, quantity: Quantity) -> None:
        self.quantity = quantity
        self._world = world
        self._part = part
        self._name = name
        self._pinned: float | None = None
        self._leader: Leader | None = None
        self._noise = quantity.curve.noise

    @property
    def is_pinned(self) -> bool:
        """Whether somebody means the value: it is held from outside, or led by a model."""
        return self._pinned is not None or self._leader is not None

    def at(self, time_s: float) -> float:
        """Return the value at *time_s* (Unix seconds), within the limits of the quantity."""
        if self._pinned is not None:
            return self._pinned
        if self._leader is None:
            natural = self._world.value(self._part, self._name, self.quantity.curve, time_s)
        else:
            natural = self._leader(time_s)
            natural += self._world.noise(self._part, self._name, self._noise, time_s)
        return min(max(natural, self.quantity.low), self.quantity.high)

    def lead(self, leader: Leader, noise: float | None = None) -> None:
        """Follow *leader* wherever nothing is pinned; *noise* in place of that of the sensor."""
        self._leader = leader
        self._noise = self.quantity.curve.noise if noise is None else noise

    def pin(self, value: object) -> None:
        """Hold *value* until `release`; raises InvalidValueError."""
        low, high, unit = self.quantity.low, self.quantity.high, self.quantity.unit
        wanted = f"{self._name} must be a number from {low:g} to {high:g} {unit}".rstrip()
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidValueError(f"{wanted}, got {value!r}", field="value", device=self._part)
        if not low <= value <= high:
            raise InvalidValueError(f"{wanted}, got {value:g}", field="value", device=self._part)
        self._pinned = float(value)

    def release(self) -> None:
        """Let the value go its natural way again."""
        self._pinned = None


def sense_all(world: World, part: str, quantities: Mapping[str, Quantity]) -> dict[str, Sensed]:
    """Return what *part* senses, by name."""
    return {name: Sensed(world, part, name, quantity) for name, quantity in quantities.items()}
