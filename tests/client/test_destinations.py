"""Several routers to fall over, on virtual time."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.scripted_router import ScriptedRouter
from tests.support.scripted_upstream import ScriptedUpstream, half, refused
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import Connection
from wampedge.client.destinations import Route
from wampedge.errors import AbortError, ConnectError
from wampedge.wamp.messages import Abort, Hello


def rejecting(router: ScriptedRouter) -> None:
    """Answer HELLO with ABORT."""
    router.answers[Hello] = lambda hello: [Abort({}, "wamp.error.no_such_realm")]


def fork(**upstreams: ScriptedUpstream) -> Connection:
    """Make a connection that may go to each of *upstreams*, in their order."""
    openers = {f"wss://{name}/ws": each.open for name, each in upstreams.items()}
    return Connection(openers, "edge", random=half)


@virtual
async def test_second_router_is_tried_at_once_when_the_first_is_gone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    a, b = ScriptedUpstream(refused()), ScriptedUpstream()

    async with fork(a=a, b=b) as connection:
        await connection.wait_joined()
        assert (connection.status.router, connection.name) == ("wss://b/ws", "wss://b/ws")

    assert (a.attempts, b.attempts) == ([0], [0])
    assert "connection refused; falling over to wss://b/ws" in caplog.text


@virtual
async def test_router_that_works_is_kept_and_the_first_is_tried_again_once_it_is_lost() -> None:
    a, b = ScriptedUpstream(refused()), ScriptedUpstream()

    async with fork(a=a, b=b) as connection:
        await connection.wait_joined()
        await asyncio.sleep(3600)
        assert a.attempts == [0]
        b.router.cut()
        await turns()
        await connection.wait_joined()
        assert connection.status.router == "wss://a/ws"

    assert (a.attempts, b.attempts) == ([0, 3600.5], [0])


@virtual
async def test_pause_comes_after_a_whole_round() -> None:
    a, b = ScriptedUpstream(refused(), refused()), ScriptedUpstream(refused(), refused())

    async with fork(a=a, b=b) as connection:
        await asyncio.sleep(0.1)
        assert str(connection.status.error) == (
            "wss://a/ws: cannot connect: connection refused; "
            "wss://b/ws: cannot connect: connection refused"
        )
        assert connection.status.failures == 1
        await connection.wait_joined()

    assert (a.attempts, b.attempts) == ([0, 0.35, 0.7], [0, 0.35])


@virtual
async def test_round_with_failures_of_two_kinds_backs_off() -> None:
    a = ScriptedUpstream(*(ConnectError("handshake rejected") for _ in range(3)))
    b = ScriptedUpstream(*(refused() for _ in range(3)))

    async with fork(a=a, b=b) as connection:
        await connection.wait_joined()

    assert a.attempts == [0, 0.5, 1.5, 3.5]


@virtual
async def test_router_that_rejects_us_does_not_keep_us_from_the_next() -> None:
    a, b = ScriptedUpstream(), ScriptedUpstream(refused())
    a.set_up = rejecting

    async with fork(a=a, b=b) as connection:
        await asyncio.sleep(0.1)
        assert not connection.status.is_rejected
        await connection.wait_joined()

    assert b.attempts == [0, 0.5]


@virtual
async def test_routers_that_all_reject_us_are_asked_slowly() -> None:
    a, b = ScriptedUpstream(), ScriptedUpstream()
    a.set_up = b.set_up = rejecting

    async with fork(a=a, b=b) as connection:
        await asyncio.sleep(50)
        assert connection.status.is_rejected
        assert isinstance(connection.status.error, ConnectError)
        assert isinstance(connection.status.error.__cause__, AbortError)

    assert a.attempts == b.attempts == [0, 0.5, 23, 45.5]


@virtual
async def test_router_that_drops_us_soon_is_asked_last() -> None:
    a, b = ScriptedUpstream(), ScriptedUpstream()

    async with fork(a=a, b=b) as connection:
        await connection.wait_joined()
        await asyncio.sleep(20)
        a.router.cut()
        await turns()
        await connection.wait_joined()
        assert connection.status.router == "wss://b/ws"

    assert (a.attempts, b.attempts) == ([0], [20.5])


@virtual
async def test_router_that_drops_us_soon_is_asked_again_when_no_other_answers() -> None:
    a, b = ScriptedUpstream(), ScriptedUpstream(refused())

    async with fork(a=a, b=b) as connection:
        await connection.wait_joined()
        await asyncio.sleep(20)
        a.router.cut()
        await turns()
        await connection.wait_joined()
        assert connection.status.router == "wss://a/ws"

    assert (a.attempts, b.attempts) == ([0, 20.5], [20.5])


@virtual
async def test_bug_at_one_router_is_what_is_told() -> None:
    a, b = ScriptedUpstream(ZeroDivisionError()), ScriptedUpstream(refused())

    async with fork(a=a, b=b) as connection:
        await asyncio.sleep(0.1)
        assert connection.status.error is None
        await connection.wait_joined()

    assert a.attempts == [0, 0.5]


def test_addresses_are_their_own_names_and_each_is_tried_once() -> None:
    route = Route(["ws://a:1", "ws://b:1", "ws://a:1"], "edge")

    assert [each.name for each in route.round()] == ["ws://a:1", "ws://b:1"]


def test_connection_to_nowhere_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs a router to go to"):
        Route([], "edge")
