"""The switch at the end of a way: a motor closes it when it comes there."""

from __future__ import annotations

from wampedge_simulator.part import Part

__all__ = ["LIMIT_FAULTS", "SWITCH_AT", "LimitSwitch"]

SWITCH_AT = 100
"""How many steps the switch is from where the motor was at the start, towards ``home_way``."""
LIMIT_FAULTS = {
    "switch_open": "the switch of the motor does not close",
    "switch_closed": "the switch of the motor does not open",
}


class LimitSwitch:
    """A contact to ground, or to the supply where ``switch_active`` is high; made by its motor.

    Args:
        motor: has the pin ``switch``, or none.
    """

    def __init__(self, motor: Part) -> None:
        self._motor = motor
        self._net = motor.net("switch") if "switch" in motor.wired.pins else None
        params = motor.wired.params
        self._way = 1 if params.get("home_way") == "up" else -1
        self._closed_level = params.get("switch_active") == "high"

    def follow(self, steps: int) -> None:
        """Open or close, with the motor so many steps from where it was at the start."""
        if self._net is None:
            return
        faults = self._motor.faults.pending
        is_there = self._way * steps >= SWITCH_AT or "switch_closed" in faults
        is_closed = is_there and "switch_open" not in faults
        signal = self._closed_level if is_closed else None
        self._net.drive(self._motor.name, signal, is_open=True)
