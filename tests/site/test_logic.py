"""Filters, alarms, bundles, derived values and rules on a whole node in virtual time."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import WampedgeError

PARTS = """\
wampedge = 1
[node]
name = "n"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "10s"
{air}
[devices.fan]
driver = "relay"
pin = 17
[devices.pump]
driver = "relay"
pin = 18
"""
HOT = '[rules.hot]\nwhen = "air.temperature > 30"\n'
STOP = '[rules.stop]\nwhen = "air.temperature > 50"\ndo = ["pump.off"]\npriority = "safety"\n'


def run(folder: Path, act: Any, text: str = "", air: str = "") -> None:
    on_site(config_of(folder, PARTS.format(air=air) + text), act)


async def warm(site: RunningSite, celsius: float, *, for_s: float = 11.0) -> None:
    """Let the air have so many degrees for a while, one sample at least."""
    await site.call("sim.set", "air", "temperature", celsius)
    await asyncio.sleep(for_s)


async def reload(site: RunningSite, folder: Path, text: str) -> None:
    """Let the node go over to the file *text*; it listens nowhere, as before."""
    await site.node.reload(config_of(folder, text).but(router=site.node.config.router))


async def is_on(site: RunningSite, device: str) -> bool:
    return bool(await site.call(f"{device}.state.get"))


def test_readings_are_in_fahrenheit_where_the_file_says_so(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 20.0)

        reading = await site.client.call("edge.n.air.temperature.get")

        assert reading.value == pytest.approx(68.0, abs=0.05)
        assert reading.kwargs["unit"] == "°F"

    run(tmp_path, act, air='channels.temperature = { unit = "°F" }')


def test_a_channel_that_times_out_is_stale_and_keeps_its_last_value(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.temperature")
        await asyncio.sleep(25)

        kinds = [(value is None, d["quality"]) for _, value, d, _ in heard.events]

        assert kinds[:3] == [(True, "stale"), (False, "good"), (True, "stale")]
        assert heard.events[0][2]["reason"] == "no sample for 5s"
        assert heard.events[0][2]["last"] is not None

    run(tmp_path, act, air='channels.temperature = { filters = [{ timeout = "5s" }] }')


def test_an_alarm_is_raised_after_its_time_and_cleared_at_its_own_limit(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air.temperature.alarm")
        await warm(site, 45.0, for_s=15.0)  # sampled at 10 s: beyond the limit since then
        assert heard.values("air.temperature.alarm") == []
        await asyncio.sleep(20)
        await warm(site, 39.0)
        await warm(site, 37.0)

        assert heard.values("air.temperature.alarm") == ["raised", "cleared"]
        assert heard.events[0][2]["side"] == "above"
        assert heard.events[0][2]["limit"] == 40.0

    alarm = '{ above = "40°C", clear = "38°C", for = "15s" }'
    run(tmp_path, act, air=f"channels.temperature = {{ alarm = {alarm} }}")


def test_a_batch_has_the_time_of_each_sample(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air", "air.temperature")
        await asyncio.sleep(45)

        assert [topic for topic, _, _, _ in heard.events] == ["air"]
        (_, samples, details, _) = heard.events[0]
        assert len(samples) == 4
        times = [at for _, at in samples]
        assert [round(b - a, 1) for a, b in pairwise(times)] == [10.0, 10.0, 10.0]
        assert set(samples[0][0]) == {"temperature", "pressure", "humidity"}
        assert (details["quality"], details["time"]) == ("good", times[-1])

    run(tmp_path, act, air="publish = { batch = 4 }")


def test_a_group_is_one_event_with_every_channel(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("air", "air.temperature")
        await asyncio.sleep(11)
        await site.call("sim.fault", "air", "nack", 20)
        await asyncio.sleep(10)

        assert [topic for topic, _, _, _ in heard.events] == ["air", "air"]
        assert set(heard.events[0][1]) == {"temperature", "pressure", "humidity"}
        assert heard.events[1][1] == {"temperature": None, "pressure": None, "humidity": None}
        assert heard.events[1][2]["quality"] == "bad"

    run(tmp_path, act, air="publish = { group = true }")


DERIVED = """\
[derived.double]
value = "air.temperature * 2"
unit = "°C"
[derived.sum]
value = "derived.double + air.temperature"
"""


def test_derived_values_follow_their_inputs_once_a_sample(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("derived.double", "derived.sum")
        await warm(site, 21.0)

        assert [topic for topic, _, _, _ in heard.events] == ["derived.double", "derived.sum"]
        assert heard.events[0][1] == pytest.approx(42.0, abs=0.02)
        assert heard.events[1][1] == pytest.approx(63.0, abs=0.03)
        got = await site.client.call("edge.n.derived.double.get")
        assert (got.value, got.kwargs["unit"]) == (heard.events[0][1], "°C")
        assert set(await site.call("derived.get")) == {"double", "sum"}

    run(tmp_path, act, DERIVED)


def test_a_derived_value_of_a_bad_input_is_bad_and_says_which(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.fault", "air", "nack", 20)
        await asyncio.sleep(11)

        got = await site.client.call("edge.n.derived.triple.get")

        assert (got.value, got.kwargs["quality"]) == (None, "bad")
        assert got.kwargs["reason"].startswith("derived.double: air.temperature: ")

    run(tmp_path, act, DERIVED + '[derived.triple]\nvalue = "derived.double * 1.5"\n')


def test_a_division_by_zero_is_bad_and_nothing_worse(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await asyncio.sleep(1)

        got = await site.client.call("edge.n.derived.odd.get")

        assert got.kwargs["quality"] == "bad"
        assert "division by zero" in got.kwargs["reason"]

    run(tmp_path, act, '[derived.odd]\nvalue = "1 / (air.humidity * 0)"\n')


def test_a_rule_acts_once_the_condition_held_long_enough(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await site.hear("rules.hot", "fan.state")
        await warm(site, 35.0, for_s=65.0)
        assert not await is_on(site, "fan")
        await asyncio.sleep(10)
        assert await is_on(site, "fan")
        await site.call("fan.off")
        await asyncio.sleep(60)
        assert not await is_on(site, "fan")  # it acts when it becomes true, not while it is
        await warm(site, 20.0)

        assert heard.values("rules.hot") == ["waiting", "active", "idle"]

    run(tmp_path, act, HOT + 'for = "1m"\ndo = ["fan.on"]\n')


def test_a_condition_that_does_not_last_does_nothing(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 35.0, for_s=40.0)
        await warm(site, 20.0)
        await warm(site, 35.0, for_s=40.0)

        assert not await is_on(site, "fan")

    run(tmp_path, act, HOT + 'for = "1m"\ndo = ["fan.on"]\n')


def test_orders_have_arguments_and_an_end(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 35.0)
        assert await is_on(site, "fan")
        assert await is_on(site, "pump")
        await warm(site, 20.0)

        assert not await is_on(site, "fan")
        assert not await is_on(site, "pump")

    orders = 'do = ["fan.set(true)", "pump.state.set(true)"]\notherwise = ["fan.off", "pump.off"]\n'
    run(tmp_path, act, HOT + orders)


def test_a_rule_is_blind_without_a_good_value_and_says_so(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 35.0)
        await site.call("sim.fault", "air", "nack", 1000)
        await asyncio.sleep(70)

        health = (await site.call("sys.health"))["rules"]["hot"]

        assert not await is_on(site, "fan")
        assert health["state"] == "unknown"
        assert health["reason"].startswith("air.temperature: ")

    run(tmp_path, act, HOT + 'for = "1m"\ndo = ["fan.on"]\n')


def test_a_rule_with_safety_wins_while_its_condition_holds(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("pump.on")
        await warm(site, 55.0)
        assert not await is_on(site, "pump")
        with pytest.raises(WampedgeError, match="rule stop holds pump"):
            await site.call("pump.on")
        await site.call("sim.fault", "air", "nack", 8)  # what nobody knows is no all-clear
        await asyncio.sleep(11)
        with pytest.raises(WampedgeError, match="rule stop holds pump"):
            await site.call("pump.set", True)
        await site.call("sim.clear", "air")
        await warm(site, 20.0, for_s=80.0)
        await site.call("pump.on")

        assert await is_on(site, "pump")

    run(tmp_path, act, STOP)


def test_a_rule_does_not_order_what_safety_holds(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 55.0)

        health = (await site.call("sys.health"))["rules"]["hot"]

        assert not await is_on(site, "pump")
        assert health["failed"] >= 1
        assert health["reason"] == "pump.on: rule stop holds pump"

    run(tmp_path, act, STOP + HOT + 'do = ["pump.on"]\n')


def test_a_condition_that_flickers_moves_a_relay_no_more_than_once_a_pause(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        levels = site.edges("gpio", 17)
        for celsius in (35.0, 20.0) * 6:  # twelve samples, two minutes
            await warm(site, celsius, for_s=10.0)

        assert levels.count(True) == 2
        assert (await site.call("sys.health"))["rules"]["hot"]["delayed"] >= 1

    run(tmp_path, act, HOT + 'do = ["fan.on"]\notherwise = ["fan.off"]\npause = "1m"\n')


def test_rules_that_stay_the_same_go_on_through_a_reload(tmp_path: Path) -> None:
    rule = HOT + 'for = "1m"\ndo = ["fan.on"]\n'

    async def act(site: RunningSite) -> None:
        await warm(site, 35.0, for_s=40.0)
        text = PARTS.format(air="") + rule + DERIVED
        await reload(site, tmp_path, text)
        await asyncio.sleep(35)
        assert await is_on(site, "fan")
        assert await site.call("derived.double.get") == pytest.approx(70.0, abs=0.05)

        await reload(site, tmp_path, PARTS.format(air=""))

        assert (await site.call("sys.health"))["rules"] == {}
        with pytest.raises(WampedgeError, match="no_such_procedure"):
            await site.call("derived.double.get")

    run(tmp_path, act, rule)


def test_a_reload_without_the_rule_lets_go_of_what_it_held(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 55.0)
        await reload(site, tmp_path, PARTS.format(air=""))

        await site.call("pump.on")

        assert await is_on(site, "pump")

    run(tmp_path, act, STOP)


def test_the_description_has_rules_derived_values_and_alarms(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        described = await site.call("sys.describe")

        assert described["rules"]["stop"]["do"] == ["pump.off"]
        assert described["derived"]["sum"]["inputs"] == ["air.temperature", "derived.double"]
        alarm = described["devices"]["air"]["channels"]["temperature"]["alarm"]
        assert (alarm["topic"], alarm["above"]) == ("edge.n.air.temperature.alarm", 40.0)

    run(tmp_path, act, STOP + DERIVED, 'channels.temperature.alarm = { above = "40°C" }')
