"""The guard of one output: the single point every move of it has to pass.

States and transitions::

    unknown ──its line was driven──▶ resting ◀──noted inactive── active
                                        └──enter(True) let in──▶   ▲ │
                                                                   └─┘ a new value

An output counts as active from the moment it was let in, before its line moves, until its line is
known to be inactive: whatever fails in between, no other member of its interlock is let in. What a
later process has to know is on disk before the line becomes active.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any

from wampedge.devices.contracts import Clock
from wampedge.devices.kept import Kept
from wampedge.devices.output_policy import OutputPolicy
from wampedge.devices.values import Value
from wampedge.errors import LimitError
from wampedge.runtime.outputs.arbiter import LEAST_WAIT_S, Arbiter
from wampedge.runtime.outputs.moments import Moment

__all__ = ["DeviceGuard"]

KEY = "output"
"""Under which the last state of the output is kept."""
FLUSH_LIMIT_S = 0.5
"""How long a switch-on waits for a slow disk."""
_LONGEST_S = 1e9
"""What counts as for ever."""


class DeviceGuard:
    """Implements ``OutputGuard``; owned by ``Outputs``, one a device; outlives reloads.

    Args:
        name: name of the device.
        kept: what it keeps.
        clock: the node's clock.
        lock: held around every look at guards and arbiters; bus workers use them, too.
        on_change: called on any thread after the output became active or inactive.
        loop: where *kept* is flushed for a unit on the thread of a bus; None: it does not wait.
    """

    def __init__(
        self,
        name: str,
        kept: Kept,
        clock: Clock,
        *,
        lock: RLock,
        on_change: Callable[[DeviceGuard], None],
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.name = name
        self.policy = OutputPolicy()
        self.arbiters: Sequence[Arbiter] = ()
        self.holds: dict[str, str] = {}
        """Why remote orders are refused, by who says so."""
        self.can_wait = True
        """Whether units of the device run on the event loop, where they may await the disk."""
        self.is_forced = False
        """Whether the unit that runs now must not be kept from switching off."""
        self._kept, self._clock = kept, clock
        self._lock, self._on_change, self._loop = lock, on_change, loop
        self._is_active: bool | None = None
        self._active_roles: set[str] = set()
        self._since_s = 0.0
        self._on_until_s: float | None = None
        record: Any = kept.get(KEY)
        self._record: dict[str, Any] = dict(record) if isinstance(record, dict) else {}
        self._written: Any = record
        self._left_resting_s = self._resting_since_s()

    @property
    def is_active(self) -> bool | None:
        """Whether the output is active, or may be; None while nothing is known of its line."""
        return self._is_active

    @property
    def value(self) -> Value:
        """What the output was last told to be for good; None where nothing is known."""
        value: Value = self._record.get("value")
        return value

    @property
    def ends_s(self) -> float | None:
        """When ``max_on`` is over, on the monotonic clock; None while there is no such time."""
        return self._on_until_s if self._is_active else None

    def configure(self, policy: OutputPolicy, arbiters: Sequence[Arbiter]) -> None:
        """Take what the device file says now; an output that is active stays so for the moment."""
        with self._lock:
            self.policy, before = policy, self.arbiters
            self.arbiters = arbiters
            for arbiter in before:
                if arbiter not in arbiters:
                    arbiter.withdraw(self.name)
            for arbiter in arbiters:
                if arbiter in before:
                    continue
                if self._is_active:
                    arbiter.enter(self.name)
                elif self._is_active is False:
                    arbiter.rest(self.name, since_s=self._since_s)
                elif self._left_resting_s is not None:
                    arbiter.rest(self.name, since_s=self._left_resting_s)
            self._limit_on_time()
        self._on_change(self)

    def starting_value(self, line_is_active: bool | None) -> Value:
        """Return what the output starts with, as ``on_start`` says; None: inactive.

        Args:
            line_is_active: what its line is before it is driven; None where that is not known.
        """
        wanted = self.policy.on_start
        if wanted == "restore":
            wanted = self.value
        elif wanted == "keep":
            wanted = line_is_active
        elif wanted in ("on", "off"):
            wanted = wanted == "on"
        return wanted or None

    def before_start(self, line_is_active: bool | None) -> None:
        """Look at what the process before left; called once, before the line is driven.

        Raises nothing: ``enter`` does, when the output is to start active.
        """
        with self._lock:
            moment = Moment.of(self._record.get("since"))
            was_on = self._record.get("on") is True
            now_s = self._clock.monotonic()
            if moment is not None and (was_on or line_is_active):
                self._was_on_for_s = min(moment.most_age_s(self._clock), _LONGEST_S)
            if line_is_active is True:
                age_s = moment.least_age_s(self._clock) if moment and was_on else 0.0
                self._since_s = now_s - age_s
                self._goes_on = True
            elif was_on or moment is None:
                self._since_s = now_s  # nobody knows when it came to rest: count from now
            else:
                self._since_s = now_s - moment.least_age_s(self._clock)

    _was_on_for_s = 0.0
    """For how long it was active when the process before ended, if it was."""
    _goes_on = False
    """Whether its line is still as active as the process before left it."""

    async def enter(self, active: bool, value: Value = None) -> None:
        """Ask to become active or inactive; raises RefusedError. See ``OutputGuard``."""
        with self._lock:
            if not active:
                self._check_rest()
                return
            if self._is_active:
                return
            self._check_active()
            for arbiter in self.arbiters:
                arbiter.enter(self.name)
            self._become_active()
        if self._is_recorded:
            self._write()
            with contextlib.suppress(TimeoutError):
                await self._until_safe()
        self._on_change(self)

    async def _until_safe(self) -> None:
        """Wait until what was kept is on disk; raises TimeoutError where it takes too long.

        On the thread of a bus the bus waits, too: a unit there can be suspended for a time only.
        In virtual time it steps on the loop, which nobody may block, and writes take no time.
        """
        if self.can_wait:
            async with asyncio.timeout(FLUSH_LIMIT_S):
                await self._kept.flush()
        elif self._loop is not None and not _is_on_a_loop():
            writing = asyncio.run_coroutine_threadsafe(self._kept.flush(), self._loop)
            try:
                writing.result(FLUSH_LIMIT_S)
            finally:
                writing.cancel()

    def noted(self, active: bool, value: Value = None) -> None:
        """Note what the output is now. See ``OutputGuard``."""
        with self._lock:
            if value is not None:
                self._record["value"] = value
            has_changed = self._note(active or bool(self._active_roles))
        self._write()
        if has_changed:
            self._on_change(self)

    def noted_pin(self, role: str, active: bool) -> None:
        """Note what one of the pins is now; the output is active while any of them is."""
        with self._lock:
            (self._active_roles.add if active else self._active_roles.discard)(role)
            has_changed = self._note(bool(self._active_roles))
        if has_changed:
            self._write()
            self._on_change(self)

    def leaves_active(self, role: str) -> bool:
        """Say whether another pin keeps the output active when *role* comes to rest."""
        return bool(self._active_roles - {role})

    def remember(self, value: Value) -> None:
        """Keep *value* as what the output was last told to be for good."""
        self._record["value"] = value
        self._write()

    def let_go(self) -> None:
        """Know nothing of the line any more: its device is gone."""
        with self._lock:
            self._is_active = None
            self._active_roles.clear()
            for arbiter in self.arbiters:
                arbiter.withdraw(self.name)
                arbiter.forget(self.name)

    def rest_left_s(self) -> float:
        """Return for how long ``min_on`` still holds it active, 0 where it does not."""
        if not self._is_active and not (self._is_active is None and self._goes_on):
            return 0.0
        return max(0.0, self._since_s + self.policy.min_on_s - self._clock.monotonic())

    @property
    def _is_recorded(self) -> bool:
        """Whether a later process needs to know of this output."""
        policy = self.policy
        is_timed = policy.max_on_s is not None or policy.min_on_s > 0.0 or policy.min_off_s > 0.0
        return is_timed or bool(self.arbiters) or policy.on_start in ("restore", "keep")

    def _resting_since_s(self) -> float | None:
        """Return since when the process before left the output at rest; None if it did not.

        It can be relied on: that an output is active is on disk before its line is.
        """
        moment = Moment.of(self._record.get("since"))
        if self._record.get("on") is not False or moment is None:
            return None
        return self._clock.monotonic() - moment.least_age_s(self._clock)

    def _check_active(self) -> None:
        """Raise unless the output may become active."""
        for arbiter in self.arbiters:
            arbiter.check(self.name, goes_on=self._is_active is None and self._goes_on)
        now_s, limit_s = self._clock.monotonic(), self.policy.max_on_s
        if self._is_active is None:
            if limit_s is not None and self._was_on_for_s >= limit_s:
                raise LimitError("it was on for max_on already", device=self.name)
            if self._goes_on:
                return
        wait_s = self._since_s + self.policy.min_off_s - now_s
        if self.policy.min_off_s > 0.0 and wait_s > 0.0:
            text = f"it must be off for {self.policy.min_off_s:g} s first"
            raise LimitError(text, device=self.name, retry_after_s=max(wait_s, LEAST_WAIT_S))

    def _check_rest(self) -> None:
        wait_s = self.rest_left_s()
        if wait_s > 0.0 and not self.is_forced:
            text = f"it must be on for {self.policy.min_on_s:g} s first"
            raise LimitError(text, device=self.name, retry_after_s=max(wait_s, LEAST_WAIT_S))

    def _become_active(self) -> None:
        was_known = self._is_active is not None
        now_s = self._clock.monotonic()
        self._is_active = True
        self._pending = True
        if was_known or not self._goes_on:
            self._since_s = now_s
        started_s = now_s - (0.0 if was_known else self._was_on_for_s)
        self._started_s = started_s
        self._limit_on_time()
        wall_s = self._clock.time() - (now_s - started_s)
        self._record.update(on=True, since=Moment(wall_s, started_s).as_kept())

    _pending = False
    """Whether it was let in and its line may not have moved yet."""
    _started_s = 0.0
    """Since when ``max_on`` counts."""

    def _note(self, active: bool) -> bool:
        """Note the state of the whole output; return whether it changed."""
        now_s = self._clock.monotonic()
        if active:
            if self._pending and not self._goes_on:
                self._since_s = now_s  # min_on counts from the edge, max_on from before it
            self._pending = self._goes_on = False
            if self._is_active:
                return False
            # It moved without asking: so does a line that is opened as it was.
            for arbiter in self.arbiters:
                arbiter.enter(self.name)
            self._become_active()
            self._pending = False
            return True
        was_on = self._is_active or self._goes_on
        self._pending = self._goes_on = False
        if self._is_active is False:
            return False
        if was_on:
            self._since_s = now_s
            self._record["since"] = Moment.now(self._clock).as_kept()
        elif self._record.get("on") is not False or "since" not in self._record:
            self._record["since"] = Moment.now(self._clock).as_kept()
        self._is_active = False
        self._was_on_for_s = 0.0
        self._record["on"] = False
        self._on_until_s = None
        for arbiter in self.arbiters:
            arbiter.rest(self.name, since_s=self._since_s)
        return True

    def _limit_on_time(self) -> None:
        limit_s = self.policy.max_on_s
        self._on_until_s = None if limit_s is None else self._started_s + limit_s

    def _write(self) -> None:
        """Keep the record where a later process needs it."""
        with self._lock:
            record = dict(self._record)
        if self._is_recorded and record != self._written:
            self._written = record
            self._kept.put(KEY, record, within_s=0.0)


def _is_on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
