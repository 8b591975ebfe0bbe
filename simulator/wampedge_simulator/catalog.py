"""Finds the simulated part of a driver by its name: ``bme280`` is ``chips/bme280.py``.

A module of a part names its class ``PART``. Nothing is imported but what is asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
import re

from wampedge_simulator.part import Part

__all__ = ["find_part"]

_FOLDERS = ("chips", "gpio", "instruments")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def find_part(driver: str) -> type[Part] | None:
    """Return the part that *driver* drives, or None where there is no model of it."""
    if not _NAME.fullmatch(driver):
        return None
    for folder in _FOLDERS:
        module = f"wampedge_simulator.{folder}.{driver}"
        if importlib.util.find_spec(module) is not None:
            part: type[Part] = importlib.import_module(module).PART
            return part
    return None
