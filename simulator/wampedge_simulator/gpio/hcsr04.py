"""HC-SR04: an echo as long as sound needs there and back, after each trigger."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.world import Curve, Quantity

__all__ = ["PART", "Hcsr04"]

SOUND_M_PER_S = 343.42
"""At 20 °C, 331.3 + 0.606 * 20."""
SHORTEST_TRIGGER_S = 10e-6
BURST_S = 450e-6
"""From the trigger to the end of the burst, when echo rises."""
NOTHING_S = 0.038


class Hcsr04(Part):
    """The sensor in air of 20 °C."""

    output_volts: ClassVar = {"echo": 5.0}
    quantities: ClassVar = {"distance": Quantity(Curve(1.2, 0.5, 0.01), 0.02, 4.0, "m")}
    fault_kinds: ClassVar = {
        "silent": "a trigger has no echo at all",
        "nothing": "nothing is in range: the echo lasts 38 ms",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._trigger, self._echo = self.net("trigger"), self.net("echo")
        self._triggered_s: float | None = None
        self._is_busy = False
        self._echo.drive(self.name, False)
        self._trigger.watch(self._on_trigger)

    def _on_trigger(self, level: bool) -> None:
        if level:
            self._triggered_s = self.bench.now()
            return
        began_s, self._triggered_s = self._triggered_s, None
        if began_s is None or self._is_busy or self.bench.now() - began_s < SHORTEST_TRIGGER_S:
            return
        if self.faults.take("silent"):
            return
        echo_s = 2 * self.sample()["distance"] / SOUND_M_PER_S
        if self.faults.take("nothing"):
            echo_s = NOTHING_S
        self._is_busy = True
        rise_s = self.bench.now() + BURST_S
        self.bench.later(BURST_S + echo_s, lambda: self._end(rise_s, rise_s + echo_s))

    def _end(self, rise_s: float, fall_s: float) -> None:
        self._is_busy = False
        self._echo.drive_at(rise_s, self.name, True)
        self._echo.drive_at(fall_s, self.name, False)


PART = Hcsr04
