"""Hobby servo on one pin: an angle told by the length of a pulse, 50 times a second.

Chip: none; a pin of the GPIO header, or of a PCA9685 at 50 Hz. The wave of the header is made in
software, with a jitter of some ten microseconds: a servo trembles a little, a PCA9685 does not.
Detached it gets no pulses and holds nothing; nobody knows then where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from wampedge.devices.driver import (
    ChannelSpec,
    CommandSpec,
    Driver,
    command,
    param,
    pwm_pin,
    setting,
)
from wampedge.devices.fields import Duration, ListOf, Number
from wampedge.devices.ramp import Ramp
from wampedge.devices.values import Value
from wampedge.errors import InvalidValueError

__all__ = ["Servo"]

FREQUENCY_HZ = 50.0
_ANGLE = Number(-360, 360)


class Servo(Driver, title="Hobby servo on one pin"):
    """One servo. Channel ``position`` in degrees; commands angle and detach."""

    slews: ClassVar[bool] = True

    pin = pwm_pin(doc="the pin its signal wire is on")
    pulse: tuple[float, float] = param(
        ListOf(Duration(minimum_s=1e-4, maximum_s=5e-3), 2, 2),
        (1e-3, 2e-3),
        doc='length of the pulse at both ends, such as ["500us", "2400us"]',
    )
    angle: Any = param(ListOf(_ANGLE, 2, 2), (0.0, 90.0), doc="angle at both ends, in degrees")
    position = setting(_ANGLE, unit="°", doc="where it is told to be")

    _angle: float | None = None
    _ramp: Ramp | None = None

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return the position, within the angles of the device file."""
        low, high = sorted(params["angle"])
        return {"position": ChannelSpec(Number(low, high), "°", is_settable=True)}

    @classmethod
    def commands_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, CommandSpec]:
        """Return the commands, with the angles of the device file."""
        low, high = sorted(params["angle"])
        turn = cls._spec.commands["angle"].but(arguments={"degrees": Number(low, high)})
        return {**cls._spec.commands, "angle": turn}

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return what two ends that are the same are told."""
        return [
            ((key,), "must have two different ends")
            for key in ("pulse", "angle")
            if params[key][0] == params[key][1]
        ]

    @classmethod
    def planned_frequency_hz(cls, pin: str, params: Mapping[str, Any]) -> float:
        """Return 50 Hz."""
        return FREQUENCY_HZ

    def initial_duty(self, pin: str) -> float:
        """Return the duty of the angle it starts with; 0, which is no pulse, without one."""
        return 0.0 if self._angle is None else self._duty(self._angle)

    def start_with(self, value: Value) -> None:
        """Start at an angle, or detached."""
        self._angle = None if value is None or isinstance(value, (bool, str)) else float(value)

    def take_over(self, before: Driver) -> None:
        """Keep the angle."""
        if isinstance(before, Servo):
            self._angle = before._angle

    async def setup(self) -> None:
        """Hold the angle it was told last, or nothing."""
        if self._angle is None:
            await self._detach()
        else:
            await self._drive(self._angle)
            self._own.begin_at(self._angle)
        self._publish()

    async def set_position(self, value: float) -> float:
        """Turn to an angle, in degrees; raises DeviceError."""
        if self._angle is None:  # nobody knows where it is: there is nothing to ramp from
            await self._own.jump(value)
        else:
            await self._own.go(value)
        return value

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command; ``angle`` is a key of the device file as well, so its method is not."""
        method = self.turn_to if name == "angle" else getattr(self, name)
        return await method(**arguments)

    @command({"degrees": _ANGLE}, name="angle")
    async def turn_to(self, degrees: float) -> float:
        """Turn to an angle, in degrees."""
        low, high = sorted(self.angle)
        if not low <= degrees <= high:
            text = f"degrees must be {low:g} to {high:g}, got {degrees:g}"
            raise InvalidValueError(text, field="degrees")
        await self.set_position(degrees)
        self.context.publish({"position": degrees})
        return degrees

    @command()
    async def detach(self) -> None:
        """Send no more pulses: it holds nothing."""
        await self.set_inactive()

    async def safe(self) -> None:
        """Send no more pulses."""
        await self._own.jump_to_rest(self._detach)

    async def set_inactive(self) -> None:
        """Send no more pulses, and say so."""
        await self.safe()
        self._publish()

    @property
    def _own(self) -> Ramp:
        if self._ramp is None:
            self._ramp = Ramp(self.context, self._drive)
        return self._ramp

    async def _drive(self, degrees: float) -> None:
        wanted = self._own.target if self._own.is_moving else degrees
        await self.context.guard.enter(True, wanted)
        await self.pin.set_duty(self._duty(degrees))
        self._angle = degrees
        self.context.guard.noted(True, wanted)

    async def _detach(self) -> None:
        await self.context.guard.enter(False)
        await self.pin.set_duty(0.0)
        self._angle = None
        self.context.guard.noted(False)

    def _duty(self, degrees: float) -> float:
        """Return the share of a period the pulse takes that means *degrees*."""
        first, last = self.angle
        share: float = (degrees - first) / (last - first)
        return (self.pulse[0] + share * (self.pulse[1] - self.pulse[0])) * FREQUENCY_HZ

    def _publish(self) -> None:
        if self._angle is None:
            self.context.bad(["position"], "it is detached: nobody knows where it is")
        else:
            self.context.publish({"position": self._angle})
