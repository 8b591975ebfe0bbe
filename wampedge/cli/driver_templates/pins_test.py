"""The driver on its simulated part."""

import pytest

from wampedge.errors import ApplicationError
from wampedge.testing.simulation import Simulation

pytest_plugins = ["wampedge.testing.pytest"]


@pytest.mark.parametrize("level", ["empty", "half", "full"])
async def test_new_part_reads_how_full_the_tank_is(sim: Simulation, level: str) -> None:
    tank = await sim.device("tank", driver="new_part.py", low=17, high=27)
    tank.sense("level", level)

    assert (await tank.get("level")).value == level


async def test_new_part_says_that_a_wire_is_broken(sim: Simulation) -> None:
    tank = await sim.device("tank", driver="new_part.py", low=17, high=27)
    tank.sense("level", "full")
    tank.fault("open", None)

    with pytest.raises(ApplicationError, match="look at the wires"):
        await tank.get("level")
