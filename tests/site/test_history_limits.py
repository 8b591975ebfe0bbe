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


def note_many(one: Life, values: list[Any]) -> None:
    """Note values a tenth of a second apart."""
    history = one.node._announcer.history
    assert history is not None
    for number, value in enumerate(values):
        history.table.note("air.temperature", EPOCH_S + number / 10, value, "good")
