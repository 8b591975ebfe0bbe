"""A push button: a contact between a line and ground or supply."""

from __future__ import annotations

from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge.errors import InvalidValueError
from wampedge_simulator.part import Bench, Part

__all__ = ["PART", "Button"]

BOUNCE_S = (0.0002, 0.0005, 0.0011, 0.0018, 0.003)
"""When a bouncing contact opens and closes again after it first touched."""


class Button(Part):
    """A contact that is closed while the button is pressed.

    It connects the line to the level that means pressed: ground beside a pull-up, the supply beside
    a pull-down; the device file's ``active`` decides where it is not ``auto``. Without a pull there
    it has a resistor of its own, as the module it stands for.
    """

    fault_kinds: ClassVar = {
        "stuck": "the contact does not close",
        "bounce": "the contact bounces for 3 ms",
    }

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        super().__init__(wired, bench)
        self._net = self.net("pin")
        pull, active = wired.params.get("pull", "up"), wired.params.get("active", "auto")
        self._closed_level = active == "high" or (active == "auto" and pull != "up")
        self.is_pressed = False
        self._led: bool | None = None
        self._is_held = False
        if pull == "none":
            self._net.pull(self.name, not self._closed_level)

    def set(self, channel: str, value: object) -> None:
        """Press (True) or release (False) the button; raises InvalidValueError."""
        self._check_channel(channel)
        if not isinstance(value, bool):
            text = f"pressed must be true or false, got {value!r}"
            raise InvalidValueError(text, field="value", device=self.name)
        self._is_held = self._led is not None
        self.press() if value else self._open()

    def release(self, channel: str = "pressed") -> None:
        """Let the contact go: it opens, or goes to where a physical model has it."""
        self._check_channel(channel)
        self._is_held = False
        if not self._led:
            self._open()
        elif not self.is_pressed:
            self._close()

    def follow(self, is_closed: bool) -> None:
        """Go to where a physical model has the contact, unless a hand holds it."""
        self._led = is_closed
        if self._is_held or is_closed == self.is_pressed:
            return
        if not is_closed:
            self._open()
            return
        for after_s in self._close():
            self.bench.later(after_s, self.bounce)

    def press(self) -> tuple[float, ...]:
        """Close the contact.

        Returns:
            Seconds after which the caller has to call `bounce`, for a contact that bounces.
        """
        self._is_held = self._led is not None
        return self._close()

    def bounce(self) -> None:
        """Open the contact for a moment; it touches again at once."""
        if self.is_pressed:
            self._connect(is_closed=False)
            self._connect(is_closed=True)

    def _close(self) -> tuple[float, ...]:
        if self.faults.take("stuck"):
            return ()
        self.is_pressed = True
        self._connect(is_closed=True)
        return BOUNCE_S if self.faults.take("bounce") else ()

    def _open(self) -> None:
        self.is_pressed = False
        self._connect(is_closed=False)

    def _connect(self, *, is_closed: bool) -> None:
        signal = self._closed_level if is_closed else None
        self._net.drive(self.name, signal, is_open=True)

    def _check_channel(self, channel: str) -> None:
        if channel != "pressed":
            text = f'no channel "{channel}" to set (possible: pressed)'
            raise InvalidValueError(text, field="channel", device=self.name)


PART = Button
