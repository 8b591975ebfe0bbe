"""``P.D.C.history``: what a channel published, kept by the node and asked for by clients."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.describing import mistakes
from tests.site.lives import Life, life, power_cut_of
from tests.support.turns import turns
from wampedge.config.checking import load
from wampedge.errors import ApplicationError
from wampedge.store.database import StoreError
from wampedge_simulator.clock import EPOCH_S, SimulatedClock

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
history = "30d"
channels.pressure.history = false
[devices.lamp]
driver = "led"
pin = 17
history = "7d"
"""
DERIVED = '[derived.double]\nvalue = "air.temperature * 2"\nhistory = "1d"\n'
ROLES = """\
[router.roles.local.allow]
call = ["edge."]
subscribe = ["edge."]
"""


def at(celsius: float) -> Any:
    """Return what holds the sensed temperature at *celsius*."""

    def prepare(one: Life) -> None:
        one.board.part("air").set("temperature", celsius)

    return prepare


def unplugged(one: Life) -> None:
    one.board.fault("air", "absent", None)


async def rows(one: Life, channel: str = "air.temperature", **query: Any) -> list[list[Any]]:
    """Return the history of a channel, times in seconds since the node was started."""
    answer = await one.call(f"{channel}.history", **query)
    return [[round(time - EPOCH_S, 3), *more] for time, *more in answer.value]


