"""Every map that ships, against the part made from it: the values of its vectors come back."""

from __future__ import annotations

import pytest

from tests.simulator.generated.rig import Rig
from wampedge.devices.catalog import driver_file, driver_names, find_driver
from wampedge.devices.registermap import Vector, vectors_of
from wampedge_simulator.clock import run_virtual

MAPS = [name for name in driver_names() if driver_file(name).suffix == ".toml"]
VECTORS = [
    pytest.param(name, vector, id=f"{name}: {vector.doc or index}")
    for name in MAPS
    if hasattr(find_driver(name).driver_class, "register_map")
    for index, vector in enumerate(vectors_of(driver_file(name)))
    if vector.expect and not vector.error and not vector.sets
]


@pytest.mark.parametrize(("name", "vector"), VECTORS)
def test_a_part_made_from_a_map_gives_the_values_of_its_vectors(name: str, vector: Vector) -> None:
    async def main() -> None:
        rig = Rig(find_driver(name), vector.params)
        for channel, value in vector.expect.items():
            rig.part.set(channel, value)

        values = await rig.read()

        for channel, wanted in vector.expect.items():
            step = rig.part.step(channel)
            assert values[channel] == pytest.approx(wanted, rel=1e-4, abs=step * 1.001 + 1e-9)

    run_virtual(main())
