"""Finds and makes the simulated part of a device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wampedge.devices.contracts import WiredDevice
from wampedge.errors import ConfigError, HardwareError, InvalidValueError
from wampedge_simulator.catalog import find_local_part, find_part
from wampedge_simulator.part import Bench, Part

__all__ = ["PartMaker", "lines_of", "make_part", "part_makers"]

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


def make_part(device: WiredDevice, make: PartMaker, bench: Bench) -> Part:
    """Make the part of *device*; raises HardwareError for a pin on a line that does not exist."""
    try:
        part = make(device, bench)
        if device.local is not None:
            for seam in _SEAMS:  # in a class of the user even these may fail
                getattr(part, seam, None)
    except InvalidValueError as error:
        raise HardwareError(error.reason, device=device.name) from error
    except KeyError as error:
        raise HardwareError(f"pin or parameter {error} is missing", device=device.name) from error
    except Exception as error:
        if device.local is None:
            raise
        text = f"its simulated part fails: {type(error).__name__}: {error}"
        raise HardwareError(text, device=device.name) from error
    return part
