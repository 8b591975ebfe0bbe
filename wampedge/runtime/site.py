"""All devices of a node: starts them in order, samples them, replaces those a new file changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from wampedge.config.model import DeviceConfig, SiteConfig
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.changes import SiteChanges
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.mounting import Equipment
from wampedge.runtime.procedures import Procedures, device_procedures
from wampedge.runtime.sampling import Sampler

__all__ = ["Site"]

log = logging.getLogger(__name__)

Offer = Callable[[Procedures], Awaitable[None]]
Withdraw = Callable[[Iterable[str]], Awaitable[None]]


class Site:
    """Owns every ``DeviceRunner``; started, changed and stopped by the node.

    Args:
        equipment: the open buses and pins.
        announcer: hears what devices say.
        offer: awaited with new procedures when devices arrive.
        withdraw: awaited with the URIs of procedures whose device goes.
    """

    def __init__(
        self, equipment: Equipment, announcer: Announcer, offer: Offer, withdraw: Withdraw
    ) -> None:
        self.devices: dict[str, DeviceRunner] = {}
        self._equipment = equipment
        self._announcer = announcer
        self._offer = offer
        self._withdraw = withdraw
        self._sampler = Sampler()
        self._procedures_by_device: dict[str, Procedures] = {}

    async def add(self, config: SiteConfig, names: Iterable[str]) -> None:
        """Create the devices *names* of *config* and offer their procedures; nothing is driven."""
        for name in names:
            device = config.devices[name]
            runner = DeviceRunner(device, self._equipment.mounting(device, config), self._announcer)
            self.devices[name] = runner
            procedures = device_procedures(runner, config.node.uri_prefix)
            self._procedures_by_device[name] = procedures
        await self._offer({u: e for n in names for u, e in self._procedures_by_device[n].items()})

    async def bring_up(self, names: Iterable[str]) -> None:
        """Set up and sample the devices *names*: outputs first, and expanders before all.

        A part that does not answer is no reason to stop: it stays in its state and is retried.
        """
        waiting = [self.devices[name] for name in names]
        for group in _start_order(waiting):
            await self._sampler.sample_all(group)
            for device in group:
                self._announcer.on_status(device)
                self._sampler.add(device)

    async def change(self, config: SiteConfig, changes: SiteChanges) -> None:
        """Replace the devices *changes* names by those of *config*; leave the others alone."""
        await self.remove(changes.stopping)
        for bus in changes.buses_to_drop:
            await self._equipment.drop_bus(bus)
        self._equipment.open(config)
        await self.add(config, changes.starting)
        await self.bring_up(changes.starting)

    async def remove(self, names: Iterable[str]) -> None:
        """Stop the devices *names*, users of expander pins before the expanders."""
        leaving = [self.devices[name] for name in names]
        for group in reversed(_start_order(leaving)):
            for device in group:
                self._sampler.remove(device)
            await asyncio.gather(*(device.stop() for device in group))
            for device in group:
                self._announcer.forget(device)
                del self.devices[device.name]
        uris = [uri for name in names for uri in self._procedures_by_device.pop(name, {})]
        if uris:
            await self._withdraw(uris)

    async def stop(self) -> None:
        """Put every output into its safe state and let go of every device."""
        await self._sampler.close()
        for group in reversed(_start_order(self.devices.values())):
            await asyncio.gather(*(device.stop() for device in group))
        self.devices.clear()


def _start_order(devices: Iterable[DeviceRunner]) -> list[list[DeviceRunner]]:
    """Return groups that can start together: expanders, then outputs, then the rest."""
    groups: list[list[DeviceRunner]] = [[], [], []]
    for device in devices:
        groups[_rank(device.config)].append(device)
    return [group for group in groups if group]


def _rank(device: DeviceConfig) -> int:
    if device.driver.provides_pins:
        return 0
    drives = any(pin.direction != "input" for pin in device.driver.pins.values())
    return 1 if drives else 2
