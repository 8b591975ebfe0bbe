"""What a device wants of a pin that another device offers, known before anything runs."""

from __future__ import annotations

from typing import Literal

from wampedge.devices.contracts import Pull
from wampedge.records import Record

__all__ = ["PinUse"]


class PinUse(Record):
    """One pin in the hands of another device.

    Attributes:
        line: which pin of the device that offers it.
        direction: how it is opened.
        pull: the resistor an input is opened with; None where the file does not say it.
        frequency_hz: of a PWM pin; None where it is not known before the device runs.
    """

    line: int
    direction: Literal["input", "output", "pwm", "open_drain"]
    pull: Pull | None = None
    frequency_hz: float | None = None
