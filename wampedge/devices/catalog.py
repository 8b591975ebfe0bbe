"""Find drivers by name, without importing any but the one asked for.

A driver is a file ``wampedge_drivers/<folder>/<name>.py`` (a class) or ``<name>.toml`` (a register
map). The name of the file is the name of the driver; files that start with ``_`` are not drivers.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from wampedge.devices.driver import Driver, DriverSpec, spec_of
from wampedge.devices.spelling import nearest, one_of
from wampedge.errors import DeviceError

__all__ = ["UnknownDriverError", "driver_file", "driver_names", "find_driver"]

_PACKAGE = "wampedge_drivers"
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class UnknownDriverError(DeviceError):
    """No driver has this name.

    Args:
        name: the name asked for.
        suggestions: names of drivers that look alike, best first.
    """

    def __init__(self, name: str, suggestions: Sequence[str]) -> None:
        hint = (
            f"did you mean {one_of(suggestions)}?"
            if suggestions
            else "`wampedge drivers` lists them"
        )
        super().__init__(f"there is no driver {name[:60]!r} ({hint})")
        self.name = name
        self.suggestions = tuple(suggestions)


def driver_names() -> list[str]:
    """Return the names of all drivers, sorted; imports none of them."""
    return sorted(_files_by_name())


def driver_file(name: str) -> Path:
    """Return the file of the driver *name*; raises UnknownDriverError."""
    path = _files_by_name().get(name)
    if path is None:
        raise UnknownDriverError(name, nearest(name, driver_names()))
    return path


@cache
def find_driver(name: str) -> DriverSpec:
    """Import the driver *name* and return what it declares.

    Raises:
        UnknownDriverError: there is no such driver.
        ConfigError: its register map has a mistake, or its CircuitPython package is not installed.
    """
    if name.startswith("adafruit:"):
        from wampedge.devices.circuitpython.declare import declare  # noqa: PLC0415 # few nodes have any

        return declare(name)
    try:
        path = driver_file(name)
    except UnknownDriverError:
        from wampedge.devices.installed import installed_driver  # noqa: PLC0415 # few names are unknown

        spec = installed_driver(name)
        if spec is None:
            raise
        return spec
    if path.suffix == ".toml":
        from wampedge.devices.tomlfile import load_driver_file  # noqa: PLC0415 # only they need compilers

        return load_driver_file(path)
    module = importlib.import_module(f"{_PACKAGE}.{path.parent.name}.{name}")
    return spec_of(_driver_class(module, name))


@cache
def _files_by_name() -> Mapping[str, Path]:
    """Look into the folders of the driver package; the package itself is not imported."""
    package = importlib.util.find_spec(_PACKAGE)
    roots = (package and package.submodule_search_locations) or ()
    files = [f for root in roots for f in sorted(Path(root).glob("*/*")) if _is_driver(f)]
    return {file.stem: file for file in files}


def _is_driver(file: Path) -> bool:
    return file.suffix in {".py", ".toml"} and _NAME.match(file.stem) is not None


def _driver_class(module: ModuleType, name: str) -> type[Driver]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Driver) and value is not Driver:
            spec = spec_of(value)
            if spec.name == name and value.__module__ == module.__name__:
                return value
    raise ImportError(f"{module.__name__} holds no Driver class")
