"""One open bus of the node: what it goes through, its worker, and how it is.

I2C goes through a ladder of recovery and a tree of multiplexers; the other buses have neither.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from wampedge.config.bus_ways import mux_path
from wampedge.config.model import BusConfig, DeviceConfig, SiteConfig
from wampedge.devices.contracts import Clock, Substrate
from wampedge.devices.seams import at_seam
from wampedge.devices.worker import BusWorker

__all__ = ["SYSFS", "THREAD", "OpenBus", "open_bus"]

log = logging.getLogger(__name__)

CLOSE_LIMIT_S = 1.5
"""How long the worker of a bus may take to end its last unit; then it is left behind."""
SYSFS = BusConfig("sysfs", "sysfs", "/sys")
"""What devices share that read files of the kernel: no bus of the device file."""
THREAD = BusConfig("", "thread", "")
"""What a device has alone whose units may block; named as the device."""


class _Opened(Protocol):
    """What lies beneath an open bus."""

    def close(self) -> None:
        """Close it."""
        ...


class OpenBus:
    """One bus with its worker; opened, used and closed on the event loop.

    Args:
        config: the bus.
        opened: what lies beneath, already open.
        place: makes what a device on the bus gets as ``self.bus``.
        worker: runs the units of its devices.
    """

    def __init__(
        self,
        config: BusConfig,
        opened: _Opened,
        place: Callable[[DeviceConfig, SiteConfig], Any],
        worker: BusWorker,
    ) -> None:
        self.config = config
        self.worker = worker
        self.place = place
        self._opened = opened

    def health(self) -> dict[str, Any]:
        """Return state and counters of the bus."""
        own: Callable[[], dict[str, Any]] | None = getattr(self._opened, "health", None)
        hanging = self.worker.hanging_threads
        health: dict[str, Any] = {"state": "degraded" if hanging else "ok"}
        counts = self.worker.counts
        health |= {"given_up": counts["timeouts"], "busy": counts["refused"], "hanging": hanging}
        return health if own is None else {**health, **own()}

    async def close(self) -> None:
        """End the worker, then close the bus; a unit that hangs is left behind."""
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self.worker.close()
        except TimeoutError:
            log.warning("bus %s: a unit hangs and is left behind", self.config.name)
            return  # closing the bus under a thread that uses it could hit another file
        self._opened.close()


def open_bus(config: BusConfig, substrate: Substrate, clock: Clock, *, is_inline: bool) -> OpenBus:
    """Open a bus; raises HardwareError.

    It is opened now and not at the first transfer: whoever starts the node should hear of it.
    """
    opened, place = _OPENERS[config.type](config, substrate, clock)
    shares_pauses = config.type == "i2c"
    worker = BusWorker(config.name, clock, inline=is_inline, shares_pauses=shares_pauses)
    return OpenBus(config, opened, place, worker)


_Place = Callable[[DeviceConfig, SiteConfig], Any]


def _open_i2c(config: BusConfig, substrate: Substrate, clock: Clock) -> tuple[_Opened, _Place]:
    from wampedge.devices.i2c import I2cDevice  # noqa: PLC0415 # only where there is a bus
    from wampedge.devices.i2c_mux import I2cTree, MuxStep  # noqa: PLC0415 # the same
    from wampedge.devices.recovery import RecoveringI2cBus  # noqa: PLC0415 # the same
    from wampedge.hardware.i2c import SmbusI2cBus  # noqa: PLC0415 # the same

    opened = at_seam(substrate, "i2c", config.path, lambda: SmbusI2cBus(config.path))
    opened.open()
    ladder = RecoveringI2cBus(
        config.name,
        opened,
        clock,
        after_errors=config.recover_after,
        clear=lambda: substrate.clear_i2c(config.path),
    )
    tree = I2cTree(ladder)
    ladder.on_reset = tree.forget

    def place(device: DeviceConfig, site: SiteConfig) -> I2cDevice:
        assert device.address is not None, "the checker gives I2C devices an address"
        assert device.bus is not None, "devices without a bus are not placed on one"
        path = tuple(MuxStep(*step) for step in mux_path(site.buses[device.bus], site))
        if device.driver.provides_buses:
            closes = device.params.get("idle") == "disconnect"
            tree.add_mux(path, device.address, closes_after_use=closes)
        return I2cDevice(tree.segment(path) if path else _Direct(tree), device.address)

    return ladder, place


class _Direct:
    """Implements ``I2cBus`` for parts on the bus of the board itself."""

    def __init__(self, tree: Any) -> None:
        self.name: str = tree.name
        self._tree = tree

    def transfer(self, address: int, messages: Any) -> list[bytes]:
        """Run one transaction; raises BusError."""
        answer: list[bytes] = self._tree.transfer((), address, messages)
        return answer

    def close(self) -> None:
        """Do nothing: the bus is closed by its owner."""


def _open_spi(config: BusConfig, substrate: Substrate, _clock: Clock) -> tuple[_Opened, _Place]:
    from wampedge.devices.spi import SpiDevice  # noqa: PLC0415 # only where there is a bus
    from wampedge.hardware.spi import SpidevBus  # noqa: PLC0415 # the same

    bus = at_seam(substrate, "spi", config.path, lambda: SpidevBus(config.path))
    bus.open()

    def place(device: DeviceConfig, _site: SiteConfig) -> SpiDevice:
        assert device.spi is not None, "the checker gives SPI devices their settings"
        return SpiDevice(bus, device.spi)

    return bus, place


def _open_onewire(config: BusConfig, substrate: Substrate, _: Clock) -> tuple[_Opened, _Place]:
    from wampedge.devices.onewire import OneWireDevice  # noqa: PLC0415 # only where there is a bus
    from wampedge.hardware.onewire import SysfsOneWireBus  # noqa: PLC0415 # the same
    from wampedge.hardware.sysfs import SysfsFiles  # noqa: PLC0415 # the same

    files = at_seam(substrate, "files", "sysfs", lambda: SysfsFiles(substrate.sysfs_path))
    bus = SysfsOneWireBus(config.path, files)
    bus.open()

    def place(device: DeviceConfig, _site: SiteConfig) -> OneWireDevice:
        assert device.rom_id is not None, "the checker gives 1-Wire devices their number"
        return OneWireDevice(bus, device.rom_id)

    return bus, place


def _open_sysfs(_: BusConfig, substrate: Substrate, _clock: Clock) -> tuple[_Opened, _Place]:
    from wampedge.devices.sysfs import SysfsFolder  # noqa: PLC0415 # only where it is used
    from wampedge.hardware.sysfs import SysfsFiles  # noqa: PLC0415 # the same

    files = at_seam(substrate, "files", "sysfs", lambda: SysfsFiles(substrate.sysfs_path))
    return _Nothing(), lambda _device, _site: SysfsFolder(files)


def _open_nothing(_: BusConfig, _substrate: Substrate, _clock: Clock) -> tuple[_Opened, _Place]:
    return _Nothing(), lambda _device, _site: None


def _open_modbus(config: BusConfig, substrate: Substrate, clock: Clock) -> tuple[_Opened, _Place]:
    from wampedge.devices.modbus.unit import ModbusUnit  # noqa: PLC0415 # only where there is a bus
    from wampedge.hardware.modbus import RtuLine, TcpConnection  # noqa: PLC0415 # the same

    settings, serial = config.modbus, config.serial
    assert settings is not None, "the checker gives every Modbus bus its settings"

    def make() -> RtuLine | TcpConnection:
        if serial is None:
            return TcpConnection(lambda: substrate.modbus_peer(settings), settings, clock)
        return RtuLine(lambda: substrate.serial_port(serial), settings, clock)

    # Opened at the first request: an adapter that is not plugged in is no reason not to start.
    bus = at_seam(substrate, "modbus", config.name, make)

    def place(device: DeviceConfig, _site: SiteConfig) -> ModbusUnit:
        assert device.unit_id is not None, "the checker gives Modbus devices their number"
        return ModbusUnit(bus, device.unit_id)

    return bus, place


class _Nothing:
    """What lies beneath a worker that has no bus."""

    def close(self) -> None:
        """Do nothing."""


_OPENERS: dict[str, Callable[[BusConfig, Substrate, Clock], tuple[_Opened, _Place]]] = {
    "i2c": _open_i2c,
    "spi": _open_spi,
    "onewire": _open_onewire,
    "modbus_rtu": _open_modbus,
    "modbus_tcp": _open_modbus,
    "sysfs": _open_sysfs,
    "thread": _open_nothing,
}
"""How each type of bus is opened, by its type in the device file."""
