"""Push button, switch, reed contact, PIR, leak sensor: anything that opens or closes one input.

Chip: none; a pin of the header or of a port expander. A contact to ground with the pull-up of the
pin is the usual wiring: ``pull = "up"`` makes low mean pressed. GPIO 2 and 3 of a Raspberry Pi have
fixed pull-ups of 1.8 kohm. On a port expander without interrupt line a press must outlast its
``every``. A PIR drives its line high itself: ``pull = "down"``.

Edges are debounced by the time stamps of the kernel. ``debounce = "20ms"`` lets a level count once
it has lasted; ``debounce = { holdoff = "20ms" }`` counts the first edge at once and is blind for so
long: quicker by that time, and fooled by spikes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import Driver, input_pin, param, reading
from wampedge.devices.fields import Boolean, Choice, Duration
from wampedge_drivers.gpio._contact import Contact
from wampedge_drivers.gpio._debounce import DebounceRule, DebounceTime, Edge
from wampedge_drivers.gpio._gestures import Gestures

__all__ = ["Button"]


class Button(
    Driver,
    title="Push button, contact, reed switch, PIR or leak sensor on one pin",
    events=("press", "release", "click", "double", "hold"),
):
    """One contact. Channel ``pressed``; events press, release, click, double, hold."""

    pin = input_pin(doc="the pin the contact is wired to")
    pull: Pull = param(Choice(("up", "down", "none")), "up", doc="resistor of the pin")
    active: str = param(
        Choice(("auto", "low", "high")),
        "auto",
        doc='level that means pressed; auto: low if pull is "up"',
    )
    debounce: DebounceRule = param(
        DebounceTime(),
        {"settle": 0.02},
        doc='how long a level must last to count; { holdoff = "5ms" } ignores after an edge',
    )
    double: float | None = param(
        Duration(minimum_s=0.05, maximum_s=5.0),
        None,
        doc="longest pause in a double click; a single click is then told so much later",
    )
    hold: float | None = param(
        Duration(minimum_s=0.05, maximum_s=60.0), None, doc="how long a press lasts that is a hold"
    )
    pressed = reading(kind=Boolean(), doc="true while it is pressed")

    _contact: Contact | None = None

    def input_pull(self, pin: str) -> Pull:
        """Return ``pull``."""
        return self.pull

    async def setup(self) -> None:
        """Watch the pin; publish the state without an event: nobody pressed just now."""
        if self._contact is None:
            self._contact = Contact(self.context, self._on_edges)
        is_pressed = self._means_pressed(await self._contact.open(self.pin, self.debounce))
        self._gestures = Gestures(
            is_pressed,
            double_ns=round((self.double or 0.0) * 1e9),
            hold_ns=round((self.hold or 0.0) * 1e9),
        )
        self.context.publish({"pressed": is_pressed})

    async def close(self) -> None:
        """Stop watching."""
        if self._contact is not None:
            self._contact.close()

    def counters(self) -> Mapping[str, int]:
        """Return how many edges there were, and how many were lost."""
        if self._contact is None:
            return {}
        return {"edges": self._contact.edges, "lost_edges": self._contact.lost_edges}

    def _on_edges(self, edges: Sequence[Edge], final_ns: int) -> int | None:
        for level, at_ns in edges:
            is_pressed = self._means_pressed(level)
            events = self._gestures.edge(is_pressed, at_ns)
            self.context.publish({"pressed": is_pressed})
            self._emit(events)
        self._emit(self._gestures.advance(final_ns))
        return self._gestures.due_ns

    def _emit(self, events: Sequence[str]) -> None:
        for event in events:
            self.emit(event)

    def _means_pressed(self, level: bool) -> bool:
        low_means_pressed = self.active == "low" or (self.active == "auto" and self.pull == "up")
        return level != low_means_pressed
