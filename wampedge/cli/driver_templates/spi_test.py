"""The driver on its simulated part."""

import pytest

from wampedge.testing.simulation import Simulation

pytest_plugins = ["wampedge.testing.pytest"]


async def test_new_part_reads_what_its_part_senses(sim: Simulation) -> None:
    tank = await sim.device("tank", driver="new_part.py")
    tank.sense("level", 850.5)

    assert (await tank.get("level")).value == 850.5


@pytest.mark.parametrize("line", ["miso_low", "miso_high"])
async def test_new_part_never_takes_nobody_for_a_value(sim: Simulation, line: str) -> None:
    tank = await sim.device("tank", driver="new_part.py", every="1s")
    tank.fault(line, None)
    await sim.advance(10)

    reading = await tank.get("level", fresh=False)

    assert (reading.value, reading.quality) == (None, "bad")
    assert "nobody answers" in str(reading.reason)
