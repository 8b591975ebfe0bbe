"""The search of a motor for its switch, as a rule for the next step; it moves nothing itself."""

from __future__ import annotations

from wampedge.errors import DeviceError

__all__ = ["Homing"]


class Homing:
    """One search. States: leaving (only if it begins at the switch) -> seeking -> found.

    Whatever side it begins on, the switch is found coming from the same one, so it closes at the
    same place.

    Args:
        way: where the switch is: 1 up, -1 down.
        most_steps: how many steps the search may take each way.
    """

    def __init__(self, way: int, most_steps: int) -> None:
        self._way = way
        self._most_steps = most_steps
        self._left = most_steps
        self._is_leaving: bool | None = None

    def next_way(self, is_closed: bool) -> int:
        """Return the way of the next step; 0: the switch is found.

        Raises:
            DeviceError: it was not, or did not open.
        """
        if self._is_leaving is None:
            self._is_leaving = is_closed
        if self._is_leaving and not is_closed:
            self._is_leaving, self._left = False, self._most_steps
        elif is_closed and not self._is_leaving:
            return 0
        if not self._left:
            state = "did not open" if self._is_leaving else "was not found"
            raise DeviceError(f"the switch {state} within {self._most_steps} steps")
        self._left -= 1
        return -self._way if self._is_leaving else self._way
