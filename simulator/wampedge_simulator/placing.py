"""Makes the parts of a board and puts them on its buses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wampedge.devices.contracts import WiredDevice, Wiring
from wampedge.errors import ConfigError, HardwareError, InvalidValueError
from wampedge_simulator.catalog import find_local_part, find_part
from wampedge_simulator.i2c.bus import SimulatedI2cBus
from wampedge_simulator.part import Bench, Part
from wampedge_simulator.spi.bus import SimulatedSpiBus
from wampedge_simulator.sysfs import SysfsTree

__all__ = [
    "PartMaker",
    "lines_of",
    "make_i2c",
    "make_parts",
    "make_spi",
    "make_sysfs",
    "part_makers",
]

_SEAMS = ("target", "spi", "files")
"""What parts have that stand on a bus or are files."""

PartMaker = Callable[[WiredDevice, Bench], Part]
"""Makes the part of a device, as a class of parts does."""


def part_makers(
    devices: Sequence[WiredDevice], given: Mapping[str, PartMaker]
) -> Mapping[str, PartMaker]:
    """Return what makes the part of each device; raises HardwareError that names all without."""
    found: dict[str, PartMaker | None] = {
        device.name: _usual_part(device) for device in devices if device.name not in given
    }
    found.update(given)
    missing = [device for device in devices if found[device.name] is None]
    if missing:
        names = ", ".join(f'{device.name} (driver "{device.driver}")' for device in missing)
        raise HardwareError(f"the simulator has no model for {names}", device=missing[0].name)
    return {name: part for name, part in found.items() if part is not None}


def _usual_part(device: WiredDevice) -> type[Part] | None:
    try:
        return find_local_part(device.local) if device.local else find_part(device.driver)
    except ConfigError as error:  # a file of the user
        text = f"its simulated part cannot be used: {error}"
        raise HardwareError(text, device=device.name) from error


def lines_of(make: PartMaker) -> int:
    """Return how many pins the part offers that *make* makes."""
    return make.lines if isinstance(make, type) and issubclass(make, Part) else 0


def make_parts(
    devices: Sequence[WiredDevice], makers: Mapping[str, PartMaker], bench: Bench
) -> dict[str, Part]:
    """Make every part; raises HardwareError for a pin on a line that does not exist."""
    parts = {}
    for device in devices:
        try:
            part = parts[device.name] = makers[device.name](device, bench)
            if device.local is not None:
                for seam in _SEAMS:  # in a class of the user even these may fail
                    getattr(part, seam, None)
        except InvalidValueError as error:
            raise HardwareError(error.reason, device=device.name) from error
        except KeyError as error:
            raise HardwareError(
                f"pin or parameter {error} is missing", device=device.name
            ) from error
        except Exception as error:
            if device.local is None:
                raise
            text = f"its simulated part fails: {type(error).__name__}: {error}"
            raise HardwareError(text, device=device.name) from error
    return parts


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
