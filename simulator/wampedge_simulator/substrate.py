"""The simulated board: everything beneath gpiozero, smbus2 and pyserial, wired from a device file.

`SimulatedSubstrate` puts a part at each place the device file names and installs the seams. The
methods after ``stop`` are what a person at the bench could do: turn a knob, press a button, pull a
plug. They are for the event loop; buses may run on threads of their own meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from threading import RLock
from typing import Any

from wampedge.devices.contracts import SerialSettings, Substrate, WiredDevice, Wiring
from wampedge.errors import HardwareError, InvalidValueError
from wampedge_simulator.catalog import find_part
from wampedge_simulator.clock import BoardClock, SimulatedClock
from wampedge_simulator.gpio.button import Button
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.nets import Nets
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.seams.serial import SimulatedSerialPort
from wampedge_simulator.world import World

__all__ = ["SimulatedSubstrate"]

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
    """

    def __init__(self, wiring: Wiring, *, seed: int = 0, clock: BoardClock | None = None) -> None:
        self._wiring = wiring
        self._seed = seed
        self._clock = clock
        self._bench: Bench | None = None
        self._parts: dict[str, Part] = {}
        self._i2c: Sequence[SimulatedI2cBus] = ()
        self._serial: dict[str, SimulatedSerialPort] = {}
        self._timers: set[asyncio.TimerHandle] = set()

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

    def start(self) -> None:
        """Make the parts and install the seams.

        Raises:
            HardwareError: a device has no simulated part, or is wired where nothing can be; then
                nothing is installed.
        """
        classes = _part_classes(self._wiring.devices)
        lock = RLock()
        expanders = {name: part.lines for name, part in classes.items() if part.lines}
        self._bench = Bench(
            clock=self._clock or SimulatedClock(),
            world=World(self._seed),
            nets=Nets(expanders, lock),
            lock=lock,
            later=self._later,
        )
        self._parts = _make_parts(self._wiring.devices, classes, self._bench)
        self._i2c = self._make_i2c(self._bench)
        self._open_serial()
        if self._i2c:
            from wampedge_simulator.seams import smbus  # noqa: PLC0415 # nodes without I2C

            smbus.install(self._i2c)

    def pin_factory(self) -> Any:
        """Return a gpiozero pin factory for the GPIO header."""
        from wampedge_simulator.seams.gpio import SimulatedFactory  # noqa: PLC0415 # start-up cost

        return SimulatedFactory(self._board(), keeps_outputs=True)

    def serial_port(self, settings: SerialSettings) -> SerialSettings:
        """Return the settings that open the simulated port in place of *settings*."""
        for name, wired in self._wiring.serial.items():
            same = (wired.port, wired.match) == (settings.port, settings.match)
            if same and name in self._serial:
                return self._serial[name].settings(settings)
        return settings

    def stop(self) -> None:
        """Take the seams away; twice is once."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for port in self._serial.values():
            port.close()
        self._serial = {}
        if self._i2c:
            from wampedge_simulator.seams import smbus  # noqa: PLC0415 # nodes without I2C

            smbus.remove(self._i2c)
        self._i2c = ()

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
        if kind == "unplug" and part.wired.bus in self._serial:
            self._serial[part.wired.bus].close()
            return
        with self._board().lock:
            part.begin_fault(kind, count)

    def clear(self, device: str, kind: str | None = None) -> None:
        """End one fault of *device*, or all; raises InvalidValueError."""
        part = self._part(device)
        port = self._serial.get(part.wired.bus or "")
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
        return self._board().nets.net(bank, line).level

    def _board(self) -> Bench:
        if self._bench is None:
            raise HardwareError("the simulated board is not started")
        return self._bench

    def _part(self, device: str) -> Part:
        self._board()
        if device not in self._parts:
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

    def _make_i2c(self, bench: Bench) -> Sequence[SimulatedI2cBus]:
        buses = {
            name: SimulatedI2cBus(path, clock=bench.clock, lock=bench.lock)
            for name, path in self._wiring.i2c.items()
        }
        for device in self._wiring.devices:
            target = getattr(self._parts[device.name], "target", None)
            if target is None:
                continue
            if device.bus not in buses or device.address is None:
                raise HardwareError("has no I2C bus or no address", device=device.name)
            buses[device.bus].attach(device.address, self._parts[device.name], target)
        return tuple(buses.values())

    def _open_serial(self) -> None:
        for name in self._wiring.serial:
            instruments: list[Any] = [
                self._parts[device.name] for device in self._wiring.devices if device.bus == name
            ]
            port = SimulatedSerialPort(name, instruments, asyncio.get_running_loop())
            self._serial[name] = port
            port.open()

    def _close_contact(self, button: Button) -> None:
        with self._board().lock:
            bounces_s = button.press()
        for after_s in bounces_s:
            self._later(after_s, button.bounce)

    def _later(self, delay_s: float, act: Any, *args: Any) -> None:
        loop = asyncio.get_running_loop()

        def run() -> None:
            self._timers.discard(timer)
            with self._board().lock:
                act(*args)

        timer = loop.call_later(delay_s, run)
        self._timers.add(timer)


def _part_classes(devices: Sequence[WiredDevice]) -> Mapping[str, type[Part]]:
    """Return the part of each device; raises HardwareError that names all that have none."""
    found = {device.name: find_part(device.driver) for device in devices}
    missing = [device for device in devices if found[device.name] is None]
    if missing:
        names = ", ".join(f'{device.name} (driver "{device.driver}")' for device in missing)
        raise HardwareError(f"the simulator has no model for {names}", device=missing[0].name)
    return {name: part for name, part in found.items() if part is not None}


def _make_parts(
    devices: Sequence[WiredDevice], classes: Mapping[str, type[Part]], bench: Bench
) -> dict[str, Part]:
    """Make every part; raises HardwareError for a pin on a line that does not exist."""
    parts = {}
    for device in devices:
        try:
            parts[device.name] = classes[device.name](device, bench)
        except InvalidValueError as error:
            raise HardwareError(error.reason, device=device.name) from error
        except KeyError as error:
            raise HardwareError(
                f"pin or parameter {error} is missing", device=device.name
            ) from error
    return parts


def _check_positive(device: str, **numbers: float) -> None:
    for field, number in numbers.items():
        if not number > 0:
            text = f"{field} must be more than 0, got {number!r}"
            raise InvalidValueError(text, field=field, device=device)
