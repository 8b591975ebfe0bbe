"""Finds the simulated part of a driver by its name: ``bme280`` is ``chips/bme280.py``.

A module of a part names its class ``PART``. A driver that is a register map needs none: its part
is made from the map (``generated/``). Nothing is imported but what is asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
import re

from wampedge.devices.driver import DriverSpec
from wampedge_simulator.part import Part

__all__ = ["find_local_part", "find_part"]

_FOLDERS = ("chips", "gpio", "instruments", "composed")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def find_part(driver: str) -> type[Part] | None:
    """Return the part that *driver* drives, or None where there is no model of it."""
    if not _NAME.fullmatch(driver):
        return None
    for folder in _FOLDERS:
        module = f"wampedge_simulator.{folder}.{driver}"
        if importlib.util.find_spec(module) is not None:
            found: type[Part] = importlib.import_module(module).PART
            return found
    from wampedge.devices.catalog import UnknownDriverError, find_driver  # noqa: PLC0415 # last resort

    try:
        spec = find_driver(driver)
    except UnknownDriverError:
        return None
    part = _generated(spec)
    if part is None:
        from wampedge.devices.installed import installed_part  # noqa: PLC0415 # the very last

        part = installed_part(driver)
    return part


def find_local_part(spec: DriverSpec) -> type[Part] | None:
    """Return the part of a driver that stands beside the device file: its file, or its map."""
    from wampedge.devices.local_driver import simulated_part_of  # noqa: PLC0415 # few nodes have any

    part: type[Part] | None = simulated_part_of(spec)
    return part or _generated(spec)


def _generated(spec: DriverSpec) -> type[Part] | None:
    """Return the part made from the map that declares *spec*, or None when it is no map."""
    if hasattr(spec.driver_class, "part_registers"):
        from wampedge_simulator.modbus.parts import unit_from  # noqa: PLC0415 # only these need it

        return unit_from(spec)
    if hasattr(spec.driver_class, "part_file"):
        from wampedge_simulator.generated.frames import talker_from  # noqa: PLC0415 # as above

        return talker_from(spec)
    if not hasattr(spec.driver_class, "register_map"):
        return None
    from wampedge_simulator.generated import part_from  # noqa: PLC0415 # only maps need it

    return part_from(spec)
