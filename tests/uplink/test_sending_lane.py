"""How the sending side takes what a router answers, or does not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted_upstream import half
from tests.support.turns import turns
from tests.support.virtual import virtual
from tests.uplink.fake_upstream import FakePeer, FakeUpstream
from tests.uplink.rig import UpstreamRouter
from tests.uplink.scripted_sending import are_historical, scripted, seqs
from tests.uplink.sending_rig import LoopClock, RecordedBox, site
from wampedge.client import Connection
from wampedge.config.buffering_model import BufferConfig, StorePolicy
from wampedge.router import RealmSettings, RoleLimits
from wampedge.transports.connect import connect
from wampedge.transports.limits import TransportLimits
from wampedge.uplink.sending import Sending
from wampedge.wamp.messages import Error, Goodbye, Publish, Published
from wampedge.wamp.payload import Payload


@virtual
async def test_no_more_than_a_window_is_in_flight() -> None:
    async with scripted() as node:
        node.publish(*range(100))
        first = await node.received(64)
        await turns(5)
        assert not node.router.has_received(Publish)

        node.take(*first[:3])
        more = await node.received(3)
        await turns(5)

        assert seqs(more) == [65, 66, 67]
        assert not node.router.has_received(Publish)
        assert node.box.acknowledged[0] == 3


@virtual
async def test_no_more_bytes_are_in_flight_than_a_connection_can_queue() -> None:
    async with scripted() as node:
        node.publish(*("x" * 100_000 for _ in range(10)))
        first = await node.received(3)
        await turns(5)

        assert not node.router.has_received(Publish)
        node.take(*first)
        assert seqs(await node.received(3)) == [4, 5, 6]


@virtual
async def test_answers_out_of_order_acknowledge_only_what_is_complete() -> None:
    async with scripted() as node:
        node.publish(1, 2, 3)
        first, second, third = await node.received(3)

        node.take(third, second)
        await turns(5)
        assert node.box.acknowledged[0] == 0
        node.take(first)
        await turns(5)

        assert node.box.acknowledged[0] == 3


@pytest.mark.parametrize("uri", ["wamp.error.not_authorized", "wamp.error.payload_size_exceeded"])
@virtual
async def test_what_is_refused_for_good_is_given_up_and_the_others_go_on(uri: str) -> None:
    async with scripted() as node:
        node.publish(1, 2, 3)
        first, second, third = await node.received(3)

        node.refuse(second, uri)
        node.take(first, third)
        await turns(5)

        assert node.box.given_up == [(0, 2)]
        assert node.box.acknowledged[0] == 3
        assert await node.sending.flush(1.0)


@virtual
async def test_what_cannot_be_written_is_given_up(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    connection = Connection(upstream.url, "farm", random=half)
    box = RecordedBox(LoopClock())
    sending = Sending(connection, None, box, node="gh1", clock=box.clock)
    for value in (1, object(), 3):
        sending.publish("edge.gh1.air", Payload((value,)))
    connection.start()
    await connection.wait_joined()

    assert await sending.flush(5.0)

    assert (box.given_up, box.acknowledged[0]) == ([(0, 2)], 3)
    await connection.stop()
    await upstream.stop()


@virtual
async def test_what_is_refused_for_now_goes_again_and_from_then_on_one_by_one() -> None:
    async with scripted() as node:
        node.publish(1, 2)
        first, second = await node.received(2)
        node.refuse(first, "wampedge.error.limit")
        node.take(second)
        await turns(5)
        node.publish(3, 4)

        (again,) = await node.received(1)
        await turns(5)
        assert seqs([again]) == [1]
        assert not node.router.has_received(Publish)
        node.take(again)
        (third,) = await node.received(1)
        await turns(5)

        assert seqs([third]) == [3]
        assert not node.router.has_received(Publish)
        node.take(third)
        node.take(*await node.received(1))
        assert await node.sending.flush(1.0)
        assert node.box.acknowledged[0] == 4


@virtual
async def test_what_is_refused_for_now_for_a_minute_is_given_up() -> None:
    async with scripted() as node:
        node.router.answers[Publish] = lambda publish: [
            Published(publish.request_id, 1)
            if publish.payload.value == 2
            else Error(Publish.TYPE, publish.request_id, {}, "com.example.busy")
        ]
        started_s = asyncio.get_running_loop().time()
        node.publish(1, 2)

        assert await node.sending.flush(300.0)

        assert node.box.given_up == [(0, 1)]
        assert 45.0 < asyncio.get_running_loop().time() - started_s < 90.0


@virtual
async def test_what_a_hub_cannot_store_is_sent_until_it_can() -> None:
    async with scripted() as node:
        loop = asyncio.get_running_loop()
        mended_s = loop.time() + 1800.0
        node.router.answers[Publish] = lambda publish: [
            Published(publish.request_id, 1)
            if loop.time() >= mended_s
            else Error(Publish.TYPE, publish.request_id, {}, "wampedge.error.not_stored")
        ]
        node.publish(1)

        assert await node.sending.flush(2000.0)

        assert node.box.given_up == []
        assert loop.time() - mended_s <= 10.0


@virtual
async def test_what_waits_to_go_again_goes_on_the_next_session() -> None:
    async with scripted() as node:
        node.publish(1)
        (first,) = await node.received(1)
        node.refuse(first, "wampedge.error.limit")
        await turns(5)
        await node.cut()

        (again,) = await node.received(1)

        assert seqs([again]) == [1]
        assert are_historical([again]) == [True]


@virtual
async def test_what_was_not_answered_goes_again_as_historical() -> None:
    async with scripted() as node:
        node.publish(1, 2, 3)
        first, _, _ = await node.received(3)
        node.take(first)
        await turns(5)
        await node.cut()

        again = await node.received(2)
        node.publish(4)
        (live,) = await node.received(1)

        assert seqs(again) == [2, 3]
        assert [dict(each.payload.kwargs) for each in again] == [{"historical": True}] * 2
        assert are_historical([live]) == [False]


@virtual
async def test_what_goes_up_late_is_historical() -> None:
    async with scripted() as node:
        node.publish(*range(65))
        first = await node.received(64)
        await asyncio.sleep(1.5)

        node.take(*first)
        (late,) = await node.received(1)

        assert are_historical([late]) == [True]


@virtual
async def test_a_router_that_never_acknowledges_is_joined_anew() -> None:
    async with scripted() as node:
        node.publish(1)
        await node.received(1)

        node.opened.clear()
        await node.router.receive(Goodbye)
        await node.opened.wait()

        assert 30.0 <= asyncio.get_running_loop().time() < 60.0
        node.take(*await node.received(1))
        assert await node.sending.flush(1.0)


@virtual
async def test_a_quiet_link_is_left_alone() -> None:
    async with scripted() as node:
        await asyncio.sleep(600.0)

        assert len(node.upstream.routers) == 1


@virtual
async def test_a_limit_of_the_hub_slows_down_and_loses_nothing() -> None:
    limits = {"node": RoleLimits(publications_per_s=50)}
    async with site(settings=RealmSettings("farm", limits_by_role=limits)) as node:
        for number in range(200):
            node.publish(number)
        await node.join()
        await node.settle(120.0)

        assert node.hub.values == list(range(200))
        assert node.box.given_up == []


class FailingBox(RecordedBox):
    """Cannot be read at first."""

    failures = 2

    async def fetch(self, lane: int, after_seq: int, limit: int) -> Any:
        """Return nothing, then the events."""
        if self.failures:
            self.failures -= 1
            return []
        return await super().fetch(lane, after_seq, limit)


@virtual
async def test_a_disk_that_cannot_be_read_is_read_again() -> None:
    async with site() as node:
        failing = FailingBox(node.clock)
        failing.is_on_disk = True
        sending = Sending(node.connection, None, failing, node="gh1", clock=node.clock)
        sending.publish("edge.gh1.air", Payload((1,)))
        await node.join()

        assert await sending.flush(60.0)

        assert node.hub.values == [1]


@virtual
async def test_a_session_that_ends_ends_the_reading_of_the_disk() -> None:
    async with site() as node:
        node.publish(1)
        node.box.is_on_disk = True
        await node.join()
        node.link.cut("reset")
        await turns(5)
        node.link.heal()
        await asyncio.sleep(5.0)
        await node.settle()

        assert node.hub.values == [1]


@virtual
async def test_states_that_cannot_be_said_are_left_out() -> None:
    async with scripted() as node:
        node.router.answers[Publish] = lambda publish: [Published(publish.request_id, 1)]
        none = BufferConfig(StorePolicy(store="none"))
        sending = Sending(node.connection, none, node.box, node="gh1", clock=node.box.clock)
        sending.publish("edge.gh1.bad", Payload((1,)), options={"retain": object()}, is_state=True)
        sending.publish("edge.gh1.good", Payload((2,)), is_state=True)
        await node.cut()

        assert [each.payload.value for each in await node.received(2)] == [1, 2]


async def test_a_router_that_reads_slowly_is_not_overrun(tmp_path: Path) -> None:
    goes_on = asyncio.Event()
    narrow = TransportLimits(high_water_bytes=1_024)
    count = 200
    values: list[int] = []

    async def script(peer: FakePeer) -> None:
        await peer.shake_hands()
        await peer.welcome()
        await goes_on.wait()
        while len(values) < count:
            publish = await peer.receive()
            if publish[2].get("acknowledge"):
                values.append(publish[4][0])
                peer.send([17, publish[1], 1])
        await peer.wait_gone()

    async with FakeUpstream(tmp_path, script) as upstream:
        connection = Connection(
            lambda: connect(upstream.url, serializers=["json"], limits=narrow),
            "farm",
            random=half,
        )
        box = RecordedBox(LoopClock())
        sending = Sending(connection, None, box, node="gh1", clock=box.clock)
        connection.start()
        await connection.wait_joined()
        session = connection.session
        for _ in range(10):
            session.publish_payload("edge.gh1.filler", Payload(("x" * 60_000,)))
        await asyncio.sleep(0)
        assert session.publications.is_congested
        for number in range(count):
            sending.publish("edge.gh1.big", Payload((number, "x" * 60_000)), is_own=False)

        goes_on.set()

        assert await sending.flush(20.0)
        assert connection.session is session
        assert values == list(range(count))
        await connection.stop()
