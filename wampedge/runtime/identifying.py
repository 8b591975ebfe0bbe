"""``P.sys.identify``: an output blinks for some seconds, so that people find the node.

The output is set for a quarter of a second at a time, as with ``for_``: whatever ends the blinking,
it is as it was before. An order of anybody else ends it as well.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from wampedge.client import CallDetails
from wampedge.devices.fields import Duration
from wampedge.errors import NotReadyError, WampedgeError
from wampedge.runtime.context import Context
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.site import Site

__all__ = ["IDENTIFY", "Blinker"]

log = logging.getLogger(__name__)

IDENTIFY: Final = {"duration": Duration(0.5, 60.0, default=5.0, doc="how long it blinks")}
"""What ``P.sys.identify`` takes."""

_HALF_S: Final = 0.25


class Blinker:
    """Owned by the node, until ``close``; used on the event loop.

    Args:
        site: the devices.
        name: the device that blinks; its only settable channel is a flag.
    """

    def __init__(self, site: Site, name: str) -> None:
        self._site, self._name = site, name
        self._ends_s = 0.0
        self._task: asyncio.Task[None] | None = None

    async def identify(self, *, duration: float, details: CallDetails) -> str:
        """Blink from now on; answers with the name of the device once it began.

        Raises:
            ApplicationError: the role of the caller may not set the device.
            DeviceError: the device cannot be set, or is set for a while only.
        """
        device = self._device()
        self._site.outputs.admission(device.config)(details, "set", _channel(device))
        self._ends_s = asyncio.get_running_loop().time() + duration
        if self._task is None or self._task.done():
            _refuse_when_busy(device)
            before = bool(_state(device))
            await self._flash(device, before)
            self._task = asyncio.ensure_future(self._blink(device, before))
        return self._name

    def close(self) -> None:
        """Blink no more."""
        if self._task is not None:
            self._task.cancel()

    async def _blink(self, device: DeviceRunner, before: bool) -> None:
        """Go on after the first flash, as long as nobody else orders the device."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(2 * _HALF_S)
                is_same = self._site.devices.get(self._name) is device
                if loop.time() >= self._ends_s or not is_same or _state(device) is not before:
                    return
                await self._flash(device, before)
        except WampedgeError as error:
            log.warning("%s: blinks no more: %s", self._name, error)

    async def _flash(self, device: DeviceRunner, before: bool) -> None:
        await device.set(_channel(device), not before, for_s=_HALF_S)

    def _device(self) -> DeviceRunner:
        device = self._site.devices.get(self._name)
        if device is None:
            raise NotReadyError("a reload replaces it", device=self._name)
        return device


def _refuse_when_busy(device: DeviceRunner) -> None:
    """Raise NotReadyError where the output would not be after it what it is now."""
    context = device.driver.context
    has_plans = isinstance(context, Context) and context.has_plans
    if has_plans or not device.can_hand_over(device.config):
        text = "it is on or off for a while only, or does not work; it must not blink now"
        raise NotReadyError(text, device=device.name)


def _channel(device: DeviceRunner) -> str:
    return next(name for name, c in device.config.channels.items() if c.spec.is_settable)


def _state(device: DeviceRunner) -> Any:
    return device.reading_of(device.config.channels[_channel(device)]).value
