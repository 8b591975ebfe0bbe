"""Many events in one call, and what a router may answer to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.turns import turns
from tests.support.virtual import virtual
from tests.uplink.scripted_sending import INGEST_ROLES, Scripted, seqs
from tests.uplink.sending_rig import LoopClock
from wampedge.wamp.messages import Call, Error, Publish, Result
from wampedge.wamp.payload import Payload


@asynccontextmanager
async def with_backlog(count: int) -> AsyncIterator[tuple[Scripted, Call]]:
    """Join a router that takes batches, with *count* events waiting."""
    node = Scripted(INGEST_ROLES)
    node.publish(*range(count))
    node.connection.start()
    await node.connection.wait_joined()
    try:
        yield node, await node.router.receive(Call)
    finally:
        await node.connection.stop()


def answer(node: Scripted, call: Call, *args: Any, **kwargs: Any) -> None:
    node.router.send(Result(call.request_id, {}, Payload(args, kwargs)))


@virtual
async def test_a_batch_brings_number_topic_time_flags_options_and_arguments() -> None:
    async with with_backlog(8) as (_, call):
        node, epoch, lane, entries = call.payload.args
        start_s = LoopClock().time()

        assert (node, epoch, lane, len(entries)) == ("gh1", 77, 0, 8)
        assert entries[0] == [1, "edge.gh1.air", start_s, 1, {}, [0], {"historical": True}]


@virtual
async def test_entries_that_are_refused_are_given_up_and_the_batch_is_acknowledged() -> None:
    async with with_backlog(8) as (node, call):
        refused = [[1, "wamp.error.not_authorized", "no"], [7, "wamp.error.invalid_uri", "no"]]
        answer(node, call, 7, refused=refused)

        assert await node.sending.flush(1.0)

        assert node.box.given_up == [(0, 2), (0, 8)]
        assert node.box.acknowledged[0] == 8


@virtual
async def test_a_batch_that_was_stopped_goes_on_one_by_one() -> None:
    async with with_backlog(12) as (node, call):
        answer(node, call, 5, stopped=[5, "wampedge.error.limit", "later"])

        (sixth,) = await node.received(1)
        await turns(5)

        assert seqs([sixth]) == [6]
        assert not node.router.has_received(Publish)
        assert node.box.acknowledged[0] == 5


@virtual
async def test_a_batch_that_was_stopped_goes_again_on_the_next_session() -> None:
    async with with_backlog(12) as (node, call):
        answer(node, call, 5, stopped=[5, "wampedge.error.limit", "later"])
        await turns(5)
        await node.cut()

        assert seqs(await node.received(7)) == [6, 7, 8, 9, 10, 11, 12]


@pytest.mark.parametrize(
    "refused",
    [
        3,
        [3],
        [["1", "wamp.error.invalid_uri"]],
        [[8, "wamp.error.invalid_uri"]],
        [[1, 2]],
        [[1]],
    ],
)
@virtual
async def test_a_procedure_that_is_not_ours_is_left_and_events_are_published(refused: Any) -> None:
    async with with_backlog(8) as (node, call):
        answer(node, call, 8, refused=refused)

        assert seqs(await node.received(8)) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert node.box.acknowledged[0] == 0


@virtual
async def test_a_call_that_is_refused_is_made_no_more() -> None:
    async with with_backlog(8) as (node, call):
        node.router.send(Error(Call.TYPE, call.request_id, {}, "wamp.error.no_such_procedure"))

        assert seqs(await node.received(8)) == [1, 2, 3, 4, 5, 6, 7, 8]


@virtual
async def test_a_batch_without_an_answer_goes_again() -> None:
    async with with_backlog(8) as (node, _):
        await node.cut()

        again = await node.router.receive(Call)
        assert [entry[0] for entry in again.payload.args[3]] == [1, 2, 3, 4, 5, 6, 7, 8]


@virtual
async def test_a_batch_waits_until_what_was_published_is_answered() -> None:
    node = Scripted(INGEST_ROLES)
    node.connection.start()
    await node.connection.wait_joined()
    node.publish(*range(80))
    first = await node.received(64)
    await turns(5)

    node.take(*first[:40])
    await turns(5)
    assert not node.router.has_received(Call)
    node.take(*first[40:])
    call = await node.router.receive(Call)

    assert [entry[0] for entry in call.payload.args[3]] == list(range(65, 81))
    await node.connection.stop()
