"""examples/sites/robot.toml from end to end, through WAMP only."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.site.examples_rig import SEED, Place, Running, on_example
from wampedge.errors import ApplicationError, WampedgeError
from wampedge.wamp.auth import (
    Identity,
    TicketAuthenticator,
    WampCraAuthenticator,
)
from wampedge.wamp.auth_proofs import CryptosignProof
from wampedge.wamp.ed25519 import public_key

PILOT = Identity("pilot", (WampCraAuthenticator("stick"),))
ARM_BOARD = Identity("arm_board", (TicketAuthenticator("elbow"),))
PREFIX = "fleet.rovers.rover_7"
LINK = CryptosignProof(frozenset({public_key(bytes.fromhex(SEED))}))


@pytest.fixture
def rover(tmp_path: Path) -> Place:
    return Place(tmp_path, "robot")


def run(place: Place, act: Any, *, is_linked: bool = False) -> None:
    on_example(place, act, identity=PILOT, proof=LINK if is_linked else None)


async def refusal(work: Any) -> str:
    """Return the URI of the error that *work* ends with."""
    with pytest.raises(ApplicationError) as caught:
        await work
    return caught.value.uri


def test_ten_samples_of_the_imu_come_in_one_event_each_with_its_time(rover: Place) -> None:
    async def act(running: Running) -> None:
        heard = await running.hear("imu", "imu.acceleration_z")
        await running.call("sim.set", "imu", "acceleration_z", 9.81)
        await asyncio.sleep(1.0)

        batches = heard.values("imu")
        assert len(batches) in {4, 5}  # 50 samples a second, ten an event
        assert heard.values("imu.acceleration_z") == []
        samples = batches[-1]
        assert len(samples) == 10
        steps = [after - before for (_, before), (_, after) in pairwise(samples)]
        assert steps == [pytest.approx(0.02, abs=0.002)] * 9  # transfers of other devices last
        assert samples[-1][0]["acceleration_z"] == pytest.approx(9.81, abs=0.01)

    run(rover, act)


def test_a_low_battery_raises_an_alarm_that_clears_at_its_own_limit(rover: Place) -> None:
    async def act(running: Running) -> None:
        heard = await running.hear("battery.voltage.alarm")
        for volts in (12.0, 10.7, 11.0, 11.3):
            await running.call("sim.set", "battery", "voltage", volts)
            await running.call("battery.voltage.get", fresh=True)
        await asyncio.sleep(0.1)

        assert heard.values("battery.voltage.alarm") == ["raised", "cleared"]
        assert heard.events[0][2]["limit"] == 10.8
        await running.call("sim.set", "battery", "current", 12.5)
        value, unit, _ = await running.read("battery.current", fresh=True)
        assert (value, unit) == (pytest.approx(12.5, abs=0.01), "A")

    run(rover, act)


def test_the_position_is_stale_after_five_seconds_of_silence(rover: Place) -> None:
    async def act(running: Running) -> None:
        await running.call("sim.set", "position", "latitude", 51.5)
        await asyncio.sleep(2.5)
        assert (await running.read("position.latitude"))[:2] == (
            pytest.approx(51.5, abs=1e-6),
            "deg",
        )
        await running.call("sim.fault", "position", "silent", 1000)
        await asyncio.sleep(4)
        assert (await running.read("position.latitude"))[2] == "good"
        await asyncio.sleep(2)

        found = await running.client.call(f"{PREFIX}.position.latitude.get")

        assert (found.value, found.kwargs["quality"]) == (None, "stale")
        assert found.kwargs["last"] == pytest.approx(51.5, abs=1e-6)
        await running.call("sim.clear", "position")
        await asyncio.sleep(2.5)
        assert (await running.read("position.latitude"))[2] == "good"

    run(rover, act)


def test_a_wheel_is_followed_by_its_encoder(rover: Place) -> None:
    async def act(running: Running) -> None:
        await asyncio.sleep(1)
        await running.call("sim.set", "wheel_left", "position", 2.5)
        await asyncio.sleep(0.2)

        assert await running.call("wheel_left.position.get") == 2.5
        assert await running.call("wheel_left.ticks.get") == 3600  # 2.5 * 1440

    run(rover, act)


def test_a_motor_ramps_and_stops_when_its_driver_is_silent(rover: Place) -> None:
    async def act(running: Running) -> None:
        assert await running.call("left.run", 1) == 1
        await asyncio.sleep(0.25)  # 2 a second: half speed by now
        duty = running.simulator.net("gpio", 12).duty
        assert duty == pytest.approx(0.5, abs=0.08)
        for _ in range(4):
            await asyncio.sleep(1.0)
            await running.call("heartbeat")
        assert running.simulator.part("left").speed == 1

        await asyncio.sleep(2.2)  # neither a call nor a heartbeat for two seconds

        assert running.simulator.part("left").speed == 0

    run(rover, act)


def test_the_gripper_holds_and_lets_go(rover: Place) -> None:
    async def act(running: Running) -> None:
        assert running.simulator.part("gripper").position is None
        assert await running.call("gripper.angle", 135) == 135
        assert running.simulator.part("gripper").position == pytest.approx(135)
        await running.call("gripper.detach")
        assert running.simulator.part("gripper").position is None

    run(rover, act)


def test_the_lift_is_a_driver_beside_the_file(rover: Place) -> None:
    async def act(running: Running) -> None:
        await running.call("lift.set", 200)
        await asyncio.sleep(60)
        assert await running.read("lift.height") == (200, "mm", "good")

    run(rover, act)


def test_the_scanner_says_lines_and_takes_its_command(rover: Place) -> None:
    async def act(running: Running) -> None:
        await running.call("sim.set", "scanner", "angle", 90)
        await running.call("sim.set", "scanner", "distance", 1234)
        await asyncio.sleep(2.5)

        assert (await running.read("scanner.angle"))[:2] == (90, "deg")
        assert (await running.read("scanner.distance"))[:2] == (1234, "mm")
        await running.call("scanner.start")
        await running.call("sim.fault", "scanner", "silent", 1000)
        assert await refusal(running.client.call(f"{PREFIX}.scanner.start")) == (
            "wampedge.error.timeout"
        )

    run(rover, act)


def test_the_arm_board_offers_its_arm_and_nothing_else(rover: Place) -> None:
    async def act(running: Running) -> None:
        await running.linked()
        arm = await running.join(ARM_BOARD)
        await arm.register(f"{PREFIX}.arm.lift", lambda height: height * 2)
        for uri in (f"{PREFIX}.left.fake", "fleet.other"):
            assert await refusal(arm.register(uri, lambda: None)) == "wamp.error.not_authorized"
        assert await refusal(arm.subscribe(f"{PREFIX}.status", print)) == (
            "wamp.error.not_authorized"
        )
        assert (await running.client.call(f"{PREFIX}.arm.lift", 21)).value == 42
        assert await refusal(running.client.register(f"{PREFIX}.arm.x", lambda: None)) == (
            "wamp.error.not_authorized"
        )
        assert await refusal(running.client.call("fleet.broadcast.time")) == (
            "wamp.error.not_authorized"
        )
        with pytest.raises(WampedgeError, match="nobody in without authentication"):
            await running.join()

        await asyncio.sleep(1)
        far = await running.away.join()
        assert (await far.call(f"{PREFIX}.arm.lift", 4)).value == 8  # passed up
        await arm.leave()
        await asyncio.sleep(1)
        assert await refusal(far.call(f"{PREFIX}.arm.lift", 4)) == "wamp.error.no_such_procedure"
        await far.leave()

    run(rover, act, is_linked=True)


def test_goals_come_down_from_the_fleet_and_nobody_speaks_for_the_rover(rover: Place) -> None:
    async def act(running: Running) -> None:
        await running.linked()
        far = await running.away.join()
        heard = await running.hear("goal", "scanner.angle")
        await running.call("sim.set", "scanner", "angle", 90)
        await far.publish(f"{PREFIX}.goal", [52.1, 5.2])
        await far.publish(f"{PREFIX}.scanner.angle", 45)
        await asyncio.sleep(3)

        assert heard.values("goal") == [[52.1, 5.2]]
        assert set(heard.values("scanner.angle")) == {90}
        assert (await far.call(f"{PREFIX}.scanner.angle.get")).value == 90
        await far.leave()

    run(rover, act, is_linked=True)
