"""``wampedge drivers test``: run the vectors in TOML files of drivers, and their round trips."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wampedge.cli import exit_codes
from wampedge.devices.catalog import (
    UnknownDriverError,
    driver_file,
    driver_names,
    find_driver,
)
from wampedge.devices.driver import DriverSpec
from wampedge.devices.local_driver import load_local_driver
from wampedge.devices.local_module import LocalSource
from wampedge.devices.tomlfile import bus_of_file, load_driver_file
from wampedge.errors import ConfigError, WampedgeError
from wampedge.simulation.round_trip import resolution_of, round_trip
from wampedge.testing.simulation import Simulation
from wampedge_simulator.clock import run_virtual
from wampedge_simulator.part import Part

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
    return [driver_file(name) for name in driver_names()]


def _test(path: Path) -> int:
    """Run the vectors of one file and its round trip; print a line; return how many failed."""
    try:
        spec, vectors = _read(path)
    except ConfigError as error:
        print(f"FAIL {path.stem}: {error}")
        return 1
    failures = [text for vector in vectors if (text := asyncio.run(_failure(path, spec, vector)))]
    done, trip_failures = _round_trip(path, spec, _examples(vectors))
    failures += trip_failures
    if not failures:
        said = [f"{len(vectors)} vectors"] if vectors else []
        print(f"ok   {path.stem}: {', '.join([*said, done])}")
    for text in failures:
        print(f"FAIL {path.stem}: {text}")
    return len(failures)


def _read(path: Path) -> tuple[DriverSpec, Sequence[Any]]:
    """Return what a file declares, and its vectors; raises ConfigError."""
    if path.suffix == ".toml":
        return load_driver_file(path), _module(path).vectors_of(path)
    if path.stem in driver_names() and path == driver_file(path.stem):
        return find_driver(path.stem), ()
    return load_local_driver(path.stem, LocalSource.read(path), None, None), ()


def _resolution(part: Part, channel: str) -> tuple[float, float]:
    """Return how far a reading may be off; examples of datasheets are rounded."""
    step, share = resolution_of(part, channel)
    return step, max(share, 1e-5)


def _examples(vectors: Sequence[Any]) -> dict[str, list[float]]:
    """Return values that can be measured with the parameters a device has without any."""
    found: dict[str, list[float]] = {}
    for vector in vectors:
        facts = vector if isinstance(vector, dict) else vars(vector)
        if facts.get("params") or facts.get("set"):
            continue
        for channel, value in (facts.get("expect") or {}).items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found.setdefault(channel, []).append(value)
    return found


def _round_trip(
    path: Path, spec: DriverSpec, examples: Mapping[str, Sequence[float]]
) -> tuple[str, Sequence[str]]:
    """Try the driver on its simulated part; return what was done, and what did not hold."""
    needed = [name for name, kind in spec.params.items() if kind.is_required]
    needed += [role for role, pin in spec.pins.items() if pin.is_required]
    if needed or spec.has_open_channels or spec.bus == "onewire" or spec.place == "sysfs":
        return "no round trip: its device file must say more", ()
    is_ours = path == (driver_file(spec.name) if spec.name in driver_names() else None)
    if spec.name in driver_names() and not is_ours:
        return "no round trip: it is named like a driver of wampedge", ()
    driver = spec.name if is_ours else path.absolute()
    keys = {"unit_id": 1} if spec.bus == "modbus" and spec.unit_id is None else {}

    folder = path.absolute().parent

    async def trip() -> tuple[int, Sequence[str]]:
        async with Simulation(folder) as sim:
            device = await sim.device("part", driver, **keys)
            done = await round_trip(
                device.site, "part", values=examples.get, resolution=_resolution
            )
            return done.tried, done.failures

    logging.disable(logging.WARNING)  # what goes wrong is said below, once
    try:
        tried, failures = run_virtual(trip())
    except WampedgeError as error:
        return "", [f"round trip: {error}"]
    finally:
        logging.disable(logging.NOTSET)
    if not tried:
        return "no round trip: its part senses nothing", ()
    return f"round trip of {tried} values", [f"round trip: {each}" for each in failures]


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
