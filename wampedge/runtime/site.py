"""All devices of a node: starts them in order, samples them, replaces those a new file changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from wampedge.config.model import DeviceConfig, SiteConfig
from wampedge.devices.peers import references_of
from wampedge.devices.readings import Reading
from wampedge.runtime.announcer import Announcer
from wampedge.runtime.changes import SiteChanges
from wampedge.runtime.commands import Commands
from wampedge.runtime.device import DeviceRunner
from wampedge.runtime.mounting import Equipment
from wampedge.runtime.outputs.outputs import Outputs
from wampedge.runtime.peers import Neighbourhood
from wampedge.runtime.procedures import Procedures, device_procedures
from wampedge.runtime.sampling import Sampler

__all__ = ["Site"]

log = logging.getLogger(__name__)

Offer = Callable[[Procedures], Awaitable[None]]
Withdraw = Callable[[Iterable[str]], Awaitable[None]]

SAFE_LIMIT_S = 2.0
"""How long outputs have to take their safe state when the node stops; a few tries fit in."""
COMPOSED_LIMIT_S = 0.3
"""How long devices that use others, such as covers, may take to stop before the outputs do."""
STOP_LIMIT_S = 0.8
"""How long the devices of one group may take to let go of everything after that."""


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
        self.commands = Commands(equipment.clock)
        self.outputs = Outputs(equipment.clock, equipment.kept.of, self.devices)
        equipment.outputs = self.outputs
        equipment.neighbourhood = Neighbourhood(self.devices, announcer, self.outputs)
        self._config: SiteConfig | None = None

    async def add(
        self,
        config: SiteConfig,
        names: Iterable[str],
        handed_over: Mapping[str, DeviceRunner] = MappingProxyType({}),
    ) -> None:
        """Create devices and offer their procedures; nothing is driven.

        Args:
            config: the device file.
            names: which of its devices.
            handed_over: who goes on where another runner left its outputs, by name.
        """
        self.outputs.configure(config)
        self._config = config
        arriving = list(names)
        for name in arriving:
            device = config.devices[name]
            runner = DeviceRunner(device, self._equipment.mounting(device, config), self._announcer)
            if name in handed_over:  # before anybody can call it
                runner.take_over(handed_over[name])
            self.devices[name] = runner
            admit = self.outputs.admission(device)
            prefix = config.node.uri_prefix
            kept = self._announcer.history
            self._procedures_by_device[name] = device_procedures(
                runner,
                prefix,
                admit,
                None if kept is None else kept.endpoint,
                as_command=self.commands.endpoint,
            )
        await self._offer(
            {u: e for n in arriving for u, e in self._procedures_by_device[n].items()}
        )

    async def bring_up_outputs(self, names: Iterable[str]) -> None:
        """Set up the outputs among *names*, and the expanders they may sit on before them.

        A part that does not answer is no reason to stop: it stays in its state and is retried.
        """
        for group in _start_order(self.devices[name] for name in names)[:_INPUTS]:
            await self._bring_up(group)

    async def bring_up_others(self, names: Iterable[str]) -> None:
        """Set up and sample those of *names* that drive nothing."""
        for group in _start_order(self.devices[name] for name in names)[_INPUTS:]:
            await self._bring_up(group)

    async def change(self, config: SiteConfig, changes: SiteChanges) -> None:
        """Replace the devices *changes* names by those of *config*; leave the others alone.

        An output that stays on its pin keeps its level; any other takes its safe state.
        """
        # What can fail comes before anything is touched.
        replaced = [config.buses[name] for name in changes.buses_to_drop if name in config.buses]
        self._equipment.check(bus for bus in replaced if bus.type == "i2c" and bus.mux is None)
        self._equipment.open(config)
        kept = {
            name: runner
            for name, runner in self.devices.items()
            if name in changes.changed
            and runner.drives_outputs
            and runner.can_hand_over(config.devices[name])
            and not changes.moved_banks & {pin.bank for pin in runner.config.pins.values()}
        }
        removed = [self.devices[name] for name in changes.removed]
        before = self._config
        try:
            await self.remove(changes.stopping, handed_over=kept)
            for device in removed:
                self._announcer.on_removed(device)
            for bus in changes.buses_to_drop:
                await self._equipment.drop_bus(bus)
            self._equipment.open(config)
            await self.add(config, changes.starting, kept)
            await self.bring_up_outputs(changes.starting)
            self.outputs.settle_conflicts()
        except BaseException:
            if before is not None:
                self.outputs.configure(before)
            await self._rescue(kept, config)
            raise
        await self.bring_up_others(changes.starting)

    def watch(self, device: str, channel: str, hear: Callable[[Reading], None]) -> None:
        """Call *hear* with each reading of a channel, of a device that comes later too."""
        self._announcer.watch(device, channel, hear)

    def bus_health(self) -> dict[str, dict[str, Any]]:
        """Return state and counters of every open bus, by name."""
        return self._equipment.health()

    async def remove(self, names: Iterable[str], *, handed_over: Iterable[str] = ()) -> None:
        """Stop the devices *names*, users of expander pins before the expanders.

        Args:
            names: which.
            handed_over: those among them whose outputs stay as they are.
        """
        leaving = [self.devices[name] for name in names]
        kept = set(handed_over)
        uris = [uri for d in leaving for uri in self._procedures_by_device.pop(d.name, {})]
        if uris:
            await self._withdraw(uris)
        for device in leaving:
            self._sampler.remove(device)
        for group in _stop_order(leaving):
            await asyncio.gather(*(d.stop(is_handed_over=d.name in kept) for d in group))
            for device in group:
                self._announcer.forget(device)
                del self.devices[device.name]

    async def stop(self) -> None:
        """Put every output into its safe state and let go of every device; bounded in time."""
        self._sampler.halt()
        self.outputs.close()
        self._equipment.make_way("is needed to stop the node")
        # Who moves others stops them himself, and so knows where they stopped.
        composed = [d for d in self.devices.values() if _rank(d.config) == _COMPOSED]
        await _within(COMPOSED_LIMIT_S, {d.name: d.make_safe() for d in composed})
        outputs = [device for device in self.devices.values() if device.drives_outputs]
        await _within(SAFE_LIMIT_S, {d.name: d.make_safe() for d in outputs})
        for group in _stop_order(self.devices.values()):
            await _within(STOP_LIMIT_S, {device.name: device.stop() for device in group})
        self.devices.clear()
        self.commands.answers.close()
        await _within(STOP_LIMIT_S, {"sampling": self._sampler.close()})

    async def _rescue(self, handed_over: Mapping[str, DeviceRunner], config: SiteConfig) -> None:
        """Put outputs into their safe state whose new runner does not hold them yet."""
        for name, before in handed_over.items():
            after = self.devices.get(name)
            if after is not None and after is not before and after.holds_pins:
                continue
            log.warning("%s: the reload broke off; it takes its safe state", name)
            await before.stop(is_handed_over=True)
            mounting = self._equipment.mounting(before.config, config)
            rescuer = DeviceRunner(before.config, mounting, self._announcer)
            rescuer.take_over(before)
            await rescuer.prepare()
            await rescuer.stop()

    async def _bring_up(self, group: list[DeviceRunner]) -> None:
        await self._sampler.sample_all(group)
        for device in group:
            if not (device.health.errors or device.health.successes):
                self._announcer.on_status(device)
            self._sampler.add(device)


_EXPANDERS, _OUTPUTS, _INPUTS, _COMPOSED = range(4)


def _start_order(devices: Iterable[DeviceRunner]) -> list[list[DeviceRunner]]:
    """Return groups that can start together: expanders, outputs, inputs, and who uses others."""
    groups: list[list[DeviceRunner]] = [[], [], [], []]
    for device in devices:
        groups[_rank(device.config)].append(device)
    return groups


def _stop_order(devices: Iterable[DeviceRunner]) -> list[list[DeviceRunner]]:
    """Return groups that can stop together: who uses others, then outputs; expanders last."""
    groups = _start_order(devices)
    order = (_COMPOSED, _OUTPUTS, _INPUTS, _EXPANDERS)
    return [groups[rank] for rank in order if groups[rank]]


def _rank(device: DeviceConfig) -> int:
    if device.driver.provides_pins:
        return _EXPANDERS
    if references_of(device.driver, device.params):
        return _COMPOSED
    return _OUTPUTS if device.driver.is_output else _INPUTS


async def _within(limit_s: float, works: dict[str, Coroutine[Any, Any, None]]) -> None:
    """Do all *works* at once; leave behind what does not end in time, whatever it does."""
    if not works:
        return
    tasks = {asyncio.ensure_future(work): name for name, work in works.items()}
    done, pending = await asyncio.wait(tasks, timeout=limit_s)
    for task in pending:
        log.error("%s: did not stop within %g s and is left behind", tasks[task], limit_s)
        task.cancel()
    for task in done:
        if not task.cancelled() and task.exception() is not None:
            log.error(
                "%s: at the end: %s", tasks[task], task.exception(), exc_info=task.exception()
            )
