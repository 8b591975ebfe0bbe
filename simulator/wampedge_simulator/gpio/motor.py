"""A DC motor behind an H-bridge: what the levels of its three inputs make it do."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Motor"]


class Motor(Part):
    """Turns as the bridge is driven; the speed follows at once.

    A physical model gives it a mass.
    """

    is_actuator: ClassVar = True

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._forward, self._backward = self.net("forward"), self.net("backward")
        self._enable = self.net("pwm") if "pwm" in wired.pins else None
        for net in (self._forward, self._backward, self._enable):
            if net is not None:
                net.watch_signal(self._tell_power)

    @property
    def is_braked(self) -> bool:
        """Whether both sides of the bridge are high, which shorts the motor."""
        return self._forward.level and self._backward.level

    @property
    def power(self) -> float:
        """As `speed`."""
        return self.speed

    @property
    def speed(self) -> float:
        """-1 full speed backward, 0 rest, 1 full speed forward."""
        share = 1.0 if self._enable is None else self._enable.duty
        return share * (float(self._forward.level) - float(self._backward.level))


PART = Motor
