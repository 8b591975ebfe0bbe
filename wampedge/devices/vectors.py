"""One way to run the test vectors of any driver file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from wampedge.devices.catalog import find_driver
from wampedge.devices.tomlfile import bus_of_file
from wampedge.devices.vector_context import VectorError

__all__ = ["run_vectors"]


async def run_vectors(path: Path) -> int:
    """Run every vector of the driver file at *path*; return how many there are.

    Raises:
        VectorError: one does not come out as it says; its text begins with what the vector shows.
        ConfigError: the file has a mistake.
    """
    spec, kind = find_driver(path.stem), bus_of_file(path)
    runs: list[tuple[str, Callable[[], Awaitable[None]]]]
    if kind == "modbus":
        from wampedge.devices.modbus.vectors import run_vector, vectors_of  # noqa: PLC0415 # one kind at a time

        runs = [(v["doc"], partial(run_vector, spec, v)) for v in vectors_of(path)]
    elif kind == "serial":
        from wampedge.devices.frames import vectors as frames  # noqa: PLC0415 # as above

        runs = [(v["doc"], partial(frames.run_vector, spec, v)) for v in frames.vectors_of(path)]
    else:
        from wampedge.devices.registermap import vectors as maps  # noqa: PLC0415 # as above

        runs = [(v.doc, partial(maps.run_vector, spec, v)) for v in maps.vectors_of(path)]
    for number, (doc, run) in enumerate(runs, 1):
        try:
            await run()
        except VectorError as error:
            raise VectorError(f"{doc or f'vector {number}'}: {error}") from error
    return len(runs)
