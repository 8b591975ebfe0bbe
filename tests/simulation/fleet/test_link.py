"""A link that can be cut: what passes, what is lost, and who notices when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from wampedge.errors import ConnectError, RemoteProtocolError, TransportError
from wampedge.simulation.fleet.link import FleetLink
from wampedge.transports.base import Transport
from wampedge.transports.memory import linked_pair
from wampedge.wamp.messages import Message, Publish
from wampedge_simulator.clock import run_virtual

place: ContextVar[str] = ContextVar("place", default="outside")


class SimulatedPeer:
    """A ``MessageSink`` that keeps what it gets."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.places: set[str] = set()
        self.ended_at_s: float | None = None
        self.error: TransportError | None = None
        self.bad: list[RemoteProtocolError] = []

    def on_message(self, message: Message) -> None:
        assert isinstance(message, Publish)
        self.topics.append(message.topic)
        self.places.add(place.get())

    def on_bad_message(self, error: RemoteProtocolError) -> None:
        self.bad.append(error)

    def on_batch_end(self) -> None:
        pass

    def on_closed(self, error: TransportError | None) -> None:
        assert self.ended_at_s is None, "it ends once"
        self.ended_at_s = asyncio.get_running_loop().time()
        self.error = error


class Rig:
    """A node's end and the router's, with a link between; an observer of what passes."""

    def __init__(self) -> None:
        self.said_topics: list[str] = []
        self.heard_topics: list[str] = []
        self.breaks = 0
        self.routers: list[tuple[Transport, SimulatedPeer]] = []
        self.is_refusing = False
        context = copy_context()
        context.run(place.set, "inside")
        self.link = FleetLink(self._open, self, context=context, random_draw=lambda: 0.5)

    async def _open(self) -> Transport:
        if self.is_refusing:
            raise ConnectError("refused")
        router_end, client_end = linked_pair()
        router_end.sink = peer = SimulatedPeer()
        self.routers.append((router_end, peer))
        return client_end

    async def connect(self) -> tuple[Transport, SimulatedPeer]:
        near, peer = await self.link.dial(), SimulatedPeer()
        near.sink = peer
        return near, peer

    def said(self, message: Message) -> None:
        self.said_topics.append(getattr(message, "topic", ""))

    def heard(self, message: Message) -> None:
        self.heard_topics.append(getattr(message, "topic", ""))

    def broken(self) -> None:
        self.breaks += 1


