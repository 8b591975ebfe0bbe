"""Devices and whole sites on simulated parts, for tests: the fixtures ``sim`` and ``site``.

Everything is real but the parts: device file, drivers, buses, node, router and client. Time is
virtual: an hour costs what the code of an hour costs, and two runs see the same instants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from wampedge.config.checking import check_all
from wampedge.config.model import SiteConfig
from wampedge.config.report import render
from wampedge.devices.catalog import find_driver
from wampedge.devices.driver import Driver
from wampedge.devices.local_driver import load_local_driver
from wampedge.devices.local_module import LocalSource
from wampedge.devices.readings import Reading
from wampedge.errors import ConfigError
from wampedge.simulation.site import Heard, SimulatedSite
from wampedge.testing.device_text import device_file
from wampedge_simulator.i2c.scripted import ScriptedChip
from wampedge_simulator.part import Part

__all__ = ["SimulatedDevice", "Simulation"]


class Simulation:
    """The fixture ``sim``: makes devices and sites on simulated parts, and ends them.

    Args:
        folder: where relative paths start: the folder of the test.
        seed: makes the noise of what parts measure.
    """

    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        self._folder = folder
        self._seed = seed
        self._stack = AsyncExitStack()
        self._chips: dict[tuple[str, int], ScriptedChip] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def i2c(
        self,
        bus: str,
        address: int,
        *,
        registers: Mapping[int, bytes] | None = None,
        answers: Mapping[bytes, bytes] | None = None,
    ) -> ScriptedChip:
        """Put a chip that answers what the test says on *bus*, in place of a simulated one.

        Args:
            bus: name of the bus: ``i2c1`` for `device`, else as in the device file.
            address: where it is; devices made from now on find it there.
            registers: content from a register on.
            answers: what is read after exactly these bytes were written.
        """
        chip = self._chips[bus, address] = ScriptedChip(registers, answers)
        return chip

    async def device(self, name: str, driver: str | Path, **keys: Any) -> SimulatedDevice:
        """Start a node with one device, on a bus of the kind its driver needs; return the device.

        Args:
            name: the name of the device.
            driver: a driver's name, or the file of one: ``drivers/lift.py``.
            keys: what else stands in the table of the device, such as ``address=0x77``.

        Raises:
            ConfigError: the device file cannot be; its text says what and where.
        """
        text, folder = self._text_of(name, driver, keys)
        site = await self._start(_checked(text, folder / "devices.toml"))
        return SimulatedDevice(site, name, await site.hear())

    async def site(self, file: str | Path) -> SimulatedSite:
        """Start the node of a device *file*: a path, or the text itself.

        Raises:
            ConfigError: the file has mistakes.
        """
        if isinstance(file, str) and "\n" in file:
            config = _checked(file, self._folder / "devices.toml")
        else:
            path = self._folder / file
            config = _checked(path.read_text(encoding="utf-8"), path)
        return await self._start(config)

    async def advance(self, seconds: float) -> None:
        """Let *seconds* of virtual time pass."""
        await asyncio.sleep(seconds)

    async def _start(self, config: SiteConfig) -> SimulatedSite:
        parts = {
            device.name: chip.part
            for device in config.devices.values()
            if (chip := self._chips.get((device.bus or "", device.address or 0))) is not None
        }
        site = SimulatedSite(config, parts=parts, seed=self._seed)
        await self._stack.enter_async_context(site)
        return site

    def _text_of(self, name: str, driver: str | Path, keys: Mapping[str, Any]) -> tuple[str, Path]:
        """Return a device file with one device, and the folder it stands in."""
        file = self._folder / driver
        if file.suffix not in {".py", ".toml"}:
            spec = find_driver(str(driver))
            return device_file(name, spec.name, spec.bus, keys), self._folder
        spec = load_local_driver(file.stem, LocalSource.read(file), None, None)
        return device_file(name, spec.name, spec.bus, keys, file.name), file.parent


class SimulatedDevice:
    """One device of a simulated node, as a caller far away sees it, and its part on the bench.

    Attributes:
        site: the node it belongs to.
        name: its name.
        heard: every event of the node since it started.
    """

    def __init__(self, site: SimulatedSite, name: str, heard: Heard) -> None:
        self.site = site
        self.name = name
        self.heard = heard

    @property
    def status(self) -> str:
        """``starting``, ``ok``, ``degraded``, ``down`` or ``disabled``."""
        return self.site.runner(self.name).health.state

    @property
    def reason(self) -> str | None:
        """Why it is not ``ok``."""
        return self.site.runner(self.name).health.reason

    @property
    def driver(self) -> Driver:
        """Its driver, for a look inside."""
        return self.site.driver(self.name)

    @property
    def part(self) -> Part:
        """Its simulated part."""
        return self.site.part(self.name)

    async def get(self, channel: str, *, fresh: bool = True) -> Reading:
        """Call for *channel*; sample it now if *fresh*.

        Raises:
            ApplicationError: the device could not be read.
        """
        uri = f"{self.site.prefix}.{self.name}.{channel}.get"
        result = await self.site.client.call(uri, fresh=fresh)
        return Reading(result.value, **result.kwargs)

    async def set(self, channel: str, value: Any, **options: Any) -> Any:
        """Set *channel*; return what the device accepted; raises ApplicationError."""
        return await self.site.call(f"{self.name}.{channel}.set", value, **options)

    async def call(self, command: str, *args: Any, **kwargs: Any) -> Any:
        """Run a command of the device; return its result; raises ApplicationError."""
        return await self.site.call(f"{self.name}.{command}", *args, **kwargs)

    def sense(self, channel: str, value: object) -> None:
        """Hold what the part senses at *value*, in the unit of the driver."""
        self.site.board.set(self.name, channel, value)

    def fault(self, kind: str, count: int | None = 1) -> None:
        """Let a fault strike the part the next *count* times; None: until ``clear``."""
        self.site.board.fault(self.name, kind, count)

    def clear(self) -> None:
        """End all faults of the part."""
        self.site.board.clear(self.name)

    def values(self, channel: str) -> list[Any]:
        """Return the values the device has published for *channel* since it started."""
        return self.heard.values(f"{self.name}.{channel}")

    @contextmanager
    def published(self, channel: str) -> Iterator[list[Any]]:
        """Give a list that has, after the block, what was published for *channel* within it."""
        values: list[Any] = []
        before = len(self.values(channel))
        yield values
        values += self.values(channel)[before:]


def _checked(text: str, path: Path) -> SiteConfig:
    checked = check_all(text, str(path))
    if checked.config is None:
        raise ConfigError(render(checked.problems, checked.texts), checked.problems)
    return checked.config
