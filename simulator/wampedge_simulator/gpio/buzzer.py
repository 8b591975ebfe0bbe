"""A buzzer with a sound of its own on a line."""

from __future__ import annotations

from wampedge_simulator.gpio.led import Led

__all__ = ["PART", "Buzzer"]


class Buzzer(Led):
    """Sounds while its line is active, high or low as the device file says."""


PART = Buzzer
