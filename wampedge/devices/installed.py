"""Drivers and simulated parts of installed packages, found by their entry points.

A package that brings a driver says in its ``pyproject.toml``::

    [project.entry-points."wampedge.drivers"]
    lift = "acme_lift.driver:Lift"

    [project.entry-points."wampedge.simulated_parts"]
    lift = "acme_lift.simulated:PART"
"""

from __future__ import annotations

from typing import Any, Final

from wampedge.devices.driver import Driver, DriverSpec, spec_of
from wampedge.errors import ConfigError

__all__ = ["DRIVERS", "PARTS", "installed_driver", "installed_names", "installed_part"]

DRIVERS: Final = "wampedge.drivers"
PARTS: Final = "wampedge.simulated_parts"


def installed_names() -> dict[str, str]:
    """Return the drivers packages bring: name to package."""
    return {entry.name: _package_of(entry) for entry in _entries(DRIVERS)}


def installed_driver(name: str) -> DriverSpec | None:
    """Return what the driver *name* of a package declares; None where no package brings one.

    Raises:
        ConfigError: several packages bring one, or it cannot be used.
    """
    found = _only(DRIVERS, name)
    if found is None:
        return None
    if not (isinstance(found, type) and issubclass(found, Driver)):
        raise ConfigError(f"the entry point {name} of {DRIVERS} is no Driver class")
    spec = found._spec = spec_of(found).but(name=name)
    return spec


def installed_part(name: str) -> Any:
    """Return the simulated part *name* of a package; None where no package brings one."""
    return _only(PARTS, name)


def _only(group: str, name: str) -> Any:
    """Load the one entry point *name* of *group*; raises ConfigError."""
    entries = [entry for entry in _entries(group) if entry.name == name]
    if not entries:
        return None
    if len({entry.value for entry in entries}) > 1:
        packages = " and ".join(sorted(_package_of(entry) for entry in entries))
        raise ConfigError(f"{packages} both bring a driver {name}; remove one of them")
    try:
        return entries[0].load()
    except (Exception, SystemExit) as error:  # foreign code may raise anything
        text = f"{type(error).__name__}: {str(error)[:160]}"
        raise ConfigError(
            f"{name} of {_package_of(entries[0])} cannot be loaded: {text}"
        ) from error


def _entries(group: str) -> Any:
    from importlib.metadata import entry_points  # noqa: PLC0415 # slow, and few nodes need it

    return entry_points(group=group)


def _package_of(entry: Any) -> str:
    return str(entry.dist.name if entry.dist is not None else entry.value)
