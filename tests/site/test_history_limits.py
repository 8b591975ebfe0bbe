"""How much an answer of ``P.D.C.history`` holds, and how many may ask."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.site.lives import Life, life
from tests.support.turns import turns
from wampedge.errors import ApplicationError
from wampedge.wamp.values import check_outgoing
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
history = "30d"
"""


def test_too_many_who_ask_at_once_are_told_to_ask_again(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        await asyncio.sleep(15.0)
        held = one.node._announcer.history
        assert held is not None
        async with held.table.at_rest("air.temperature"):
            asking = [asyncio.ensure_future(one.call("air.temperature.history")) for _ in range(9)]
            await turns(20)
            (refused,) = [each for each in asking if each.done()]
            error = refused.exception()
            assert isinstance(error, ApplicationError)
            assert error.uri == "wampedge.error.busy"
        answers = await asyncio.gather(*(each for each in asking if each is not refused))
        assert [len(answer.value) for answer in answers] == [2] * 8

    life(tmp_path, SITE, act)


@pytest.mark.parametrize(
    ("query", "count"),
    [({}, 3_300), ({"qualities": True}, 2_475), ({"every": "1s"}, 1_650)],
)
def test_an_answer_fits_in_a_message(tmp_path: Path, query: dict[str, Any], count: int) -> None:
    """A message carries 10,000 elements: each row, and each of its members."""

    async def act(one: Life) -> None:
        note_many(one, [20 + number / 7_777 for number in range(20_000)])
        answer = await one.call("air.temperature.history", limit=10_000, since=EPOCH_S + 1, **query)
        assert answer.kwargs["is_limit_reached"]
        assert len(answer.value) == count
        assert answer.value[0][0] == EPOCH_S + 1
        check_outgoing([answer.value])
        newest = await one.call("air.temperature.history", limit=10_000, **query)
        assert newest.kwargs["is_limit_reached"]
        assert len(newest.value) == count
        assert newest.value[-1][0] >= EPOCH_S + 1_999

    life(tmp_path, SITE, act)


def test_an_answer_of_long_texts_is_cut_sooner(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        note_many(one, ["x" * 1_000] * 1_000)
        answer = await one.call("air.temperature.history", limit=10_000, since=EPOCH_S + 1)
        assert answer.kwargs["is_limit_reached"]
        assert 180 <= len(answer.value) <= 205

    life(tmp_path, SITE, act)


async def pages(one: Life, **query: Any) -> list[list[Any]]:
    """Return all pages of a history, each asked for as the one before it says."""
    found = []
    while True:
        answer = await one.call("air.temperature.history", **query)
        found.append(answer.value)
        assert answer.kwargs["is_limit_reached"] == ("next" in answer.kwargs)
        if "next" not in answer.kwargs:
            return found
        query |= answer.kwargs["next"]


@pytest.mark.parametrize(
    ("query", "sizes"),
    [({}, [3_300, 3_300, 3_300, 100]), ({"qualities": True}, [2_475, 2_475, 2_475, 2_475, 100])],
)
def test_all_rows_are_had_page_by_page_forwards(
    tmp_path: Path, query: dict[str, Any], sizes: list[int]
) -> None:
    async def act(one: Life) -> None:
        note_many(one, list(range(10_000)), 1)
        found = await pages(one, since=EPOCH_S + 1, limit=10_000, **query)
        assert [len(page) for page in found] == sizes
        assert [row[1] for page in found for row in page] == list(range(10_000))

    life(tmp_path, SITE, act, prepare=absent)


def test_all_rows_are_had_page_by_page_backwards(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        note_many(one, list(range(6_999)), 1)
        found = await pages(one, until=EPOCH_S + 1_000, limit=3_000)
        assert [len(page) for page in found] == [3_000, 3_000, 1_000]
        assert [row[1] for page in reversed(found) for row in page] == [None, *range(6_999)]

    life(tmp_path, SITE, act, prepare=absent)


@pytest.mark.parametrize("forth", [True, False])
def test_all_buckets_are_had_page_by_page(tmp_path: Path, forth: bool) -> None:
    async def act(one: Life) -> None:
        note_many(one, list(range(7_000)))
        await asyncio.sleep(800.0)
        query = {"since": EPOCH_S} if forth else {}
        found = await pages(one, until=EPOCH_S + 700, every="2s", limit=200, **query)
        found = found if forth else found[::-1]
        assert len(found) == 2
        buckets = [bucket for page in found for bucket in page]
        assert [bucket[0] for bucket in buckets] == [EPOCH_S + 2 * n for n in range(350)]
        assert {bucket[4] for bucket in buckets} == {20}

    life(tmp_path, SITE, act, prepare=absent)


def test_who_takes_progress_gets_all_in_one_call(tmp_path: Path) -> None:
    async def act(one: Life) -> None:
        note_many(one, list(range(10_000)), 1)
        options: dict[str, Any] = {"since": EPOCH_S + 1}
        uri = "edge.n1.air.temperature.history"
        stream = one.client.stream(uri, limit=9_000, **options)
        parts = [part.value async for part in stream]
        last = stream.result
        assert [len(part) for part in (*parts, last.value)] == [3_300, 3_300, 2_400]
        assert [row[1] for part in (*parts, last.value) for row in part] == list(range(9_000))
        assert last.kwargs["unit"] == "°C"
        assert last.kwargs["next"] == {"since": EPOCH_S + 900.901}

        rest = one.client.stream(uri, limit=9_000, **{**options, **last.kwargs["next"]})
        assert [len(part.value) async for part in rest] == []
        assert [row[1] for row in rest.result.value] == list(range(9_000, 10_000))
        assert "next" not in rest.result.kwargs

    life(tmp_path, SITE, act, prepare=absent)


def absent(one: Life) -> None:
    """Let the sensor measure nothing of its own."""
    one.board.fault("air", "absent", None)


def note_many(one: Life, values: list[Any], first_s: float = 0.0) -> None:
    """Note values a tenth of a second apart."""
    history = one.node._announcer.history
    assert history is not None
    for number, value in enumerate(values):
        history.table.note("air.temperature", EPOCH_S + first_s + number / 10, value, "good")
