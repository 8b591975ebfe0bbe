"""DC motor behind an H-bridge: two pins for the direction, and one for the speed.

Chip: L298N, DRV8833, TB6612FNG and their kin; pins of the header. ``pwm`` is the enable or PWM
input of the bridge; without it the motor knows only full speed forward, full speed backward and
rest. Both direction pins low lets it coast, both high brakes it. They are never high together but
for that, and a motor that turns round rests for ``reverse_pause`` first, however the order came.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from wampedge.devices.driver import Driver, command, output_pin, param, pwm_pin, setting
from wampedge.devices.fields import Duration, Number, Quantity
from wampedge.devices.ramp import Ramp
from wampedge.devices.values import Value
from wampedge.errors import InvalidValueError

__all__ = ["Motor"]

_SPEED = Number(-1, 1)
_WITHOUT_PWM = (-1, 0, 1)


class Motor(Driver, title="DC motor behind an H-bridge"):
    """One motor. Channel ``speed``, -1 to 1; commands run, stop, brake."""

    slews: ClassVar[bool] = True

    forward = output_pin(place="pins", doc="high turns it forward")
    backward = output_pin(place="pins", doc="high turns it backward")
    pwm = pwm_pin(place="pins", is_required=False, doc="enable input of the bridge, for the speed")
    frequency: float = param(
        Quantity("Hz", minimum=1, maximum=10_000), 500.0, doc="periods of pwm a second"
    )
    reverse_pause: float = param(
        Duration(minimum_s=0.0, maximum_s=10.0), 0.1, doc="rest before it turns the other way"
    )
    speed = setting(_SPEED, doc="-1 full speed backward, 0 rest, 1 full speed forward")

    _wanted: float | None = None
    """The speed to begin or go on with in ``setup``; None after a failure: rest."""
    _speed = 0.0
    _is_braking = False
    _direction = 0
    _last_direction = 0
    _rested_s = -math.inf
    """When power was taken away last; with which way it turned then it tells who has to rest."""
    _ramp: Ramp | None = None
    _cancel_start: Callable[[], None] | None = None

    @classmethod
    def check_table(cls, values: Mapping[str, Any]) -> list[tuple[Sequence[str], str]]:
        """Return what a motor without pwm pin cannot do."""
        if values["pwm"] is not None:
            return []
        text = "is of no use without a pwm pin: the motor knows only full speed and rest"
        mistakes: list[tuple[Sequence[str], str]] = [(("slew",), text)] if values["slew"] else []
        for key in ("on_start", "on_stop"):
            state = values[key]
            if isinstance(state, int | float) and state not in _WITHOUT_PWM:
                mistakes.append(((key,), "must be -1, 0 or 1 for a motor without pwm pin"))
        return mistakes

    def start_with(self, value: Value) -> None:
        """Start with a speed; the bridge is driven in ``setup``, never before."""
        self._wanted, self._direction, self._is_braking = float(value or 0.0), 0, False

    def take_over(self, before: Driver) -> None:
        """Turn on as it does, with the same rest before it turns round."""
        if not isinstance(before, Motor):
            return
        self._direction, self._speed = before._direction, before._speed
        self._last_direction, self._rested_s = before._last_direction, before._rested_s
        self._is_braking = before._is_braking
        self._wanted = before._own.target

    def initial_level(self, pin: str) -> bool:
        """Return the level that goes on with what was taken over."""
        return self._is_braking or self._direction == (1 if pin == "forward" else -1)

    def initial_duty(self, pin: str) -> float:
        """Return the duty that goes on with what was taken over."""
        return 1.0 if self._is_braking else abs(self._speed)

    async def setup(self) -> None:
        """Go on as it was taken over; else bring it to rest, then to what it starts with."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None and self._is_braking:
            await self._close_bridge()
            self.context.publish({"speed": 0.0})
            return
        if wanted is None or not self._direction:
            await self._rest()
        if self.pwm is None and wanted not in _WITHOUT_PWM:
            wanted = None  # it was restored: full speed would be more than it was asked for
        self._own.begin_at(self._speed)
        if wanted:
            await self._own.go(wanted)
        self.context.publish({"speed": self._own.target})

    async def set_speed(self, value: float) -> float:
        """Turn with a speed; it gets there as fast as ``slew`` lets it; raises DeviceError."""
        if self.pwm is None and value not in _WITHOUT_PWM:
            text = f"value must be -1, 0 or 1 for a motor without pwm pin, got {value:g}"
            raise InvalidValueError(text, field="value")
        await self._own.go(value)
        return value

    @command({"speed": _SPEED})
    async def run(self, speed: float) -> float:
        """Turn with a speed, -1 to 1."""
        try:
            await self.set_speed(speed)
        except InvalidValueError as error:
            raise InvalidValueError(error.reason, field="speed") from error
        self.context.publish({"speed": speed})
        return speed

    @command()
    async def stop(self) -> float:
        """Let it coast to rest, now and without a ramp."""
        await self.set_inactive()
        return 0.0

    @command()
    async def brake(self) -> float:
        """Brake it by closing the bridge at both sides, without power."""
        await self.set_inactive()
        await self._close_bridge()
        return 0.0

    async def _close_bridge(self) -> None:
        await self.context.guard.enter(True, 0.0)
        await self.forward.write(True)
        await self.backward.write(True)
        if self.pwm is not None:  # an L298N brakes only while it is enabled
            await self.pwm.set_duty(1.0)
        self._is_braking = True
        self.context.guard.noted(True, 0.0)

    async def safe(self) -> None:
        """Let it coast to rest."""
        self._forget_start()
        await self._own.jump(0.0)

    async def set_inactive(self) -> None:
        """Let it coast to rest now, and say so."""
        await self.safe()
        self.context.publish({"speed": 0.0})

    @property
    def _own(self) -> Ramp:
        if self._ramp is None:
            self._ramp = Ramp(self.context, self._drive)
        return self._ramp

    async def _drive(self, speed: float) -> None:
        """Take one step of speed; who turns the other way rests first."""
        self._forget_start()
        direction = (speed > 0) - (speed < 0)
        if not direction:
            await self._rest()
            return
        now_s = self.context.clock.monotonic()
        if self._direction == -direction:
            await self._rest()
        wait_s = self._rested_s + self.reverse_pause - now_s
        if self._last_direction == -direction and wait_s > 0.0:
            self._cancel_start = self.context.later(wait_s, lambda: self._start(speed))
            return
        await self._turn(direction, speed)

    async def _start(self, speed: float) -> None:
        self._cancel_start = None
        await self._turn(1 if speed > 0 else -1, speed)

    async def _turn(self, direction: int, speed: float) -> None:
        wanted = self._own.target if self._own.is_moving else speed
        await self.context.guard.enter(True, wanted)
        ahead, behind = self._pins(direction)
        if self.pwm is not None:  # first: while it braked it had full power
            await self.pwm.set_duty(abs(speed))
        await behind.write(False)
        await ahead.write(True)
        self._is_braking = False
        self._direction = self._last_direction = direction
        self._speed = speed
        self.context.guard.noted(True, wanted)

    async def _rest(self) -> None:
        """Take the power away; raises DeviceError."""
        await self.context.guard.enter(False, 0.0)
        if self.pwm is not None:
            await self.pwm.set_duty(0.0)
        for pin in self._pins(self._direction or 1):
            await pin.write(False)
        if self._direction:
            self._rested_s = self.context.clock.monotonic()
        self._direction, self._speed, self._is_braking = 0, 0.0, False
        self.context.guard.noted(False, 0.0)

    def _pins(self, direction: int) -> tuple[Any, Any]:
        """Return the pin that is high in *direction*, and the other."""
        pins = (self.forward, self.backward)
        return pins if direction > 0 else pins[::-1]

    def _forget_start(self) -> None:
        if self._cancel_start is not None:
            self._cancel_start()
            self._cancel_start = None
