"""How a driver of one's own is tested, without hardware: pytest test_lift.py."""

from wampedge.testing.simulation import Simulation

pytest_plugins = ["wampedge.testing.pytest"]


async def test_lift_stops_on_its_way(sim: Simulation) -> None:
    lift = await sim.device("lift", driver="lift.py")

    await lift.set("target", 200)
    await sim.advance(2)  # at 50 mm/s; costs no time
    assert (await lift.get("height")).value == 100

    await lift.call("stop")
    await sim.advance(60)
    assert (await lift.get("height")).value == 100


async def test_lift_that_is_unplugged_is_told_and_comes_back(sim: Simulation) -> None:
    lift = await sim.device("lift", driver="lift.py")

    lift.fault("absent", None)
    await sim.advance(5)
    assert lift.status == "down"

    lift.clear()
    await sim.advance(30)
    assert lift.status == "ok"


async def test_what_is_no_lift_is_left_alone(sim: Simulation) -> None:
    chip = sim.i2c("i2c1", 0x2A, registers={0x00: b"\x12\x34"})
    lift = await sim.device("lift", driver="lift.py")

    assert lift.reason == "the id is 0x1234, a lift answers 0x4c46"
    assert all(len(message) == 1 for message in chip.written), "nothing but register numbers"
