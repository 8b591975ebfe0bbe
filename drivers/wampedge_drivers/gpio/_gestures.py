"""What a person does with a button: press, release, click, double, hold; by time stamps alone.

States: up; down; up after a click that may become a double one. ``hold`` comes while the button is
down, ``double`` with the second press. Where no double click is asked for, a click is told at once.
"""

from __future__ import annotations

__all__ = ["Gestures"]


class Gestures:
    """The gestures of one button.

    Args:
        is_pressed: whether it is pressed now; nobody knows since when, so that is no click.
        double_ns: longest pause within a double click; 0: there are none.
        hold_ns: how long a press must last to be a hold; 0: there is none.
    """

    def __init__(self, is_pressed: bool, *, double_ns: int = 0, hold_ns: int = 0) -> None:
        self._is_pressed = is_pressed
        self._double_ns = double_ns
        self._hold_ns = hold_ns
        self._is_click = False
        self._hold_at_ns: int | None = None
        self._click_at_ns: int | None = None

    @property
    def due_ns(self) -> int | None:
        """When to ``advance``; None: there is nothing to wait for."""
        due = [at_ns for at_ns in (self._hold_at_ns, self._click_at_ns) if at_ns is not None]
        return min(due, default=None)

    def edge(self, is_pressed: bool, at_ns: int) -> list[str]:
        """Take a press or release; return the events, in order."""
        events = self.advance(at_ns)
        if is_pressed == self._is_pressed:
            return events
        self._is_pressed = is_pressed
        return events + (self._press(at_ns) if is_pressed else self._release(at_ns))

    def advance(self, now_ns: int) -> list[str]:
        """Take the news that nothing happened before *now_ns*; return the events."""
        if self._hold_at_ns is not None and now_ns >= self._hold_at_ns:
            self._hold_at_ns = None
            self._is_click = False
            return ["hold"]
        if self._click_at_ns is not None and now_ns >= self._click_at_ns:
            self._click_at_ns = None
            return ["click"]
        return []

    def _press(self, at_ns: int) -> list[str]:
        self._hold_at_ns = at_ns + self._hold_ns if self._hold_ns else None
        is_second, self._click_at_ns = self._click_at_ns is not None, None
        self._is_click = not is_second
        return ["press", "double"] if is_second else ["press"]

    def _release(self, at_ns: int) -> list[str]:
        self._hold_at_ns = None
        if not self._is_click:
            return ["release"]
        if not self._double_ns:
            return ["release", "click"]
        self._click_at_ns = at_ns + self._double_ns
        return ["release"]
