"""The vectors of the map, and the map on the part that is made from it."""

from pathlib import Path

import pytest

from wampedge.cli import main
from wampedge.testing.simulation import Simulation

pytest_plugins = ["wampedge.testing.pytest"]


def test_vectors_of_new_part_pass() -> None:
    assert main(["drivers", "test", str(Path(__file__).with_name("new_part.toml"))]) == 0


async def test_new_part_reads_what_its_part_senses(sim: Simulation) -> None:
    tank = await sim.device("tank", driver="new_part.toml")
    tank.sense("level", 850.0)
    await sim.advance(2)

    assert (await tank.get("level")).value == pytest.approx(850.0, abs=0.05)


async def test_new_part_tells_that_it_is_silent_and_comes_back(sim: Simulation) -> None:
    tank = await sim.device("tank", driver="new_part.toml", every="1s")
    tank.fault("SILENCE", None)
    await sim.advance(30)
    assert tank.status == "down"

    tank.clear()
    await sim.advance(60)
    assert tank.status == "ok"
