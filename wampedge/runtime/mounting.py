"""Buses, ports and pins of one node: opened once, handed to the devices that sit on them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from wampedge.config.bus_ways import root_bus
from wampedge.config.model import HEADER_BANK, BusConfig, DeviceConfig, PinRef, SiteConfig
from wampedge.devices.contracts import Clock, PinBank, Substrate
from wampedge.devices.driver import Driver
from wampedge.devices.peers import Peer
from wampedge.devices.readings import Reading
from wampedge.devices.seams import at_seam
from wampedge.errors import ConfigError, DeviceError, HardwareError
from wampedge.runtime.buses import SYSFS, THREAD, OpenBus, open_bus
from wampedge.runtime.callbacks import ContainedInput, ContainedPort
from wampedge.runtime.execution import Execution, LoopExecution, WorkerExecution
from wampedge.runtime.threads import BlockingCalls
from wampedge.store.kept import KeptValues

if TYPE_CHECKING:
    from wampedge.runtime.outputs.guard import DeviceGuard
    from wampedge.runtime.outputs.opening import OutputOpening
    from wampedge.runtime.outputs.outputs import Outputs
    from wampedge.runtime.peers import Neighbourhood

__all__ = ["DeviceMounting", "Equipment"]

log = logging.getLogger(__name__)

GIVE_UP_S = 0.3
"""How long a unit under way may still take when outputs wait for their safe state."""


class Equipment:
    """Owns the GPIO header and every bus with its worker; opened and closed by the node.

    Args:
        substrate: the kernel, or the simulator in its place.
        clock: the node's clock.
        kept: what the devices keep when the node ends.
        is_inline: run bus workers on the event loop itself (virtual time needs it).
    """

    def __init__(
        self,
        substrate: Substrate,
        clock: Clock,
        *,
        kept: KeptValues,
        is_inline: bool = False,
    ) -> None:
        self.substrate = substrate
        self.clock = clock
        self.kept = kept
        self.last_of: Callable[[str], Mapping[str, Reading]] = lambda _: {}
        """Returns what was known of a device before the restart; the node puts it here."""
        self.outputs: Outputs | None = None
        """Guards all outputs; the site puts it here."""
        self.neighbourhood: Neighbourhood | None = None
        """Knows all devices; the site puts it here."""
        self.calls = BlockingCalls()
        """Threads for drivers without a bus that block."""
        self._is_inline = is_inline
        self._banks: dict[str, PinBank] = {}
        self._buses: dict[str, OpenBus] = {}

    def open(self, config: SiteConfig) -> None:
        """Open what *config* needs and is not open yet; buses that are open stay as they are.

        Raises:
            HardwareError: a bus or the header cannot be opened; the text lists all of them.
        """
        faults: list[str] = []
        if HEADER_BANK not in self._banks and _needs_header(config):
            _note(faults, self._open_header)
        for bus in config.buses.values():
            if bus.mux is None and bus.type != "serial" and bus.name not in self._buses:
                _note(faults, lambda bus=bus: self._open_bus(bus))  # type: ignore[misc] # bound now
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
        await asyncio.gather(*(self.drop_bus(name) for name in list(self._buses)))
        self.calls.shutdown()
        header = self._banks.pop(HEADER_BANK, None)
        if header is not None:
            await header.close()

    def make_way(self, reason: str) -> None:
        """Free every bus for what comes now: whatever waits is refused, what hangs is given up."""
        for bus in self._buses.values():
            bus.worker.refuse_waiting(reason)
            bus.worker.hurry(GIVE_UP_S)

    async def drop_bus(self, name: str) -> None:
        """Close the bus *name*, whose devices have all been stopped; unknown ones are ignored."""
        bus = self._buses.pop(name, None)
        if bus is not None:
            await bus.close()

    def health(self) -> dict[str, dict[str, Any]]:
        """Return state and counters of every open bus, by name."""
        return {name: bus.health() for name, bus in self._buses.items()}

    def peer(self, name: str) -> Peer:
        """Return the device *name*, for devices that use others."""
        assert self.neighbourhood is not None, "the site knows its devices"
        return self.neighbourhood.peer(name)

    def output(self, device: DeviceConfig) -> tuple[DeviceGuard, OutputOpening]:
        """Return what keeps the output of *device* within its policy."""
        # Imported here: a node without outputs does not need it.
        from wampedge.runtime.outputs.opening import OutputOpening  # noqa: PLC0415 # see above

        assert self.outputs is not None, "the site guards the outputs it has"
        guard = self.outputs.guards[device.name]
        return guard, OutputOpening(device, guard, self.outputs)

    def mounting(self, device: DeviceConfig, site: SiteConfig) -> DeviceMounting:
        """Return the place of *device*; nothing is opened yet."""
        return DeviceMounting(device, site, self)

    def bus_of(self, device: DeviceConfig, site: SiteConfig) -> OpenBus | None:
        """Return the bus whose worker runs the code of *device*; None for the event loop."""
        if device.bus is not None:
            bus = root_bus(site.buses[device.bus], site)
            return None if bus.type == "serial" else self._buses[bus.name]
        if device.driver.place is None:
            return None
        shared = SYSFS if device.driver.place == "sysfs" else THREAD.but(name=device.name)
        if shared.name not in self._buses:
            self._open_bus(shared)
        return self._buses[shared.name]

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
        from wampedge.hardware.pin_classes import load_devices_late  # noqa: PLC0415 # see above

        load_devices_late()
        from wampedge.hardware.gpio import GpioBank  # noqa: PLC0415 # see above

        self._banks[HEADER_BANK] = at_seam(
            self.substrate, "pins", HEADER_BANK, lambda: GpioBank(self.substrate.pin_factory())
        )

    def _open_bus(self, bus: BusConfig) -> None:
        self._buses[bus.name] = open_bus(bus, self.substrate, self.clock, is_inline=self._is_inline)


class DeviceMounting:
    """The place of one device: its bus, its pins, the thread its code runs on.

    Args:
        device: the device.
        site: the device file it is in.
        equipment: what the node has open.
    """

    def __init__(self, device: DeviceConfig, site: SiteConfig, equipment: Equipment) -> None:
        bus = site.buses[device.bus] if device.bus else None
        self.clock = equipment.clock
        self.peer = equipment.peer
        self.kept = equipment.kept.of(device.name)
        self.last = equipment.last_of(device.name)
        self.guard: DeviceGuard | None = None
        self._opening: OutputOpening | None = None
        if device.driver.is_output:
            self.guard, self._opening = equipment.output(device)
            self.guard.can_wait = bus is None or bus.type == "serial"
        self._open_bus = equipment.bus_of(device, site)
        self.execution: Execution = (
            WorkerExecution(self._open_bus.worker, device.name)
            if self._open_bus
            else LoopExecution(equipment.calls, device.name)
        )
        self._site = site
        self._device = device
        self._bus = bus
        self._equipment = equipment
        self._pins: dict[str, Any] = {}
        self._port: ContainedPort | None = None
        self._is_on_bus = False
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

    async def let_in(self, order: Callable[[], Awaitable[Any]]) -> Any:
        """Await *order*; an interlock that releases first does so. See ``Mounting``."""
        if self._opening is None:
            return await order()
        return await self._opening.let_in(order)

    def was_set_up(self) -> None:
        """Note that the driver was set up."""
        if self._opening is not None:
            self._opening.was_set_up()

    def begin_as(self, before: Driver) -> None:
        """Begin with what the driver took over from *before*."""
        if self._opening is not None:
            self._opening.is_handed_over = True

    @property
    def is_open(self) -> bool:
        """Whether anything is open."""
        return bool(self._pins) or self._port is not None or self._is_on_bus

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
        if self._device.driver.place == "thread":
            await self._equipment.drop_bus(self._device.name)

    def _is_complete(self) -> bool:
        if len(self._pins) < len(self._device.pins):
            return False
        if self._bus is not None and self._bus.type == "serial":
            return self._port is not None and not self._port.is_lost
        return self._open_bus is None or self._is_on_bus

    async def _mount_pins(self, driver: Driver, on_failure: Callable[[DeviceError], None]) -> None:
        if self._opening is not None:
            refs = self._device.pins.items()
            await self._opening.begin(driver, {r: self._equipment.bank(p.bank) for r, p in refs})
        for role, ref in self._device.pins.items():
            if role not in self._pins:
                self._pins[role] = await self._open_pin(role, ref, driver, on_failure)
                setattr(driver, role, self._pins[role])
        if self._opening is not None:
            self._opening.after(driver)

    async def _open_pin(
        self, role: str, ref: PinRef, driver: Driver, on_failure: Callable[[DeviceError], None]
    ) -> Any:
        bank = self._equipment.bank(ref.bank)
        direction = self._device.driver.pins[role].direction
        if direction == "output":
            opened = await bank.open_output(ref.line, level=driver.initial_level(role))
            return self._opening.guarded(role, opened, driver) if self._opening else opened
        if direction == "pwm":
            frequency_hz = driver.pwm_frequency_hz(role)
            duty = driver.initial_duty(role)
            wave = await bank.open_pwm(ref.line, frequency_hz=frequency_hz, duty=duty)
            return self._opening.guarded(role, wave, driver) if self._opening else wave
        pull = self._device.pulls.get(role) or driver.input_pull(role)
        if direction == "open_drain":
            return await bank.open_drain(ref.line, pull=pull)
        pin = await bank.open_input(ref.line, pull=pull)
        return ContainedInput(pin, on_failure, self.execution.patience)

    def _mount_bus(
        self,
        driver: Driver,
        on_lost: Callable[[Exception], None],
        on_failure: Callable[[DeviceError], None],
    ) -> None:
        if self._open_bus is not None:
            driver.bus = self._open_bus.place(self._device, self._site)
            self._is_on_bus = True
            if self._device.driver.provides_pins:
                self._equipment.add_bank(self._device.name, driver.pin_bank())
            return
        if self._bus is None:
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
        serial, substrate = bus.serial, self._equipment.substrate
        port = at_seam(
            substrate, "serial", bus.name, lambda: PyserialPort(substrate.serial_port(serial))
        )
        return ContainedPort(port, on_lost, on_failure, self.execution.patience)


def _needs_header(config: SiteConfig) -> bool:
    return any(ref.bank == HEADER_BANK for d in config.devices.values() for ref in d.pins.values())


def _note(faults: list[str], attempt: Callable[[], None]) -> None:
    try:
        attempt()
    except (DeviceError, ConfigError) as error:
        faults.append(str(error))
