"""What stepper motors have in common, whatever moves their coils: ways, speeds, counts, homing.

Steps are timed by the event loop of the node. Nothing measures where the motor is: its steps are
counted, and the count is kept over restarts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wampedge.devices.contracts import Pull
from wampedge.devices.driver import (
    ChannelSpec,
    CommandSpec,
    Driver,
    DriverContext,
    command,
    input_pin,
    param,
    reading,
    setting,
)
from wampedge.devices.fields import Boolean, Choice, ListOf, Number, Text
from wampedge.devices.journey import Journey
from wampedge.devices.peers import DeviceName
from wampedge.devices.values import Value
from wampedge.errors import DeviceError, InvalidValueError, NotReadyError, UnsupportedError
from wampedge_drivers.gpio._homing import Homing

__all__ = ["SteppingMotor"]

REPORT_S = 1.0
SEARCHED_STEPS = 10_000
"""How far the switch is looked for where the device file says neither limits nor a distance."""
_POSITION = Number(-1e9, 1e9)


class SteppingMotor(Driver):
    """One motor. Channels ``position`` and ``moving``; commands goto, move, stop, zero, home."""

    switch = input_pin(is_required=False, doc="switch that ``home`` looks for")
    steps_per_unit: float = param(Number(1e-6, 1e6), 1.0, doc="steps for one unit of position")
    unit: str = param(Text(maximum_length=16), "", doc="unit of position; none: steps")
    limits: tuple[float, float] | None = param(
        ListOf(Number(-1e9, 1e9), 2, 2), None, doc="where it may go, in that unit"
    )
    max_speed: float = param(Number(0.1, 500), 200.0, doc="steps a second, at most")
    acceleration: float = param(Number(1, 10_000), 400.0, doc="steps a second, each second")
    direction: str = param(Choice(("normal", "reversed")), "normal", doc="which way counts up")
    hold: bool = param(Boolean(), False, doc="stay powered at rest, so that it holds")
    switch_active: str = param(
        Choice(("low", "high")), "low", doc="level of ``switch`` while the motor is there"
    )
    home_switch: str | None = param(
        DeviceName(readings={"pressed": ""}), None, doc="a device in place of the pin ``switch``"
    )
    home_way: str = param(Choice(("down", "up")), "down", doc="where the switch is")
    home_speed: float = param(Number(0.1, 500), 50.0, doc="steps a second while it is looked for")
    home_position: float = param(_POSITION, 0.0, doc="where the switch is, in the unit")
    home_distance: float | None = param(
        Number(1e-9, 1e9), None, doc="how far it is looked for, in the unit; none: as far as limits"
    )
    position = setting(_POSITION, doc="where it is told to be")
    moving = reading(kind=Boolean(), doc="true while it turns")

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        kept = context.kept.get("steps", 0)
        self._steps = kept if isinstance(kept, int) and not isinstance(kept, bool) else 0
        self._target = self._steps
        self._way = 0
        self._speed = 0.0
        self._homing: Homing | None = None
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
        """Return what limits that do not fit are told."""
        limits = params["limits"]
        if limits is None:
            return []
        if limits[0] == limits[1]:
            return [(("limits",), "must have two different ends")]
        low, high = sorted(limits)
        if not low <= params["home_position"] <= high:
            return [(("home_position",), f"must be within the limits {low:g} to {high:g}")]
        return []

    @classmethod
    def check_table(cls, values: Mapping[str, Any]) -> list[tuple[Sequence[str], str]]:
        """Return what two switches are told."""
        both = values["switch"] is not None and values["home_switch"] is not None
        return [(("home_switch",), "is of no use beside switch: one is enough")] if both else []

    def active_level(self, pin: str) -> bool | None:
        """Return None: the driver asks before a way, not before each step."""
        return None

    def input_pull(self, pin: str) -> Pull:
        """Pull the switch to the level it has while the motor is elsewhere."""
        return "up" if self.switch_active == "low" else "down"

    async def turn_round(self, way: int) -> None:
        """Prepare for steps up (1) or down (-1)."""
        raise NotImplementedError("each kind of chip has its own way")

    async def take_step(self, way: int) -> None:
        """Take one step up (1) or down (-1)."""
        raise NotImplementedError("each kind of chip has its own way")

    async def power(self, is_on: bool) -> None:
        """Let current through the coils, or let the motor go."""
        raise NotImplementedError("each kind of chip has its own way")

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
        if self._homing is not None:
            await self._give_up()
        elif self._way:
            self._target = self._steps + self._way * self._stopping_steps()
        return self._place(self._target)

    @command({"position": Number(-1e9, 1e9, default=0)})
    async def zero(self, position: float) -> float:
        """Tell it that it is at a position, while it stands still."""
        self._refuse_while_turning()
        self._steps = self._target = round(position * self.steps_per_unit)
        self._keep()
        self._publish()
        return self._place(self._steps)

    @command(has_progress=True)
    async def home(self) -> Journey:
        """Look for the switch and count from there; progressive results say where it is."""
        if self.switch is None and self.home_switch is None:
            text = "there is no switch to look for"
            raise UnsupportedError(f"{text} (the device file has neither switch nor home_switch)")
        self._refuse_while_turning()
        self._end()
        self._journey = journey = Journey()
        await self._begin()
        self._homing = Homing(1 if self.home_way == "up" else -1, self._searched_steps())
        await self._seek()
        return journey

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
        if self._homing is not None:
            raise NotReadyError("it looks for its switch; stop it first")
        self._end()
        self._journey = journey = Journey()
        self._target = target
        if not self._way:
            if target == self._steps:
                self._end()
                return journey
            await self._begin()
            await self._turn()
        return journey

    async def _begin(self) -> None:
        await self.context.guard.enter(True)
        await self.power(True)
        self.context.guard.noted(True)

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
            await self.turn_round(self._sign(way))
        await self._count(way)
        self._speed = self._next_speed(is_slowing=bool(is_short) or self._is_near())
        self._cancel = self.context.later(1.0 / self._speed, self._turn)

    async def _seek(self) -> None:
        """Take one step of the search for the switch, or end it."""
        self._cancel = None
        assert self._homing is not None, "whoever ends the search ends its timer"
        try:
            way = self._homing.next_way(await self._is_at_switch())
        except DeviceError as error:
            await self._give_up(error)
            return
        if not way:
            self._homing = None
            self._steps = self._target = round(self.home_position * self.steps_per_unit)
            await self._arrive()
            return
        if way != self._way:
            self._way = way
            await self.turn_round(self._sign(way))
        await self._count(way)
        self._cancel = self.context.later(1.0 / self.home_speed, self._seek)

    async def _is_at_switch(self) -> bool:
        if self.switch is not None:
            level: bool = await self.switch.read()
            return level == (self.switch_active == "high")
        assert self.home_switch is not None, "home refuses without any switch"
        pressed = self.context.peer(self.home_switch).value("pressed")
        if pressed is None:
            raise DeviceError(f"{self.home_switch} does not say whether it is pressed")
        return bool(pressed)

    async def _give_up(self, error: DeviceError | None = None) -> None:
        """Stop the search where it is."""
        self._forget()
        self._target = self._steps
        await self._rest()
        self._keep()
        self._publish()
        self._end(error)

    def _searched_steps(self) -> int:
        low, high = self.limits or (0.0, 0.0)
        distance = self.home_distance or abs(high - low)
        return math.ceil(distance * self.steps_per_unit) or SEARCHED_STEPS

    async def _count(self, way: int) -> None:
        """Take one step, and count it."""
        await self.take_step(self._sign(way))
        self._steps += way
        self._keep()
        self._report()

    def _sign(self, way: int) -> int:
        return -way if self.direction == "reversed" else way

    def _refuse_while_turning(self) -> None:
        if self._way:
            raise NotReadyError("it is turning; stop it first")

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
        await self.power(self.hold)
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

    def _end(self, error: DeviceError | None = None) -> None:
        journey, self._journey = self._journey, None
        if journey is not None:
            journey.end(error or self._place(self._steps))

    def _forget(self) -> None:
        self._homing = None
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
