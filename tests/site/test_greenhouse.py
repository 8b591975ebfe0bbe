"""The example device file, end to end: simulated parts, real libraries, a real session."""

import asyncio

import pytest

from tests.site.rig import GREENHOUSE, RunningSite, on_site
from wampedge.config import load
from wampedge.errors import ApplicationError


def test_every_device_of_the_example_is_ok_after_its_first_sample() -> None:
    async def act(site: RunningSite) -> dict[str, str]:
        await asyncio.sleep(5.0)
        health = await site.call("sys.health")
        return {name: device["state"] for name, device in health["devices"].items()}

    states = on_site(load(GREENHOUSE), act)

    assert set(states.values()) == {"ok"}
    assert len(states) >= 10


def test_sensor_reads_what_the_simulator_was_told() -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.set", "air", "temperature", 23.5)
        await site.call("sim.set", "air", "pressure", 101_325)

        result = await site.client.call("edge.gh1.air.temperature.get", fresh=True)
        pressure = await site.client.call("edge.gh1.air.pressure.get")

        assert result.value == pytest.approx(23.5, abs=0.02)
        assert (result.kwargs["unit"], result.kwargs["quality"]) == ("°C", "good")
        assert pressure.value == pytest.approx(1013.25, abs=0.1)
        assert pressure.kwargs["unit"] == "hPa"

    on_site(load(GREENHOUSE), act)


def test_active_low_relay_drives_its_pin_and_tells_its_topic() -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("drip.state")
        assert await site.call("sim.pin", "gpio", 17) is True

        assert await site.call("drip.on") is True
        assert await site.call("sim.pin", "gpio", 17) is False
        assert await site.call("drip.off") is False

        assert await site.call("sim.pin", "gpio", 17) is True
        assert heard.values("drip.state") == [True, False]

    on_site(load(GREENHOUSE), act)


def test_relay_on_the_expander_drives_the_pin_of_the_chip() -> None:
    async def act(site: RunningSite) -> None:
        assert await site.call("sim.pin", "io", 0) is False
        await site.call("heater.on")
        assert await site.call("sim.pin", "io", 0) is True

    on_site(load(GREENHOUSE), act)


def test_pulse_switches_back_by_itself() -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("lamp.state")
        await site.call("lamp.pulse", "5s")
        await asyncio.sleep(4.9)
        assert await site.call("sim.pin", "gpio", 27) is True
        await asyncio.sleep(0.2)

        assert await site.call("sim.pin", "gpio", 27) is False
        assert heard.values("lamp.state") == [True, False]

    on_site(load(GREENHOUSE), act)


@pytest.mark.parametrize("button", ["doorbell", "door"])
def test_button_press_is_an_event_and_a_state(button: str) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear(f"{button}.event", f"{button}.pressed")
        await site.call("sim.press", button)
        await asyncio.sleep(1.0)
        await site.call("sim.let_go", button)
        await asyncio.sleep(1.0)

        assert heard.values(f"{button}.event") == ["press", "release", "click"]
        assert heard.values(f"{button}.pressed") == [True, False]

    on_site(load(GREENHOUSE), act)


def test_pulses_are_presses_and_bounces_are_none() -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("doorbell.event")
        await site.call("sim.pulse", "doorbell", 3, "100ms", "100ms")
        await asyncio.sleep(2.0)
        await site.call("sim.pulse", "doorbell", 5, "5ms", "5ms")
        await asyncio.sleep(2.0)

        assert heard.values("doorbell.event") == ["press", "release", "click"] * 3

    on_site(load(GREENHOUSE), act)


def test_cleared_fault_is_over() -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.fault", "air", "nack", 1000)
        await site.call("sim.clear", "air")

        assert (await site.client.call("edge.gh1.air.humidity.get", fresh=True)).kwargs[
            "quality"
        ] == "good"

    on_site(load(GREENHOUSE), act)


def test_failing_sensor_degrades_alone_and_recovers() -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.status", "air.temperature", "outside.temperature")
        await site.call("sim.fault", "air", "nack", 1000)
        await asyncio.sleep(65.0)
        others_while_down = len(heard.values("outside.temperature"))
        health = await site.call("air.health")
        assert health["state"] == "down"
        await site.call("sim.fault", "air", "none")
        await asyncio.sleep(120.0)

        assert heard.values("air.status") == ["degraded", "down", "ok"]
        assert heard.values("air.temperature").count(None) == 1
        assert others_while_down == 2

    on_site(load(GREENHOUSE), act)


def test_wrong_value_names_the_field_and_leaves_the_pin_alone() -> None:
    async def act(site: RunningSite) -> None:
        for wrong in ("on", 2**70, 1.5, None, [True]):
            with pytest.raises(ApplicationError) as caught:
                await site.call("drip.set", wrong)
            assert caught.value.uri == "wamp.error.invalid_argument"
            assert caught.value.keywords["field"] == "value"
        with pytest.raises(ApplicationError) as caught:
            await site.call("drip.set", True, sudo=True)
        assert caught.value.keywords["field"] == "sudo"
        with pytest.raises(ApplicationError) as caught:
            await site.call("drip.set")
        assert caught.value.keywords["field"] == "value"

        assert await site.call("sim.pin", "gpio", 17) is True

    on_site(load(GREENHOUSE), act)


def test_serial_line_becomes_readings() -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.set", "tank", "level", 412)
        await asyncio.sleep(15.0)

        result = await site.client.call("edge.gh1.tank.level.get")
        assert (result.value, result.kwargs["unit"]) == (412, "mm")

    on_site(load(GREENHOUSE), act)


def test_node_describes_itself_completely() -> None:
    async def act(site: RunningSite) -> None:
        description = await site.call("sys.describe")

        drip = description["devices"]["drip"]
        assert set(drip["commands"]) == {"on", "off", "toggle", "pulse"}
        assert drip["channels"]["state"]["set"] == "edge.gh1.drip.state.set"
        assert description["devices"]["air"]["channels"]["pressure"]["unit"] == "hPa"
        assert await site.call("sys.list") == list(description["devices"])

    on_site(load(GREENHOUSE), act)


def test_stop_leaves_every_output_in_its_safe_state() -> None:
    levels = {}

    async def act(site: RunningSite) -> None:
        await site.call("drip.on")
        await site.call("heater.on")
        await site.node.site.stop()
        levels["drip"] = site.simulator.pin_level("gpio", 17)
        levels["heater"] = site.simulator.pin_level("io", 0)

    on_site(load(GREENHOUSE), act)

    assert levels == {"drip": True, "heater": False}
