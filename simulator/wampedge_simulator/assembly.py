"""The parts of a board in their places, and the seams through which libraries reach them.

A board is put together once, and changed while it runs when its device file is: parts that are new
or wired in another way are made, and every other one stays as it is, with all it has measured.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge.errors import HardwareError
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.placing import PartMaker, lines_of, make_part, part_makers
from wampedge_simulator.ports import SimulatedPorts
from wampedge_simulator.spi.bus import SimulatedSpiBus
from wampedge_simulator.sysfs import SysfsTree

__all__ = ["Assembly"]


class Assembly:
    """Owned by the board; used on the event loop, while buses run on threads of their own.

    Args:
        given: makes the part of a device in place of its usual one, by name of the device.
        ports: the serial and Modbus ports, none of them open.
        bench: what the parts share; no bank of an expander is there yet.

    Attributes:
        parts: what is on the board, by device, in the order of the file.
        wiring: what is connected where.
    """

    def __init__(self, given: Mapping[str, PartMaker], ports: SimulatedPorts, bench: Bench) -> None:
        self.parts: dict[str, Part] = {}
        self.wiring = Wiring()
        self._given, self._ports, self._bench = given, ports, bench
        self._i2c: dict[str, SimulatedI2cBus] = {}
        self._spi: dict[str, SimulatedSpiBus] = {}
        self._leaving: list[SimulatedI2cBus] = []
        self._ties: dict[str, _Tie] = {}
        self._sysfs = SysfsTree((), bench.lock, clock=bench.clock, taps=bench.taps)

    @property
    def i2c(self) -> tuple[SimulatedI2cBus, ...]:
        """The I2C buses of the board, without those behind multiplexers."""
        return tuple(self._i2c[name] for name in self.wiring.i2c)

    @property
    def spi(self) -> tuple[SimulatedSpiBus, ...]:
        """The SPI buses of the board."""
        return tuple(self._spi.values())

    @property
    def i2c_by_name(self) -> Mapping[str, SimulatedI2cBus]:
        """Every I2C bus by its name, those behind multiplexers included."""
        return self._i2c

    @property
    def sysfs(self) -> SysfsTree:
        """The files of the kernel."""
        return self._sysfs

    def build(self, wiring: Wiring) -> None:
        """Put every part in its place; nothing can be reached before `open`.

        Raises:
            HardwareError: a device has no simulated part, or is wired where nothing can be.
        """
        makers = part_makers(wiring.devices, self._given)
        with self._bench.lock:
            self._make_buses(wiring)
            self._make_parts(wiring, makers, [device.name for device in wiring.devices])
            self.wiring = wiring

    def open(self) -> None:
        """Open the ports and install the seams."""
        self._ports.open(self.wiring, self.parts, self._bench.lock, self._bench.taps)
        self._install(self.i2c)
        self._install_spi(self._spi.values())

    @contextlib.contextmanager
    def changing(self, wiring: Wiring) -> Iterator[Sequence[str]]:
        """Put the board into the state of *wiring*; parts that go are taken away at the end.

        Gives the names of the devices that have another part now. Where the block fails the board
        is as it was, but that parts that were made again have forgotten what they knew. Where a
        part cannot be made all of them have, and whoever has a bus open has to open it again.

        Raises:
            HardwareError: as `build`; where a device has no simulated part, nothing was touched.
        """
        before = self.wiring
        makers = part_makers(wiring.devices, self._given)
        try:
            made = self._change(wiring, makers)
        except BaseException:
            self._start_over(before)
            raise
        try:
            yield made
        except BaseException:
            self._change(before, part_makers(before.devices, self._given))
            self._drop_rest(before)
            raise
        self._drop_rest(wiring)

    def close(self) -> None:
        """Take the seams away; twice is once."""
        self._ports.close()
        self._uninstall([*self._i2c.values(), *self._leaving])
        self._uninstall_spi(self._spi.values())
        self._i2c, self._leaving, self._spi, self.wiring = {}, [], {}, Wiring()
        self._sysfs.close()

    def _change(self, wiring: Wiring, makers: Mapping[str, PartMaker]) -> list[str]:
        """Make what is new, and again what is wired in another way; return the names of those."""
        changed = _changed(self.wiring, wiring, makers, self._bench)
        with self._bench.lock:
            self._make_room(wiring, changed)
            fresh, fresh_spi = self._make_buses(wiring)
            self._make_parts(wiring, makers, changed)
            self.wiring = wiring
        self._ports.change(wiring, self.parts, self._bench.lock)
        self._install(fresh)
        self._install_spi(fresh_spi)
        return changed

    def _make_room(self, wiring: Wiring, changed: Sequence[str]) -> None:
        """Take parts away that are made again, and those in whose place another comes."""
        devices = {device.name: device for device in wiring.devices}
        places = {_place(devices[name]) for name in changed} - {None}
        for name, part in list(self.parts.items()):
            if name in changed or (name not in devices and _place(part.wired) in places):
                self._take_off(name)

    def _make_buses(self, wiring: Wiring) -> tuple[list[SimulatedI2cBus], list[SimulatedSpiBus]]:
        """Make the buses that are not there; return those on the board itself."""
        bench = self._bench
        behind = {name: f"{mux}:{channel}" for name, (mux, channel) in wiring.mux.items()}
        fresh = []
        for name, path in {**wiring.i2c, **behind}.items():
            bus = self._i2c.get(name)
            if bus is not None and bus.path == path:
                continue
            if bus is not None:
                self._leaving.append(bus)  # drivers that stop still look for it
            made = SimulatedI2cBus(path, clock=bench.clock, lock=bench.lock, taps=bench.taps)
            self._i2c[name] = made
            if name in wiring.i2c:
                fresh.append(made)
        fresh_spi = []
        for name, number in wiring.spi.items():
            if name in self._spi and self._spi[name].number == number:
                continue
            if name in self._spi:
                self._uninstall_spi([self._spi[name]])
            spi = SimulatedSpiBus(number, lock=bench.lock, clock=bench.clock, taps=bench.taps)
            self._spi[name] = spi
            fresh_spi.append(spi)
        return fresh, fresh_spi

    def _make_parts(
        self, wiring: Wiring, makers: Mapping[str, PartMaker], wanted: Sequence[str]
    ) -> None:
        nets, devices = self._bench.nets, {device.name: device for device in wiring.devices}
        for name in wanted:
            if lines := lines_of(makers[name]):
                nets.add_bank(name, lines)
        for name in wanted:
            tie = _Tie(self._bench.later)
            nets.watches.maker = name
            try:
                bench = replace(self._bench, later=tie.later)
                self.parts[name] = make_part(devices[name], makers[name], bench)
            except BaseException:
                nets.remove_part(name)
                raise
            finally:
                nets.watches.maker = None
            self._ties[name] = tie
        for bus, (mux, channel) in wiring.mux.items():
            downstream: Any = self.parts[mux]
            downstream.downstream[channel] = self._i2c[bus]
        for name in wanted:
            self._attach(devices[name])
        for device in wiring.devices:  # in the order of the file, behind those that are to go
            self.parts[device.name] = self.parts.pop(device.name)
        self._sysfs.replace(_with_files(self.parts.values()))

    def _attach(self, device: WiredDevice) -> None:
        """Put the part of *device* on its bus; raises HardwareError."""
        part: Any = self.parts[device.name]
        if (target := getattr(part, "target", None)) is not None:
            if device.bus not in self._i2c or device.address is None:
                raise HardwareError("has no I2C bus or no address", device=device.name)
            self._i2c[device.bus].attach(device.address, part, target)
        if (target := getattr(part, "spi", None)) is not None:
            if device.bus not in self._spi or device.spi is None:
                raise HardwareError("has no SPI bus", device=device.name)
            self._spi[device.bus].attach(device.spi.chip_select, part, target)

    def _take_off(self, name: str) -> None:
        """Take a part off its bus and all wires."""
        part = self.parts.pop(name)
        self._ties.pop(name).cut()
        for bus in (*self._i2c.values(), *self._leaving):
            bus.detach(part)
        for spi in self._spi.values():
            spi.detach(part)
        self._bench.nets.remove_part(name)

    def _drop_rest(self, wiring: Wiring) -> None:
        """Take away what *wiring* does not have."""
        names = {device.name for device in wiring.devices}
        with self._bench.lock:
            for name in [name for name in self.parts if name not in names]:
                self._take_off(name)
                self._bench.nets.remove_bank(name)
            self._sysfs.replace(_with_files(self.parts.values()))
        for name in self._i2c.keys() - wiring.i2c.keys() - wiring.mux.keys():
            self._leaving.append(self._i2c.pop(name))
        leaving, self._leaving = self._leaving, []
        self._uninstall(leaving)
        for name in self._spi.keys() - wiring.spi.keys():
            self._uninstall_spi([self._spi.pop(name)])

    def _start_over(self, wiring: Wiring) -> None:
        """Put the board together anew; whoever has a bus or a port open has to open it again."""
        for name in list(self.parts):
            self._take_off(name)
        self.close()
        self.build(wiring)
        self.open()

    def _install(self, buses: Iterable[SimulatedI2cBus]) -> None:
        if found := tuple(buses):
            from wampedge_simulator.seams import smbus  # noqa: PLC0415 # nodes without I2C

            smbus.install(found)

    def _uninstall(self, buses: Iterable[SimulatedI2cBus]) -> None:
        if found := tuple(buses):
            from wampedge_simulator.seams import smbus  # noqa: PLC0415 # nodes without I2C

            smbus.remove(found)

    def _install_spi(self, buses: Iterable[SimulatedSpiBus]) -> None:
        if found := tuple(buses):
            from wampedge_simulator.seams import spi  # noqa: PLC0415 # nodes without SPI

            spi.install(found)

    def _uninstall_spi(self, buses: Iterable[SimulatedSpiBus]) -> None:
        if found := tuple(buses):
            from wampedge_simulator.seams import spi  # noqa: PLC0415 # nodes without SPI

            spi.remove(found)


def _with_files(parts: Iterable[Any]) -> list[Any]:
    return [part for part in parts if hasattr(part, "files")]


class _Tie:
    """What a part has set in motion; nothing of it happens once the part is off the board."""

    def __init__(self, later: Callable[[float, Callable[[], None]], None]) -> None:
        self._later = later
        self._is_cut = False

    def later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Do *act* in so many seconds, unless the part is gone by then."""
        self._later(delay_s, lambda: None if self._is_cut else act())

    def cut(self) -> None:
        """Let nothing more happen."""
        self._is_cut = True


