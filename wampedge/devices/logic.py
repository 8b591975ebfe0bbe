"""What the node computes and decides itself: derived values and rules, as the file has them."""

from __future__ import annotations

from wampedge.devices.expressions import Expression
from wampedge.devices.orders import Order
from wampedge.records import Record

__all__ = ["DERIVED", "RULES", "RuleSpec", "Term"]

DERIVED = "derived"
"""What stands in place of a device in the URIs and names of derived values."""
RULES = "rules"
"""What stands in place of a device in the URIs of rules."""


class Term(Record):
    """An expression and what it is made of; equal when the text is.

    Attributes:
        text: as the file has it.
        inputs: ``device.channel`` of each name in it.
    """

    text: str
    inputs: tuple[str, ...]

    def compiled(self) -> Expression:
        """Return the expression; its arguments are those of ``inputs``, in their order."""
        return Expression(self.text, self.inputs)


class RuleSpec(Record):
    """``[rules.NAME]``.

    Attributes:
        name: which.
        when: the condition.
        for_s: how long the condition has to hold, in seconds.
        orders: what is done when it does.
        otherwise: what is done when it holds no more.
        is_safety: the devices it orders take no other orders while it holds.
        pause_s: how long after it was done it is not done again, in seconds.
    """

    name: str
    when: Term
    for_s: float = 0.0
    orders: tuple[Order, ...] = ()
    otherwise: tuple[Order, ...] = ()
    is_safety: bool = False
    pause_s: float = 1.0
