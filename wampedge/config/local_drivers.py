"""``[drivers.NAME]``: drivers that are files beside the device file, and what makes them safe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.file_check import FileCheck
from wampedge.config.guarded_files import read_code_file
from wampedge.config.kinds import name_mistake
from wampedge.devices.catalog import driver_names
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import Field, FieldError, Text, convert_table, shown
from wampedge.devices.local_driver import load_local_driver
from wampedge.devices.local_module import LocalSource
from wampedge.errors import ConfigError

__all__ = ["DRIVER_FIELDS", "MAX_DRIVERS", "check_local_drivers"]

MAX_DRIVERS: Final = 64
_MAX_FILE_BYTES: Final = 262_144
_FILE: Final = Text(minimum_length=1, maximum_length=400)

DRIVER_FIELDS: Final[Mapping[str, Field]] = {
    "module": _FILE.but(doc="its file, in the folder of the device file: .py or .toml"),
    "class": Text(
        r"[A-Za-z_]\w*", maximum_length=100, default=None, doc="which class, if there are several"
    ),
    "simulated": _FILE.but(
        default=None,
        doc="file of its simulated part; NAME_simulated.py beside the driver when left out",
    ),
}


def check_local_drivers(check: FileCheck) -> dict[str, DriverSpec | None]:
    """Return the drivers of ``[drivers.*]`` by name; None for one that cannot be used."""
    tables, findings = check.values.get("drivers", {}), check.findings
    if not isinstance(tables, dict):
        findings.add(("drivers",), f"must be a table, got {shown(tables)}", "write [drivers.NAME]")
        return {}
    if len(tables) > MAX_DRIVERS:
        text = f"may hold {MAX_DRIVERS} drivers, and has {len(tables)}"
        findings.add(("drivers",), text, code="limit", on="key")
    return {n: _check_one(check, n, raw) for n, raw in list(tables.items())[:MAX_DRIVERS]}


def _check_one(check: FileCheck, name: str, raw: Any) -> DriverSpec | None:
    path, findings = ("drivers", name), check.findings
    mistake = name_mistake(name)
    if mistake:
        findings.add(path, mistake[0], mistake[1], code="name", on="key")
        return None
    if name in driver_names():
        text, hint = "is the name of a driver of wampedge", "give yours another name"
        findings.add(path, text, hint, code="name", on="key")
        return None
    if not isinstance(raw, dict):
        findings.add(path, f"must be a table, got {shown(raw)}", f"write [drivers.{name}]")
        return None
    values, errors = convert_table(raw, DRIVER_FIELDS)
    for error in errors:
        findings.add_field_error(path, error)
    if errors:
        return None
    base = check.path.parent.resolve()
    try:
        module = _source(base, values["module"], "module", (".py", ".toml"))
        part = _part_source(base, module.path, values["simulated"])
        return load_local_driver(name, module, values["class"], part)
    except FieldError as error:
        findings.add_field_error(path, error)
    except ConfigError as error:
        text = f"cannot be used: {error}"
        findings.add((*path, "module"), text, code="broken-driver")
    return None


def _part_source(base: Path, module: Path, given: str | None) -> LocalSource | None:
    if given is not None:
        return _source(base, given, "simulated", (".py",))
    usual = module.with_name(f"{module.stem}_simulated.py")
    if not usual.exists():
        return None
    return _source(base, str(usual.relative_to(base)), "simulated", (".py",))


def _source(base: Path, name: str, key: str, suffixes: tuple[str, ...]) -> LocalSource:
    """Return the file *name* in *base*; raises FieldError unless its code may be trusted."""
    path = (base / name).resolve()
    if not path.is_relative_to(base) or path.suffix not in suffixes:
        wanted = " or ".join(suffixes)
        text = f"must be a {wanted} file in the folder of the device file, got {name[:80]!r}"
        raise FieldError(text, 'write it like "drivers/lift.py"', (key,))
    try:
        return LocalSource(path, read_code_file(base, path, max_bytes=_MAX_FILE_BYTES))
    except FieldError as error:
        raise FieldError(error.text, error.hint, (key,)) from error
