"""gpiozero's lgpio pins with four faults mended; import only after ``board.load_lgpio``.

- An output takes its level in the same call that makes it an output. gpiozero makes it a low output
  first, which switches a low-active relay on for a moment.
- Closing an output frees the line instead of making it an input, so that the kernel may keep it.
- A pin is made without making its line an input: a load that is on would be off for a moment.
- A duty cycle keeps its fraction: gpiozero cuts 0.29 to 28 %.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lgpio
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

from wampedge.hardware.line_levels import level_as_it_is

__all__ = ["HeaderFactory", "HeaderPin"]


class HeaderPin(LGPIOPin):  # type: ignore[misc] # gpiozero ships no types
    """One line of the header; owned by its factory."""

    _pwm: tuple[float, float] | None

    def __init__(self, factory: Any, info: Any) -> None:
        super(LGPIOPin, self).__init__(factory, info)
        self._pwm = None
        self._bounce = None
        self._callback = None
        self._edges = lgpio.BOTH_EDGES

    def output_with_state(self, state: float) -> None:
        """Make the line an output that starts at *state*."""
        self.when_changed = None
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(bool(state)))

    def close(self) -> None:
        """Stop a wave and free the line."""
        if self.factory._handle is not None:
            self.frequency = None
            self.when_changed = None
            lgpio.gpio_free(self.factory._handle, self._number)

    def _set_state(self, value: float) -> None:
        if self._pwm is None:
            super()._set_state(value)
            return
        frequency_hz, _ = self._pwm
        self._pwm = (frequency_hz, value * 100.0)
        lgpio.tx_pwm(self.factory._handle, self._number, frequency_hz, value * 100.0)

    def _call_when_changed(self, chip: int, gpio: int, level: int, ticks: int) -> None:
        # Another thread may end the watch at this moment, and an exception here would end lgpio's
        # only thread: no pin would see an edge any more.
        on_edge = self._get_when_changed()
        if on_edge is not None and level <= 1:  # 2 is the watchdog of lgpio, no edge
            on_edge(ticks / 1e9, level)


class HeaderFactory(LGPIOFactory):  # type: ignore[misc] # gpiozero ships no types
    """Makes ``HeaderPin``; closed by the bank that uses it."""

    def __init__(self, chip: int) -> None:
        super().__init__(chip=chip)
        self.pin_class: type[Any] = HeaderPin
        self._node = Path(f"/dev/gpiochip{chip}")

    def level_before(self, line: int) -> bool:
        """Return the level a line has that is not used yet; raises HardwareError."""
        return level_as_it_is(self._node, line)
