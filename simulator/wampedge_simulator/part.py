"""What every simulated part has: a name, things it senses, faults, and a place on the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import ClassVar

from wampedge.devices.contracts import WiredDevice
from wampedge.errors import InvalidValueError
from wampedge_simulator.clock import BoardClock
from wampedge_simulator.faults import Faults
from wampedge_simulator.nets import Net, Nets
from wampedge_simulator.transactions import Taps
from wampedge_simulator.world import Leader, Quantity, World, sense_all

__all__ = ["Bench", "Part"]


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts of one board share: its clock, world, nets and lock."""

    clock: BoardClock
    world: World
    nets: Nets
    lock: RLock
    later: Callable[[float, Callable[[], None]], None] = lambda _delay_s, _act: None
    """Does something in so many seconds, with the lock held; for the event loop."""
    taps: Taps = field(default_factory=Taps)
    """Who listens to the buses."""

    def now(self) -> float:
        """Return the monotonic time in seconds, at a whole nanosecond."""
        return round(self.clock.monotonic(), 9)

    def after(self, seconds: float) -> float:
        """Return the time *seconds* from now, at a whole nanosecond: who waits so long is there."""
        return round(self.clock.monotonic() + seconds, 9)


class Part:
    """One simulated part, made by the substrate when it starts.

    All its methods are called with the lock of the bench held.

    Args:
        wired: how the device file wires the device.
        bench: what the parts of the board share.
    """

    quantities: ClassVar[Mapping[str, Quantity]] = {}
    """What the part senses, by channel name; `set` can hold each."""
    fault_kinds: ClassVar[Mapping[str, str]] = {}
    """The faults the part can have, with what happens."""
    lines: ClassVar[int] = 0
    """How many pins the part offers to others."""
    is_actuator: ClassVar[bool] = False
    """Whether it can drive a physical model: `power` says how much."""
    output_volts: ClassVar[Mapping[str, float]] = {}
    """How high the outputs of a part go that are not made for 3.3 V, by pin role."""

    warm_up_s: ClassVar[float] = 0.0
    """How long after it was set up what it says is not what there is, in seconds."""

    def __init__(self, wired: WiredDevice, bench: Bench) -> None:
        self.name = wired.name
        self.wired = wired
        self.bench = bench
        self.faults = Faults(wired.name, self.fault_kinds)
        self._senses = sense_all(bench.world, wired.name, self.quantities)
        self._last_sample: dict[str, float] = {}
        self._power_listeners: list[Callable[[], None]] = []

    @property
    def power(self) -> float:
        """How much an actuator does: 0 nothing, 1 all it can; -1 for a motor that runs back."""
        return 0.0

    @property
    def is_braked(self) -> bool:
        """Whether an actuator is held where it is, as a motor whose ends are connected."""
        return False

    def watch_power(self, listener: Callable[[], None]) -> None:
        """Call *listener* at each change of `power`, and maybe when there was none."""
        self._power_listeners.append(listener)

    def lead(self, channel: str, leader: Leader, noise: float | None = None) -> None:
        """Let *channel* sense what a physical model says; raises InvalidValueError.

        `set` holds it against the model until `release`.
        """
        self._check(channel)
        self._senses[channel].lead(leader, noise)

    def power_up(self) -> None:
        """Fall back to the state after power-on."""

    def set(self, channel: str, value: object) -> None:
        """Hold what the part senses at *value* until `release`; raises InvalidValueError."""
        self._check(channel)
        self._senses[channel].pin(value)

    def release(self, channel: str) -> None:
        """Let *channel* go its natural way again; raises InvalidValueError."""
        self._check(channel)
        self._senses[channel].release()

    def begin_fault(self, kind: str, count: int | None) -> None:
        """Let a fault strike from now on; raises InvalidValueError."""
        if kind == "brown_out" and kind in self.faults.kinds:
            self.power_up()
            return
        self.faults.add(kind, count)

    def end_fault(self, kind: str | None = None) -> None:
        """End one fault, or all; raises InvalidValueError."""
        self.faults.clear(kind)

    def sample(self, age_s: float = 0.0) -> Mapping[str, float]:
        """Return all the part senses, as it was *age_s* seconds ago."""
        if self._last_sample and self.faults.take("stuck"):
            return self._last_sample
        time_s = self.bench.clock.time() - age_s
        self._last_sample = {name: sensed.at(time_s) for name, sensed in self._senses.items()}
        return self._last_sample

    @property
    def sensed(self) -> Sequence[str]:
        """Names of what it senses, which `set` can hold."""
        return tuple(self._senses)

    def quantity_of(self, channel: str) -> Quantity:
        """Return the limits of what can be sensed; raises InvalidValueError."""
        self._check(channel)
        return self._senses[channel].quantity

    def sensed_value(self, channel: str) -> float:
        """Return what there is to sense now, which changes nothing; raises InvalidValueError."""
        self._check(channel)
        return self._senses[channel].at(self.bench.clock.time())

    def net(self, role: str) -> Net:
        """Return the net the device file gives for a pin role."""
        return self.bench.nets.net(*self.wired.pins[role])

    def _tell_power(self) -> None:
        for listener in self._power_listeners:
            listener()

    def _check(self, channel: str) -> None:
        if channel not in self._senses:
            from difflib import get_close_matches  # noqa: PLC0415 # for mistakes only

            near = get_close_matches(channel, self._senses, 1)
            hint = f', did you mean "{near[0]}"?' if near else ""
            known = ", ".join(self._senses) or f"nothing of a {self.wired.driver} can be set"
            raise InvalidValueError(
                f'no channel "{channel}" to set{hint} (possible: {known})',
                field="channel",
                device=self.name,
            )
