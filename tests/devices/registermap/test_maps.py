"""Every register map that ships passes its own test vectors."""

from __future__ import annotations

import pytest

from wampedge.devices.catalog import driver_file, driver_names, find_driver
from wampedge.devices.registermap import Vector, run_vector, vectors_of
from wampedge.devices.tomlfile import bus_of_file

MAPS = [
    name
    for name in driver_names()
    if driver_file(name).suffix == ".toml"
    and bus_of_file(driver_file(name)) not in ("modbus", "serial")
]
VECTORS = [
    pytest.param(name, vector, id=f"{name}: {vector.doc or index}")
    for name in MAPS
    for index, vector in enumerate(vectors_of(driver_file(name)))
]


@pytest.mark.parametrize(("name", "vector"), VECTORS)
async def test_a_map_passes_its_vector(name: str, vector: Vector) -> None:
    await run_vector(find_driver(name), vector)


@pytest.mark.parametrize("name", MAPS)
def test_a_map_has_a_vector_for_a_value_and_one_for_a_fault(name: str) -> None:
    vectors = vectors_of(driver_file(name))

    assert any(vector.expect for vector in vectors)
    assert any(vector.error or vector.bad for vector in vectors)
