"""What one read of a register map costs: decoding alone, and with the driver around it.

Run it as a program; it prints one line for each map. Goal: less than 40 microseconds to decode.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

from wampedge.devices.catalog import driver_file, driver_names, find_driver
from wampedge.devices.fields import convert_table
from wampedge.devices.i2c import I2cDevice
from wampedge.devices.registermap.driver import MapDriver
from wampedge.devices.registermap.vectors import RecordedBus, Vector, vectors_of
from wampedge.devices.vector_context import VectorContext

ROUNDS = 2000
GOAL_US = 40.0
"""To decode one read of a map."""


def main() -> int:
    """Print the cost of every map that ships; 1 when one of them misses the goal."""
    missed: list[str] = []
    print(f"{'map':<12}{'decode':>12}{'whole read':>14}")
    for name in driver_names():
        if driver_file(name).suffix == ".toml" and find_driver(name).bus == "i2c":
            decode_us, read_us = asyncio.run(_costs(name))
            if decode_us >= GOAL_US:
                missed.append(name)
            print(f"{name:<12}{decode_us:>9.1f} us{read_us:>11.1f} us")
    print(f"goal {GOAL_US:g} us to decode: {'missed by ' + ', '.join(missed) if missed else 'met'}")
    return int(bool(missed))


async def _costs(name: str) -> tuple[float, float]:
    vectors = vectors_of(driver_file(name))
    vector = next(v for v in vectors if v.expect and not (v.bad or v.error or v.sets))
    driver, payloads = _driver(name, vector), {}
    await driver.setup()
    for bound in driver._bound.reads:
        payloads[bound.read.name] = await driver._fetch(bound)
    decode = driver._bound.decoder.decode
    decode_us = min(_microseconds(lambda: decode(payloads)) for _ in range(3))
    return decode_us, await _read_microseconds(name, vector)


def _driver(name: str, vector: Vector) -> MapDriver:
    spec = find_driver(name)
    params, _ = convert_table(vector.params, spec.params)
    address = spec.addresses[0]
    driver = spec.driver_class(VectorContext(), params, I2cDevice(RecordedBus(vector.bus), address))
    assert isinstance(driver, MapDriver)
    return driver


def _microseconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(ROUNDS):
        action()
    return (time.process_time() - start) / ROUNDS * 1e6


async def _read_microseconds(name: str, vector: Vector) -> float:
    """Return the cost of a read with its traffic; the bus is a table and costs what it costs."""
    spent = 0.0
    for _ in range(ROUNDS // 10):
        driver = _driver(name, vector)
        await driver.setup()
        start = time.process_time()
        await driver.read()
        spent += time.process_time() - start
    return spent / (ROUNDS // 10) * 1e6


if __name__ == "__main__":
    sys.exit(main())
