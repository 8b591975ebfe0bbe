"""What a connection holds back while its peer does not read, over a real pair of sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from tests.support.turns import turns, until
from tests.transports.line import CANCEL_1, Line, line, raw_frame, rawsocket, websocket
from wampedge.transports.limits import TransportLimits
from wampedge.transports.outgoing import Outgoing
from wampedge.wamp.messages import Cancel, Event, Result
from wampedge.wamp.overflow import DROP_OLDEST, LATEST_PER_TOPIC
from wampedge.wamp.payload import Payload

LIMITS = TransportLimits(high_water_bytes=10_000, max_outgoing_bytes=100_000)
BODY = "x" * 1000


def publish(it: Line, number: int, *, subscription: int = 1) -> None:
    it.transport.send(Event(subscription, number, {}, Payload([BODY])))
    it.transport.outgoing.flush()


def stall(it: Line, policy: str) -> int:
    """Publish until the peer is congested; returns how many events that took."""
    it.transport.outgoing.backlog.policy_of = lambda event: policy
    number = 0
    while not it.transport.outgoing.is_congested:
        number += 1
        publish(it, number)
    return number


async def heard(it: Line, last: Any) -> list[Any]:
    """Read messages until *last* of them holds."""
    data = b""
    messages: list[Any] = []

    def is_complete() -> bool:
        nonlocal data
        data += it.received()
        while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[1:4], "big"):
            end = 4 + int.from_bytes(data[1:4], "big")
            if data[0] == 0:
                messages.append(json.loads(data[4:end]))
            else:
                messages.append(data[0])
            data = data[end:]
        return bool(messages) and bool(last(messages))

    await until(is_complete)
    return messages


async def test_a_stalled_peer_gets_what_the_system_held_and_then_the_newest_events() -> None:
    async with line(rawsocket(), LIMITS) as it:
        before = stall(it, DROP_OLDEST)
        for number in range(before + 1, before + 1001):
            publish(it, number)
        outgoing = it.transport.outgoing
        held = outgoing.progress[1] + outgoing.backlog.size_bytes

        messages = await heard(it, lambda all_of: all_of[-1][2] == before + 1000)

        assert held <= 100_000
        assert not outgoing.is_backed_up
        numbers = [message[2] for message in messages]
        assert numbers[:before] == list(range(1, before + 1))
        gap = messages[before]
        assert gap[3] == {"x_dropped": gap[2] - before - 1}
        assert numbers[before:] == list(range(gap[2], before + 1001))
        assert outgoing.backlog.dropped == gap[3]["x_dropped"]
        assert not it.transport.is_closed


async def test_a_peer_that_reads_again_gets_the_newest_event_of_each_topic() -> None:
    async with line(rawsocket(), LIMITS) as it:
        before = stall(it, LATEST_PER_TOPIC)
        for number in range(before + 1, before + 1001):
            publish(it, number, subscription=1 + number % 2)

        messages = await heard(it, lambda all_of: all_of[-1][2] == before + 1000)

        newest = [(message[2], message[3]) for message in messages[before:]]
        assert sorted(newest, key=lambda each: each[0]) == [
            (before + 999, {"x_dropped": 499}),
            (before + 1000, {"x_dropped": 499}),
        ]


async def test_replies_wait_in_order_and_hold_up_the_peer_until_it_has_caught_up() -> None:
    async with line(rawsocket(), LIMITS) as it:
        outgoing, caught_up = it.transport.outgoing, []
        outgoing.on_caught_up = lambda: caught_up.append(len(outgoing.backlog))
        before = stall(it, DROP_OLDEST)
        publish(it, before + 1)
        was_backed_up = outgoing.is_backed_up
        for request in (1, 2):
            it.transport.send(Result(request, {}))
        publish(it, before + 2)
        assert (was_backed_up, outgoing.is_backed_up) == (False, True)
        it.send(raw_frame(CANCEL_1))
        await turns(10)
        assert it.sink.heard == []

        messages = await heard(it, lambda all_of: all_of[-1][2] == before + 2)
        await until(lambda: Cancel(1, {}) in it.sink.heard)

        assert [message[:2] for message in messages[before:]] == [
            [36, 1],
            [50, 1],
            [50, 2],
            [36, 1],
        ]
        assert caught_up == [0]


async def test_a_peer_of_which_only_events_wait_is_read_on() -> None:
    """Otherwise it could not even unsubscribe from what is too much for it."""
    async with line(rawsocket(), LIMITS) as it:
        before = stall(it, DROP_OLDEST)
        publish(it, before + 1)
        it.send(raw_frame(CANCEL_1))

        await until(lambda: Cancel(1, {}) in it.sink.heard)


async def test_replies_that_wait_make_a_transport_dirty_and_events_that_may_go_do_not() -> None:
    async with line(rawsocket(), LIMITS) as it:
        before = stall(it, DROP_OLDEST)
        dirty: list[Outgoing] = []
        it.transport.outgoing.on_dirty = dirty.append
        publish(it, before + 1)
        assert dirty == []

        it.transport.send(Result(1, {}))
        it.transport.send(Result(2, {}))

        assert dirty == [it.transport.outgoing]


async def test_losses_are_told_by_the_next_event_even_after_the_peer_has_caught_up() -> None:
    async with line(rawsocket(), LIMITS) as it:
        before = stall(it, DROP_OLDEST)
        publish(it, before + 1, subscription=7)
        for number in range(before + 2, before + 202):
            publish(it, number)
        await heard(it, lambda all_of: all_of[-1][2] == before + 201)

        it.transport.send(Result(1, {}))
        publish(it, 1000, subscription=7)
        publish(it, 1001, subscription=7)
        messages = await heard(it, lambda all_of: all_of[-1][2] == 1001)

        assert [message[:4] for message in messages] == [
            [50, 1, {}],
            [36, 7, 1000, {"x_dropped": 1}],
            [36, 7, 1001, {}],
        ]


async def test_a_ping_is_answered_before_all_that_waits() -> None:
    async with line(rawsocket(), LIMITS) as it:
        before = stall(it, DROP_OLDEST)
        for number in range(before + 1, before + 50):
            publish(it, number)
        it.send(b"\x01\x00\x00\x00")
        await until(lambda: it.transport.framing.answers_pings)

        messages = await heard(it, lambda all_of: 2 in all_of)

        assert messages.index(2) == before


async def test_pongs_nobody_reads_are_bounded_too() -> None:
    async with line(rawsocket(), LIMITS) as it:
        stall(it, DROP_OLDEST)
        ping = b"\x01\x00\x23\x28" + b"p" * 9000
        with contextlib.suppress(BrokenPipeError):
            for _ in range(20):
                it.send(ping)
                await turns(10)

        assert it.transport.outgoing.is_overrun
        assert "waiting for the peer to read" in await it.ended()


async def test_a_polite_close_writes_what_waits_before_the_last_words() -> None:
    async with line(websocket(), LIMITS) as it:
        before = stall(it, DROP_OLDEST)
        for number in range(before + 1, before + 11):
            publish(it, number)

        it.transport.close(1000, "bye")
        publish(it, 5000)
        it.transport.outgoing.resume()
        data = b""

        def is_complete() -> bool:
            nonlocal data
            data += it.received()
            return data.endswith(b"\x88\x05\x03\xe8bye")

        await until(is_complete)
        assert data.count(b"[36,1,") == before + 10


async def test_nothing_waits_for_an_aborted_connection() -> None:
    async with line(rawsocket(), LIMITS) as it:
        before = stall(it, DROP_OLDEST)
        publish(it, before + 1)

        it.transport.abort()
        publish(it, before + 2)

        assert len(it.transport.outgoing.backlog) == 0
        assert await it.ended() == "closed: None"


async def test_much_of_one_batch_is_written_early_and_flushed_once() -> None:
    async with line(rawsocket()) as it:
        outgoing = it.transport.outgoing
        dirty: list[Outgoing] = []
        outgoing.on_dirty = dirty.append
        for _ in range(8):
            outgoing.put(b"x" * 9000)
        assert outgoing.progress[0] + outgoing.progress[1] == 72_000

        outgoing.put(b"last")
        outgoing.flush()
        outgoing.flush()

        assert dirty == [outgoing]
        assert sum(outgoing.progress) == 72_004


async def test_a_connection_that_was_never_taken_over_takes_frames_and_drops_them() -> None:
    async with line(rawsocket()) as it:
        outgoing = Outgoing(it.transport, LIMITS, it.transport.outgoing.backlog)
        outgoing.put(b"frame")
        await asyncio.sleep(0)

        assert outgoing.progress == (0, 0)
