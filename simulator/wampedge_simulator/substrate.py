"""The simulated board: everything beneath gpiozero, smbus2 and pyserial, wired from a device file.

`SimulatedSubstrate` puts a part at each place the device file names and installs the seams. The
methods after ``stop`` are what a person at the bench could do: turn a knob, press a button, pull a
plug. They are for the event loop; buses may run on threads of their own meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any

from wampedge.devices.contracts import (
    ModbusSettings,
    SerialSettings,
    Substrate,
    Wiring,
)
from wampedge.errors import HardwareError, InvalidValueError
from wampedge_simulator.assembly import Assembly
from wampedge_simulator.clock import BoardClock, SimulatedClock
from wampedge_simulator.gpio.button import Button
from wampedge_simulator.nets import Net, Nets
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.placing import PartMaker
from wampedge_simulator.ports import SimulatedPorts
from wampedge_simulator.transactions import OnTransaction
from wampedge_simulator.wiring import WiringFinding
from wampedge_simulator.world import World

if TYPE_CHECKING:
    from wampedge_simulator.i2c.bus import SimulatedI2cBus
    from wampedge_simulator.physics.connections import Physics
    from wampedge_simulator.physics.plan import WorldPlan
    from wampedge_simulator.spi.bus import SimulatedSpiBus
    from wampedge_simulator.view import BoardView

__all__ = ["PartMaker", "SimulatedSubstrate"]

CLICK_S = 0.1
"""How long a contact is closed, and open again, where nothing else is said."""


class SimulatedSubstrate(Substrate):
    """A simulated board; started and stopped once each, by the node that runs on it.

    Several may be up in one process. Where two have an I2C bus of the same path, code finds the one
    that was started in its own context (task), else the newest.

    Args:
        wiring: what is connected where.
        seed: makes the noise of what parts measure.
        clock: the node's clock; that of the running loop if not given.
        parts: makes the part of a device in place of its usual one, by name of the device.
    """

    def __init__(
        self,
        wiring: Wiring,
        *,
        seed: int = 0,
        clock: BoardClock | None = None,
        parts: Mapping[str, PartMaker] | None = None,
    ) -> None:
        self._wiring = wiring
        self._given_parts = parts or {}
        self._seed = seed
        self._clock = clock
        self._bench: Bench | None = None
        self._view: BoardView | None = None
        self._assembly: Assembly | None = None
        self._world: WorldPlan | None = None
        self._physics: Physics | None = None
        self._ports = SimulatedPorts()
        self._timers: set[asyncio.TimerHandle] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.get_ident()

    @property
    def is_simulated(self) -> bool:
        """True."""
        return True

    @property
    def description(self) -> str:
        """How many parts there are, and where."""
        count = Counter(device.bus or "GPIO" for device in self._wiring.devices)
        places = ", ".join(f"{number} on {place}" for place, number in sorted(count.items()))
        return f"simulation, no hardware is touched: {places or 'no parts'}"

    def attach(self, plan: WorldPlan) -> None:
        """Give the board a physical world; before `start`."""
        self._world = plan

    def start(self) -> None:
        """Make the parts and install the seams.

        Raises:
            HardwareError: a device has no simulated part, or is wired where nothing can be; then
                nothing is installed.
        """
        lock = RLock()
        with contextlib.suppress(RuntimeError):  # a board without a loop: its clock is stepped
            self._loop = asyncio.get_running_loop()
        self._bench = Bench(
            clock=self._clock or SimulatedClock(),
            world=World(self._seed),
            nets=Nets({}, lock),
            lock=lock,
            later=self._later_from_any_thread,
        )
        self._assembly = Assembly(self._given_parts, self._ports, self._bench)
        self._assembly.build(self._wiring)
        if self._world is not None:
            self._begin_world(self._world, self._bench)
        self._assembly.open()

    @contextlib.contextmanager
    def changing(self, wiring: Wiring) -> Iterator[None]:
        """Have the parts of *wiring*: new ones before the block, and at its end no old ones.

        Parts that are wired as before stay, with all they know. Where the block fails, the board is
        put together as it was.

        Raises:
            HardwareError: a device has no simulated part, or one that a world moves would change.
        """
        assembly = self._assembled()
        self._check_world(wiring)
        with assembly.changing(wiring):
            yield
        self._wiring = wiring

    def pin_factory(self) -> Any:
        """Return a gpiozero pin factory for the GPIO header."""
        from wampedge_simulator.seams.gpio import SimulatedFactory  # noqa: PLC0415 # start-up cost

        return SimulatedFactory(self._board(), keeps_outputs=True)

    def serial_port(self, settings: SerialSettings) -> SerialSettings:
        """Return the settings that open the simulated port in place of *settings*."""
        return self._ports.serial_settings(settings)

    def modbus_peer(self, settings: ModbusSettings) -> ModbusSettings:
        """Return the settings that reach the simulated server in place of *settings*."""
        return self._ports.modbus_settings(settings)

    def sysfs_path(self, path: str) -> str:
        """Return where the file of the kernel is, with its present value in it."""
        return self._assembled().sysfs.place(path)

    def clear_i2c(self, path: str) -> str | None:
        """Send nine clock pulses; they always help here."""
        for bus in self.i2c_buses:
            if bus.path == path:
                bus.clear_lines()
        return None

    def stop(self) -> None:
        """Take the seams away; twice is once."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._assembly is not None:
            self._assembly.close()

    @property
    def view(self) -> BoardView:
        """What a person at the bench sees; made, and so listening, when it is first asked for."""
        if self._view is None:
            from wampedge_simulator.view import BoardView  # noqa: PLC0415 # few look at the board

            self._view = BoardView(self._parts, self._board(), lambda: self._wiring.i2c)
        return self._view

    def tap(self, listener: OnTransaction) -> None:
        """Tell *listener* of every transaction on a bus, from now until the board stops."""
        self._board().taps.add(listener)

    @property
    def ports(self) -> SimulatedPorts:
        """The serial and Modbus ports, by their bus."""
        return self._ports

    @property
    def i2c_buses(self) -> Sequence[SimulatedI2cBus]:
        """The I2C buses that are up, for who puts them somewhere else."""
        return () if self._assembly is None else self._assembly.i2c

    @property
    def spi_buses(self) -> Sequence[SimulatedSpiBus]:
        """The SPI buses that are up."""
        return () if self._assembly is None else self._assembly.spi

    @property
    def bench(self) -> Bench:
        """What its parts share; raises HardwareError before `start`."""
        return self._board()

    def power_up_parts(self) -> None:
        """Let every part fall back to its state after power-on: the supply was away."""
        with self._board().lock:
            for part in self._parts.values():
                part.power_up()

    @property
    def physics(self) -> Physics:
        """The models of the world; raises HardwareError where there are none."""
        if self._physics is None:
            raise HardwareError("the simulated board has no world, or is not started")
        return self._physics

    def wiring_findings(self) -> Sequence[WiringFinding]:
        """Return what is wrong with the wires, as far as it has shown; the oldest first."""
        return self._board().nets.findings.all()

    def part(self, device: str) -> Any:
        """Return the simulated part of a device; raises InvalidValueError."""
        return self._part(device)

    def set(self, device: str, channel: str, value: object) -> None:
        """Hold what *device* senses at *value*, in the driver's unit, until `release`.

        Raises:
            InvalidValueError: its field is ``device``, ``channel`` or ``value``.
        """
        part = self._part(device)
        with self._board().lock:
            part.set(channel, value)

    def release(self, device: str, channel: str) -> None:
        """Let *channel* go its natural way again; raises InvalidValueError."""
        part = self._part(device)
        with self._board().lock:
            part.release(channel)

    def fault(self, device: str, kind: str, count: int | None = 1) -> None:
        """Let a fault strike *device* the next *count* times, None until `clear`.

        ``unplug`` pulls the plug of its serial port until `clear`; ``none`` ends all faults.

        Raises:
            InvalidValueError: its field is ``device``, ``kind`` or ``count``.
        """
        part = self._part(device)
        if kind == "none":
            self.clear(device)
            return
        if kind == "unplug" and (port := self._ports.on(part.wired.bus)) is not None:
            port.close()
            return
        with self._board().lock:
            part.begin_fault(kind, count)

    def clear(self, device: str, kind: str | None = None) -> None:
        """End one fault of *device*, or all; raises InvalidValueError."""
        part = self._part(device)
        port = self._ports.on(part.wired.bus)
        if port is not None and kind in {None, "unplug"}:
            if not port.is_open:
                port.open()
            if kind == "unplug":
                return
        with self._board().lock:
            part.end_fault(kind)

    def press(self, device: str) -> None:
        """Press a button and hold it until `let_go`; raises InvalidValueError."""
        self._close_contact(self._button(device))

    def let_go(self, device: str) -> None:
        """Let a button go; raises InvalidValueError."""
        button = self._button(device)
        with self._board().lock:
            button.release()

    def pulse(
        self, device: str, count: int = 1, *, width_s: float = CLICK_S, gap_s: float = CLICK_S
    ) -> None:
        """Close the contact of *device* *count* times for *width_s*, *gap_s* apart.

        Raises:
            InvalidValueError: its field is ``device``, ``count``, ``width_s`` or ``gap_s``.
        """
        button = self._button(device)
        _check_positive(device, count=count, width_s=width_s, gap_s=gap_s)
        for index in range(count):
            begins_s = index * (width_s + gap_s)
            if index == 0:
                self._close_contact(button)
            else:
                self._later(begins_s, self._close_contact, button)
            self._later(begins_s + width_s, button.release)

    def shown(self, device: str) -> Any:
        """Return what people see of *device*: the picture of a display, meters at its outputs.

        Raises:
            InvalidValueError: its field is ``device``.
        """
        part = self._part(device)
        with self._board().lock:
            shown = getattr(part, "shown", None)
        if shown is None:
            text = f"a {part.wired.driver} shows nothing"
            raise InvalidValueError(text, field="device", device=device)
        return shown

    def pin_level(self, bank: str, line: int) -> bool:
        """Return the electrical level of a line: ``gpio`` and a BCM number, or an expander's.

        Raises:
            InvalidValueError: its field is ``bank`` or ``line``.
        """
        return self.net(bank, line).level

    def net(self, bank: str, line: int) -> Net:
        """Return a line: ``gpio`` and a BCM number, or an expander's; raises as `pin_level`."""
        return self._board().nets.net(bank, line)

    def _begin_world(self, plan: WorldPlan, bench: Bench) -> None:
        from wampedge_simulator.physics.connections import Physics  # noqa: PLC0415 # few boards
        from wampedge_simulator.pin_notes import apply_notes  # noqa: PLC0415 # as above

        with bench.lock:
            apply_notes(plan.pins, self._parts, self._assembled().i2c_by_name, bench)
            self._physics = Physics(plan, self._parts, bench)

    def _check_world(self, wiring: Wiring) -> None:
        """Refuse to change what a physical world is connected to; raises HardwareError."""
        after = {device.name: device for device in wiring.devices}
        for device in self._wiring.devices if self._world is not None else ():
            if after.get(device.name) != device:
                text = "its part is in a simulated world: restart the node to change its wiring"
                raise HardwareError(text, device=device.name)

    @property
    def _parts(self) -> Mapping[str, Part]:
        return self._assembled().parts

    def _assembled(self) -> Assembly:
        if self._assembly is None:
            raise HardwareError("the simulated board is not started")
        return self._assembly

    def _board(self) -> Bench:
        if self._bench is None:
            raise HardwareError("the simulated board is not started")
        return self._bench

    def _part(self, device: str) -> Part:
        if device not in self._parts:
            from difflib import get_close_matches  # noqa: PLC0415 # for mistakes only

            near = get_close_matches(device, self._parts, 1)
            hint = f', did you mean "{near[0]}"?' if near else ""
            raise InvalidValueError(f'no device "{device}"{hint}', field="device")
        return self._parts[device]

    def _button(self, device: str) -> Button:
        part = self._part(device)
        if not isinstance(part, Button):
            text = f"a {part.wired.driver} has no contact to close"
            raise InvalidValueError(text, field="device", device=device)
        return part

    def _close_contact(self, button: Button) -> None:
        with self._board().lock:
            bounces_s = button.press()
        for after_s in bounces_s:
            self._later(after_s, button.bounce)

    def _later_from_any_thread(self, delay_s: float, act: Callable[[], None]) -> None:
        if threading.get_ident() == self._thread:
            self._later(delay_s, act)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._later, delay_s, act)

    def _later(self, delay_s: float, act: Any, *args: Any) -> None:
        loop = asyncio.get_running_loop()

        def run() -> None:
            self._timers.discard(timer)
            with self._board().lock:
                act(*args)

        timer = loop.call_later(delay_s, run)
        self._timers.add(timer)


def _check_positive(device: str, **numbers: float) -> None:
    for field, number in numbers.items():
        if not number > 0:
            text = f"{field} must be more than 0, got {number!r}"
            raise InvalidValueError(text, field=field, device=device)
