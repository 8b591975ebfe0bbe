"""One device of the node: brings its driver up, samples it, sets it, and knows how it is.

A device that fails does so alone: it is set up again and retried with a growing pause, and what
it cannot say meanwhile is published as ``bad``, never as a number.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from wampedge.config.model import DEFAULT_EVERY_S, ChannelConfig, DeviceConfig
from wampedge.devices.driver import CommandSpec, Driver
from wampedge.devices.health import Health
from wampedge.devices.readings import Reading
from wampedge.devices.values import Value
from wampedge.errors import (
    BusBusyError,
    BusTimeoutError,
    DeviceError,
    InvalidValueError,
    NotReadyError,
    RefusedError,
)
from wampedge.runtime.arguments import bind_arguments
from wampedge.runtime.channels import Channels
from wampedge.runtime.context import Context
from wampedge.runtime.device_seams import DeviceWatcher, Mounting
from wampedge.runtime.execution import contained
from wampedge.runtime.journeys import check_answer
from wampedge.runtime.punctuality import punctual
from wampedge.runtime.resting import bring_to_rest, leave_as_wanted
from wampedge.runtime.settings import Settings
from wampedge.runtime.values import check_readings, to_public

__all__ = ["DeviceRunner"]

log = logging.getLogger(__name__)

STOP_DEADLINE_S = 1.0
SAFE_TRIES = 3
"""How often the safe state is tried: one disturbed transfer must not leave a load running."""
_SAFE_PAUSE_S = 0.1
_OUTPUT_RETRY_S = 1.0


class DeviceRunner:
    """Owns the driver of one device from ``start`` to ``stop``; used from the event loop only.

    Args:
        config: the device as the file has it.
        mounting: where it sits.
        watcher: who hears of readings, events and changes of state.
    """

    def __init__(self, config: DeviceConfig, mounting: Mounting, watcher: DeviceWatcher) -> None:
        self.config = config
        self.name = config.name
        self.health = Health(since=mounting.clock.time())
        self.execution = mounting.execution
        self.deadline_s = config.driver.deadline_s
        self.guard = mounting.guard
        self._mounting = mounting
        self._watcher = watcher
        self._clock = mounting.clock
        self._context = Context(
            config.name,
            mounting.clock,
            mounting.execution,
            self,
            deadline_s=self.deadline_s,
            kept=mounting.kept,
            guard=mounting.guard,
            find_peer=mounting.peer,
        )
        self.driver: Driver = config.driver.driver_class(self._context, config.params)
        self.driver.channel_options = {c.source: c.options for c in config.channels.values()}
        self._is_ready = False
        self._was_set_up = False
        self._is_safe = False
        self._is_stopping = False
        self._channels = Channels(
            config, mounting, lambda *news: self._watcher.on_reading(self, *news)
        )
        if not config.is_enabled:
            self.health.disable("the device file has enabled = false")
        self._settings = Settings(self)
        self.on_retry: Callable[[DeviceRunner], None] = lambda _: None

    @property
    def is_polled(self) -> bool:
        """Whether the driver is sampled every ``every``."""
        return self.config.driver.is_polled

    @property
    def drives_outputs(self) -> bool:
        """Whether the device drives pins, so that it has a state to be kept safe in."""
        return self.config.driver.is_output

    def next_look_s(self) -> float | None:
        """Return in how many seconds to look at the device again; None: nothing to look at."""
        if self.health.state == "disabled" or (self.health.state == "ok" and not self.is_polled):
            return None
        period_s = self.config.every_s or DEFAULT_EVERY_S
        if self.drives_outputs:
            # Somebody may wait for the load to be switched off.
            period_s = min(period_s, _OUTPUT_RETRY_S) if self.health.state != "ok" else period_s
        return self.health.retry_delay_s(period_s)

    def now(self) -> float:
        """Return the wall-clock time of the node, Unix seconds."""
        return self._clock.time()

    async def prepare(self) -> bool:
        """Open pins and bus where needed; return whether the device can be sampled now."""
        if self._is_stopping or not self.config.is_enabled:
            return False
        try:
            await self._mount()
        except DeviceError as error:
            self.fail(error)
            return False
        return True

    async def sample_unit(self) -> Mapping[str, Value]:
        """Set the part up where needed and read it; runs as a unit; raises DeviceError."""
        await self.ensure_ready()
        return check_readings(await self.driver.read()) if self.is_polled else {}

    async def sample(self) -> None:
        """Sample now and publish what comes; a failure changes the state instead of raising."""
        if not await self.prepare():
            return
        try:
            values = await self.execution.run(
                self.sample_unit, deadline_s=self.deadline_s, may_be_refused=False
            )
        except DeviceError as error:
            self.fail(error)
        else:
            self.succeed(values)

    async def get(self, channel: str, *, fresh: bool = False) -> Reading:
        """Return the newest reading of *channel*, a new sample if *fresh*; raises DeviceError."""
        if fresh:
            await self.order(self._fresh_unit, self.succeed, is_move=False)
        return self.reading_of(self.config.channels[channel])

    def reading_of(self, channel: ChannelConfig) -> Reading:
        """Return the newest reading of *channel*, or a ``bad`` one where there is none yet."""
        return self._channels.newest(channel, self.health.reason)

    async def set(self, channel: str, value: Any, *, for_s: float | None = None) -> Value:
        """Set the public *channel*; return the value the device accepted.

        Args:
            channel: public name of a settable channel.
            value: in the unit of the channel.
            for_s: go back to the value before after so many seconds.

        Raises:
            InvalidValueError: *value* is not of the channel's kind; the part was not touched.
            DeviceError: the part did not take it.
        """
        return await self._settings.set(channel, value, for_s=for_s)

    async def call(self, command: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Run *command* of the driver; return its result, a ``Journey`` where it goes on.

        Raises:
            DeviceError: an argument is missing or not of its kind, or the part did not do it.
        """
        arguments = bind_arguments(self.commands[command].arguments, args, kwargs)

        async def unit() -> Any:
            result = await self.driver.run_command(command, arguments)
            check_answer(result)
            return result

        def done(_: Any) -> None:
            self.succeed({})
            self._settings.forget_ways_back()

        return await self.order(unit, done)

    async def take_state(self, state: Value) -> None:
        """Bring the output to a *state* of its policy, because of the policy; raises DeviceError.

        Args:
            state: ``off`` (which nothing but a fault can prevent), ``on``, ``safe``, a command
                without arguments, or a value in the driver's unit.
        """
        if state == "safe":
            state = self.config.output.safe
        if state == "off":
            await self.order(self._rest_unit, self._settings.forget_ways_back, is_forced=True)
        elif state == "on" or not isinstance(state, str):
            channel = next(c for c in self.config.channels.values() if c.spec.is_settable)
            await self.set(channel.name, state == "on" or to_public(channel, state))
        else:
            await self.call(state, (), {})

    def say(self, reason: str) -> None:
        """Publish with the state of the device why it is not as it was told; an order ends it."""
        self.health.reason = reason
        self._watcher.on_status(self)

    @property
    def commands(self) -> Mapping[str, CommandSpec]:
        """The commands of the device: those of the driver and those of the device file."""
        return self.config.commands

    def take_over(self, before: DeviceRunner) -> None:
        """Start from the state in which *before*, stopped by handing over, left its outputs."""
        self.driver.take_over(before.driver)
        self._mounting.begin_as(before.driver)

    def can_hand_over(self, config: DeviceConfig) -> bool:
        """Whether the device can become what *config* says without its outputs being moved."""
        return (
            self.health.state == "ok"
            and self._settings.is_lasting
            and self.config.driver.driver_class is config.driver.driver_class
            and self.config.pins == config.pins
        )

    @property
    def holds_pins(self) -> bool:
        """Whether the device has opened what it needs, so that ``stop`` makes it safe."""
        return self._was_set_up or self._mounting.is_open

    async def make_safe(self) -> None:
        """Take no more orders and put outputs into their safe state; never raises."""
        self._is_stopping = True
        self._context.cancel_timers()
        self._settings.forget_ways_back()
        self._channels.close()
        await self._mounting.seal()
        is_open = self._mounting.is_open
        if self._is_safe or not (self._was_set_up or (is_open and self.drives_outputs)):
            return
        for _ in range(SAFE_TRIES):
            error = await self._quietly(self._safe_unit)
            self._is_safe = error is None
            if self._is_safe or isinstance(error, BusTimeoutError):
                return
            await asyncio.sleep(_SAFE_PAUSE_S)

    async def stop(self, *, is_handed_over: bool = False) -> None:
        """Put outputs into their safe state and let go of everything; never raises.

        Args:
            is_handed_over: leave outputs as they are, for a runner that takes over.
        """
        self._is_safe |= is_handed_over
        await self.make_safe()
        if self._was_set_up:
            await self._quietly(self.driver.close)
        await self._context.close()
        await self._mounting.unmount()

    def succeed(self, values: Mapping[str, Value]) -> None:
        """Take fresh *values* (by the driver's channel names) and note that the device works."""
        if self._is_stopping:
            return
        before = self.health.state
        if self.health.succeed(self._clock.time()):
            log.log(logging.DEBUG if before == "starting" else logging.INFO, "%s: ok", self.name)
            self._watcher.on_status(self)
        self.on_values(values)

    def on_values(self, values: Mapping[str, Value]) -> None:
        """Turn *values* into readings of the public channels and hand them on."""
        self._channels.take(values)

    def on_bad(self, channels: Sequence[str], reason: str) -> None:
        """Hand on that *channels* (by the driver's names) have no good value now."""
        self._channels.take_bad(channels, reason)

    def on_event(self, event: str, details: Mapping[str, Value] | None = None) -> None:
        """Hand on a momentary event."""
        self._watcher.on_event(self, event, details or {})

    def on_failure(self, error: DeviceError) -> None:
        """Note that the device failed outside of its sampling, and have it looked at again."""
        if self.fail(error):
            self.on_retry(self)

    def fail(self, error: DeviceError) -> bool:
        """Note that the device failed; its channels have no good value until it works again.

        Returns:
            Whether it did: a refused order or a crowded bus is no failure of the device.
        """
        if self._is_stopping or isinstance(error, InvalidValueError | BusBusyError | RefusedError):
            return False
        self._is_ready = False
        changed = self.health.fail(self._clock.time(), error.reason)
        self._tell_failure(changed)
        return True

    def _on_lost(self, error: Exception) -> None:
        if self._is_stopping:
            return
        self._is_ready = False
        changed = self.health.lose(self._clock.time(), str(error))
        self._tell_failure(changed)
        self.on_retry(self)

    def _tell_failure(self, changed: bool) -> None:
        reason = self.health.reason or "failed"
        if changed or self.health.errors == 1:
            log.warning("%s: %s: %s", self.name, self.health.state, reason)
            self._watcher.on_status(self)
        self._channels.take_bad(None, reason)

    async def order(
        self,
        unit: Callable[[], Awaitable[Any]],
        on_done: Callable[[Any], None],
        *,
        is_move: bool = True,
        is_forced: bool = False,
    ) -> Any:
        """Run *unit* once the device is set up; note how it fails, and raise that DeviceError.

        Args:
            unit: what to do.
            on_done: called with its result.
            is_move: whether it may move an output.
            is_forced: whether setting the part up may rest it though ``min_on`` is not over.
        """

        async def ready_unit() -> Any:
            await bring_to_rest(self.ensure_ready, self.guard if is_forced else None)
            return await unit()

        async def attempt() -> Any:
            unit_in_time = punctual(ready_unit, self)
            return await self.execution.run(unit_in_time, deadline_s=self.deadline_s)

        try:
            await self._mount()
            result = await (self._mounting.let_in(attempt) if is_move else attempt())
        except DeviceError as error:
            error.device = self.name
            self.on_failure(error)
            raise
        on_done(result)
        return result

    async def _mount(self) -> None:
        self._refuse_when_stopping()

        async def mount() -> bool:
            return await self._mounting.mount(self.driver, self._on_lost, self.on_failure)

        if await contained(mount):
            self._is_ready = False

    async def ensure_ready(self) -> None:
        """Set the part up where needed; the first step of every unit but the last ones."""
        self._refuse_when_stopping()  # a unit may have waited for its turn while the device stopped
        if not self._is_ready:
            self._was_set_up = True
            await self.driver.setup()
            self._mounting.was_set_up()
            self._is_ready = True

    def _refuse_when_stopping(self) -> None:
        if self._is_stopping:
            raise DeviceError("the device is being stopped", device=self.name)
        if not self.config.is_enabled:
            raise NotReadyError("the device file has enabled = false", device=self.name)

    async def _fresh_unit(self) -> Mapping[str, Value]:
        read = self.driver.read if self.is_polled else self.driver.read_back
        return check_readings(await read())

    async def _safe_unit(self) -> None:
        if not self._was_set_up:
            self._was_set_up = True
            await self.driver.setup()
        await leave_as_wanted(self.driver, self.config, self.guard)

    async def _rest_unit(self) -> None:
        await bring_to_rest(self.driver.set_inactive, self.guard)

    async def _quietly(self, unit: Callable[[], Awaitable[None]]) -> DeviceError | None:
        """Run one of the last units; return how it failed, or None."""
        try:
            await self.execution.run(unit, deadline_s=STOP_DEADLINE_S, may_be_refused=False)
        except DeviceError as error:
            log.warning("%s: at the end: %s", self.name, error.reason)
            return error
        return None
