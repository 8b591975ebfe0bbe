"""Faults a part has now: which kinds, and how many more times each strikes."""

from __future__ import annotations

from collections.abc import Iterable

from wampedge.errors import InvalidValueError

__all__ = ["I2C_FAULTS", "Faults"]

I2C_FAULTS = {
    "nack": "the address is not acknowledged",
    "nack_data": "the first byte written is not acknowledged",
    "absent": "the part is unplugged; it comes back in its power-on state",
    "timeout": "the transaction runs into the time-out of the adapter",
    "bus_stuck": "a line of the bus is held low",
    "sda_held": "the part holds SDA: nobody on the bus is heard until nine clock pulses come",
    "glitch": "one bit of what is read is wrong",
    "brown_out": "the supply drops for a moment: registers fall back to their power-on state",
    "stuck": "the sensor gives its last sample again",
}
"""Kinds every chip on an I2C bus can have, with what happens."""


class Faults:
    """The faults of one part; owned by the part, asked by its bus.

    A fault strikes *count* times (transactions, samples, lines, presses: whatever it concerns), or
    until it is cleared.

    Args:
        part: name of the part.
        kinds: the kinds this part can have, with what happens.
    """

    def __init__(self, part: str, kinds: Iterable[str]) -> None:
        self.kinds = frozenset(kinds)
        self.pending: dict[str, int | None] = {}
        self._part = part

    def add(self, kind: str, count: int | None) -> None:
        """Let *kind* strike *count* times from now on, None for ever; raises InvalidValueError."""
        self._check(kind)
        if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
            raise self._error(f"count must be a whole number, got {count!r}", "count")
        if count is not None and count < 1:
            raise self._error(f"count must be 1 or more, got {count}", "count")
        self.pending[kind] = count

    def clear(self, kind: str | None = None) -> None:
        """End *kind*, or every fault; raises InvalidValueError."""
        if kind is None:
            self.pending.clear()
            return
        self._check(kind)
        self.pending.pop(kind, None)

    def take(self, kind: str) -> bool:
        """Return whether *kind* strikes now, and count it."""
        if kind not in self.pending:
            return False
        left = self.pending[kind]
        if left == 1:
            del self.pending[kind]
        elif left is not None:
            self.pending[kind] = left - 1
        return True

    def _check(self, kind: str) -> None:
        if kind not in self.kinds:
            from difflib import get_close_matches  # noqa: PLC0415 # for mistakes only

            near = get_close_matches(kind, self.kinds, 1)
            hint = f', did you mean "{near[0]}"?' if near else ""
            known = ", ".join(sorted(self.kinds)) or "none"
            raise self._error(f'no fault "{kind}"{hint} (possible: {known})', "kind")

    def _error(self, text: str, field: str) -> InvalidValueError:
        return InvalidValueError(text, field=field, device=self._part)
