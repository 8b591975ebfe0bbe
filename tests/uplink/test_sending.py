"""What becomes of events that go up, between a node and a hub in one process on virtual time."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.support.virtual import virtual
from tests.uplink.sending_rig import START_S, Hub, Site, site
from wampedge.config.buffering_model import BufferConfig, StorePolicy, TopicPolicy
from wampedge.simulation.fleet.link import LINK_CUTS
from wampedge.wamp.messages import Call, Publish
from wampedge.wamp.payload import Payload

OVERTAKE = BufferConfig(StorePolicy(overtake=True))


def publishes(node: Site) -> list[Publish]:
    return [each for each in node.observer.messages if isinstance(each, Publish)]


@virtual
async def test_an_event_goes_up_at_once_with_its_mark_and_leaves_the_box() -> None:
    async with site() as node:
        await node.join()

        node.publish(21.5, time=START_S + 3.25)
        await node.settle()

        (publish,) = publishes(node)
        assert publish.options["acknowledge"] is True
        assert publish.options["x_wampedge"] == {
            "node": "gh1",
            "epoch": 77,
            "lane": 0,
            "seq": 1,
            "time": START_S + 3.25,
            "historical": False,
        }
        (heard,) = node.hub.heard
        assert (heard.value, heard.kwargs, heard.is_historical) == (
            21.5,
            {"time": START_S + 3.25},
            False,
        )
        assert node.box.events[0] == []


@virtual
async def test_events_wait_while_the_link_is_down_and_come_in_order_with_their_time() -> None:
    async with site() as node:
        for value in (1, 2, 3):
            node.publish(value, time=START_S + value)
        await asyncio.sleep(100.0)

        await node.join()
        await node.settle()
        node.publish(4, time=START_S + 100.0)
        await node.settle()

        assert node.hub.values == [1, 2, 3, 4]
        assert [each.is_historical for each in node.hub.heard] == [True, True, True, False]
        first, last = node.hub.heard[0], node.hub.heard[-1]
        assert first.kwargs == {"time": START_S + 1, "historical": True}
        assert first.details["x_time"] == START_S + 1
        assert last.kwargs == {"time": START_S + 100.0}


@virtual
async def test_payloads_of_clients_are_untouched_and_have_the_time_they_came() -> None:
    async with site() as node:
        await asyncio.sleep(5.0)
        sealed = Payload.sealed(b"\x01\x02")
        node.sending.publish("edge.gh1.x", Payload((1,), {"a": 2, "time": 7}), is_own=False)
        node.sending.publish(
            "edge.gh1.y", sealed, is_own=True, options={"ppt_scheme": "x_own"}, time=START_S + 1
        )

        await node.join()
        await node.settle()

        plain, packed = node.hub.heard
        assert (plain.args, plain.kwargs) == ([1], {"a": 2, "time": 7})
        assert plain.details["x_time"] == START_S + 5.0
        assert packed.details["ppt_scheme"] == "x_own"
        assert packed.details["x_time"] == START_S + 1


@virtual
async def test_what_does_not_wait_is_dropped_and_counted_while_the_link_is_down() -> None:
    rules = (TopicPolicy("edge.gh1.imu.", StorePolicy(store="none")),)
    async with site(BufferConfig(StorePolicy(), rules)) as node:
        node.publish(1, topic="edge.gh1.imu.x")
        node.sending.publish("site.imu", Payload((2,)), local_topic="edge.gh1.imu.y")
        node.publish(3)
        await node.join()
        node.publish(4, topic="edge.gh1.imu.x")
        await node.settle()

        assert node.sending.dropped == 2
        assert sorted(node.hub.values) == [3, 4]
        assert [publish.options for publish in publishes(node) if publish.payload.value == 4] == [
            {}
        ]


@virtual
async def test_a_hundred_cuts_lose_nothing_repeat_nothing_and_keep_the_order() -> None:
    draw = random.Random(6)
    async with site() as node:
        node.connection.start()
        number = 0
        cuts = 0
        up_for_s, down_for_s = 1.0, 0.0
        while cuts < 100:
            up_for_s -= 0.25
            if up_for_s <= 0 and down_for_s <= 0:
                node.link.cut(draw.choice(LINK_CUTS))
                cuts += 1
                down_for_s = 0.1 * 600.0 ** draw.random()
            elif down_for_s > 0:
                down_for_s -= 0.25
                if down_for_s <= 0:
                    node.link.heal()
                    up_for_s = 8.0 * draw.random()
            number += 1
            node.publish(number)
            await asyncio.sleep(0.25)
        node.link.heal()
        await node.connection.wait_joined()
        await node.settle(60.0)

        assert number > 2_000
        assert node.hub.values == list(range(1, number + 1))
        assert any(each.is_historical for each in node.hub.heard)


@virtual
async def test_a_backlog_goes_up_in_batches_of_limited_size() -> None:
    async with site() as node:
        for number in range(1_000):
            node.publish(number)
        await node.join()
        await node.settle()

        calls = [each for each in node.observer.messages if isinstance(each, Call)]
        assert node.hub.values == list(range(1_000))
        assert [len(call.payload.args[3]) for call in calls] == [256, 256, 256, 232]
        assert publishes(node) == []
        node.publish(1_000)
        await node.settle()
        assert len(publishes(node)) == 1


@virtual
async def test_a_batch_is_not_longer_than_a_message_may_be() -> None:
    async with site() as node:
        for number in range(10):
            node.sending.publish("edge.gh1.big", Payload((number, "x" * 30_000)), is_own=False)
        await node.join()
        await node.settle()

        calls = [each for each in node.observer.messages if isinstance(each, Call)]
        assert [len(call.payload.args[3]) for call in calls] == [2, 2]
        assert node.hub.values == list(range(10))


@virtual
async def test_a_batch_has_events_of_one_epoch() -> None:
    async with site() as node:
        for number in range(20):
            node.box.epoch = 77 if number < 10 else 78
            node.publish(number)
        await node.join()
        await node.settle()

        calls = [each for each in node.observer.messages if isinstance(each, Call)]
        assert [(call.payload.args[1], len(call.payload.args[3])) for call in calls] == [
            (77, 10),
            (78, 10),
        ]
        assert node.hub.values == list(range(20))


@virtual
async def test_events_on_the_disk_are_fetched() -> None:
    async with site() as node:
        for number in range(600):
            node.publish(number)
        node.box.is_on_disk = True
        await node.join()
        await node.settle()

        assert node.hub.values == list(range(600))


@virtual
async def test_states_are_said_again_to_a_hub_that_lost_its_memory() -> None:
    async with site() as node:
        await node.join()
        for value in (1, 2):
            node.sending.publish("edge.gh1.status", Payload((value,)), is_state=True)
        node.sending.publish("edge.gh1.gone", Payload((3,)), is_state=True)
        node.sending.forget("edge.gh1.gone")
        await node.settle()
        node.link.cut("reset")
        await node.hub.stop()
        await node.hub.start()
        node.sending.publish("edge.gh1.other", Payload((4,)), is_state=True)
        node.hub.heard.clear()

        node.link.heal()
        await node.connection.wait_joined()
        await node.settle()

        assert node.hub.values == [2, 4]
        assert [each.is_historical for each in node.hub.heard] == [False, True]
        assert publishes(node)[-1].options["retain"] is True


@virtual
async def test_states_that_the_hub_still_has_are_not_heard_twice() -> None:
    async with site() as node:
        await node.join()
        node.sending.publish("edge.gh1.status", Payload((1,)), is_state=True)
        await node.settle()

        node.link.cut("reset")
        node.link.heal()
        await asyncio.sleep(1.0)
        await node.connection.wait_joined()
        await node.settle()

        assert node.hub.values == [1]
        assert len(publishes(node)) == 2


@virtual
async def test_a_state_that_found_no_place_is_said_when_all_others_are() -> None:
    async with site() as node:
        node.publish(1)
        node.box.takes = False
        node.sending.publish("edge.gh1.status", Payload(("late",)), is_state=True)
        node.box.takes = True
        node.publish(2)

        await node.join()
        await node.settle()

        assert node.hub.values == [1, 2, "late"]


@virtual
async def test_live_values_overtake_only_where_they_may_and_leave_the_newest_retained() -> None:
    async with site(OVERTAKE) as node:
        for number in range(300):
            node.sending.publish("edge.gh1.air", Payload((number,)), is_state=True)
        node.box.is_on_disk = True
        node.connection.start()
        await node.connection.wait_joined()
        node.box.is_on_disk = False

        node.sending.publish("edge.gh1.air", Payload(("live",)), is_state=True)
        await node.settle()

        assert node.hub.values == ["live", *range(300)]
        assert [each.is_historical for each in node.hub.heard[:2]] == [False, True]
        assert await retained(node.hub) == ["live"]


@virtual
async def test_a_backlog_leaves_the_newest_value_retained() -> None:
    async with site() as node:
        for number in range(300):
            node.sending.publish("edge.gh1.air", Payload((number,)), is_state=True)
        await node.join()
        await node.settle()

        assert await retained(node.hub) == [299]


async def retained(hub: Hub) -> list[object]:
    """Return the values a late subscriber gets."""
    from wampedge.client import Session  # used here only

    found: list[object] = []
    async with await Session.over(hub.server.attach_local("late"), "farm") as late:
        await late.subscribe(
            "edge.gh1.air", lambda value, **_: found.append(value), options={"get_retained": True}
        )
        for _ in range(5):
            await asyncio.sleep(0)
    return found


@pytest.mark.parametrize("is_joined", [False, True])
def test_without_a_box_nothing_waits(*, is_joined: bool) -> None:
    @virtual
    async def run() -> None:
        async with site() as node:
            from wampedge.uplink.sending import Sending  # used here only

            plain = Sending(node.connection)
            if is_joined:
                await node.join()
            plain.publish("edge.gh1.air", Payload((1,)))

            assert await plain.flush(1.0)
            assert plain.is_live is is_joined
            assert plain.outbox is None
            assert (plain.published, plain.dropped) == ((1, 0) if is_joined else (0, 1))

    run()


@virtual
async def test_a_flush_ends_when_its_time_is_over() -> None:
    async with site() as node:
        assert not await node.sending.flush(0.1)
        await node.join()
        node.link.cut("stall")
        node.publish(1)

        assert not await node.sending.flush(0.1)


@virtual
async def test_an_event_that_waited_on_its_way_to_the_node_says_so_further_up() -> None:
    async with site() as node:
        await node.join()

        node.sending.publish(
            "edge.gh1.leaf.air",
            Payload((1,), {"a": 2}),
            options={"x_historical": True},
            is_own=False,
            time=START_S - 500.0,
        )
        await node.settle()

        (heard,) = node.hub.heard
        assert (heard.is_historical, heard.details["x_time"]) == (True, START_S - 500.0)
        assert heard.kwargs == {"a": 2}
        assert "x_historical" not in publishes(node)[0].options


@virtual
async def test_a_sending_that_is_closed_leaves_the_box_to_the_next_one() -> None:
    async with site() as node:
        await node.join()
        node.sending.close()

        node.publish(1)
        node.link.cut("reset")
        node.link.heal()
        await node.connection.wait_joined()

        assert node.box.events[0] == []
        assert publishes(node) == []
