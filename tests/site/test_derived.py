"""Derived values, asked for over WAMP: the newest one, or one of samples taken now."""

import asyncio
from pathlib import Path

import pytest

from tests.site.rig import RunningSite, config_of, on_site
from wampedge.errors import ApplicationError

SITE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[defaults]
every = "1h"
[devices.inside]
driver = "tmp117"
bus = "i2c1"
address = 0x48
[devices.outside]
driver = "tmp117"
bus = "i2c1"
address = 0x49
[derived.gap]
value = "inside.temperature - outside.temperature"
[derived.twice]
value = "2 * derived.gap"
every = "30m"
[derived.thrice]
value = "derived.twice + derived.gap"
"""


async def warm(site: RunningSite, inside: float, outside: float) -> None:
    """Let both sensors measure something; nobody has asked them since."""
    await site.call("sim.set", "inside", "temperature", inside)
    await site.call("sim.set", "outside", "temperature", outside)


def test_a_fresh_value_is_made_of_samples_taken_now(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 21.0, 5.0)
        await site.call("derived.gap.get", fresh=True)
        await warm(site, 22.0, 4.0)

        assert await site.call("derived.gap.get") == pytest.approx(16.0)
        assert await site.call("derived.gap.get", fresh=True) == pytest.approx(18.0)
        assert await site.call("derived.gap.get") == pytest.approx(18.0)
        assert await site.call("inside.temperature.get") == pytest.approx(22.0)

    on_site(config_of(tmp_path, SITE), act)


def test_a_fresh_value_does_not_wait_for_the_time_of_what_it_is_made_of(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 21.0, 5.0)

        assert await site.call("derived.thrice.get", fresh=True) == pytest.approx(48.0)
        assert await site.call("derived.twice.get") == pytest.approx(32.0)

    on_site(config_of(tmp_path, SITE), act)


def test_all_derived_values_can_be_fresh_at_once(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await warm(site, 20.0, 10.0)

        found = await site.call("derived.get", fresh=True)

        values = {name: reading["value"] for name, reading in found.items()}
        assert values == pytest.approx({"gap": 10.0, "twice": 20.0, "thrice": 30.0})

    on_site(config_of(tmp_path, SITE), act)


def test_one_fresh_value_takes_one_sample_of_each_device(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        before = (await site.client.call("edge.n1.derived.gap.get")).kwargs["seq"]

        reading = await site.client.call("edge.n1.derived.gap.get", fresh=True)

        assert reading.kwargs["seq"] == before + 1
        assert (await site.call("inside.health"))["successes"] == 2
        assert (await site.call("outside.health"))["successes"] == 2

    on_site(config_of(tmp_path, SITE), act)


def test_a_part_that_fails_is_named_and_the_value_is_bad(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        await site.call("sim.fault", "outside", "absent", 100)
        with pytest.raises(ApplicationError) as caught:
            await site.call("derived.gap.get", fresh=True)
        await asyncio.sleep(0)

        assert caught.value.uri == "wampedge.error.bus"
        assert caught.value.keywords["device"] == "outside"
        reading = await site.client.call("edge.n1.derived.gap.get")
        assert (reading.value, reading.kwargs["quality"]) == (None, "bad")
        assert reading.kwargs["reason"].startswith("outside.temperature: ")

    on_site(config_of(tmp_path, SITE), act)


def test_fresh_has_to_be_a_flag(tmp_path: Path) -> None:
    async def act(site: RunningSite) -> None:
        with pytest.raises(ApplicationError) as caught:
            await site.call("derived.gap.get", fresh="yes")

        assert caught.value.uri == "wamp.error.invalid_argument"
        assert caught.value.keywords["field"] == "fresh"

    on_site(config_of(tmp_path, SITE), act)
