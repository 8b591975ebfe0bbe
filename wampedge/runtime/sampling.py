"""Samples every device in its time: one timer for all, one trip to a bus for all that are due.

Devices of one period are due at the same instants, on whichever bus they are: each wake-up of a
processor costs more than a reading.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from typing import Any

from wampedge.devices.polling import Poller
from wampedge.devices.worker import BusWorker
from wampedge.errors import BusTimeoutError, DeviceError
from wampedge.runtime.batch import Batch
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.execution import LoopExecution

__all__ = ["Sampler"]

_OFF_BEAT = 1e-6
"""How far from a beat a due time may be, in periods: what sums of floats miss."""


class Sampler:
    """Plans and runs the sampling of all devices of a node, until ``close``."""

    def __init__(self) -> None:
        self._poller = Poller(self._on_due)
        self._device_by_name: dict[str, DeviceRunner] = {}
        self._last_due_by_name: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._first_beat_s: float | None = None

    def add(self, device: DeviceRunner) -> None:
        """Sample *device* from its next period on; its first sample is the caller's."""
        self._device_by_name[device.name] = device
        device.on_retry = self.retry
        self._plan(device)

    def remove(self, device: DeviceRunner) -> None:
        """Sample *device* no more."""
        self._device_by_name.pop(device.name, None)
        self._last_due_by_name.pop(device.name, None)
        self._poller.cancel(device.name)

    def retry(self, device: DeviceRunner) -> None:
        """Look at *device* again after its retry pause, unless it is due before anyway."""
        delay_s = device.next_look_s()
        if self._device_by_name.get(device.name) is not device or delay_s is None:
            return
        now = asyncio.get_running_loop().time()
        due_s = self._last_due_by_name.get(device.name)
        if due_s is None or not now < due_s <= now + delay_s:
            self._last_due_by_name[device.name] = now + delay_s
            self._poller.schedule(device.name, now + delay_s)

    async def sample_all(self, devices: Iterable[DeviceRunner]) -> None:
        """Sample *devices* now, those on one bus in one trip to its worker."""
        groups: dict[object, list[DeviceRunner]] = {}
        for device in devices:
            groups.setdefault(device.execution.group, []).append(device)
        await asyncio.gather(*(_sample_group(group) for group in groups.values()))

    def halt(self) -> None:
        """Plan nothing more and give up the samples under way."""
        self._poller.close()
        self._device_by_name.clear()
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Plan nothing more, give up the samples under way and await their end."""
        self.halt()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _plan(self, device: DeviceRunner) -> None:
        now_s = asyncio.get_running_loop().time()
        delay_s = device.next_look_s()
        if delay_s is None:
            self._last_due_by_name.pop(device.name, None)
            return
        last_s = self._last_due_by_name.get(device.name)
        # From the due time, not from now: the period does not drift.
        at_s = (now_s if last_s is None else last_s) + delay_s
        if device.health.state != "down":
            at_s = self._on_beat(at_s, delay_s, now_s, is_first=last_s is None)
        elif at_s <= now_s:
            at_s = now_s + delay_s
        self._last_due_by_name[device.name] = at_s
        self._poller.schedule(device.name, at_s)

    def _on_beat(self, at_s: float, period_s: float, now_s: float, *, is_first: bool) -> float:
        """Return when to sample: on the beat that all devices of one period share.

        A device that comes later, or comes back, falls into step with one or two pauses of half a
        period to a whole one.
        """
        if self._first_beat_s is None:
            self._first_beat_s = now_s
        beats = (at_s - self._first_beat_s) / period_s
        if is_first or at_s <= now_s or abs(beats - round(beats)) > _OFF_BEAT:
            beats = math.floor((now_s - self._first_beat_s) / period_s + _OFF_BEAT) + 1
            left_s = self._first_beat_s + beats * period_s - now_s
            if left_s < period_s / 2:
                return now_s + (left_s + period_s) / 2
        return self._first_beat_s + round(beats) * period_s

    def _on_due(self, names: list[str]) -> None:
        due = [self._device_by_name[name] for name in names if name in self._device_by_name]
        groups: dict[object, list[DeviceRunner]] = {}
        for device in due:
            groups.setdefault(device.execution.group, []).append(device)
        for group in groups.values():
            task = asyncio.get_running_loop().create_task(self._sample_and_plan(group))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _sample_and_plan(self, group: list[DeviceRunner]) -> None:
        try:
            await _sample_group(group)
        finally:  # whatever went wrong: a device that is not planned again falls silent for ever
            for device in group:
                if self._device_by_name.get(device.name) is device:
                    self._plan(device)


async def _sample_group(group: list[DeviceRunner]) -> None:
    """Sample devices that share one execution; each fails or works on its own."""
    ready = [device for device in group if _is_free(device) and await device.prepare()]
    if len(ready) == 1 or (ready and isinstance(ready[0].execution, LoopExecution)):
        for device in ready:
            await device.sample()
        return
    while ready:
        ready = await _sample_batch(ready)


def _is_free(device: DeviceRunner) -> bool:
    """Return whether *device* can be sampled: not one whose last unit hangs, nor with others."""
    if device.execution.hangs:
        device.fail(BusTimeoutError("its last unit still hangs"))
    return not device.execution.hangs


async def _sample_batch(devices: list[DeviceRunner]) -> list[DeviceRunner]:
    """Sample *devices* in one unit; return those a stuck neighbour kept from their turn."""
    worker = devices[0].execution.group
    assert isinstance(worker, BusWorker), "devices on the loop are sampled one by one"
    batch = Batch(devices, shares_pauses=worker.shares_pauses)
    failure: DeviceError | None = None
    try:
        await worker.run(batch.unit, deadline_s=devices[0].deadline_s, may_be_refused=False)
    except DeviceError as error:
        failure = error
    for device in devices:
        if device.name in batch.outcomes:
            _conclude(device, batch.outcomes[device.name])
    missed = [device for device in devices if device.name not in batch.outcomes]
    return _blame(failure, missed, batch.under_way) if failure is not None else []


def _conclude(device: DeviceRunner, outcome: Mapping[str, Any] | DeviceError) -> None:
    if isinstance(outcome, DeviceError):
        device.fail(outcome)
    else:
        device.succeed(outcome)


def _blame(failure: DeviceError, missed: list[DeviceRunner], under_way: str) -> list[DeviceRunner]:
    """Note the *failure* of a batch; return the devices that deserve another try at once.

    After a time-out the device *under_way* was the one that was stuck. Any other failure, such as
    a full queue, kept all of them from their turn.
    """
    guilty = missed
    if isinstance(failure, BusTimeoutError):
        guilty = [device for device in missed if device.name == under_way] or missed[:1]
    for device in guilty:
        device.fail(failure)
    return [device for device in missed if device not in guilty]
