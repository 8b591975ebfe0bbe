"""``wampedge drivers test``: run the test vectors that stand in the TOML files of drivers."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

from wampedge.cli import exit_codes
from wampedge.devices.catalog import UnknownDriverError, driver_file, driver_names
from wampedge.devices.driver import DriverSpec
from wampedge.devices.tomlfile import bus_of_file, load_driver_file
from wampedge.errors import ConfigError, WampedgeError

__all__ = ["run_tests"]

_VECTORS = {
    "i2c": "wampedge.devices.registermap.vectors",
    "modbus": "wampedge.devices.modbus.vectors",
    "serial": "wampedge.devices.frames.vectors",
}


def run_tests(target: str | None) -> int:
    """Run the vectors of a driver, of a file, or of all drivers; print what they say.

    Args:
        target: name of a driver, path of a TOML file, or None.

    Returns:
        The exit code: 0 when every vector passes.
    """
    try:
        paths = [_path(target)] if target else _all_paths()
    except UnknownDriverError as error:
        print(f"wampedge drivers test: {error}", file=sys.stderr)
        return exit_codes.FINDINGS
    failures = sum(_test(path) for path in paths)
    if failures:
        print(f"{failures} failed", file=sys.stderr)
    return exit_codes.FINDINGS if failures else exit_codes.OK


def _path(target: str) -> Path:
    """Return the file of *target*; what looks like a path is one."""
    path = Path(target)
    return path if path.suffix or path.exists() or len(path.parts) > 1 else driver_file(target)


def _all_paths() -> list[Path]:
    files = (driver_file(name) for name in driver_names())
    return [path for path in files if path.suffix == ".toml"]


def _test(path: Path) -> int:
    """Run the vectors of one file and print a line for it; return how many failed."""
    if path.suffix != ".toml":
        print(f"{path.stem}: is Python and has no vectors of its own; its tests are run by pytest")
        return 0
    try:
        spec = load_driver_file(path)
        vectors = _module(path).vectors_of(path)
    except ConfigError as error:
        print(f"FAIL {path.stem}: {error}")
        return 1
    failures = [text for vector in vectors if (text := asyncio.run(_failure(path, spec, vector)))]
    if not failures:
        print(f"ok   {path.stem}: {len(vectors)} vectors")
    for text in failures:
        print(f"FAIL {path.stem}: {text}")
    return len(failures)


async def _failure(path: Path, spec: DriverSpec, vector: Any) -> str:
    """Return what is wrong with a vector, or nothing."""
    doc = vector["doc"] if isinstance(vector, dict) else vector.doc
    try:
        await _module(path).run_vector(spec, vector)
    except (AssertionError, WampedgeError) as error:
        return f"{doc or 'test'}: {error}"
    return ""


def _module(path: Path) -> Any:
    """Return the module that reads and runs the vectors of such a file."""
    return importlib.import_module(_VECTORS.get(bus_of_file(path), _VECTORS["i2c"]))
