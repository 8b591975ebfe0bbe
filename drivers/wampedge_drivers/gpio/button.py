"""Push button, switch, reed contact, PIR: anything that opens or closes one input.

Chip: none; a pin of the header or of a port expander. A contact to ground with the pull-up of the
pin is the usual wiring: ``pull = "up"`` makes low mean pressed. GPIO 2 and 3 of a Raspberry Pi have
fixed pull-ups of 1.8 kohm. On a port expander a press must outlast its ``poll`` period.
"""

from __future__ import annotations

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, input_pin, param, reading
from wampedge.devices.fields import Boolean, Choice, Duration
from wampedge_drivers.gpio._debounce import Debounce

__all__ = ["Button"]

_SLACK_S = 1e-6


class Button(Driver, title="Push button or contact on one pin", events=("press", "release")):
    """One contact. Channel ``pressed``; events press and release."""

    pin = input_pin(doc="the pin the contact is wired to")
    pull: Pull = param(Choice(("up", "down", "none")), "up", doc="resistor of the pin")
    active: str = param(
        Choice(("auto", "low", "high")),
        "auto",
        doc='level that means pressed; auto: low if pull is "up"',
    )
    debounce: float = param(
        Duration(minimum_s=0.0, maximum_s=10.0), 0.02, doc="how long a level must last to count"
    )
    pressed = reading(kind=Boolean(), doc="true while it is pressed")

    def input_pull(self, pin: str) -> Pull:
        """Return ``pull``."""
        return self.pull

    async def setup(self) -> None:
        """Watch the pin; publish the state without an event: nobody pressed just now."""
        self._is_looking_later = False
        self._last_edge_s = 0.0
        self._line = Debounce(await self.pin.read(), round(self.debounce * 1e9))
        self.pin.watch(self._on_edge)
        self._publish()

    async def close(self) -> None:
        """Stop watching."""
        self.pin.watch(None)

    def _on_edge(self, level: bool, at_ns: int) -> None:
        self._last_edge_s = self.context.clock.monotonic()
        for _ in self._line.edge(level, at_ns):
            self._tell()
        self._look_later(self.debounce)

    def _look_later(self, delay_s: float) -> None:
        """Look at the line when it may have settled; one timer serves any number of edges."""
        if not self._line.is_settled and not self._is_looking_later:
            self._is_looking_later = True
            self.context.later(delay_s, self._look)

    async def _look(self) -> None:
        self._is_looking_later = False
        if self._line.is_settled:
            return
        quiet_s = self.context.clock.monotonic() - self._last_edge_s
        if quiet_s + _SLACK_S >= self.debounce:
            self._line.settle()
            self._tell()
        else:
            self._look_later(self.debounce - quiet_s)

    def _tell(self) -> None:
        self._publish()
        self.emit("press" if self._is_pressed else "release")

    def _publish(self) -> None:
        self.context.publish({"pressed": self._is_pressed})

    @property
    def _is_pressed(self) -> bool:
        low_means_pressed = self.active == "low" or (self.active == "auto" and self.pull == "up")
        return self._line.level != low_means_pressed
