"""A hobby servo: turns to the angle that the length of its pulse means."""

from __future__ import annotations

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Servo"]

PERIOD_S = 0.02
SHORTEST_S = 1e-4
"""A shorter pulse is none."""


class Servo(Part):
    """Linear between the pulses and the angles of the device file."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._net = self.net("pin")
        self._pulses: tuple[float, float] = wired.params["pulse"]
        self._angles: tuple[float, float] = wired.params["angle"]

    @property
    def position(self) -> float | None:
        """Where it turns to, in degrees; None while it gets no pulses."""
        pulse_s = 0.0 if self._net.is_floating else self._net.duty * PERIOD_S
        if pulse_s < SHORTEST_S:
            return None
        share = (pulse_s - self._pulses[0]) / (self._pulses[1] - self._pulses[0])
        return self._angles[0] + share * (self._angles[1] - self._angles[0])


PART = Servo
