"""What a part made from a map was set to: the settings of the map, turned round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wampedge.devices.expressions import ExpressionError
from wampedge.devices.registermap.model import Setting
from wampedge.devices.registermap.traffic import Step

__all__ = ["Written"]

HALVINGS = 60
"""Steps of bisection from the limits of a setting to its value."""


class Written:
    """Finds in messages which setting they carry, and its value.

    Args:
        settings: channel to its setting.
        numbers: parameters and consts of the device.
    """

    def __init__(self, settings: Mapping[str, Setting], numbers: Mapping[str, float]) -> None:
        self._settings = settings
        self._numbers = numbers
        self._values: dict[str, float] = {}

    def forget(self) -> None:
        """Hold nothing, as after power-on."""
        self._values.clear()

    def note(self, message: bytes) -> None:
        """Note what *message* sets, if it sets anything."""
        for name, setting in self._settings.items():
            for step in setting.steps:
                value = self._value(setting, step, message)
                if value is not None:
                    self._values[name] = value

    def value(self, channel: str) -> float | None:
        """Return what *channel* was set to since power-on, or None."""
        return self._values.get(channel)

    def _value(self, setting: Setting, step: Step, message: bytes) -> float | None:
        """Return the value whose step is *message*, or None when there is none."""
        if setting.limits is None:
            return self._flag(step, setting, message)
        if step.value is None or not message.startswith(step.data):
            return None
        try:
            low, high = (limit.evaluate(self._numbers) for limit in setting.limits)
            return self._bisected(setting, step, message, (low, high))
        except ExpressionError:
            return None

    def _flag(self, step: Step, setting: Setting, message: bytes) -> float | None:
        for flag in (True, False):
            if self._message(setting, step, flag) == message:
                return flag
        return None

    def _bisected(
        self, setting: Setting, step: Step, message: bytes, limits: Sequence[float]
    ) -> float | None:
        low, high = limits
        sample = self._message(setting, step, low)
        if len(sample) != len(message):
            return None
        wanted = self._word(step, message)
        rises = self._word(step, sample) <= self._word(step, self._message(setting, step, high))
        for value in (low, high):
            if self._message(setting, step, value) == message:
                return self._accepted(setting, value)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            trial = self._message(setting, step, middle)
            if trial == message:
                return self._accepted(setting, middle)
            if (self._word(step, trial) < wanted) == rises:
                low = middle
            else:
                high = middle
        return None

    def _message(self, setting: Setting, step: Step, value: float) -> bytes:
        numbers = {**self._numbers, "value": value}
        numbers["raw"] = setting.raw.evaluate(numbers)
        return step.bind(numbers).data

    def _accepted(self, setting: Setting, value: float) -> float:
        numbers = {**self._numbers, "value": value}
        numbers["raw"] = setting.raw.evaluate(numbers)
        return value if setting.accepted is None else setting.accepted.evaluate(numbers)

    def _word(self, step: Step, message: bytes) -> int:
        return int.from_bytes(message[len(step.data) :][: step.size], step.endian)
