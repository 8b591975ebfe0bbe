"""The driver on its simulated part, and on a chip that answers what the test says."""

import pytest

from wampedge.testing.simulation import Simulation

pytest_plugins = ["wampedge.testing.pytest"]


async def test_new_part_reads_what_its_part_senses(sim: Simulation) -> None:
    tank = await sim.device("tank", driver="new_part.py", gain=2)
    tank.sense("level", 850.0)

    assert (await tank.get("level")).value == pytest.approx(850.0, abs=0.05)


async def test_new_part_tells_that_it_is_unplugged_and_comes_back(sim: Simulation) -> None:
    tank = await sim.device("tank", driver="new_part.py", every="1s")
    tank.fault("absent", None)
    await sim.advance(10)
    assert tank.status == "down"

    tank.clear()
    await sim.advance(60)
    assert tank.status == "ok"


async def test_new_part_sleeps_when_it_is_told(sim: Simulation) -> None:
    chip = sim.i2c("i2c1", 0x2A, registers={0x00: b"\x4e\x50", 0x02: b"\x04\xb0"})
    tank = await sim.device("tank", driver="new_part.py", every="1h")

    await tank.call("power_down")

    assert chip.written[-1] == b"\x01\x00"


@pytest.mark.parametrize(
    ("registers", "reason"),
    [
        ({0x00: b"\x4e\x50", 0x02: b"\xff\xff"}, "no measurement in the data register"),
        ({0x00: b"\x12\x34"}, "the id is 0x1234, a NewPart answers 0x4e50"),
    ],
)
async def test_new_part_never_gives_a_number_that_is_none(
    sim: Simulation, registers: dict[int, bytes], reason: str
) -> None:
    sim.i2c("i2c1", 0x2A, registers=registers)
    tank = await sim.device("tank", driver="new_part.py")

    reading = await tank.get("level", fresh=False)

    assert (reading.value, reading.quality, reading.reason) == (None, "bad", reason)
