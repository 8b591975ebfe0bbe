"""A quadrature encoder: two contacts a quarter of a period apart, on a shaft one can turn."""

from __future__ import annotations

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Encoder"]

_FORWARD = (0b00, 0b10, 0b11, 0b01)
"""Levels of (a, b), one after the other, while the shaft turns forward."""

TICK_S = 1e-6
"""How far apart the ticks of a turn are."""


class Encoder(Part):
    """The shaft; `set` of ``position`` or ``ticks`` turns it there, tick by tick."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._a, self._b = self.net("a"), self.net("b")
        self._ticks_per_turn: int = wired.params.get("ticks_per_turn") or 1
        self.ticks = 0
        self._led_ticks: int | None = None
        self._is_held = False
        self._show()

    @property
    def ticks_per_turn(self) -> int:
        """Edges of both lines in one turn, as the device file says; 1 where it does not."""
        return self._ticks_per_turn

    def set(self, channel: str, value: object) -> None:
        """Turn the shaft to a position (turns) or to a tick; raises InvalidValueError."""
        if channel not in {"position", "ticks"} or not isinstance(value, int | float):
            super().set(channel, value)
            return
        self._is_held = self._led_ticks is not None
        target = round(value * self._ticks_per_turn) if channel == "position" else round(value)
        self.turn(target - self.ticks)

    def release(self, channel: str) -> None:
        """Let the shaft go: it turns to where a physical model has it; raises InvalidValueError."""
        if channel not in {"position", "ticks"}:
            super().release(channel)
        self._is_held = False
        if self._led_ticks is not None:
            self.turn(self._led_ticks - self.ticks)

    def follow(self, ticks: int, at_s: float) -> None:
        """Be at *ticks* as of *at_s* (monotonic), where a model has the shaft, unless held."""
        self._led_ticks = ticks
        if not self._is_held and ticks != self.ticks:
            self.ticks = ticks
            self._show(self.bench.now() - at_s)

    def turn(self, ticks: int) -> None:
        """Turn the shaft by so many ticks, quickly and up to now; negative is backward."""
        for left in range(abs(ticks), 0, -1):
            self.ticks += 1 if ticks > 0 else -1
            self._show(left * TICK_S)

    def _show(self, age_s: float = 0.0) -> None:
        levels, at_s = _FORWARD[self.ticks % 4], self.bench.now() - age_s
        self._a.drive_at(at_s, self.name, bool(levels & 0b10))
        self._b.drive_at(at_s, self.name, bool(levels & 0b01))


PART = Encoder
