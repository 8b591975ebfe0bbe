"""Setting the channels of one device: for good, or for a while and back again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from wampedge.config.model import ChannelConfig, DeviceConfig
from wampedge.devices.driver import Driver
from wampedge.devices.fields import FieldError
from wampedge.devices.readings import Reading
from wampedge.devices.values import Value
from wampedge.errors import DeviceError, InvalidValueError
from wampedge.runtime.outputs.guard import DeviceGuard
from wampedge.runtime.values import fault_of, to_driver, to_public
from wampedge.runtime.ways_back import WaysBack

__all__ = ["SetDevice", "Settings"]

Unit = Callable[[], Awaitable[Any]]


class SetDevice(Protocol):
    """What settings need of the runner of the device."""

    config: DeviceConfig
    driver: Driver
    guard: DeviceGuard | None

    def reading_of(self, channel: ChannelConfig) -> Reading:
        """Return the newest reading of *channel*."""
        ...

    def succeed(self, values: Mapping[str, Value]) -> None:
        """Take values the driver accepted, by its own channel names."""
        ...

    async def order(self, unit: Unit, on_done: Callable[[Any], None]) -> Any:
        """Run *unit* on the device once it is set up; raises DeviceError."""
        ...


class Settings:
    """Owned by the runner of the device; used on the event loop only.

    Args:
        device: the runner.
    """

    def __init__(self, device: SetDevice) -> None:
        self._device = device
        self._ways_back = WaysBack(self._set_back)

    @property
    def is_lasting(self) -> bool:
        """Whether nothing is set for a while only."""
        return self._ways_back.is_empty

    def forget_ways_back(self, _: Any = None) -> None:
        """Let every channel stay as it is."""
        self._ways_back.forget_all()

    async def set(self, channel: str, value: Any, *, for_s: float | None = None) -> Value:
        """Set the public *channel*; return the value the device accepted. See ``DeviceRunner``."""
        device = self._device
        config = device.config.channels[channel]
        wanted = self._wanted(config, value)
        fault = fault_of(config, value)
        if fault:
            raise InvalidValueError(f"value: {fault}", field="value", device=device.config.name)
        if for_s is not None and self._value_before(config) is None:
            text = f"{channel} has no known value to go back to; set it without for_"
            raise DeviceError(text, device=device.config.name)

        def done(own: Value) -> None:
            before = self._value_before(config)
            device.succeed({config.source: own})
            self._ways_back.forget(channel)
            if for_s is not None:
                self._ways_back.plan(channel, before, for_s)
            self._remember(config, own if for_s is None else to_driver(config, before))

        accepted: Value = await device.order(self._setter(config, wanted), done)
        public: Value = to_public(config, accepted)
        return public

    def _wanted(self, config: ChannelConfig, value: Any) -> Value:
        """Return the public *value* as the driver takes it; raises InvalidValueError."""
        try:
            wanted: Value = config.spec.field.convert(to_driver(config, value))
        except FieldError as error:
            name = self._device.config.name
            raise InvalidValueError(f"value: {error}", field="value", device=name) from error
        return wanted

    def _value_before(self, config: ChannelConfig) -> Value:
        reading = self._device.reading_of(config)
        known = reading.last if reading.value is None else reading.value
        return self._ways_back.target(config.name, known)

    def _setter(self, config: ChannelConfig, wanted: Value) -> Unit:
        driver = self._device.driver
        guard = driver.context.guard
        # Pins ask the guard themselves; what a bus moves is asked for here, whoever wrote the
        # driver. A driver that knows better what is active asks again, and tells in ``noted``.
        asks_here = self._is_output_without_pins(config)

        async def unit() -> Value:
            if asks_here:
                await guard.enter(bool(wanted), wanted)
            accepted: Value = await getattr(driver, f"set_{config.source}")(wanted)
            if asks_here:
                guard.noted(bool(wanted), wanted)
            return wanted if accepted is None else accepted

        return unit

    def _is_output_without_pins(self, config: ChannelConfig) -> bool:
        spec = self._device.config.driver
        has_pins = any(pin.direction != "input" for pin in spec.pins.values())
        return spec.is_output and not has_pins and config.spec.is_settable

    def _remember(self, config: ChannelConfig, value: Value) -> None:
        """Keep what the output was told for good: ``restore`` begins with it."""
        guard = self._device.guard
        if guard is not None:
            guard.remember(value)

    async def _set_back(self, channel: str, value: Value) -> None:
        device = self._device
        config = device.config.channels[channel]
        unit = self._setter(config, self._wanted(config, value))
        await device.order(unit, lambda own: device.succeed({config.source: own}))
