"""Window, vent, blind, awning or gate: a motor with two directions behind two relays.

Chip: none; two other devices of the file, which have the commands on and off. Where it is, is
reckoned from the time it moves, and known for sure only after a full opening or closing: these last
a tenth longer than the travel, so that the end stop is reached. Put both relays into an interlock
with a dead time, so that nothing else can switch them on together either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wampedge.devices.driver import Driver, DriverContext, command, param, reading, setting
from wampedge.devices.fields import Choice, Duration, Field, FieldError, Number, Table
from wampedge.devices.journey import Journey
from wampedge.devices.peers import DeviceName, Peer
from wampedge.devices.values import Value
from wampedge.errors import DeviceError, NotReadyError, RefusedError
from wampedge_drivers.composed._travel import Travel

__all__ = ["Cover"]

OVERRUN = 0.1
"""How much longer than its travel a full opening or closing lasts."""
REPORT_S = 1.0
"""How often a moving cover says where it is, in seconds."""
PATIENCE_S = 15.0
"""How long a direction may be refused before the order fails, in seconds."""
_LEAST_WAIT_S = 0.05
_POSITION = Number(0, 100)


class TravelTime(Field):
    """How long it takes from end to end: one duration, or one for each direction; in seconds."""

    _one = Duration(minimum_s=0.5, maximum_s=3600.0)
    _both = Table({"open": _one, "close": _one})

    def convert(self, value: Any) -> dict[str, float]:
        """Return seconds by direction; raises FieldError."""
        if isinstance(value, Mapping):
            return self._both.convert(value)
        try:
            seconds = self._one.convert(value)
        except FieldError as error:
            hint = error.hint or 'or write { open = "38s", close = "35s" }'
            raise FieldError(error.text, hint) from error
        return {"open": seconds, "close": seconds}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of both forms."""
        return {"anyOf": [self._one.schema(), self._both.schema()]}