def play(story: Callable[[Rig], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        await story(Rig())

    run_virtual(main())


def send(end: Transport, topics: str) -> None:
    for topic in topics:
        end.send(Publish(1, {}, topic))


def test_messages_pass_both_ways_in_order_and_the_observer_hears() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        router_end, router = rig.routers[0]
        send(near, "abc")
        send(router_end, "xyz")
        await asyncio.sleep(0.001)

        assert router.topics == rig.said_topics == ["a", "b", "c"]
        assert node.topics == rig.heard_topics == ["x", "y", "z"]

    play(story)


def test_node_gets_its_messages_in_its_own_context() -> None:
    async def story(rig: Rig) -> None:
        _, node = await rig.connect()
        send(rig.routers[0][0], "x")
        await asyncio.sleep(0.001)

        assert node.places == {"inside"}
        assert place.get() == "outside"

    play(story)


def test_nothing_is_read_while_reading_is_paused() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        near.pause_reading()
        send(rig.routers[0][0], "xy")
        await asyncio.sleep(0.001)
        assert node.topics == []
        near.resume_reading()
        await asyncio.sleep(0.001)

        assert node.topics == ["x", "y"]

    play(story)


def test_reset_ends_both_sides_and_new_connections_until_it_heals() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        rig.link.cut("reset")
        await asyncio.sleep(0.001)

        assert str(node.error) == "connection reset by peer"
        assert rig.routers[0][1].ended_at_s is not None
        assert (near.is_closed, rig.breaks, rig.link.is_cut) == (True, 1, True)
        with pytest.raises(ConnectError, match="unreachable") as caught:
            await rig.link.dial()
        assert isinstance(caught.value.__cause__, OSError)
        rig.link.heal()
        await rig.connect()

    play(story)


def test_short_stall_loses_nothing() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        router_end, router = rig.routers[0]
        send(near, "a")
        rig.link.cut("stall")
        send(near, "bc")
        send(router_end, "xy")
        await asyncio.sleep(4)
        assert (router.topics, node.topics) == (["a"], [])
        rig.link.heal()
        send(near, "d")
        await asyncio.sleep(100)

        assert router.topics == ["a", "b", "c", "d"]
        assert node.topics == ["x", "y"]
        assert (node.ended_at_s, router.ended_at_s, rig.breaks) == (None, None, 0)

    play(story)


def test_long_stall_is_found_by_the_pings_of_both_sides() -> None:
    async def story(rig: Rig) -> None:
        _, node = await rig.connect()
        rig.link.cut("stall")
        await asyncio.sleep(100)

        # Half of the 10 s between two pings, and the 5 s a pong may take.
        assert node.ended_at_s == pytest.approx(10.0, abs=0.01)
        assert rig.routers[0][1].ended_at_s == pytest.approx(10.0, abs=0.01)
        assert str(node.error) == "no answer to a ping"
        assert rig.breaks == 1

    play(story)


def test_ping_of_an_old_stall_does_no_harm_after_it_healed() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        rig.link.cut("stall")
        await asyncio.sleep(1)
        rig.link.heal()
        await asyncio.sleep(100)
        send(near, "a")
        await asyncio.sleep(1)

        assert node.ended_at_s is None
        assert rig.routers[0][1].topics == ["a"]

    play(story)


def test_router_does_not_notice_a_ghost_before_its_ping() -> None:
    async def story(rig: Rig) -> None:
        _, node = await rig.connect()
        rig.link.cut("ghost")
        await asyncio.sleep(0.001)
        assert str(node.error) == "the network is gone"
        assert rig.routers[0][1].ended_at_s is None
        await asyncio.sleep(100)

        assert rig.routers[0][1].ended_at_s == pytest.approx(10.0, abs=0.01)

    play(story)


def test_ghost_ends_when_its_packets_come_through_again() -> None:
    async def story(rig: Rig) -> None:
        await rig.connect()
        rig.link.cut("ghost")
        await asyncio.sleep(2)
        rig.link.heal()
        await asyncio.sleep(0.001)

        assert rig.routers[0][1].ended_at_s == pytest.approx(2.0, abs=0.01)

    play(story)


def test_who_dials_into_nothing_gets_no_answer() -> None:
    async def story(rig: Rig) -> None:
        rig.link.cut("ghost")
        with pytest.raises(ConnectError, match="no answer within 5 s") as caught:
            await rig.link.dial()

        assert isinstance(caught.value.__cause__, TimeoutError)
        assert asyncio.get_running_loop().time() == 5.0

    play(story)


def test_who_dials_while_it_heals_gets_through() -> None:
    async def story(rig: Rig) -> None:
        rig.link.cut("stall")
        asyncio.get_running_loop().call_later(3, rig.link.heal)
        await rig.connect()

        assert asyncio.get_running_loop().time() == 3.0

    play(story)


def test_node_without_power_says_nothing_to_the_router() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        rig.link.drop_dead()
        send(near, "a")
        near.close()
        await asyncio.sleep(1)
        assert rig.routers[0][1].topics == []
        assert rig.routers[0][1].ended_at_s is None
        assert node.ended_at_s is not None
        await asyncio.sleep(100)

        assert rig.routers[0][1].ended_at_s is not None

    play(story)


def test_router_that_dies_resets_the_connection() -> None:
    async def story(rig: Rig) -> None:
        _, node = await rig.connect()
        rig.link.router_died()
        await asyncio.sleep(0.001)

        assert str(node.error) == "connection reset by peer"

    play(story)


@pytest.mark.parametrize("is_abort", [False, True])
def test_end_of_the_node_reaches_the_router(is_abort: bool) -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        send(near, "a")
        near.abort() if is_abort else near.close()
        await asyncio.sleep(0.001)

        assert rig.routers[0][1].ended_at_s is not None
        assert rig.routers[0][1].topics == ["a"]
        assert (node.error, rig.breaks) == (None, 1)

    play(story)


def test_end_of_the_router_reaches_the_node() -> None:
    async def story(rig: Rig) -> None:
        _, node = await rig.connect()
        rig.routers[0][0].close()
        await asyncio.sleep(0.001)

        assert node.ended_at_s is not None
        assert rig.breaks == 1

    play(story)


def test_node_that_closes_in_a_stall_is_found_when_it_heals() -> None:
    async def story(rig: Rig) -> None:
        near, _ = await rig.connect()
        rig.link.cut("stall")
        near.close()
        await asyncio.sleep(1)
        assert rig.routers[0][1].ended_at_s is None
        rig.link.heal()
        await asyncio.sleep(0.001)

        assert rig.routers[0][1].ended_at_s is not None

    play(story)


def test_router_that_closes_in_a_stall_is_found_when_it_heals() -> None:
    async def story(rig: Rig) -> None:
        _, node = await rig.connect()
        rig.link.cut("stall")
        rig.routers[0][0].close()
        await asyncio.sleep(1)
        assert node.ended_at_s is None
        rig.link.heal()
        await asyncio.sleep(0.001)

        assert str(node.error) == "connection reset by peer"

    play(story)


def test_stall_holds_so_much_and_no_more() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        rig.link.cut("stall")
        for _ in range(10_001):
            send(near, "a")
        await asyncio.sleep(0.001)

        assert str(node.error) == "the peer reads too slowly"

    play(story)


def test_messages_that_are_none_are_passed_on() -> None:
    async def story(rig: Rig) -> None:
        near, node = await rig.connect()
        error = RemoteProtocolError("bad")
        near._wire.on_bad_message(error)  # type: ignore[attr-defined] # as its transport does

        assert node.bad == [error]

    play(story)


def test_nothing_is_encoded() -> None:
    async def story(rig: Rig) -> None:
        near, _ = await rig.connect()
        with pytest.raises(TypeError, match="not bytes"):
            near.send_encoded(b"")

    play(story)


def test_refusal_of_the_router_is_that_of_the_link() -> None:
    async def story(rig: Rig) -> None:
        rig.is_refusing = True
        with pytest.raises(ConnectError, match="refused"):
            await rig.link.dial()

    play(story)
