"""Sessions that read too slowly: what they lose, what they are told, and what others notice.

On virtual time: whoever has to wait for a stalled reader makes the clock jump.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import turns, until
from tests.support.virtual import virtual
from tests.wire.rig import Site, WirePeer, open_site
from wampedge.router.overflow import OverflowRules
from wampedge.router.settings import RealmSettings
from wampedge.wamp.overflow import DISCONNECT, DROP_OLDEST, LATEST_PER_TOPIC

EVENT = "x" * 1024
COUNT = 3000


def settings(policy: str) -> RealmSettings:
    return RealmSettings("realm1", overflow=OverflowRules(by_role={"local": policy}))


def pause(peer: WirePeer) -> None:
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a Transport in truth


def resume(peer: WirePeer) -> None:
    peer.writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above


async def stalled(site: Site, topic: str = "com.flood", **options: Any) -> WirePeer:
    """Subscribe and read no more."""
    peer = await site.join("unix-raw", "msgpack")
    await peer.ask(32, 1, options, topic)
    pause(peer)
    return peer


async def publish(site: Site, count: int, topic: str = "com.flood") -> None:
    """Publish *count* events and see that the router has taken them all."""
    publisher = await site.join("unix-raw", "msgpack")
    for number in range(1, count + 1):
        publisher.say([16, number, {}, topic, [number, EVENT]])
        if number % 32 == 0:
            await publisher.writer.drain()
    assert (await publisher.ask(48, count + 1, {}, "com.nobody"))[0] == 8


async def hear_all(peer: WirePeer, last: int) -> list[list[Any]]:
    """Hear events until the one with the number *last*."""
    events = [await peer.hear()]
    while events[-1][4][0] != last:
        events.append(await peer.hear())
    return events


@pytest.mark.parametrize("policy", [DROP_OLDEST, LATEST_PER_TOPIC])
def test_nobody_waits_for_a_stalled_reader_that_may_lose_events(
    tmp_path: Path, policy: str
) -> None:
    @virtual
    async def scene() -> None:
        async with open_site(tmp_path, settings(policy), max_pause_s=60.0) as site:
            reader = await stalled(site)
            healthy = await site.join()
            await healthy.ask(32, 1, {"x_on_overflow": DISCONNECT}, "com.flood")
            started = asyncio.get_running_loop().time()

            listening = asyncio.create_task(hear_all(healthy, COUNT))
            await publish(site, COUNT)
            assert len(await listening) == COUNT
            assert asyncio.get_running_loop().time() == started

            resume(reader)
            heard = await hear_all(reader, COUNT)
            told = sum(event[3].get("x_dropped", 0) for event in heard)
            counters = site.server.counters
            assert told == COUNT - len(heard) > 0
            assert told == counters.events_overflowed + counters.events_conflated
            assert (counters.events_conflated > 0) == (policy == LATEST_PER_TOPIC)
            assert site.server.connection_count == 3

    scene()


@virtual
async def test_by_default_a_stalled_reader_is_cut_and_holds_publishers_up_for_half_a_second(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        await stalled(site)
        started = asyncio.get_running_loop().time()

        await publish(site, COUNT)

        assert asyncio.get_running_loop().time() - started == pytest.approx(0.5)
        await until(lambda: site.server.counters.slow_sessions_closed == 1)
        assert site.server.counters.events_overflowed == 0


@virtual
async def test_a_subscription_may_choose_against_the_rule_of_the_role(tmp_path: Path) -> None:
    async with open_site(tmp_path, settings(DROP_OLDEST)) as site:
        reader = await stalled(site, x_on_overflow=LATEST_PER_TOPIC)
        strict = await stalled(site, x_on_overflow=DISCONNECT)

        await publish(site, COUNT)

        await until(lambda: site.server.counters.slow_sessions_closed == 1)
        assert site.server.counters.events_overflowed == 0
        (facts, _publisher) = sorted(site.server.queues(), key=lambda each: each.session)
        assert facts.conflated > 0
        assert (facts.policy, facts.dropped, facts.waiting_messages) == (DROP_OLDEST, 0, 1)
        await strict.close()
        await reader.close()


@virtual
async def test_queues_tell_what_waits_for_each_session(tmp_path: Path) -> None:
    async with open_site(tmp_path, settings(DROP_OLDEST), max_outgoing_bytes=300_000) as site:
        reader = await stalled(site)
        await site.connect()  # not joined

        await publish(site, 1000)

        queue, other = sorted(site.server.queues(), key=lambda each: each.session)
        assert queue.policy == DROP_OLDEST
        assert queue.dropped > 0
        assert 295_000 < queue.waiting_bytes <= 300_000
        assert queue.waiting_messages > 100
        assert (other.waiting_messages, other.dropped, other.conflated) == (0, 0, 0)
        await reader.close()


@virtual
async def test_the_realm_hears_of_a_slow_session_at_most_once_a_second(tmp_path: Path) -> None:
    async with open_site(tmp_path, settings(DROP_OLDEST)) as site:
        reader, watcher = await stalled(site), await site.join()
        await watcher.ask(32, 1, {}, "wampedge.session.on_overflow")
        loop = asyncio.get_running_loop()
        started = loop.time()

        await publish(site, COUNT)
        first = (await watcher.hear())[4][0]
        assert loop.time() == started
        second = (await watcher.hear_without_limit())[4][0]
        assert loop.time() == pytest.approx(started + 1.0)
        resume(reader)
        lost = COUNT - len(await hear_all(reader, COUNT))
        third = (await watcher.hear_without_limit())[4][0]

        assert loop.time() == pytest.approx(started + 2.0)
        session = {"session": first["session"], "authid": first["authid"], "authrole": "local"}
        assert first.items() >= session.items()
        assert (first["policy"], first["state"]) == (DROP_OLDEST, "behind")
        assert 0 < first["dropped"] < lost
        assert second == {**first, "dropped": lost}
        assert third == {**second, "state": "caught_up"}


@virtual
async def test_a_session_that_keeps_up_again_is_told_of_at_once_after_a_quiet_second(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path, settings(DROP_OLDEST)) as site:
        reader, watcher = await stalled(site), await site.join()
        await watcher.ask(32, 1, {}, "wampedge.session.on_overflow")
        await publish(site, COUNT)
        states = [(await watcher.hear_without_limit())[4][0]["state"] for _ in range(2)]
        await asyncio.sleep(10)
        now = asyncio.get_running_loop().time()

        resume(reader)
        await hear_all(reader, COUNT)
        states.append((await watcher.hear())[4][0]["state"])

        assert states == ["behind", "behind", "caught_up"]
        assert asyncio.get_running_loop().time() == now


@virtual
async def test_the_realm_hears_of_a_session_that_is_cut(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await stalled(site)
        watcher = await site.join()
        await watcher.ask(32, 1, {}, "wampedge.session.on_overflow")

        await publish(site, COUNT)

        told = (await watcher.hear())[4][0]
        assert (told["policy"], told["state"], told["dropped"]) == (DISCONNECT, "closed", 0)


@virtual
async def test_replies_are_never_dropped_and_too_many_end_the_session(tmp_path: Path) -> None:
    async with open_site(tmp_path, settings(DROP_OLDEST), max_pause_s=0.1) as site:
        callee = await site.join("unix-raw", "msgpack")
        await callee.ask(64, 1, {}, "com.callee")
        await callee.ask(32, 2, {}, "com.flood")
        caller = await site.join("unix-raw", "msgpack")
        pause(callee)
        await publish(site, COUNT)
        dropped = site.server.counters.events_overflowed

        for number in range(1, 301):
            caller.say([48, number, {}, "com.callee", [EVENT]])
        assert (await caller.ask(48, 301, {}, "com.nobody"))[0] == 8
        assert site.server.counters.events_overflowed > dropped
        resume(callee)
        calls = 0
        while calls < 300:
            calls += (await callee.hear())[0] == 68

        pause(callee)
        for number in range(302, 1301):
            caller.say([48, number, {}, "com.callee", [EVENT * 4]])
        errors = [await caller.hear_without_limit() for _ in range(300)]
        assert {error[0] for error in errors} == {8}
        assert site.server.counters.slow_sessions_closed == 1


@virtual
async def test_a_slow_reader_can_still_unsubscribe(tmp_path: Path) -> None:
    async with open_site(tmp_path, settings(DROP_OLDEST)) as site:
        reader = await stalled(site)
        await publish(site, COUNT)
        subscription = 1
        reader.say([34, 2, subscription])
        await turns(20)

        await publish(site, 10)

        assert site.server.queues()
        resume(reader)
        message = await reader.hear()
        while message[0] == 36:
            message = await reader.hear()
        assert message == [35, 2]
