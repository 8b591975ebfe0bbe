"""Drivers that stand beside the device file: one file each, run in a module of its own.

The file is read again whenever the device file is: what is the same text is the same driver, and
another text another one, so that a reload restarts the devices of what changed and no others. Of
each file only the newest is kept.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from wampedge.devices.driver import Driver, DriverSpec, spec_of
from wampedge.devices.local_module import LocalSource, load_local_module
from wampedge.errors import ConfigError

__all__ = ["load_local_driver", "simulated_part_of"]

_MOST_KEPT: Final = 256
"""Of the files that were read, so many are remembered: more than a device file can name."""
_newest: dict[tuple[Path, str], tuple[str, DriverSpec]] = {}
"""By file and class: the digest of its text, and what it declares."""
_lock = threading.RLock()
"""Guards ``_newest``: several clients may have a file checked at the same time."""


def load_local_driver(
    name: str, source: LocalSource, class_name: str | None, part: LocalSource | None
) -> DriverSpec:
    """Return what the driver *name* in a file declares.

    Args:
        name: what devices call it.
        source: a Python file, or a TOML map whose own name is *name*.
        class_name: which of its classes; None where it has one driver.
        part: the file of its simulated part, if it has one.

    Raises:
        ConfigError: the file cannot be used; says where and why.
    """
    key = source.path, f"{name}:{class_name}"
    digest = source.digest + ("" if part is None else f"{part.path}:{part.digest}")
    with _lock:
        known = _newest.pop(key, None)
        if known is not None and known[0] == digest:
            _newest[key] = known  # the last one again
            return known[1]
        spec = _read(name, source, class_name)
        setattr(spec.driver_class, "simulated_part", part)  # noqa: B010 # only local drivers have it
        _newest[key] = digest, spec
        while len(_newest) > _MOST_KEPT:
            del _newest[next(iter(_newest))]
        return spec


def simulated_part_of(spec: DriverSpec) -> Any:
    """Return the class of the simulated part that stands beside a local driver; None without.

    Raises:
        ConfigError: its file cannot be used; says where and why.
    """
    part: LocalSource | None = getattr(spec.driver_class, "simulated_part", None)
    if part is None:
        return None
    found = getattr(load_local_module(part), "PART", None)
    if not isinstance(found, type) or not hasattr(found, "power_up"):
        raise ConfigError(f"{part.path.name} does not say PART = the class of the simulated part")
    if not isinstance(getattr(found, "lines", 0), int):
        raise ConfigError(f"{part.path.name}: lines of PART must be how many pins it offers")
    return found


def _read(name: str, source: LocalSource, class_name: str | None) -> DriverSpec:
    if source.path.suffix != ".toml":
        found = _driver_class(load_local_module(source), source.path, class_name)
        spec = found._spec = spec_of(found).but(name=name)
        return spec
    from wampedge.devices.tomlfile import load_driver_file  # noqa: PLC0415 # only they need compilers

    spec = load_driver_file(source.path, source.raw)
    if spec.name != name:
        raise ConfigError(
            f"{source.path.name} is a map named {spec.name}: write [drivers.{spec.name}]"
        )
    return spec


def _driver_class(module: ModuleType, path: Path, name: str | None) -> type[Driver]:
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Driver)
        and value.__module__ == module.__name__
    ]
    fitting = [each for each in own if name in (None, each.__name__)]
    if len(fitting) == 1:
        return fitting[0]
    if not own:
        raise ConfigError(f"{path.name} has no class that is a Driver")
    names = ", ".join(each.__name__ for each in own)
    if name is not None:
        raise ConfigError(f"{path.name} has no Driver called {name}; it has {names}")
    raise ConfigError(f'{path.name} has several drivers: write class = "..." ({names})')
