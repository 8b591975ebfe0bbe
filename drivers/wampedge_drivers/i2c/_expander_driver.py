"""What the drivers of port expanders have in common: their bank, INT, and how often they look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wampedge.devices.contracts import PinBank
from wampedge.devices.driver import Driver, input_pin
from wampedge.devices.pin_use import PinUse
from wampedge.errors import HardwareError
from wampedge_drivers.i2c._expander import ExpanderBank, InterruptLine, period_s

__all__ = ["PinExpander", "with_bit"]


class PinExpander(Driver):
    """States what an expander is: ``ExpanderChip``, and ``read`` that hands levels to its bank."""

    ports = 1
    risky_inputs: frozenset[int] = frozenset()
    """Lines that had better be outputs, with a reason in the data sheet."""

    interrupt = input_pin(
        place="table",
        is_required=False,
        doc="the pin INT (INTA or INTB) is wired to, with its pull-up",
    )

    _is_known = False
    """Whether what the chip drives is known, so that it may be changed."""
    _bank: ExpanderBank | None = None
    _interrupt_line: InterruptLine | None = None

    @classmethod
    def check_pin_use(cls, params: Mapping[str, Any], use: PinUse) -> tuple[str, str] | None:
        """Refuse what these chips cannot do: waves, wires that need time stamps, pull-downs."""
        if use.direction == "pwm":
            return "cannot give a PWM wave", "use a pin of the header or of a pca9685"
        if use.direction == "open_drain":
            return "is too slow for that", "use a pin of the header"
        if use.direction == "input" and use.pull == "down":
            return "has no pull-down: the chip has pull-ups only", 'write pull = "up"'
        return None

    @classmethod
    def usual_period_s(cls, pins: Collection[str]) -> float | None:
        """Return a slow period where an interrupt tells of changes."""
        return period_s(pins)

    def pin_bank(self) -> PinBank:
        """Return the pins; they can be opened once the chip was set up."""
        return self._pins

    async def close(self) -> None:
        """Listen to the interrupt line no more."""
        if self._interrupt_line is not None:
            self._interrupt_line.ignore()

    def counters(self) -> Mapping[str, int]:
        """Return how often the interrupt line fell."""
        line = self._interrupt_line
        return {} if line is None else {"interrupts": line.edges}

    @property
    def _pins(self) -> ExpanderBank:
        if self._bank is None:
            chip: Any = self  # the classes below are the chips
            self._bank = ExpanderBank(chip, 8 * self.ports, risky_inputs=self.risky_inputs)
        return self._bank

    def _watch_interrupt(self) -> None:
        """Read the chip when INT falls, where it is wired."""
        if self.interrupt is None:
            return
        if self._interrupt_line is None:
            self._interrupt_line = InterruptLine(self.context, self.read)
        self._interrupt_line.watch(self.interrupt)

    def _must_be_known(self) -> None:
        if not self._is_known:
            raise HardwareError(f"{self.context.name} is not set up yet")


def with_bit(word: int, bit: int, is_set: bool) -> int:
    """Return *word* with one bit set or cleared."""
    return word | 1 << bit if is_set else word & ~(1 << bit)
