"""Pins that ask the guard of their device at every write: a driver cannot forget to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from wampedge.devices.contracts import OutputPin, PwmPin
from wampedge.runtime.outputs.guard import DeviceGuard

__all__ = ["GuardedOutput", "GuardedPwm"]


class _Guard:
    """What both kinds do around an order: ask before it, and note it after it."""

    def __init__(self, guard: DeviceGuard, role: str) -> None:
        self._guard = guard
        self._role = role

    async def order(self, is_active: bool, order: Callable[[], Awaitable[None]]) -> None:
        if is_active or not self._guard.leaves_active(self._role):
            await self._guard.enter(is_active)
        await order()
        self._guard.noted_pin(self._role, is_active)


class GuardedOutput:
    """Implements ``OutputPin`` around the pin of a bank.

    Args:
        pin: the pin.
        guard: of the device.
        role: of the pin in the device.
        active: the level at which it is active.
    """

    def __init__(self, pin: OutputPin, guard: DeviceGuard, role: str, *, active: bool) -> None:
        self.name = pin.name
        self._pin = pin
        self._guard = _Guard(guard, role)
        self._active = active

    async def write(self, level: bool) -> None:
        """Drive the line; raises RefusedError where the policy forbids it, and DeviceError."""
        await self._guard.order(level == self._active, lambda: self._pin.write(level))

    async def read(self) -> bool:
        """Read the line back; raises DeviceError."""
        return await self._pin.read()

    async def close(self) -> None:
        """Release the line; it keeps its level where the chip allows it."""
        await self._pin.close()


class GuardedPwm:
    """Implements ``PwmPin`` around the pin of a bank; a duty above the one at rest is active.

    Args:
        pin: the pin.
        guard: of the device.
        role: of the pin in the device.
        rest: the duty at which it is inactive.
    """

    def __init__(self, pin: PwmPin, guard: DeviceGuard, role: str, *, rest: float) -> None:
        self.name = pin.name
        self._pin = pin
        self._guard = _Guard(guard, role)
        self._rest = rest

    async def set_duty(self, duty: float) -> None:
        """Set the duty; raises RefusedError where the policy forbids it, and DeviceError."""
        await self._guard.order(duty != self._rest, lambda: self._pin.set_duty(duty))

    async def set_frequency(self, frequency_hz: float) -> None:
        """Give the wave another frequency, in hertz; raises DeviceError."""
        await self._pin.set_frequency(frequency_hz)

    async def close(self) -> None:
        """Stop the wave and release the line."""
        await self._pin.close()
