"""Buses, ports and pins of one node: opened once, handed to the devices that sit on them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from wampedge.config.model import HEADER_BANK, BusConfig, DeviceConfig, PinRef, SiteConfig
from wampedge.devices.contracts import Clock, I2cBus, PinBank, Substrate
from wampedge.devices.driver import Driver
from wampedge.devices.i2c import I2cDevice
from wampedge.devices.worker import BusWorker
from wampedge.errors import ConfigError, DeviceError, HardwareError
from wampedge.runtime.callbacks import ContainedInput, ContainedPort
from wampedge.runtime.execution import Execution, LoopExecution, WorkerExecution
from wampedge.store.kept import KeptValues

__all__ = ["DeviceMounting", "Equipment"]

log = logging.getLogger(__name__)

GIVE_UP_S = 0.3
"""How long a unit under way may still take when outputs wait for their safe state."""
CLOSE_LIMIT_S = 1.5
"""How long the worker of a bus may take to end its last unit; then it is left behind."""


class Equipment:
    """Owns the GPIO header and every I2C bus with its worker; opened and closed by the node.

    Args:
        substrate: the kernel, or the simulator in its place.
        clock: the node's clock.
        kept: what the devices keep when the node ends; in memory where it is None.
        is_inline: run bus workers on the event loop itself (virtual time needs it).
    """

    def __init__(
        self,
        substrate: Substrate,
        clock: Clock,
        *,
        kept: KeptValues | None = None,
        is_inline: bool = False,
    ) -> None:
        self.substrate = substrate
        self.clock = clock
        self.kept = kept or KeptValues(is_inline=is_inline)
        self._is_inline = is_inline
        self._banks: dict[str, PinBank] = {}
        self._bus_by_name: dict[str, I2cBus] = {}
        self._worker_by_name: dict[str, BusWorker] = {}
        self._execution_by_bus: dict[str, WorkerExecution] = {}

    def open(self, config: SiteConfig) -> None:
        """Open what *config* needs and is not open yet; buses that are open stay as they are.

        Raises:
            HardwareError: a bus or the header cannot be opened; the text lists all of them.
        """
        faults: list[str] = []
        if HEADER_BANK not in self._banks and _needs_header(config):
            _note(faults, self._open_header)
        for bus in config.buses.values():
            if bus.type == "i2c" and bus.name not in self._bus_by_name:
                _note(faults, lambda bus=bus: self._open_i2c(bus))  # type: ignore[misc] # bound now
        if faults:
            raise HardwareError("; ".join(faults))

    def check(self, buses: Iterable[BusConfig]) -> None:
        """Open I2C *buses* and close them again; raises HardwareError, naming all that fail."""
        from wampedge.hardware.i2c import SmbusI2cBus  # noqa: PLC0415 # only where there is a bus

        faults: list[str] = []
        for bus in buses:
            tried = SmbusI2cBus(bus.path)
            _note(faults, tried.open)
            tried.close()
        if faults:
            raise HardwareError("; ".join(faults))

    async def close(self) -> None:
        """Stop the workers, close the buses and release the header."""
        await asyncio.gather(*(self.drop_bus(name) for name in list(self._bus_by_name)))
        header = self._banks.pop(HEADER_BANK, None)
        if header is not None:
            await header.close()

    def make_way(self, reason: str) -> None:
        """Free every bus for what comes now: whatever waits is refused, what hangs is given up."""
        for worker in self._worker_by_name.values():
            worker.refuse_waiting(reason)
            worker.hurry(GIVE_UP_S)

    async def drop_bus(self, name: str) -> None:
        """Close the I2C bus *name*, whose devices have all been stopped."""
        worker, bus = self._worker_by_name.pop(name, None), self._bus_by_name.pop(name, None)
        self._execution_by_bus.pop(name, None)
        if worker is not None:
            try:
                async with asyncio.timeout(CLOSE_LIMIT_S):
                    await worker.close()
            except TimeoutError:
                log.warning("bus %s: a unit hangs and is left behind", name)
                return  # closing the bus under a thread that uses it could hit another file
        if bus is not None:
            bus.close()

    def mounting(self, device: DeviceConfig, site: SiteConfig) -> DeviceMounting:
        """Return the place of *device*; nothing is opened yet."""
        bus = site.buses[device.bus] if device.bus else None
        return DeviceMounting(device, bus, self)

    def execution(self, bus: BusConfig | None) -> Execution:
        """Return where the code of a device on *bus* runs; devices of one I2C bus share theirs."""
        if bus is not None and bus.type == "i2c":
            return self._execution_by_bus[bus.name]
        return LoopExecution()

    def i2c_device(self, bus: str, address: int) -> I2cDevice:
        """Return the chip at *address* of the open bus *bus*."""
        return I2cDevice(self._bus_by_name[bus], address)

    def bank(self, name: str) -> PinBank:
        """Return the pins called *name*; raises HardwareError when the expander is not up."""
        if name not in self._banks:
            raise HardwareError(f"pins of {name} are not available yet")
        return self._banks[name]

    def add_bank(self, name: str, bank: PinBank) -> None:
        """Offer the pins of an expander to the devices that come after it."""
        self._banks[name] = bank

    def remove_bank(self, name: str) -> None:
        """Withdraw the pins of an expander."""
        self._banks.pop(name, None)

    def _open_header(self) -> None:
        # Imported here: gpiozero costs more start-up time than anything else in the node.
        from wampedge.hardware.gpio import GpioBank  # noqa: PLC0415 # see above

        self._banks[HEADER_BANK] = GpioBank(self.substrate.pin_factory())

    def _open_i2c(self, bus: BusConfig) -> None:
        from wampedge.hardware.i2c import SmbusI2cBus  # noqa: PLC0415 # only where there is a bus

        opened = SmbusI2cBus(bus.path)
        opened.open()  # now and not at the first transfer: whoever starts the node should hear it
        self._bus_by_name[bus.name] = opened
        worker = BusWorker(bus.name, self.clock, inline=self._is_inline)
        self._worker_by_name[bus.name] = worker
        self._execution_by_bus[bus.name] = WorkerExecution(worker)


class DeviceMounting:
    """The place of one device: its bus, its pins, the thread its code runs on.

    Args:
        device: the device.
        bus: the bus it sits on, or None.
        equipment: what the node has open.
    """

    def __init__(self, device: DeviceConfig, bus: BusConfig | None, equipment: Equipment) -> None:
        self.clock = equipment.clock
        self.kept = equipment.kept.of(device.name)
        self.execution = equipment.execution(bus)
        self._device = device
        self._bus = bus
        self._equipment = equipment
        self._pins: dict[str, Any] = {}
        self._port: ContainedPort | None = None
        self._i2c_is_mounted = False
        self._is_sealed = False
        self._mount_lock = asyncio.Lock()

    async def mount(
        self,
        driver: Driver,
        on_lost: Callable[[Exception], None],
        on_failure: Callable[[DeviceError], None],
    ) -> bool:
        """Open what is not open yet and hand it to *driver*; raises DeviceError.

        Args:
            driver: gets pins and bus as attributes.
            on_lost: told when the port of the device is gone.
            on_failure: told when the driver fails while it takes an edge or bytes.

        Returns:
            Whether something was opened, so that the driver has to set it up.
        """
        if self._is_complete():
            return False
        async with self._mount_lock:
            if self._is_sealed:
                raise DeviceError("the device is being stopped")
            await self._mount_pins(driver, on_failure)
            self._mount_bus(driver, on_lost, on_failure)
        return True

    @property
    def is_open(self) -> bool:
        """Whether anything is open."""
        return bool(self._pins) or self._port is not None or self._i2c_is_mounted

    async def seal(self) -> None:
        """Open nothing from now on; what is being opened now is open when this returns."""
        async with self._mount_lock:
            self._is_sealed = True

    async def unmount(self) -> None:
        """Close the pins and the serial port of the device; its I2C bus stays open for others."""
        await self.seal()
        for name, pin in self._pins.items():
            try:
                await pin.close()
            except DeviceError:
                continue  # the part behind the pin is gone; there is nothing left to release
            except Exception:  # outermost edge: the other pins have to be closed as well
                log.exception("%s: %s could not be closed", self._device.name, name)
        self._pins.clear()
        if self._port is not None:
            self._port.close()
            self._port = None
        if self._device.driver.provides_pins:
            self._equipment.remove_bank(self._device.name)

    def _is_complete(self) -> bool:
        if len(self._pins) < len(self._device.pins):
            return False
        if self._bus is not None and self._bus.type == "serial":
            return self._port is not None and not self._port.is_lost
        return self._bus is None or self._i2c_is_mounted

    async def _mount_pins(self, driver: Driver, on_failure: Callable[[DeviceError], None]) -> None:
        for role, ref in self._device.pins.items():
            if role not in self._pins:
                self._pins[role] = await self._open_pin(role, ref, driver, on_failure)
                setattr(driver, role, self._pins[role])

    async def _open_pin(
        self, role: str, ref: PinRef, driver: Driver, on_failure: Callable[[DeviceError], None]
    ) -> Any:
        bank = self._equipment.bank(ref.bank)
        direction = self._device.driver.pins[role].direction
        if direction == "output":
            return await bank.open_output(ref.line, level=driver.initial_level(role))
        if direction == "pwm":
            frequency_hz = driver.pwm_frequency_hz(role)
            duty = driver.initial_duty(role)
            return await bank.open_pwm(ref.line, frequency_hz=frequency_hz, duty=duty)
        pull = self._device.pulls.get(role) or driver.input_pull(role)
        if direction == "open_drain":
            return await bank.open_drain(ref.line, pull=pull)
        pin = await bank.open_input(ref.line, pull=pull)
        return ContainedInput(pin, on_failure)

    def _mount_bus(
        self,
        driver: Driver,
        on_lost: Callable[[Exception], None],
        on_failure: Callable[[DeviceError], None],
    ) -> None:
        if self._bus is None:
            return
        if self._bus.type == "i2c":
            assert self._device.address is not None, "the checker gives I2C devices an address"
            driver.bus = self._equipment.i2c_device(self._bus.name, self._device.address)
            self._i2c_is_mounted = True
            if self._device.driver.provides_pins:
                self._equipment.add_bank(self._device.name, driver.pin_bank())
            return
        if self._port is None or self._port.is_lost:
            self._port = self._open_port(self._bus, on_lost, on_failure)
            driver.bus = self._port

    def _open_port(
        self,
        bus: BusConfig,
        on_lost: Callable[[Exception], None],
        on_failure: Callable[[DeviceError], None],
    ) -> ContainedPort:
        from wampedge.hardware.serial import PyserialPort  # noqa: PLC0415 # only where there is a port

        assert bus.serial is not None, "the checker gives every serial bus its settings"
        settings = self._equipment.substrate.serial_port(bus.serial)
        return ContainedPort(PyserialPort(settings), on_lost, on_failure)


def _needs_header(config: SiteConfig) -> bool:
    return any(ref.bank == HEADER_BANK for d in config.devices.values() for ref in d.pins.values())


def _note(faults: list[str], attempt: Callable[[], None]) -> None:
    try:
        attempt()
    except (DeviceError, ConfigError) as error:
        faults.append(str(error))
