"""One unit that samples several devices of one bus; each fails or works on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from wampedge.devices.sharing import Turn, share_pauses
from wampedge.devices.steps import Job, job_under_way
from wampedge.devices.values import Value
from wampedge.devices.worker import begin_turn
from wampedge.errors import DeviceError
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.execution import contained
from wampedge.runtime.values import check_readings

__all__ = ["Batch"]


class Batch:
    """Samples devices once; owned by the task that runs ``unit`` on their worker.

    First each device is made ready with the bus for itself: a part that is being set up may answer
    where another does. The reads come then, and share their pauses where the bus allows it.

    Args:
        devices: at least one, all of one worker, each opened.
        shares_pauses: whether one may be read while another converts.
    """

    def __init__(self, devices: Sequence[DeviceRunner], *, shares_pauses: bool) -> None:
        self.outcomes: dict[str, Mapping[str, Any] | DeviceError] = {}
        self._devices = devices
        self._shares_pauses = shares_pauses
        self._job: Job | None = None

    @property
    def under_way(self) -> str:
        """Name of the device that had its turn last, "" before the first one."""
        return "" if self._job is None else self._job.lane

    async def unit(self) -> None:
        """Sample all devices; runs on the worker."""
        self._job = job_under_way()
        sharing: list[DeviceRunner] = []
        for device in self._devices:
            begin_turn(device.name, device.deadline_s)
            try:
                if self._is_sharing(device):
                    await contained(device.ensure_ready)
                    sharing.append(device)
                else:
                    self.outcomes[device.name] = await contained(device.sample_unit)
            except DeviceError as error:
                self.outcomes[device.name] = error
        if sharing:
            await share_pauses([self._turn(device) for device in sharing])

    def _is_sharing(self, device: DeviceRunner) -> bool:
        return self._shares_pauses and device.is_polled and not device.driver.keeps_bus

    def _turn(self, device: DeviceRunner) -> Turn:
        async def read() -> Mapping[str, Value]:
            return check_readings(await device.driver.read())

        on_end = partial(self.outcomes.__setitem__, device.name)
        return Turn(device.name, device.deadline_s, contained(read), on_end)
