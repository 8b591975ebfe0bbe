"""The test router: sessions on real sockets, users and roles, restarts, and every cut."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from wampedge.client import Session
from wampedge.errors import AbortError, ApplicationError, ConnectError, ConnectionLostError
from wampedge.router import User
from wampedge.testing import TestRouter
from wampedge.transports.limits import TransportLimits
from wampedge.wamp.auth_proofs import TicketProof

pytest_plugins = ["wampedge.testing.pytest"]


async def until(router: TestRouter, is_true: Callable[[TestRouter], object]) -> None:
    await asyncio.to_thread(router.wait_for, is_true)


async def test_sessions_of_a_test_reach_each_other(router: TestRouter) -> None:
    async with await router.join() as callee, await router.join() as caller:
        await callee.register("a.add", lambda x, y: x + y)

        assert await caller.call("a.add", 2, 3, returns=int) == 5
        assert [facts.session_id for facts in router.sessions] == [
            callee.session_id,
            caller.session_id,
        ]
        assert router.sessions[0].authrole == "anonymous"


async def test_raw_sockets_use_the_same_port(router: TestRouter) -> None:
    async with await Session.connect(router.rawsocket_url, router.realm) as session:
        assert session.is_joined


def test_router_serves_tests_without_a_loop_of_their_own(router: TestRouter) -> None:
    async def echo() -> object:
        async with await router.join() as session:
            await session.register("a.echo", lambda value: value)
            return (await session.call("a.echo", 5)).value

    assert asyncio.run(echo()) == 5


async def test_users_and_roles_are_those_of_a_device_file() -> None:
    roles = {"crew": {"call": ["a."]}, "cook": {"register": ["a.soup"]}}
    users = [User("ann", "crew", TicketProof("t1")), User("bob", "cook", TicketProof("t2"))]
    with TestRouter(realm="ship", users=users, roles=roles, anonymous_role=None) as router:
        async with (
            await router.join(authid="ann", ticket="t1") as ann,
            await router.join(authid="bob", ticket="t2") as bob,
        ):
            await bob.register("a.soup", lambda: "hot")

            assert (await ann.call("a.soup")).value == "hot"
            with pytest.raises(ApplicationError, match="not_authorized"):
                await bob.call("a.soup")
            assert [facts.authmethod for facts in router.sessions] == ["ticket", "ticket"]
        with pytest.raises(AbortError):
            await router.join()


@pytest.mark.parametrize("how", ["reset", "close"])
async def test_cut_connection_is_lost_on_both_sides(router: TestRouter, how: str) -> None:
    async with await router.join() as other:
        session = await router.join()

        router.cut(session, how)  # type: ignore[arg-type]  # one of the literals

        await session.wait_closed()
        assert isinstance(session.error, ConnectionLostError)
        await until(router, lambda router: len(router.sessions) == 1)
        assert other.is_joined
    await session.leave()


async def test_every_connection_can_be_cut_at_once(router: TestRouter) -> None:
    sessions = [await router.join() for _ in range(3)]

    router.cut()

    for session in sessions:
        await session.wait_closed()
        await session.leave()
    await until(router, lambda router: not router.sessions)


async def test_ghost_stays_at_the_router_until_that_is_cut_as_well(router: TestRouter) -> None:
    ghost = await router.join()
    await ghost.register("a.b", print)

    router.cut(ghost, "ghost")

    await ghost.wait_closed()
    async with await router.join() as session:
        assert len(router.sessions) == 2
        found = await session.call("wamp.registration.lookup", "a.b")
        assert found.value is not None
        router.cut(ghost.session_id)
        await until(router, lambda router: len(router.sessions) == 1)
    await ghost.leave()


async def test_orphan_does_not_know_that_the_router_lost_it(router: TestRouter) -> None:
    orphan = await router.join()

    router.cut(orphan, "orphan")

    await until(router, lambda router: not router.sessions)
    assert orphan.is_joined
    with pytest.raises(LookupError):
        router.cut(orphan)
    router.cut()
    await orphan.wait_closed()
    await orphan.leave()


async def test_stalled_link_passes_nothing_until_it_heals(router: TestRouter) -> None:
    async with await router.join() as callee, await router.join() as caller:
        await callee.register("a.b", lambda: "late")
        router.cut(callee, "stall")

        waiting = asyncio.create_task(caller.call("a.b"))
        await caller.publish("a.c", acknowledge=True)  # the way of others is free
        assert not waiting.done()
        router.heal()

        assert (await waiting).value == "late"


async def test_stalled_network_holds_back_those_who_come_as_well(router: TestRouter) -> None:
    async with await router.join() as session:
        router.cut(how="stall")
        joining = asyncio.create_task(router.join())
        waiting = asyncio.create_task(session.call("wamp.no.such"))
        _, pending = await asyncio.wait([joining, waiting], timeout=0.02)
        assert len(pending) == 2

        router.heal()

        await (await joining).leave()
        with pytest.raises(ApplicationError):
            await waiting


async def test_silence_is_found_by_pings_as_short_as_a_test_wants_them() -> None:
    limits = TransportLimits(ping_interval_s=0.02, pong_timeout_s=0.02)
    with TestRouter(limits=limits) as router:
        session = await router.join()

        router.cut(how="stall")

        await until(router, lambda router: not router.sessions)
        router.cut()
        await session.wait_closed()
        await session.leave()


async def test_restarted_router_is_at_the_same_address_and_remembers_nothing(
    router: TestRouter,
) -> None:
    lost = await router.join()
    await lost.register("a.b", print)
    url = router.url

    router.restart()

    await lost.wait_closed()
    await lost.leave()
    assert router.url == url
    async with await router.join() as session:
        await session.register("a.b", print)


async def test_stopped_router_refuses_connections_until_it_starts(router: TestRouter) -> None:
    router.stop()
    router.stop()

    with pytest.raises(ConnectError):
        await router.join()
    assert router.sessions == []
    router.start()
    router.start()
    await (await router.join()).leave()


async def test_client_that_leaves_before_the_router_is_reached_is_forgotten(
    router: TestRouter,
) -> None:
    port = int(router.url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    await (await router.join()).leave()

    await until(router, lambda router: not router._relay.links)


async def test_connection_to_a_router_that_is_gone_is_reset(router: TestRouter) -> None:
    async def vanish() -> None:
        assert router._server is not None
        await router._server.stop()

    assert router._thread is not None
    router._thread.run(vanish())

    with pytest.raises(ConnectError):
        await router.join()


def test_what_never_comes_true_is_waited_for_so_long_only(router: TestRouter) -> None:
    with pytest.raises(TimeoutError, match="within 0 s"):
        router.wait_for(lambda router: router.sessions, timeout_s=0)


def test_router_that_is_not_started_says_so() -> None:
    router = TestRouter()

    with pytest.raises(RuntimeError, match="not started"):
        _ = router.sessions
    router.stop()
    router.close()


async def test_large_messages_pass_a_slow_reader(router: TestRouter) -> None:
    async with await router.join() as subscriber, await router.join() as publisher:
        heard: asyncio.Queue[int] = asyncio.Queue()
        await subscriber.subscribe("a.b", lambda blob: heard.put_nowait(len(blob)))

        for _ in range(5):
            await publisher.publish("a.b", b"x" * 200_000, acknowledge=True)

        assert [await heard.get() for _ in range(5)] == [200_000] * 5