def _place(device: WiredDevice) -> tuple[str | None, object] | None:
    """Return where on a bus *device* is; None where it is on none, or shares its place."""
    if device.address is not None:
        return device.bus, device.address
    if device.spi is not None:
        return device.bus, f"cs{device.spi.chip_select}"
    return None


def _changed(
    before: Wiring, after: Wiring, makers: Mapping[str, PartMaker], bench: Bench
) -> list[str]:
    """Return the devices that are new, or wired in another way, or to what is another thing now."""
    known = {device.name: device for device in before.devices}
    changed: list[str] = []
    banks: set[str] = set()
    for device in _expanders_first(after.devices, makers):
        lines = lines_of(makers[device.name])
        if (
            known.get(device.name) != device
            or _way(before, device.bus) != _way(after, device.bus)
            or banks.intersection(bank for bank, _ in device.pins.values())
        ):
            changed.append(device.name)
        if lines and not bench.nets.has_bank(device.name, lines):
            banks.add(device.name)
    return [device.name for device in after.devices if device.name in changed]


def _expanders_first(
    devices: Sequence[WiredDevice], makers: Mapping[str, PartMaker]
) -> list[WiredDevice]:
    return sorted(devices, key=lambda device: not lines_of(makers[device.name]))


def _way(wiring: Wiring, bus: str | None) -> object:
    """Return what the name of a bus stands for, but for the settings of ports."""
    if bus is None:
        return None
    return wiring.i2c.get(bus), wiring.mux.get(bus), wiring.spi.get(bus)
