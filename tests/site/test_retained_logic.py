"""A reload that takes derived values, rules, bundles and alarms away leaves none of them behind."""

import asyncio
from pathlib import Path

from tests.site.rig import Heard, RunningSite, config_of, on_site
from tests.site.test_retained_states import states
from wampedge.runtime.publications import GONE

SITE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.lamp]
driver = "led"
pin = 17
[devices.air]
driver = "tmp117"
bus = "i2c1"
every = "1s"
channels.temperature = { alarm = { above = "30°C" } }
[devices.shed]
driver = "tmp117"
bus = "i2c1"
address = 0x49
every = "1s"
publish = { group = true }
"""
LOGIC = """\
[derived.warmth]
value = "air.temperature * 2"
[derived.cold]
value = "0 - air.temperature"
[rules.hot]
when = "air.temperature > 25"
do = ["lamp.on"]
"""
ALARM = 'channels.temperature = { alarm = { above = "30°C" } }\n'


async def running_warm(site: RunningSite) -> Heard:
    """Let the air be so warm that everything is told of it; return what is heard from then on."""
    await site.call("sim.set", "air", "temperature", 35.0)
    await asyncio.sleep(2.5)
    found = await states(site, "edge.n1.", match="prefix")
    assert found["edge.n1.derived.warmth"] == 70.0
    assert found["edge.n1.rules.hot"] == "active"
    assert found["edge.n1.air.temperature.alarm"] == "raised"
    assert "edge.n1.shed" in found
    return await site.hear("derived.warmth", "derived.cold", "rules.hot", "air.temperature.alarm")


async def reload(site: RunningSite, folder: Path, text: str) -> None:
    """Go over to a device file with *text*."""
    await site.node.reload(config_of(folder, text).but(router=site.node.config.router))
    await asyncio.sleep(0)


def test_removed_values_and_rules_say_that_they_are_gone(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await running_warm(site)

        await reload(site, tmp_path, SITE)

        last = {event.topic: event for event in heard.events}
        assert last["derived.warmth"].value is None
        assert last["derived.warmth"].details["quality"] == "bad"
        assert last["derived.warmth"].details["reason"] == GONE
        assert last["derived.warmth"].details["last"] == 70.0
        assert last["rules.hot"].value == "disabled"
        assert last["rules.hot"].details["reason"] == GONE
        left = await states(site, "edge.n1.", match="prefix")
        assert [topic for topic in left if ".derived." in topic or ".rules." in topic] == []

    on_site(config_of(tmp_path, SITE + LOGIC), act)


def test_one_removed_value_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await running_warm(site)
        before = (await site.client.call("edge.n1.derived.cold.get")).kwargs["seq"]
        gone = LOGIC.replace('[derived.warmth]\nvalue = "air.temperature * 2"\n', "")

        await reload(site, tmp_path, SITE + gone)

        assert await states(site, "edge.n1.derived.", match="prefix") == {
            "edge.n1.derived.cold": -35.0
        }
        assert (await site.client.call("edge.n1.derived.cold.get")).kwargs["seq"] > before
        assert heard.values("derived.warmth") == [None]
        assert heard.values("rules.hot") == []

    on_site(config_of(tmp_path, SITE + LOGIC), act)


def test_a_changed_rule_tells_how_it_is_now(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await running_warm(site)

        await reload(site, tmp_path, SITE + LOGIC.replace("> 25", "> 40"))
        await asyncio.sleep(1.5)

        assert heard.values("rules.hot") == ["unknown", "idle"]
        assert await states(site, "edge.n1.rules.hot") == {"edge.n1.rules.hot": "idle"}

    on_site(config_of(tmp_path, SITE + LOGIC), act)


def test_a_changed_value_that_waits_for_its_time_is_not_told_as_it_was(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await running_warm(site)
        slow = LOGIC.replace("air.temperature * 2", "air.temperature * 3")
        slow = slow.replace('* 3"\n', '* 3"\nevery = "5m"\n')

        await reload(site, tmp_path, SITE + slow)

        assert await states(site, "edge.n1.derived.warmth") == {}
        await asyncio.sleep(301.0)
        assert await states(site, "edge.n1.derived.warmth") == {"edge.n1.derived.warmth": 105.0}

    on_site(config_of(tmp_path, SITE + LOGIC), act)


def test_an_alarm_that_is_removed_while_it_is_raised_is_over(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        heard = await running_warm(site)

        await reload(site, tmp_path, SITE.replace(ALARM, "") + LOGIC)

        (event,) = [each for each in heard.events if each.topic == "air.temperature.alarm"]
        assert (event.value, event.details["reason"]) == ("cleared", GONE)
        assert await states(site, "edge.n1.air.temperature.alarm") == {}

    on_site(config_of(tmp_path, SITE + LOGIC), act)


def test_an_alarm_that_stays_is_told_after_its_device_changed(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await running_warm(site)

        await reload(site, tmp_path, SITE.replace('every = "1s"', 'every = "2s"', 1) + LOGIC)
        await asyncio.sleep(2.5)

        found = await states(site, "edge.n1.air.temperature.alarm")
        assert found == {"edge.n1.air.temperature.alarm": "raised"}

    on_site(config_of(tmp_path, SITE + LOGIC), act)


def test_nothing_is_left_of_the_bundle_of_a_device_that_is_gone(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await running_warm(site)

        await reload(site, tmp_path, SITE[: SITE.index("[devices.shed]")] + LOGIC)

        assert await states(site, "edge.n1.shed") == {}
        assert await states(site, "edge.n1.shed.", match="prefix") == {}

    on_site(config_of(tmp_path, SITE + LOGIC), act)