def test_published_readings_are_answered_oldest_first(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(12.0)
        one.board.part("air").set("temperature", 25.0)
        await asyncio.sleep(10.0)
        answer = await one.call("air.temperature.history")
        assert answer.kwargs == {"unit": "°C", "is_limit_reached": False}
        assert [value for _, value in answer.value] == pytest.approx([21.5, 21.5, 25.0], abs=0.02)
        assert [round(row[0]) for row in await rows(one)] == [0, 10, 20]

    life(tmp_path, SITE, act, prepare=at(21.5))


def test_only_what_is_published_is_kept(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(60.0)
        assert [round(row[0]) for row in await rows(one)] == [0]
        one.board.part("air").set("temperature", 25.0)
        await asyncio.sleep(60.0)
        assert len(await rows(one)) == 2

    text = SITE.replace('history = "30d"', 'history = "30d"\npublish.delta = "1°C"')
    life(tmp_path, text, act, prepare=at(21.5))


def test_flags_come_back_as_flags_and_sum_up_to_the_share_they_are_on(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        for _ in range(3):
            await asyncio.sleep(1.0)
            await one.call("lamp.toggle")
        await turns(3)
        assert [value for _, value in await rows(one, "lamp.state")] == [False, True, False, True]
        (bucket,) = await rows(one, "lamp.state", every="1h")
        assert bucket[1:] == [0, 0.5, 1, 4]

    life(tmp_path, SITE, act)


def test_bad_readings_are_rows_without_a_value(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(5.0)
        one.board.fault("air", "absent", None)
        await asyncio.sleep(10.0)
        answer = await rows(one, qualities=True)
        assert [row[1] is None for row in answer] == [False, True]
        assert [row[2] for row in answer] == ["good", "bad"]
        (bucket,) = await rows(one, every="1h")
        assert bucket[4] == 1

    life(tmp_path, SITE, act)


def test_bundled_readings_have_a_history_too(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(25.0)
        assert [round(row[0]) for row in await rows(one)] == [0, 10, 20]
        assert [round(row[0]) for row in await rows(one, "air.humidity")] == [0, 10, 20]

    life(tmp_path, SITE.replace('every = "10s"', 'every = "10s"\npublish.group = true'), act)
    (tmp_path / "state.db").unlink()
    life(tmp_path, SITE.replace('every = "10s"', 'every = "10s"\npublish.batch = 3'), act)


def test_derived_values_have_a_history(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(12.0)
        values = [value for _, value in await rows(one, "derived.double") if value is not None]
        assert values == pytest.approx([43.0, 43.0], abs=0.05)

    life(tmp_path, SITE + DERIVED, act, prepare=at(21.5))


def test_history_goes_on_after_a_restart_and_the_stale_reading_is_no_row(tmp_path: Path) -> None:
    async def first(one: Life) -> None:
        await asyncio.sleep(12.0)

    async def second(one: Life) -> None:
        one.clock.time = lambda: EPOCH_S + 1_000.0  # type: ignore[method-assign] # time goes on
        await asyncio.sleep(12.0)
        answer = await rows(one, qualities=True)
        assert [quality for _, _, quality in answer] == ["good"] * 4

    life(tmp_path, SITE, first)
    life(tmp_path, SITE, second)


def test_a_power_cut_leaves_all_but_the_last_minute(tmp_path: Path) -> None:
    after: list[Path] = []

    async def first(one: Life) -> None:
        await asyncio.sleep(115.0)
        after.append(power_cut_of(one.state))

    async def second(one: Life) -> None:
        found = await rows(one, until=EPOCH_S + 200)
        assert [round(time) for time, value in found if value] == [0, 10, 20, 30, 40, 50]

    life(tmp_path, SITE, first)
    life(tmp_path, SITE, second, state=after[0], prepare=unplugged)


class UnsetClock(SimulatedClock):
    """A clock that stands in 2020 until somebody sets it."""

    is_set = False

    def time(self) -> float:
        return super().time() if self.is_set else super().time() - 200_000_000.0

    def is_synced(self) -> bool:
        return self.is_set


def test_rows_of_a_clock_nobody_has_set_are_dated_anew_when_it_is(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(75.0)  # some rows are on disk by now
        assert (await rows(one))[0][0] < -199_000_000
        assert isinstance(one.clock, UnsetClock)
        one.clock.is_set = True
        await asyncio.sleep(10.0)
        await turns(5)
        assert [round(row[0]) for row in await rows(one)] == list(range(0, 90, 10))

    life(tmp_path, SITE, act, clock=UnsetClock)


def test_a_span_is_given_in_unix_seconds_or_as_how_long_ago(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(65.0)

        async def times(**query: Any) -> list[int]:
            return [round(row[0]) for row in await rows(one, **query)]

        assert await times(since="21s") == [50, 60]
        assert await times(since=EPOCH_S + 45) == [50, 60]
        assert await times(since="40s", until="20s") == [30, 40]
        assert await times(until=EPOCH_S + 15) == [0, 10]
        assert await times(limit=2) == [50, 60]
        assert await times(since="1h", limit=2) == [0, 10]
        assert (await one.call("air.temperature.history", limit=2)).kwargs["is_limit_reached"]

    life(tmp_path, SITE, act)


def test_buckets_begin_at_whole_multiples_since_1970(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(35.0)
        one.board.part("air").set("temperature", 31.5)
        await asyncio.sleep(60.0)
        # Readings at 0, 10 .. 90 s: three of 21.5 and three of 31.5 in the first two minutes.
        answer = (await one.call("air.temperature.history", every="20s")).value
        assert [time % 20 for time, *_ in answer] == [0] * len(answer)
        assert sum(row[4] for row in answer) == 10
        total = sum(row[2] * row[4] for row in answer)
        assert total == pytest.approx(4 * 21.5 + 6 * 31.5, abs=0.3)
        newest = await one.call("air.temperature.history", every="20s", limit=2)
        assert newest.value == answer[-2:]
        assert newest.kwargs["is_limit_reached"]
        oldest = await one.call("air.temperature.history", every="20s", limit=2, since="1h")
        assert oldest.value == answer[:2]
        assert oldest.kwargs["is_limit_reached"]

    life(tmp_path, SITE, act, prepare=at(21.5))


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        (
            {"since": "yesterday"},
            "since",
            'since: must be Unix seconds, or how long ago, such as "24h"',
        ),
        ({"since": -5}, "since", "since: must be Unix seconds"),
        ({"until": True}, "until", "until: must be Unix seconds"),
        ({"since": "1h", "until": "2h"}, "since", "since: must be before until"),
        ({"every": 5}, "every", 'every: must be a duration such as "30s", got 5'),
        ({"limit": 0}, "limit", "limit: must be 1 to 1000000000, got 0"),
        ({"limit": 1_000_000_001}, "limit", "limit: must be 1 to 1000000000"),
        ({"every": "1h", "qualities": True}, "qualities", "qualities: buckets have none"),
        ({"from": 5}, "from", "from is not an argument"),
    ],
)
def test_arguments_that_are_wrong_are_named(
    tmp_path: Path, query: dict[str, Any], field: str, text: str
) -> None:
    async def act(one: Life) -> None:
        with pytest.raises(ApplicationError) as caught:
            await one.call("air.temperature.history", **query)
        assert caught.value.uri == "wamp.error.invalid_argument"
        assert caught.value.keywords["field"] == field
        assert text in str(caught.value.arguments[0])

    life(tmp_path, SITE, act)


def test_channels_without_history_have_no_such_procedure(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        with pytest.raises(ApplicationError) as caught:
            await one.call("air.pressure.history")
        assert caught.value.uri == "wamp.error.no_such_procedure"

    life(tmp_path, SITE, act)


def test_who_may_not_get_a_channel_may_not_get_its_history(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        with pytest.raises(ApplicationError) as caught:
            await one.call("air.temperature.history")
        assert caught.value.uri == "wamp.error.not_authorized"
        assert await rows(one, "air.humidity")

    text = SITE + '[devices.air.channels.temperature.access]\nget = ["boss"]\n' + ROLES
    text += '[router.roles.boss.allow]\ncall = ["edge."]\n'
    life(tmp_path, text.replace("channels.pressure.history = false\n", ""), act)


def test_history_is_described_and_offered_upstream(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        description = (await one.call("sys.describe")).value
        assert mistakes(description) == []
        air = description["devices"]["air"]
        uri = "edge.n1.air.temperature.history"
        assert air["channels"]["temperature"]["history"] == {"procedure": uri, "age": 2_592_000.0}
        assert "history" not in air["channels"]["pressure"]
        assert list(air["procedures"][uri]["arguments"]) == [
            "since", "until", "every", "limit", "qualities",
        ]  # fmt: skip
        derived = description["derived"]["double"]
        assert derived["history"]["procedure"] == "edge.n1.derived.double.history"
        assert {uri, "edge.n1.derived.double.history"} <= set(one.node.offered())

    life(tmp_path, SITE + DERIVED, act)


def test_a_reload_begins_and_ends_a_history(tmp_path: Path) -> None:
    without = SITE.replace('history = "30d"\nchannels.pressure.history = false\n', "")
    without = without.replace('history = "7d"\n', "")

    async def act(one: Life) -> None:
        file = tmp_path / "devices.toml"

        async def take(text: str) -> None:
            file.write_text(text, encoding="utf-8")
            config = load(file)
            await one.node.reload(config.but(router=config.router.but(listen=())))

        await take(SITE)
        await asyncio.sleep(25.0)
        assert len(await rows(one)) == 3
        await take(without)
        with pytest.raises(ApplicationError):
            await rows(one)
        await take(SITE)
        await turns(3)
        assert len(await rows(one)) == 4

    life(tmp_path, without, act)


def test_a_node_without_a_disk_answers_from_memory(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(25.0)
        assert len(await rows(one)) == 3

    folder = tmp_path / "no-folder"
    folder.write_text("a file where a folder should be")
    life(tmp_path, SITE, act, state=folder / "state.db")


def test_what_the_disk_does_not_give_is_told_without_its_path(tmp_path: Path) -> None:
    async def first(one: Life) -> None:
        await asyncio.sleep(25.0)

    async def second(one: Life) -> None:
        def broken(work: Any) -> Any:
            raise StoreError(f"{one.state}: disk I/O error")

        await one.store.flush()
        one.store._database.read = broken  # type: ignore[union-attr,method-assign] # the disk
        with pytest.raises(ApplicationError) as caught:
            await rows(one)
        assert caught.value.uri == "wampedge.error.not_ready"
        assert caught.value.arguments == ["the history cannot be read: the disk does not give it"]

    life(tmp_path, SITE, first)
    life(tmp_path, SITE, second)
