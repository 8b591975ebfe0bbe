"""What a reconnecting client wants to have at the router, and how stubbornly it asks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.errors import (
    AbortError,
    ApplicationError,
)
from wampedge.wamp.messages import (
    Error,
    Event,
    Goodbye,
    Invocation,
    Register,
    Subscribe,
    Unregister,
    Unregistered,
    Unsubscribe,
    Unsubscribed,
    Yield,
)
from wampedge.wamp.payload import Payload


@virtual
async def test_wishes_are_restored_after_each_join() -> None:
    upstream = ScriptedUpstream()
    heard: list[int] = []
    connection = upstream.connection()
    wish = connection.register("a.b", lambda: 7)
    topic = connection.subscribe("a.c", heard.append)

    async with connection:
        for _ in range(2):
            await connection.wait_joined()
            await connection.wait_restored()
            assert connection.is_restored
            upstream.router.send(Invocation(1, 500, {}), Event(600, 1, {}, Payload((21,))))
            assert (await upstream.router.receive(Yield)).payload == Payload((7,))
            upstream.router.cut()
            await turns()
            present = (connection.is_restored, wish.is_established, topic.is_established)
            assert present == (False, False, False)

    assert heard == [21, 21]


@virtual
async def test_wish_made_while_joined_is_established_at_once() -> None:
    async with ScriptedUpstream().connection() as connection:
        await connection.wait_joined()
        await connection.register("a.b", print).wait_established()

    assert asyncio.get_running_loop().time() == 0


@virtual
async def test_removed_wishes_are_given_back_and_not_restored() -> None:
    upstream = ScriptedUpstream()

    async with upstream.connection() as connection:
        procedure = connection.register("a.b", print)
        topic = connection.subscribe("a.c", print)
        await connection.wait_restored()
        await connection.remove(procedure)
        await connection.remove(topic)
        await connection.remove(topic)
        first = upstream.router
        await first.receive(Unregister)
        await first.receive(Unsubscribe)
        first.cut()
        await turns()
        await connection.wait_joined()
        await turns()

        assert not upstream.router.has_received(Register)
        assert not upstream.router.has_received(Subscribe)


@virtual
async def test_wish_that_cannot_be_given_back_is_forgotten_all_the_same() -> None:
    upstream = ScriptedUpstream()

    async with upstream.connection() as connection:
        wish = connection.register("a.b", print)
        await connection.wait_restored()
        upstream.router.answers[Unregister] = lambda request: [
            Error(66, request.request_id, {}, "wamp.error.not_authorized")
        ]

        await connection.remove(wish)

        assert connection.is_restored


def taken(times: int) -> Callable[[ScriptedRouter], None]:
    """Return a set-up that refuses the name *times* times: the ghost of an earlier session."""
    left = [times]

    def set_up(router: ScriptedRouter) -> None:
        granting(router)
        grant = router.answers[Register]

        def register(request: Register) -> Any:
            if left[0] == 0:
                return grant(request)
            left[0] -= 1
            return [Error(64, request.request_id, {}, "wamp.error.procedure_already_exists")]

        router.answers[Register] = register

    return set_up


@virtual
async def test_name_held_by_a_ghost_is_asked_for_every_second(
    caplog: pytest.LogCaptureFixture,
) -> None:
    upstream = ScriptedUpstream()
    upstream.set_up = taken(times=4)

    async with upstream.connection() as connection:
        wish = connection.register("a.b", print)
        await turns(10)
        first_error = wish.error
        await wish.wait_established()

    assert isinstance(first_error, ApplicationError)
    assert wish.error is None
    assert asyncio.get_running_loop().time() == pytest.approx(4 * 0.75)
    assert caplog.text.count("a.b: not granted") == 1


@virtual
async def test_ghost_that_stays_is_asked_less_often_after_a_while() -> None:
    upstream = ScriptedUpstream()
    upstream.set_up = taken(times=122)

    async with upstream.connection() as connection:
        await connection.register("a.b", print).wait_established()

    assert asyncio.get_running_loop().time() == pytest.approx(120 * 0.75 + 2 * 3.75)


@virtual
async def test_name_is_forced_where_wanted() -> None:
    upstream = ScriptedUpstream()

    async with upstream.connection() as connection:
        wish = connection.register("a.b", print, options={"invoke": "single"}, is_forced=True)
        await wish.wait_established()

        asked = await upstream.router.receive(Register)
        assert asked.options == {"invoke": "single", "force_reregister": True}


@virtual
async def test_router_that_refuses_force_is_asked_politely_at_once() -> None:
    upstream = ScriptedUpstream()
    upstream.set_up = taken(times=2)

    async with upstream.connection() as connection:
        await connection.register("a.b", print, is_forced=True).wait_established()
        options = [(await upstream.router.receive(Register)).options for _ in range(3)]

    assert options == [{"force_reregister": True}, {}, {}]
    assert asyncio.get_running_loop().time() == pytest.approx(0.75)


@virtual
async def test_name_that_was_taken_from_us_is_not_forced_back() -> None:
    upstream = ScriptedUpstream()

    async with upstream.connection() as connection:
        wish = connection.register("a.b", print, is_forced=True)
        await wish.wait_established()
        await upstream.router.receive(Register)
        upstream.router.send(Unregistered(0, {"registration": 500}))
        await turns()

        assert (await upstream.router.receive(Register)).options == {}


@virtual
async def test_force_is_used_again_on_the_next_session() -> None:
    upstream = ScriptedUpstream()

    async with upstream.connection() as connection:
        wish = connection.register("a.b", print, is_forced=True)
        await wish.wait_established()
        upstream.router.send(Unregistered(0, {"registration": 500}))
        await turns()
        upstream.router.cut()
        await turns()
        await wish.wait_established()

        assert (await upstream.router.receive(Register)).options == {"force_reregister": True}


@virtual
async def test_subscription_the_router_ends_is_asked_for_again() -> None:
    upstream = ScriptedUpstream()

    async with upstream.connection() as connection:
        topic = connection.subscribe("a.c", print)
        await topic.wait_established()
        await upstream.router.receive(Subscribe)
        upstream.router.send(Unsubscribed(0, {"subscription": 600}))

        await upstream.router.receive(Subscribe)
        await turns()
        assert topic.is_established


@virtual
async def test_other_refusals_are_asked_again_now_and_then() -> None:
    upstream = ScriptedUpstream()
    refusals = [Error(32, 1, {}, "wamp.error.not_authorized")]

    def set_up(router: ScriptedRouter) -> None:
        granting(router)
        grant = router.answers[Subscribe]
        router.answers[Subscribe] = lambda request: [refusals.pop()] if refusals else grant(request)

    upstream.set_up = set_up

    async with upstream.connection() as connection:
        await connection.subscribe("a.c", print).wait_established()

    assert asyncio.get_running_loop().time() == pytest.approx(22.5)


@virtual
async def test_session_that_ends_stops_the_asking() -> None:
    upstream = ScriptedUpstream()
    upstream.set_up = taken(times=1000)

    async with upstream.connection() as connection:
        connection.register("a.b", print)
        await connection.wait_joined()
        await asyncio.sleep(10.2)
        upstream.router.cut()
        await turns(10)

        assert [task.get_name() for task in asyncio.all_tasks()].count("restore a.b") == 0


@virtual
async def test_wish_learns_that_the_session_ended_while_it_asked() -> None:
    upstream = ScriptedUpstream()

    def set_up(router: ScriptedRouter) -> None:
        router.answers[Register] = lambda request: [Goodbye({}, "wamp.close.normal")]

    upstream.set_up = set_up

    async with upstream.connection() as connection:
        wish = connection.register("a.b", print)
        await asyncio.sleep(0.1)

        assert isinstance(wish.error, AbortError)


@virtual
async def test_many_wishes_with_one_trouble_make_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="wampedge.client.trouble_log")
    upstream = ScriptedUpstream()
    upstream.set_up = taken(times=3)

    async with upstream.connection() as connection:
        for name in ("a.b", "a.c", "a.d"):
            connection.register(name, print)
        await asyncio.sleep(0.1)
        connection.subscribe("a.e", print)
        upstream.router.answers[Subscribe] = lambda request: [
            Error(32, request.request_id, {}, "wamp.error.not_authorized")
        ]
        await asyncio.sleep(2)

    taken_text = "wamp.error.procedure_already_exists"
    assert [each.getMessage() for each in caplog.records] == [
        f"edge: a.b: not granted: {taken_text}; asking again",
        "edge: a.e: not granted: wamp.error.not_authorized; asking again",
        f"edge: nobody has trouble with {taken_text} any more",
    ]


@virtual
async def test_procedure_that_is_not_allowed_is_asked_for_now_and_then() -> None:
    upstream = ScriptedUpstream()

    def forbidding(router: ScriptedRouter) -> None:
        router.answers[Register] = lambda request: [
            Error(64, request.request_id, {}, "wamp.error.not_authorized")
        ]

    upstream.set_up = forbidding

    async with upstream.connection() as connection:
        wish = connection.register("a.b", print)
        await asyncio.sleep(1)
        granting(upstream.router)
        await wish.wait_established()

    assert asyncio.get_running_loop().time() == pytest.approx(22.5)
