"""Puts the parts of a board on its buses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wampedge.devices.contracts import Wiring
from wampedge.errors import HardwareError
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SimulatedSpiBus
from wampedge_simulator.sysfs import SysfsTree

__all__ = ["make_i2c", "make_spi", "make_sysfs"]


def make_i2c(
    wiring: Wiring, parts: Mapping[str, Part], bench: Bench
) -> tuple[SimulatedI2cBus, ...]:
    """Return the I2C buses of the board, with chips and multiplexers in their places.

    Raises:
        HardwareError: a chip has no bus or no address, or two have one place.
    """
    paths = {
        **wiring.i2c,
        **{name: f"{mux}:{channel}" for name, (mux, channel) in wiring.mux.items()},
    }
    buses = {
        name: SimulatedI2cBus(path, clock=bench.clock, lock=bench.lock, taps=bench.taps)
        for name, path in paths.items()
    }
    for name, (mux, channel) in wiring.mux.items():
        part: Any = parts[mux]
        part.downstream[channel] = buses[name]
    for device in wiring.devices:
        target = getattr(parts[device.name], "target", None)
        if target is None:
            continue
        if device.bus not in buses or device.address is None:
            raise HardwareError("has no I2C bus or no address", device=device.name)
        buses[device.bus].attach(device.address, parts[device.name], target)
    return tuple(buses[name] for name in wiring.i2c)


def make_spi(
    wiring: Wiring, parts: Mapping[str, Part], bench: Bench
) -> tuple[SimulatedSpiBus, ...]:
    """Return the SPI buses of the board, with chips in their places; raises HardwareError."""
    buses = {
        name: SimulatedSpiBus(number, lock=bench.lock, clock=bench.clock, taps=bench.taps)
        for name, number in wiring.spi.items()
    }
    for device in wiring.devices:
        target = getattr(parts[device.name], "spi", None)
        if target is None:
            continue
        if device.bus not in buses or device.spi is None:
            raise HardwareError("has no SPI bus", device=device.name)
        buses[device.bus].attach(device.spi.chip_select, parts[device.name], target)
    return tuple(buses.values())


def make_sysfs(parts: Mapping[str, Part], bench: Bench) -> SysfsTree:
    """Return the files of the kernel of all parts that have some."""
    with_files: Sequence[Any] = [part for part in parts.values() if hasattr(part, "files")]
    return SysfsTree(with_files, bench.lock, clock=bench.clock, taps=bench.taps)
