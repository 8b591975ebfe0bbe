"""Another device, as a driver that uses it sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wampedge.devices.readings import Reading
from wampedge.devices.values import Value
from wampedge.errors import NotReadyError, SafetyError

if TYPE_CHECKING:
    from wampedge.runtime.announcer import Announcer
    from wampedge.runtime.device import DeviceRunner
    from wampedge.runtime.outputs.outputs import Outputs

__all__ = ["Neighbour", "Neighbourhood"]


class Neighbourhood:
    """All devices of the node, for those among them that use others; owned by the site.

    Args:
        devices: by name, as they are at any moment.
        announcer: hears every reading.
        outputs: knows which outputs a rule of safety holds.
    """

    def __init__(
        self, devices: Mapping[str, DeviceRunner], announcer: Announcer, outputs: Outputs
    ) -> None:
        self._devices = devices
        self._announcer = announcer
        self._outputs = outputs

    def peer(self, name: str) -> Neighbour:
        """Return the device *name*; it need not be there yet."""
        return Neighbour(name, self._devices, self._announcer, self._outputs)


class Neighbour:
    """Implements ``Peer``; finds the device anew at each use, for a reload may replace it."""

    def __init__(
        self,
        name: str,
        devices: Mapping[str, DeviceRunner],
        announcer: Announcer,
        outputs: Outputs,
    ) -> None:
        self.name = name
        self._devices = devices
        self._announcer = announcer
        self._outputs = outputs

    async def call(self, command: str, *arguments: Any) -> Any:
        """Run a command of the device; raises DeviceError."""
        runner = self._runner()
        guard = self._outputs.guards.get(self.name)
        if guard is not None and guard.holds and command != "off":
            raise SafetyError(next(iter(guard.holds.values())), device=self.name)
        return await runner.call(command, arguments, {})

    def value(self, channel: str) -> Value:
        """Return the newest good value of a channel; None where there is none."""
        runner = self._devices.get(self.name)
        config = None if runner is None else runner.config.channels.get(channel)
        return None if runner is None or config is None else runner.reading_of(config).value

    def watch(self, channel: str, on_value: Callable[[Value], None]) -> Callable[[], None]:
        """Call *on_value* at each reading of *channel*; return a function that ends it."""

        def hear(reading: Reading) -> None:
            on_value(reading.value)

        return self._announcer.watch(self.name, channel, hear)

    def _runner(self) -> DeviceRunner:
        runner = self._devices.get(self.name)
        if runner is None:
            raise NotReadyError(f"{self.name} is not there", device=self.name)
        return runner
