"""Asks addresses behind I2C multiplexers; their channels are switched for it, and closed again.

Whoever else uses the bus at that moment would read from another chip than he meant. So it is
looked first whether another process has the bus open, or the kernel has a multiplexer of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from wampedge.config.bus_ways import mux_path, root_bus
from wampedge.config.model import BusConfig, DeviceConfig, SiteConfig
from wampedge.devices.contracts import I2cBus
from wampedge.devices.i2c_mux import I2cTree, MuxStep
from wampedge.errors import BusError
from wampedge.records import Record

__all__ = ["Multiplexers", "Silence", "multiplexers_of", "who_else"]

_CLOSED = b"\x00"


class Multiplexers(Record):
    """The multiplexers of one bus of the board, and the devices behind them.

    Attributes:
        bus: the bus of the board.
        muxes: each multiplexer with the steps that lead to it, the nearest to the board first.
        devices: each device behind them with the steps that lead to it, in the same order.
    """

    bus: BusConfig
    muxes: tuple[tuple[DeviceConfig, tuple[MuxStep, ...]], ...]
    devices: tuple[tuple[DeviceConfig, tuple[MuxStep, ...]], ...]

    def silent(self, link: I2cBus) -> list[Silence]:
        """Ask for every device behind a multiplexer; return those that are not where they should.

        What is behind a multiplexer that is silent is not asked for: that is told of it alone.

        Raises:
            DeviceError: the bus cannot be used at all.
        """
        asked = _Asked(self, link)
        try:
            return [found for device, way in self.devices for found in asked.about(device, way)]
        finally:
            asked.close_all()


class Silence(Record):
    """A device that does not answer, or not only, at its place behind a multiplexer.

    Attributes:
        device: which.
        is_before: a part answers at its address before the multiplexer, with all channels closed.
        others: other addresses it can have, where a part answers on its channel.
    """

    device: DeviceConfig
    is_before: bool = False
    others: tuple[int, ...] = ()


def multiplexers_of(config: SiteConfig) -> list[Multiplexers]:
    """Return the multiplexers of *config* by bus of the board, where devices in use are behind."""
    muxed: dict[str, list[tuple[DeviceConfig, tuple[MuxStep, ...]]]] = {}
    for device in config.devices.values():
        bus = config.buses.get(device.bus or "")
        if bus is None or bus.type != "i2c" or device.address is None:
            continue
        way = tuple(MuxStep(*step) for step in mux_path(bus, config))
        muxed.setdefault(root_bus(bus, config).name, []).append((device, way))
    found = []
    for name, placed in muxed.items():
        placed.sort(key=lambda place: len(place[1]))
        muxes = tuple(p for p in placed if p[0].driver.provides_buses)
        behind = tuple(p for p in placed if p[1] and p[0].is_enabled)
        if behind:
            found.append(Multiplexers(config.buses[name], muxes, behind))
    return found


def who_else(node: str, addresses: Iterable[int], root: Path) -> str:
    """Return who may use the bus *node* at this moment, for people; empty where nobody is seen.

    Args:
        node: such as ``/dev/i2c-1``.
        addresses: those of the multiplexers on it.
        root: folder that stands for ``/``.
    """
    number = node.removeprefix("/dev/i2c-")
    for address in addresses:
        owned = root / f"sys/bus/i2c/devices/{number}-{address:04x}/driver"
        if owned.exists():
            return f"the kernel has the multiplexer 0x{address:02x} (driver {owned.resolve().name})"
    for folder in (root / "proc").glob("[0-9]*"):
        # Those of other users cannot be looked into, without root.
        with contextlib.suppress(OSError):
            if any(_target(link) == node for link in (folder / "fd").iterdir()):
                name = (folder / "comm").read_text("utf-8", "replace").strip()
                return f"process {folder.name} ({name}) has {node} open"
    return ""


class _Asked:
    """What the multiplexers of one bus have answered so far."""

    def __init__(self, multiplexers: Multiplexers, link: I2cBus) -> None:
        self._muxes = multiplexers.muxes
        self._link = link
        self._tree = I2cTree(link)
        for mux, way in self._muxes:
            assert mux.address is not None, "the checker gives I2C devices an address"
            self._tree.add_mux(way, mux.address)
        self._there: dict[tuple[MuxStep, ...], bool] = {(): True}

    def about(self, device: DeviceConfig, way: tuple[MuxStep, ...]) -> list[Silence]:
        assert device.address is not None, "only devices with an address are asked"
        if not self._is_there(way):
            return []
        self.close_all()
        if self._answers((), device.address):
            return [Silence(device, is_before=True)]
        if self._answers(way, device.address):
            return []
        others = [a for a in device.driver.addresses if a != device.address][:16]
        there = [a for a in others if self._answers(way, a)]
        self.close_all()
        return [Silence(device, others=tuple(a for a in there if not self._answers((), a)))]

    def close_all(self) -> None:
        """Close every channel, as after power-on; what is silent has none open."""
        for mux, way in reversed(self._muxes):
            if self._is_there(way) and mux.address is not None:
                with contextlib.suppress(BusError):
                    self._tree.transfer(way, mux.address, [_CLOSED])
        self._tree.forget()

    def _is_there(self, way: tuple[MuxStep, ...]) -> bool:
        """Say whether every multiplexer of *way* answers."""
        if way not in self._there:
            upper = way[:-1]
            self._there[way] = self._is_there(upper) and self._answers(upper, way[-1].address)
        return self._there[way]

    def _answers(self, way: tuple[MuxStep, ...], address: int) -> bool:
        try:
            self._tree.transfer(way, address, [1])
        except BusError:
            return False
        return True


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
