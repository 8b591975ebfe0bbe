"""All outputs of a node: their guards, interlocks, time limits, and what makes them rest.

Outlives reloads: a relay that was on for nineteen minutes has one minute left, whatever the new
file changes about the others.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from threading import RLock
from typing import Literal, NamedTuple, Protocol

from wampedge.client import CallDetails
from wampedge.config.model import DeviceConfig, SiteConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.kept import Kept
from wampedge.devices.output_policy import OnDisconnect
from wampedge.devices.values import Value
from wampedge.errors import InterlockError, NotReadyError, SafetyError
from wampedge.runtime.outputs.arbiter import Arbiter
from wampedge.runtime.outputs.callers import UPSTREAM, Caller, caller_of, check_access
from wampedge.runtime.outputs.controllers import Controllers
from wampedge.runtime.outputs.guard import DeviceGuard
from wampedge.runtime.outputs.insistence import LEAST_PAUSE_S, insist
from wampedge.runtime.outputs.link_watch import LinkWatch

__all__ = ["MovedDevice", "Outputs"]

log = logging.getLogger(__name__)


MoveKind = Literal["start", "wish", "limit"]
"""Why an output moves by itself: its first state, a lost link or session, a limit it must hold."""


class MovedDevice(Protocol):
    """What an output has to do when it is told by nobody outside."""

    config: DeviceConfig

    async def take_state(self, state: Value) -> None:
        """Bring the output to a state of its policy; raises DeviceError."""
        ...

    def say(self, reason: str) -> None:
        """Tell the world why the output is not what was asked for."""
        ...


class Outputs:
    """Owned by the ``Site``; used on the event loop, its guards also on bus workers.

    Args:
        clock: the node's clock.
        kept_of: returns what a device keeps.
        devices: the running devices, by name; kept up to date by the site.
    """

    def __init__(
        self, clock: Clock, kept_of: Callable[[str], Kept], devices: Mapping[str, MovedDevice]
    ) -> None:
        self.guards: dict[str, DeviceGuard] = {}
        self.own_session = 0
        """The node's own session, once it has joined."""
        self.link_followed: object = None
        """The link that is watched now."""
        self.link = LinkWatch(clock, self._on_disconnected)
        self.controllers = Controllers(clock, self._on_lost)
        self._clock, self._kept_of, self._devices = clock, kept_of, devices
        self._lock = RLock()
        self._arbiters: dict[str, Arbiter] = {}
        self._limits: dict[str, asyncio.TimerHandle] = {}
        self._moves: dict[str, _Move] = {}
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._is_closed = False

    def configure(self, config: SiteConfig) -> None:
        """Take policies and interlocks as *config* has them; no output moves."""
        with self._lock:
            groups = config.interlocks
            self._arbiters = {
                name: self._arbiters.get(name) or Arbiter(group, self._clock)
                for name, group in groups.items()
            }
            for name, group in groups.items():
                self._arbiters[name].configure(group)
        for device in config.devices.values():
            if device.driver.is_output:
                self._configure_one(device)
        for name in set(self.guards) - set(config.devices):
            self.guards.pop(name).let_go()
            self._forget_limit(name)
            self._drop_move(name, "start", "wish", "limit")
            self.controllers.release(name)
        wishes = {n: d.output.on_disconnect for n, d in config.devices.items()}
        self.link.configure({name: wish for name, wish in wishes.items() if wish})
        self.controllers.silence_s = config.sessions.silence_s

    def hold(self, device: str, reason: str, *, by: str = "rule") -> None:
        """Refuse remote orders to *device* until *by* releases it; its own rules go on."""
        guard = self.guards.get(device)
        if guard is not None:
            guard.holds[by] = reason
            self._drop_move(device, "start")

    def release(self, device: str, *, by: str = "rule") -> None:
        """Take remote orders to *device* again, as far as *by* is concerned."""
        guard = self.guards.get(device)
        if guard is not None:
            guard.holds.pop(by, None)

    def admission(self, device: DeviceConfig) -> Callable[[CallDetails, str, str | None], None]:
        """Return what is asked at each call to *device* whether it may pass."""

        def admit(details: CallDetails, action: str, channel: str | None) -> None:
            caller = caller_of(details, self.own_session)
            self.admit(device, action, caller, channel=channel)

        return admit

    async def heartbeat(self, *, details: CallDetails) -> None:
        """``P.heartbeat``: the session that calls lives, and so may what it controls."""
        self.controllers.hear(caller_of(details, self.own_session).session)

    heartbeat.wants_caller = True  # type: ignore[attr-defined] # functions take attributes

    def tell_link(self, *, is_up: bool) -> None:
        """Note how the link upstream is; who controlled through it is gone when it is lost."""
        self.link.tell(is_up=is_up)
        if not is_up:
            self.controllers.leave(UPSTREAM)

    @property
    def has_safety(self) -> bool:
        """Whether any output counts on the session that controls it."""
        return any(guard.policy.has_safety for guard in self.guards.values())

    def admit(
        self, device: DeviceConfig, action: str, caller: Caller, *, channel: str | None = None
    ) -> None:
        """Let a remote order pass, and note who controls the device from now on.

        Raises:
            ApplicationError: the role of *caller* may not.
            SafetyError: the device is held.
        """
        check_access(device, action, caller, channel=channel)
        self.controllers.hear(caller.session)
        guard = self.guards.get(device.name)
        if action == "get" or guard is None:
            return
        if guard.holds:
            raise SafetyError(next(iter(guard.holds.values())), device=device.name)
        if device.output.has_safety:
            self.controllers.take(device.name, caller.session)

    def ordered(self, device: str) -> None:
        """Note that somebody ordered *device*: what it was still to do by itself is over.

        But for the end of ``max_on``: an order does not make the time begin anew.
        """
        self._drop_move(device, "start", "wish")

    def start_later(self, device: str, value: Value) -> None:
        """Let *device* take its first state as soon as its policy allows."""

        async def start() -> None:
            runner = self._runner(device)
            if runner is not None:
                await runner.take_state(value)

        self._move(device, start, kind="start")

    async def make_room(self, device: str) -> None:
        """Release the other members of the interlocks of *device*, and let them rest.

        Nobody else is let in until ``withdraw``.

        Raises:
            InterlockError: an interlock refuses instead of releasing, or a member is unknown.
            LimitError: a member must stay on.
        """
        arbiters = self.guards[device].arbiters
        for arbiter in arbiters:
            if not arbiter.config.releases_first:
                arbiter.check(device)
            arbiter.promise(device)
        while True:
            busy = [other for arbiter in arbiters for other in arbiter.others_active(device)]
            for other in dict.fromkeys(busy):
                await self._release_member(other, device)
            wait_s = max((arbiter.rest_left_s(device) for arbiter in arbiters), default=0.0)
            if not busy and wait_s <= 0.0:
                return
            if wait_s > 0.0:
                await asyncio.sleep(max(wait_s, LEAST_PAUSE_S))

    async def _release_member(self, member: str, device: str) -> None:
        """Switch *member* off so that *device* can be on; raises InterlockError while it must not.

        Raises:
            DeviceError: the member cannot be switched off.
        """
        left_s = self.guards[member].rest_left_s()
        if left_s > 0.0:
            text = f"{member} must be on for {left_s:.3g} s more"
            raise InterlockError(text, device=device, retry_after_s=left_s, holder=member)
        self._drop_move(member, "start", "wish")
        await self._devices[member].take_state("off")

    def withdraw(self, device: str) -> None:
        """End the promise of ``make_room``."""
        for arbiter in self.guards[device].arbiters:
            arbiter.withdraw(device)

    def can_make_room(self, device: str, refusal: InterlockError) -> bool:
        """Say whether releasing other members may help against *refusal*."""
        move = self._moves.get(device)
        if move is not None and move.kind == "start" and move.task is asyncio.current_task():
            return False  # a first state switches nobody off
        arbiter = self._arbiters.get(refusal.group or "")
        return arbiter is not None and arbiter.config.releases_first

    def settle_conflicts(self) -> None:
        """Release all but the first of outputs that a new interlock finds active together."""
        for arbiter in self._arbiters.values():
            for name in arbiter.config.members:
                if self.guards[name].is_active:
                    for other in arbiter.others_active(name):
                        log.warning("%s: off: interlock %s is new", other, arbiter.config.name)
                        text = f"interlock {arbiter.config.name} is new"
                        self._take(other, "off", text, kind="limit")
                    break

    def close(self) -> None:
        """Move nothing any more: the node stops."""
        self._is_closed = True
        self.link.close()
        self.controllers.close()
        for name in list(self._limits):
            self._forget_limit(name)
        for name in list(self._moves):
            self._drop_move(name, "start", "wish", "limit")

    def _configure_one(self, device: DeviceConfig) -> None:
        guard = self.guards.get(device.name)
        if guard is None:
            guard = self.guards[device.name] = DeviceGuard(
                device.name,
                self._kept_of(device.name),
                self._clock,
                lock=self._lock,
                on_change=self._on_change,
                loop=self._loop,
            )
        groups = self._arbiters.values()
        arbiters = tuple(each for each in groups if device.name in each.config.members)
        guard.configure(device.output, arbiters)

    def _on_change(self, guard: DeviceGuard) -> None:
        """Watch the time of an output that became active; any thread."""
        if threading.get_ident() == self._loop_thread:
            self._watch(guard)
        else:
            self._loop.call_soon_threadsafe(self._watch, guard)

    def _watch(self, guard: DeviceGuard) -> None:
        self._forget_limit(guard.name)
        ends_s = guard.ends_s
        if ends_s is None or self._is_closed:
            return
        due_s = max(ends_s, self._clock.monotonic())
        self._limits[guard.name] = self._loop.call_at(due_s, self._on_limit, guard.name)

    def _on_limit(self, name: str) -> None:
        del self._limits[name]
        limit_s = self.guards[name].policy.max_on_s
        log.warning("%s: off: it was on for %g s", name, limit_s)
        self._take(name, "off", f"it was on for max_on, {limit_s:g} s", kind="limit")

    def _on_disconnected(self, name: str, wish: OnDisconnect) -> None:
        log.warning("%s: %s: no link upstream for %g s", name, wish.do, wish.after_s)
        self._take(name, wish.do, f"no link upstream for {wish.after_s:g} s")

    def _on_lost(self, name: str, reason: str) -> None:
        log.warning("%s: safe state: %s", name, reason)
        self._take(name, "safe", f"safe state: {reason}")

    def _take(self, name: str, state: Value, reason: str, *, kind: MoveKind = "wish") -> None:
        """Bring *name* to *state*, however long it takes."""

        async def move() -> None:
            device = self._runner(name)
            if device is not None:
                await device.take_state(state)
                device.say(reason)

        self._move(name, move, kind=kind)

    def _runner(self, name: str) -> MovedDevice | None:
        """Return the device *name*, None once the device file has it no more.

        Raises:
            NotReadyError: a reload replaces it; whoever insists comes again.
        """
        if name in self.guards and name not in self._devices:
            raise NotReadyError("a reload replaces it", device=name)
        return self._devices.get(name)

    def _move(self, name: str, act: Callable[[], Awaitable[None]], *, kind: MoveKind) -> None:
        if kind != "limit" and name in self._moves and self._moves[name].kind == "limit":
            return  # it is being switched off already, and for good reason
        self._drop_move(name, "start", "wish", "limit")
        if self._is_closed:
            return
        work = insist(act, gives_up_when_refused=kind == "start")
        task = self._loop.create_task(work, name=f"policy of {name}")
        self._moves[name] = _Move(kind, task)
        task.add_done_callback(lambda done: self._on_moved(name, done))

    def _on_moved(self, name: str, task: asyncio.Task[object]) -> None:
        move = self._moves.get(name)
        if move is not None and move.task is task:
            del self._moves[name]
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: its policy failed", name, exc_info=task.exception())

    def _drop_move(self, name: str, *kinds: MoveKind) -> None:
        move = self._moves.get(name)
        if move is not None and move.kind in kinds and move.task is not asyncio.current_task():
            del self._moves[name]
            move.task.cancel()

    def _forget_limit(self, name: str) -> None:
        timer = self._limits.pop(name, None)
        if timer is not None:
            timer.cancel()


class _Move(NamedTuple):
    kind: MoveKind
    task: asyncio.Task[object]
