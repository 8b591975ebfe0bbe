"""What a node knows right after a restart: last values as stale readings, events of clients."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.lives import Life, life, power_cut_of
from tests.support.turns import turns
from wampedge.client import EventDetails
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import EPOCH_S

SITE = """\
wampedge = 1
[node]
name = "n1"
[buses.i2c1]
type = "i2c"
bus = 1
[devices.air]
driver = "bme280"
bus = "i2c1"
every = "10s"
[devices.lamp]
driver = "led"
pin = 17
"""
GROUPED = SITE.replace('every = "10s"', 'every = "10s"\npublish = { group = true }')


def unplugged(one: Life) -> None:
    one.board.fault("air", "absent", None)


def at(celsius: float) -> Any:
    """Return what holds the sensed temperature at *celsius*."""

    def prepare(one: Life) -> None:
        one.board.part("air").set("temperature", celsius)

    return prepare


async def sample_once(one: Life) -> None:
    """Let the first sample be all there is, 2 s after the beginning of time."""
    await asyncio.sleep(2.0)


def test_the_first_a_subscriber_hears_is_the_value_of_before_and_its_time(tmp_path: Path) -> None:
    life(tmp_path, SITE, sample_once, prepare=at(21.5))

    async def second(one: Life) -> None:
        (value, stale), (fresh, good) = one.heard("air.temperature")
        assert value is None
        assert stale["quality"] == "stale"
        assert stale["reason"] == "from before the restart"
        assert stale["last"] == pytest.approx(21.5, abs=0.02)
        assert stale["unit"] == "°C"
        assert stale["time"] == pytest.approx(EPOCH_S, abs=0.5)
        assert stale["seq"] == 0
        assert fresh == pytest.approx(30.0, abs=0.02)
        assert (good["quality"], good["seq"]) == ("good", 1)

    life(tmp_path, SITE, second, prepare=at(30.0))


def test_get_answers_the_stale_reading_before_the_first_sample(tmp_path: Path) -> None:
    life(tmp_path, SITE, sample_once, prepare=at(21.5))
    answers: list[Any] = []

    async def second(one: Life) -> None:
        assert answers[0].value is None
        assert answers[0].kwargs["quality"] == "stale"
        assert answers[0].kwargs["last"] == pytest.approx(21.5, abs=0.02)

    def ask(one: Life) -> None:
        async def read() -> Any:
            answers.append(await one.client.call("edge.n1.air.temperature.get"))

        announce = one.node.site.bring_up_others

        async def asked_before(names: Any) -> None:
            await read()
            await announce(names)

        one.node.site.bring_up_others = asked_before  # type: ignore[method-assign] # the moment

    life(tmp_path, SITE, second, prepare=ask)


def test_a_part_that_is_gone_still_has_its_last_value(tmp_path: Path) -> None:
    life(tmp_path, SITE, sample_once, prepare=at(21.5))

    async def second(one: Life) -> None:
        answer = await one.call("air.temperature.get")
        assert answer.value is None
        assert answer.kwargs["quality"] == "bad"
        assert answer.kwargs["last"] == pytest.approx(21.5, abs=0.02)

    life(tmp_path, SITE, second, prepare=unplugged)


def test_a_last_value_outlives_a_restart_in_which_there_was_no_sample(tmp_path: Path) -> None:
    life(tmp_path, SITE, sample_once, prepare=at(21.5))
    life(tmp_path, SITE, sample_once, prepare=unplugged)

    async def third(one: Life) -> None:
        _, stale = one.heard("air.temperature")[0]
        assert stale["last"] == pytest.approx(21.5, abs=0.02)
        assert stale["time"] == pytest.approx(EPOCH_S, abs=0.5)

    life(tmp_path, SITE, third, prepare=unplugged)


def test_bundled_readings_are_known_again_as_well(tmp_path: Path) -> None:
    life(tmp_path, GROUPED, sample_once, prepare=at(21.5))

    async def second(one: Life) -> None:
        answer = (await one.call("air.get")).value
        assert answer["temperature"]["last"] == pytest.approx(21.5, abs=0.02)

    life(tmp_path, GROUPED, second, prepare=unplugged)


def test_states_of_devices_are_not_taken_over(tmp_path: Path) -> None:
    async def first(one: Life) -> None:
        await one.call("lamp.on")

    life(tmp_path, SITE, first)

    async def second(one: Life) -> None:
        states = [value for value, _ in one.heard("status")]
        assert states == ["starting", "ready"]
        assert [value for value, _ in one.heard("air.status")] == ["ok"]
        assert one.heard("lamp.state")[0][0] is False

    life(tmp_path, SITE, second)


def test_a_channel_with_another_unit_begins_anew(tmp_path: Path) -> None:
    life(tmp_path, SITE, sample_once)

    async def second(one: Life) -> None:
        answer = await one.call("air.temperature.get")
        assert "last" not in answer.kwargs
        assert "last" in (await one.call("air.humidity.get")).kwargs

    text = SITE.replace('every = "10s"', 'every = "10s"\nchannels.temperature.unit = "°F"')
    life(tmp_path, text, second, prepare=unplugged)


def test_a_value_outside_the_range_of_the_new_file_is_left_out(tmp_path: Path) -> None:
    life(tmp_path, SITE, sample_once, prepare=at(60.0))

    async def second(one: Life) -> None:
        assert "last" not in (await one.call("air.temperature.get")).kwargs

    text = SITE.replace('every = "10s"', 'every = "10s"\nchannels.temperature.range = [0, 50]')
    life(tmp_path, text, second, prepare=unplugged)


def test_what_a_device_that_is_gone_had_is_forgotten(tmp_path: Path) -> None:
    life(tmp_path, SITE, sample_once)
    life(tmp_path, SITE.replace("devices.air", "devices.wind"), sample_once, prepare=lambda _: None)

    async def third(one: Life) -> None:
        assert "last" not in (await one.call("air.temperature.get")).kwargs

    life(tmp_path, SITE, third, prepare=unplugged)


def test_in_memory_nothing_outlives_the_node(tmp_path: Path) -> None:
    text = SITE + '[router]\nretained = { store = "memory" }\n'
    life(tmp_path, text, sample_once)

    async def second(one: Life) -> None:
        assert "last" not in (await one.call("air.temperature.get")).kwargs

    life(tmp_path, text, second, prepare=unplugged)
    assert not (tmp_path / "state.db").exists()


def test_a_power_cut_leaves_readings_of_a_minute_ago(tmp_path: Path) -> None:
    after: list[Path] = []

    async def first(one: Life) -> None:
        await asyncio.sleep(45.0)
        assert one.store.commits == 0
        one.board.part("air").set("temperature", 25.0)
        await asyncio.sleep(20.0)
        assert one.store.commits == 1
        one.board.part("air").set("temperature", 40.0)
        await asyncio.sleep(20.0)
        after.append(power_cut_of(one.state))

    life(tmp_path, SITE, first, prepare=at(21.5))

    async def second(one: Life) -> None:
        answer = await one.call("air.temperature.get")
        assert answer.kwargs["last"] == pytest.approx(25.0, abs=0.02)

    life(tmp_path, SITE, second, state=after[0], prepare=unplugged)


def test_a_retained_event_of_a_client_is_there_after_a_power_cut(tmp_path: Path) -> None:
    after: list[Path] = []

    async def first(one: Life) -> None:
        options = {"retain": True}
        payload = Payload(["open"], {"by": "hand"})
        one.client.publish_payload("site.door", payload, options=options)
        await asyncio.sleep(1.1)
        after.append(power_cut_of(one.state))

    life(tmp_path, SITE, first)

    async def second(one: Life) -> None:
        heard: list[tuple[Payload, EventDetails]] = []
        await one.client.subscribe(
            "site.door",
            lambda payload, details: heard.append((payload, details)),
            options={"get_retained": True},
            takes_payload=True,
        )
        await turns(5)
        ((payload, details),) = heard
        assert payload == Payload(["open"], {"by": "hand"})
        assert details.is_retained
        one.client.publish_payload(
            "site.door", Payload(), options={"x_clear_retained": True, "eligible": []}
        )

    life(tmp_path, SITE, second, state=after[0])

    async def third(one: Life) -> None:
        heard: list[Any] = []
        options = {"get_retained": True}
        await one.client.subscribe("site.door", heard.append, options=options)
        await turns(5)
        assert heard == []

    life(tmp_path, SITE, third, state=after[0])
