"""``[drivers.NAME]``: drivers that are files beside the device file, and what makes them safe."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from wampedge.config.file_check import FileCheck
from wampedge.config.kinds import name_mistake
from wampedge.config.layout import KeyPath
from wampedge.devices.catalog import driver_names
from wampedge.devices.driver import DriverSpec
from wampedge.devices.fields import Field, FieldError, Text, convert_table, shown
from wampedge.devices.local_driver import load_local_driver
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
    folder = check.path.parent
    try:
        module = _checked_file(folder, values["module"], "module", (".py", ".toml"))
        part = _part_file(folder, module, values["simulated"])
        return load_local_driver(name, module, values["class"], part)
    except FieldError as error:
        findings.add_field_error(path, error)
    except ConfigError as error:
        _tell_broken(path, error, check)
    return None


def _tell_broken(path: KeyPath, error: ConfigError, check: FileCheck) -> None:
    check.findings.add((*path, "module"), f"cannot be used: {error}", code="broken-driver")


def _part_file(folder: Path, module: Path, given: str | None) -> Path | None:
    if given is not None:
        return _checked_file(folder, given, "simulated", (".py",))
    usual = module.with_name(f"{module.stem}_simulated.py")
    if not usual.exists():
        return None
    return _checked_file(folder, str(usual.relative_to(folder.resolve())), "simulated", (".py",))


def _checked_file(folder: Path, name: str, key: str, suffixes: tuple[str, ...]) -> Path:
    """Return the file *name* in *folder*; raises FieldError unless its code may be trusted."""
    base = folder.resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base) or path.suffix not in suffixes:
        wanted = " or ".join(suffixes)
        text = f"must be a {wanted} file in the folder of the device file, got {name[:80]!r}"
        raise FieldError(text, 'write it like "drivers/lift.py"', (key,))
    try:
        status = path.stat()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FieldError(f"names {path}, which cannot be read: {reason}", "", (key,)) from error
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE_BYTES:
        text = f"must be a file of {_MAX_FILE_BYTES // 1024} KiB at most, {path} is not"
        raise FieldError(text, "", (key,))
    for place in _up_to(path, base):
        mode = place.stat().st_mode
        is_shared = bool(mode & stat.S_ISVTX) and place is not path
        if mode & (stat.S_IWGRP | stat.S_IWOTH) and not is_shared:
            hint = f"run: chmod go-w {place}"
            raise FieldError(f"names {path}, and others may write {place}", hint, (key,))
        if place.stat().st_uid not in (0, os.geteuid()):
            text = f"names {path}, and {place} belongs to another user"
            raise FieldError(text, "its owner must be root or the user wampedge runs as", (key,))
    return path


def _up_to(path: Path, base: Path) -> list[Path]:
    """Return *path* and the folders around it: who may write one of them can replace the file."""
    return [path, *(folder for folder in path.parents if folder.is_relative_to(base))]
