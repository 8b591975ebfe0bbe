"""Pins that ask the guard of their device at every write: a driver cannot forget to."""

from __future__ import annotations

from wampedge.devices.contracts import OutputPin, PwmPin
from wampedge.runtime.outputs.guard import DeviceGuard

__all__ = ["GuardedOutput", "GuardedPwm"]


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
        self._guard = guard
        self._role = role
        self._active = active

    async def write(self, level: bool) -> None:
        """Drive the line; raises RefusedError where the policy forbids it, and DeviceError."""
        is_active = level == self._active
        if is_active or not self._guard.leaves_active(self._role):
            await self._guard.enter(is_active)
        await self._pin.write(level)
        self._guard.noted_pin(self._role, is_active)

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
        self._guard = guard
        self._role = role
        self._rest = rest

    async def set_duty(self, duty: float) -> None:
        """Set the duty; raises RefusedError where the policy forbids it, and DeviceError."""
        is_active = duty != self._rest
        if is_active or not self._guard.leaves_active(self._role):
            await self._guard.enter(is_active)
        await self._pin.set_duty(duty)
        self._guard.noted_pin(self._role, is_active)

    async def set_frequency(self, frequency_hz: float) -> None:
        """Give the wave another frequency, in hertz; raises DeviceError."""
        await self._pin.set_frequency(frequency_hz)

    async def close(self) -> None:
        """Stop the wave and release the line."""
        await self._pin.close()
