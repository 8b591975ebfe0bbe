"""Stepper motor behind a driver chip with step and direction inputs.

Chip: A4988, DRV8825, TMC2209 and their kin; pins of the header. Steps are timed by the event loop
of the node, so at most 500 of them a second are taken: enough for valves, feeders and focusers, too
slow for machine tools. Nothing measures where the motor is. Its steps are counted, and the count is
kept over restarts; what turns the shaft by hand, or a power cut on the way, makes it wrong until
``zero`` is told where it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wampedge.devices.driver import (
    ChannelSpec,
    CommandSpec,
    Driver,
    DriverContext,
    command,
    output_pin,
    param,
    reading,
    setting,
)
from wampedge.devices.fields import Boolean, Choice, ListOf, Number, Text
from wampedge.devices.journey import Journey
from wampedge.devices.values import Value
from wampedge.errors import DeviceError, InvalidValueError

__all__ = ["Stepper"]

REPORT_S = 1.0
_POSITION = Number(-1e9, 1e9)


class Stepper(Driver, title="Stepper motor behind a step and direction chip"):
    """One motor. Channels ``position`` and ``moving``; commands goto, move, stop, zero."""

    step = output_pin(place="pins", doc="STEP: one step at each rising edge")
    dir = output_pin(place="pins", doc="DIR: low counts up, unless ``reversed``")
    enable = output_pin(place="pins", is_required=False, doc="ENABLE: low lets it hold and turn")
    steps_per_unit: float = param(Number(1e-6, 1e6), 1.0, doc="steps for one unit of position")
    unit: str = param(Text(maximum_length=16), "", doc="unit of position; none: steps")
    limits: tuple[float, float] | None = param(
        ListOf(Number(-1e9, 1e9), 2, 2), None, doc="where it may go, in that unit"
    )
    max_speed: float = param(Number(0.1, 500), 200.0, doc="steps a second, at most")
    acceleration: float = param(Number(1, 10_000), 400.0, doc="steps a second, each second")
    direction: str = param(Choice(("normal", "reversed")), "normal", doc="which way counts up")
    hold: bool = param(Boolean(), False, doc="stay powered at rest, so that it holds")
    position = setting(_POSITION, doc="where it is told to be")
    moving = reading(kind=Boolean(), doc="true while it turns")

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        kept = context.kept.get("steps", 0)
        self._steps = kept if isinstance(kept, int) and not isinstance(kept, bool) else 0
        self._target = self._steps
        self._way = 0
        self._speed = 0.0
        self._journey: Journey | None = None
        self._cancel: Callable[[], None] | None = None
        self._reported_s = -math.inf

    @classmethod
    def channels_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, ChannelSpec]:
        """Return the position in the unit, and within the limits, of the device file."""
        low, high = sorted(params["limits"] or (-1e9, 1e9))
        place = ChannelSpec(Number(low, high), params["unit"], is_settable=True)
        return {"position": place, "moving": cls._spec.channels["moving"]}

    @classmethod
    def commands_for(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, CommandSpec]:
        """Return the commands, within the limits of the device file."""
        low, high = sorted(params["limits"] or (-1e9, 1e9))
        goto = cls._spec.commands["goto"].but(arguments={"position": Number(low, high)})
        return {**cls._spec.commands, "goto": goto}

    @classmethod
    def check_params(
        cls, params: Mapping[str, Any], channels: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[Sequence[str], str]]:
        """Return what two limits that are the same are told."""
        limits = params["limits"]
        same = limits is not None and limits[0] == limits[1]
        return [(("limits",), "must have two different ends")] if same else []

    def active_level(self, pin: str) -> bool | None:
        """Return None: the driver asks before a way, not before each step."""
        return None

    def initial_level(self, pin: str) -> bool:
        """Return high for ENABLE, which lets the motor go."""
        return pin == "enable" and not self.hold

    async def setup(self) -> None:
        """Stand where it stood."""
        await self._rest()
        self._publish()

    async def set_position(self, value: float) -> float:
        """Begin to turn to a position; returns at once with where it goes to."""
        await self._go(round(value * self.steps_per_unit))
        return self._place(self._target)

    @command({"position": _POSITION}, has_progress=True)
    async def goto(self, position: float) -> Journey:
        """Turn to a position; progressive results say where it is."""
        self._check("position", position)
        return await self._go(round(position * self.steps_per_unit))

    @command({"distance": _POSITION}, has_progress=True)
    async def move(self, distance: float) -> Journey:
        """Turn so far from where it is; progressive results say where it is."""
        target = self._steps + round(distance * self.steps_per_unit)
        self._check("distance", self._place(target))
        return await self._go(target)

    @command()
    async def stop(self) -> float:
        """Slow down and stop; returns where that will be."""
        if self._way:
            self._target = self._steps + self._way * self._stopping_steps()
        return self._place(self._target)

    @command({"position": Number(-1e9, 1e9, default=0)})
    async def zero(self, position: float) -> float:
        """Tell it that it is at a position, while it stands still."""
        if self._way:
            raise DeviceError("it is turning; stop it first")
        self._steps = self._target = round(position * self.steps_per_unit)
        self._keep()
        self._publish()
        return self._place(self._steps)

    async def safe(self) -> None:
        """Stop at once and let the motor go, unless it is to hold."""
        self._forget()
        await self._rest()
        self._target = self._steps
        self._keep()
        self._end()

    async def set_inactive(self) -> None:
        """Stop at once, and say so."""
        await self.safe()
        self._publish()

    async def _go(self, target: int) -> Journey:
        self._end()
        self._journey = journey = Journey()
        self._target = target
        if not self._way:
            if target == self._steps:
                self._end()
                return journey
            await self.context.guard.enter(True)
            if self.enable is not None:
                await self.enable.write(False)
            self.context.guard.noted(True)
            await self._turn()
        return journey

    async def _turn(self) -> None:
        """Take one step, and plan the next one or the end."""
        self._cancel = None
        left = self._target - self._steps
        way = (left > 0) - (left < 0)
        is_short = self._way and (way != self._way or abs(left) < self._stopping_steps())
        if is_short and self._speed > self._slowest():
            way = self._way  # it has to slow down before it can stop or turn round
        elif not way:
            await self._arrive()
            return
        elif way != self._way:
            self._way, self._speed = way, 0.0
            await self.dir.write((way < 0) != (self.direction == "reversed"))
        await self.step.write(True)
        await self.step.write(False)
        self._steps += way
        self._keep()
        self._speed = self._next_speed(is_slowing=bool(is_short) or self._is_near())
        self._report()
        self._cancel = self.context.later(1.0 / self._speed, self._turn)

    def _is_near(self) -> bool:
        left = (self._target - self._steps) * self._way
        return left <= self._stopping_steps()

    def _next_speed(self, *, is_slowing: bool) -> float:
        """Return the speed after one step more of speeding up, or of slowing down."""
        change = 2 * self.acceleration * (-1 if is_slowing else 1)
        speed = math.sqrt(max(self._speed**2 + change, 0.0))
        return min(max(speed, self._slowest()), self.max_speed)

    def _slowest(self) -> float:
        """Return the speed of the first step from rest."""
        return min(math.sqrt(2 * self.acceleration), self.max_speed)

    def _stopping_steps(self) -> int:
        return math.ceil(self._speed**2 / (2 * self.acceleration))

    async def _arrive(self) -> None:
        await self._rest()
        self._keep()
        self._publish()
        self._end()

    async def _rest(self) -> None:
        await self.context.guard.enter(False)
        self._way, self._speed = 0, 0.0
        await self.step.write(False)
        if self.enable is not None:
            await self.enable.write(not self.hold)
        self.context.guard.noted(False)

    def _report(self) -> None:
        now_s = self.context.clock.monotonic()
        if now_s - self._reported_s >= REPORT_S:
            self._reported_s = now_s
            self._publish()
            if self._journey is not None:
                self._journey.tell(self._place(self._steps))

    def _publish(self) -> None:
        values: dict[str, Value] = {
            "position": self._place(self._steps),
            "moving": bool(self._way),
        }
        self.context.publish(values)

    def _place(self, steps: int) -> float:
        return round(steps / self.steps_per_unit, 9)

    def _check(self, field: str, position: float) -> None:
        if self.limits is not None:
            low, high = sorted(self.limits)
            if not low <= position <= high:
                text = f"{field} must keep it between {low:g} and {high:g}"
                raise InvalidValueError(text, field=field)

    def _keep(self) -> None:
        self.context.kept.put("steps", self._steps, within_s=1.0)

    def _end(self) -> None:
        journey, self._journey = self._journey, None
        if journey is not None:
            journey.end(self._place(self._steps))

    def _forget(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