class Cover(
    Driver, title="Cover: window, vent, blind, gate behind two relays", events=("blocked",)
):
    """One cover. Channels ``position`` in % and ``motion``; commands open, close, stop, goto."""

    open: str = param(DeviceName(commands=("on", "off")), doc="the relay that opens it")
    close: Any = param(DeviceName(commands=("on", "off")), doc="the relay that closes it")
    travel: Mapping[str, float] = param(TravelTime(), doc="how long it takes from end to end")
    pause: float = param(
        Duration(minimum_s=0.0, maximum_s=60.0), 0.5, doc="rest before it turns round"
    )
    position = setting(_POSITION, unit="%", doc="0 is closed, 100 is open")
    motion = reading(kind=Choice(("opening", "closing", "still")), doc="what it does now")

    def __init__(self, context: DriverContext, params: Mapping[str, Any], bus: Any = None) -> None:
        super().__init__(context, params, bus)
        # The word of the device file is a method of every driver as well.
        self._closing_relay, self.close = self.close, self._let_go
        kept = context.kept.get("position")
        known = float(kept) if isinstance(kept, (int, float)) else None
        self._travel = Travel(known, opens_s=self.travel["open"], closes_s=self.travel["close"])
        self._target: float | None = None
        self._journey: Journey | None = None
        self._cancel: list[Callable[[], None]] = []
        self._watches: list[Callable[[], None]] = []
        self._refused_since_s: float | None = None
        self._rested_s = -self.pause
        self._is_ordering = False

    async def setup(self) -> None:
        """Watch both relays; what they do by themselves moves the cover as well."""
        self._end_watches()
        self._relays: dict[int, Peer] = {
            1: self.context.peer(self.open),
            -1: self.context.peer(self._closing_relay),
        }
        for direction, relay in self._relays.items():
            self._watches.append(relay.watch("state", self._watcher(direction)))
        self._publish()

    async def read_back(self) -> Mapping[str, Value]:
        """Return where it is now; raises NotReadyError while that is not known."""
        position = self._travel.at(self._now())
        if position is None:
            raise NotReadyError("its position is not known; open or close it once")
        return {"position": round(position, 1)}

    async def run_command(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command; raises DeviceError."""
        return await getattr(self, {"open": "open_it", "close": "close_it"}.get(name, name))(
            **arguments
        )

    async def safe(self) -> None:
        """Stop where it is; raises DeviceError."""
        self._forget_timers()
        self._target = None
        await self._halt()
        self._end_journey()

    @command(name="open", has_progress=True)
    async def open_it(self) -> Journey:
        """Open it; progressive results say where it is, in %."""
        return await self._go(100.0)

    @command(name="close", has_progress=True)
    async def close_it(self) -> Journey:
        """Close it; progressive results say where it is, in %."""
        return await self._go(0.0)

    @command({"percent": _POSITION}, has_progress=True)
    async def goto(self, percent: float) -> Journey:
        """Go to a position, 0 closed to 100 open; progressive results say where it is, in %."""
        return await self._go(float(percent))

    @command()
    async def stop(self) -> float | None:
        """Stop it; returns where it is, in %, null where that is not known."""
        await self.safe()
        position = self._travel.at(self._now())
        return None if position is None else round(position, 1)

    async def set_position(self, value: float) -> float:
        """Go to *value*; returns at once with where it goes to."""
        await self._go(float(value))
        return value

    async def _go(self, target: float) -> Journey:
        """Begin to move to *target*, whatever is under way; raises DeviceError."""
        self._end_journey()
        self._target = target
        self._journey = journey = Journey()
        self._refused_since_s = None
        await self._advance()
        return journey

    async def _advance(self) -> None:
        """Do the next step to the target: stop, wait, begin, or be there."""
        self._forget_timers()
        target, now_s = self._target, self._now()
        if target is None:
            return
        position = self._travel.at(now_s)
        is_end = target in {0.0, 100.0}
        if position is None and not is_end:
            wanted = -1  # to an end that is known, and from there to the target
        elif position is not None and not is_end and abs(target - position) < 1.0:
            await self._arrive()
            return
        else:
            wanted = 1 if target == 100.0 or (position is not None and target > position) else -1
        if self._travel.direction not in {0, wanted}:
            await self._halt()
            now_s = self._now()
        wait_s = 0.0 if self._travel.direction == wanted else self._rested_s + self.pause - now_s
        if wait_s > 0.0:
            self._later(wait_s, self._advance)
            return
        await self._begin(wanted)

    async def _begin(self, direction: int) -> None:
        """Switch on the relay of *direction*; one that may not yet is tried again."""
        try:
            if self._travel.direction != direction:
                await self._order(-direction, "off")
                self.context.kept.put("position", None, within_s=0.0)
                await self._order(direction, "on")
                self._note_motion(direction)
        except RefusedError as error:
            await self._wait_or_fail(error)
            return
        except DeviceError as error:
            await self._fail(error)
            return
        self._refused_since_s = None
        target = self._target
        assert target is not None, "begun on the way to a target"
        now_s = self._now()
        goal = target if self._travel.at(now_s) is not None else (100.0 if direction > 0 else 0.0)
        needs_s = self._travel.needs_s(goal, now_s)
        if goal in {0.0, 100.0}:
            needs_s += OVERRUN * self._travel.whole_s(direction)
        self._later(needs_s, self._reach)
        self._later(min(REPORT_S, needs_s), self._report)

    async def _reach(self) -> None:
        """Stop at the end of a leg, and go on where that was not the whole way."""
        try:
            await self._halt()
        except DeviceError as error:
            await self._fail(error)
            return
        position, target = self._travel.at(self._now()), self._target
        if target is None or (position is not None and abs(position - target) < 1.0):
            await self._arrive()
        else:
            await self._advance()

    async def _arrive(self) -> None:
        if self._travel.direction:
            await self._halt()
        self._forget_timers()
        self._target = None
        self._end_journey()

    async def _halt(self) -> None:
        """Switch both relays off and note where it stopped; raises DeviceError."""
        for direction in (self._travel.direction or 1, -(self._travel.direction or 1)):
            await self._order(direction, "off")
        self._note_motion(0)

    async def _report(self) -> None:
        self._publish()
        position = self._travel.at(self._now())
        if self._journey is not None and position is not None:
            self._journey.tell(round(position, 1))
        self._later(REPORT_S, self._report)

    async def _wait_or_fail(self, error: RefusedError) -> None:
        now_s = self._now()
        if self._refused_since_s is None:
            self._refused_since_s = now_s
        retry_s = error.retry_after_s
        if retry_s is None or now_s + retry_s - self._refused_since_s > PATIENCE_S:
            await self._fail(error)
        else:
            self._later(max(retry_s, _LEAST_WAIT_S), self._advance)

    async def _fail(self, error: DeviceError) -> None:
        """Give the order up, with both relays off as far as that can be done."""
        self._forget_timers()
        self._target = None
        for direction in self._relays:
            try:
                await self._order(direction, "off")
            except DeviceError:
                continue  # its own device says what is wrong with it
        self._note_motion(0)
        journey, self._journey = self._journey, None
        self.emit("blocked")
        if journey is not None:
            journey.end(error)

    def _watcher(self, direction: int) -> Callable[[Value], None]:
        def on_state(value: Value) -> None:
            moves = self._travel.direction == direction
            if value is True and not moves:
                self._note_motion(direction)  # somebody else moves it
            elif value is not True and moves:
                self._note_motion(0)
                if self._target is not None and not self._is_ordering:
                    self.context.later(0.0, self._interrupted)

        return on_state

    async def _interrupted(self) -> None:
        """Give up an order whose relay somebody else switched off."""
        if self._target is not None and not self._travel.direction:
            await self._fail(RefusedError("its relay went off before it was there"))

    async def _order(self, direction: int, command: str) -> None:
        """Switch a relay; what it says meanwhile is our own doing; raises DeviceError."""
        self._is_ordering = True
        try:
            await self._relays[direction].call(command)
        finally:
            self._is_ordering = False

    def _note_motion(self, direction: int) -> None:
        now_s = self._now()
        if direction:
            self._travel.begin(direction, now_s)
        else:
            if self._travel.direction:
                self._rested_s = now_s
            self._travel.halt(now_s)
            self.context.kept.put("position", self._travel.at(now_s), within_s=1.0)
        self._publish()

    def _publish(self) -> None:
        position = self._travel.at(self._now())
        words = {1: "opening", -1: "closing", 0: "still"}
        self.context.publish({"motion": words[self._travel.direction]})
        if position is None:
            self.context.bad(["position"], "not known; open or close it once")
        else:
            self.context.publish({"position": round(position, 1)})

    def _end_journey(self) -> None:
        """Tell whoever waits where it is: there, or where another order met it."""
        journey, self._journey = self._journey, None
        if journey is not None:
            position = self._travel.at(self._now())
            journey.end(None if position is None else round(position, 1))

    def _later(self, seconds: float, action: Callable[[], Any]) -> None:
        self._cancel.append(self.context.later(seconds, action))

    def _forget_timers(self) -> None:
        for cancel in self._cancel:
            cancel()
        self._cancel.clear()

    async def _let_go(self) -> None:
        """Watch the relays no more; awaited at the end, as ``Driver.close``."""
        self._end_watches()

    def _end_watches(self) -> None:
        for end in self._watches:
            end()
        self._watches.clear()

    def _now(self) -> float:
        return self.context.clock.monotonic()
