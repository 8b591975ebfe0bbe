"""One device of the node: brings its driver up, samples it, sets it, and knows how it is.

A device that fails does so alone: it is set up again and retried with a growing pause, and what
it cannot say meanwhile is published as ``bad``, never as a number.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from wampedge.config.model import ChannelConfig, DeviceConfig
from wampedge.devices.contracts import Clock
from wampedge.devices.driver import CommandSpec, Driver
from wampedge.devices.fields import FieldError
from wampedge.devices.health import Health
from wampedge.devices.readings import Reading, Value
from wampedge.errors import DeviceError, InvalidValueError
from wampedge.runtime.arguments import bind_arguments
from wampedge.runtime.context import Context
from wampedge.runtime.execution import Execution

__all__ = ["DEADLINE_S", "DeviceRunner", "DeviceWatcher", "Mounting"]

log = logging.getLogger(__name__)

DEADLINE_S = 2.0
"""How long one unit of a driver may take: the longest conversion of a part we know, and slack."""
STOP_DEADLINE_S = 1.0


class DeviceWatcher(Protocol):
    """Hears what a device has to say; the bindings turn it into events."""

    def on_reading(self, device: DeviceRunner, channel: ChannelConfig, reading: Reading) -> None:
        """Take a new reading."""
        ...

    def on_event(self, device: DeviceRunner, event: str) -> None:
        """Take a momentary event."""
        ...

    def on_status(self, device: DeviceRunner) -> None:
        """Take the news that the state of the device changed."""
        ...


class Mounting(Protocol):
    """Where a device sits: opens its pins and its bus, and says where its code runs."""

    @property
    def clock(self) -> Clock:
        """The node's clock."""
        ...

    @property
    def execution(self) -> Execution:
        """Where the code of the device runs."""
        ...

    async def mount(self, driver: Driver, on_lost: Callable[[Exception], None]) -> None:
        """Open what is not open yet and hand it to *driver*; raises DeviceError."""
        ...

    async def unmount(self) -> None:
        """Close pins and bus of the device."""
        ...


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
        self.readings: dict[str, Reading] = {}
        self.execution = mounting.execution
        self._mounting = mounting
        self._watcher = watcher
        self._clock = mounting.clock
        self._context = Context(
            config.name, mounting.clock, mounting.execution, self, deadline_s=DEADLINE_S
        )
        self.driver: Driver = config.driver.driver_class(self._context, config.params)
        self.driver.channel_options = {c.source: c.options for c in config.channels.values()}
        self._is_ready = False
        self._is_stopped = False
        self._seq_by_channel: dict[str, int] = {}
        self._cancel_return: Callable[[], None] | None = None
        self.on_retry: Callable[[DeviceRunner], None] = lambda _: None

    @property
    def is_polled(self) -> bool:
        """Whether the driver is sampled every ``every``."""
        return self.config.driver.is_polled

    @property
    def period_s(self) -> float:
        """How long until the device is looked at again when all is well, in seconds."""
        return self.config.every_s or 30.0

    def now(self) -> float:
        """Return the wall-clock time of the node, Unix seconds."""
        return self._clock.time()

    async def prepare(self) -> bool:
        """Open pins and bus where needed; return whether the device can be sampled now."""
        if self._is_stopped:
            return False
        try:
            await self._mounting.mount(self.driver, self._on_lost)
        except DeviceError as error:
            self.on_failure(error)
            return False
        return True

    async def sample_unit(self) -> Mapping[str, Value]:
        """Set the part up where needed and read it; runs as a unit; raises DeviceError."""
        await self._ensure_ready()
        return await self.driver.read() if self.is_polled else {}

    async def sample(self) -> None:
        """Sample now and publish what comes; a failure changes the state instead of raising."""
        if not await self.prepare():
            return
        try:
            self.succeed(await self.execution.run(self.sample_unit, deadline_s=DEADLINE_S))
        except DeviceError as error:
            self.on_failure(error)

    async def get(self, channel: str, *, fresh: bool = False) -> Reading:
        """Return the newest reading of the public *channel*, a new sample if *fresh*.

        Raises:
            DeviceError: a fresh sample was asked for and failed.
        """
        if fresh and self.is_polled:
            await self._run(self.sample_unit, self.succeed)
        return self.reading_of(self.config.channels[channel])

    def reading_of(self, channel: ChannelConfig) -> Reading:
        """Return the newest reading of *channel*, or a ``bad`` one where there is none yet."""
        reading = self.readings.get(channel.name)
        if reading is not None:
            return reading
        reason = self.health.reason or "no sample yet"
        return Reading(None, channel.unit, self._clock.time(), 0, "bad", reason)

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
        config = self.config.channels[channel]
        try:
            wanted = config.spec.field.convert(_to_driver(config, value))
        except FieldError as error:
            raise InvalidValueError(f"value: {error}", field="value", device=self.name) from error
        before = self.reading_of(config).value
        self._forget_return()
        accepted: Value = await self._run(
            self._setter_unit(config, wanted), lambda own: self.succeed({config.source: own})
        )
        if for_s is not None and before is not None:
            go_back = self._setter(config, _to_driver(config, before))
            self._cancel_return = self._context.later(for_s, go_back)
        public: Value = _to_public(config, accepted)
        return public

    async def call(self, command: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Run *command* of the driver; return its result.

        Raises:
            InvalidValueError: an argument is missing, unknown or not of its kind.
            DeviceError: the part did not do it.
        """
        arguments = bind_arguments(self.commands[command].arguments, args, kwargs)
        self._forget_return()

        async def unit() -> Any:
            await self._ensure_ready()
            return await self.driver.run_command(command, arguments)

        return await self._run(unit, lambda _: self.succeed({}))

    @property
    def commands(self) -> Mapping[str, CommandSpec]:
        """The commands of the device: those of the driver and those of the device file."""
        return self.config.commands

    async def stop(self) -> None:
        """Put outputs into their safe state and let go of everything; never raises."""
        self._is_stopped = True
        self._context.cancel_timers()
        if self._is_ready:
            await self._quietly(self.driver.safe)
            await self._quietly(self.driver.close)
        await self._context.close()
        await self._mounting.unmount()

    def succeed(self, values: Mapping[str, Value]) -> None:
        """Take fresh *values* (by the driver's channel names) and note that the device works."""
        before = self.health.state
        if self.health.succeed(self._clock.time()):
            log.log(logging.DEBUG if before == "starting" else logging.INFO, "%s: ok", self.name)
            self._watcher.on_status(self)
        self.on_values(values)

    def on_values(self, values: Mapping[str, Value]) -> None:
        """Turn *values* into readings of the public channels and hand them on."""
        for channel in self.config.channels.values():
            if channel.source in values:
                self._take(channel, values[channel.source])

    def on_bad(self, channels: Sequence[str], reason: str) -> None:
        """Hand on that *channels* (by the driver's names) have no good value now."""
        for channel in self.config.channels.values():
            if channel.source in channels:
                self._take_bad(channel, reason)

    def on_event(self, event: str) -> None:
        """Hand on a momentary event."""
        self._watcher.on_event(self, event)

    def on_failure(self, error: DeviceError) -> None:
        """Note that the device failed; its channels have no good value until it works again."""
        if self._is_stopped or isinstance(error, InvalidValueError):
            return
        self._is_ready = False
        changed = self.health.fail(self._clock.time(), error.reason)
        self._tell_failure(changed)

    def _on_lost(self, error: Exception) -> None:
        if self._is_stopped:
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
        for channel in self.config.channels.values():
            self._take_bad(channel, reason)

    async def _run(self, unit: Callable[[], Awaitable[Any]], on_done: Callable[[Any], None]) -> Any:
        """Run *unit* for a caller: note success or failure, and let the caller see the failure."""
        try:
            await self._mounting.mount(self.driver, self._on_lost)
            result = await self.execution.run(unit, deadline_s=DEADLINE_S)
        except DeviceError as error:
            error.device = self.name
            self.on_failure(error)
            raise
        on_done(result)
        return result

    def _setter_unit(self, config: ChannelConfig, wanted: Value) -> Callable[[], Awaitable[Value]]:
        async def unit() -> Value:
            await self._ensure_ready()
            accepted: Value = await getattr(self.driver, f"set_{config.source}")(wanted)
            return wanted if accepted is None else accepted

        return unit

    def _setter(self, config: ChannelConfig, value: Value) -> Callable[[], Awaitable[None]]:
        unit = self._setter_unit(config, value)

        async def set_back() -> None:
            accepted = await unit()
            self._context.on_loop(self.on_values, {config.source: accepted})

        return set_back

    async def _ensure_ready(self) -> None:
        if not self._is_ready:
            await self.driver.setup()
            self._is_ready = True

    def _forget_return(self) -> None:
        if self._cancel_return is not None:
            self._cancel_return()
            self._cancel_return = None

    def _take(self, channel: ChannelConfig, value: Value) -> None:
        if value is None:
            self._take_bad(channel, "the part gave no measurement")
            return
        public = _to_public(channel, value)
        outside = _outside(channel, public)
        if outside:
            self._take_bad(channel, outside)
            return
        self._keep(channel, Reading(public, channel.unit, self._clock.time(), self._seq(channel)))

    def _take_bad(self, channel: ChannelConfig, reason: str) -> None:
        """Keep a bad reading; the same news twice in a row is no news."""
        before = self.readings.get(channel.name)
        if before is not None and before.quality == "bad" and before.reason == reason:
            return
        last = None if before is None else before.last if before.value is None else before.value
        now, seq = self._clock.time(), self._seq(channel)
        self._keep(channel, Reading(None, channel.unit, now, seq, "bad", reason, last))

    def _keep(self, channel: ChannelConfig, reading: Reading) -> None:
        self.readings[channel.name] = reading
        self._watcher.on_reading(self, channel, reading)

    def _seq(self, channel: ChannelConfig) -> int:
        seq = self._seq_by_channel.get(channel.name, 0) + 1
        self._seq_by_channel[channel.name] = seq
        return seq

    async def _quietly(self, unit: Callable[[], Awaitable[None]]) -> None:
        try:
            await self.execution.run(unit, deadline_s=STOP_DEADLINE_S)
        except DeviceError as error:
            log.warning("%s: at the end: %s", self.name, error.reason)


def _outside(channel: ChannelConfig, value: Value) -> str:
    """Return why a *value* outside the range of the device file is bad, or ""."""
    if channel.range is None or not isinstance(value, (int, float)) or isinstance(value, bool):
        return ""
    low, high = channel.range
    if low <= value <= high:
        return ""
    unit = f" {channel.unit}" if channel.unit else ""
    return f"{value:g}{unit} is outside the range {low:g} to {high:g}{unit} of the device file"


def _to_public(channel: ChannelConfig, value: Any) -> Any:
    """Turn *value* from the driver's unit to the unit of the device file."""
    return value * channel.scale if _is_scaled(channel, value) else value


def _to_driver(channel: ChannelConfig, value: Any) -> Any:
    """Turn *value* from the unit of the device file to the driver's unit."""
    return value / channel.scale if _is_scaled(channel, value) else value


def _is_scaled(channel: ChannelConfig, value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and channel.scale != 1.0
