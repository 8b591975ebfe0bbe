"""Sessions over real sockets to the real router: each transport with each serializer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from wampedge.client import CallDetails, Connection, EventDetails, Session
from wampedge.errors import (
    AbortError,
    ApplicationError,
    CallTimeoutError,
    ConfigError,
    ConnectError,
    ConnectionLostError,
    LocalProtocolError,
    NotJoinedError,
)
from wampedge.router.router import Router
from wampedge.router.settings import RealmSettings
from wampedge.server import Server
from wampedge.testing import TestRouter
from wampedge.wamp.ids import random_id

ROUTES = [
    (route, serializer)
    for route in ("ws", "rs", "unix", "unix-ws")
    for serializer in ("json", "msgpack")
]


@asynccontextmanager
async def serving(folder: Path, port: int = 0) -> AsyncIterator[dict[str, str]]:
    """Run a router with the realm ``edge``; give its addresses by route."""
    router = Router(
        [RealmSettings("edge")],
        random_id=partial(random_id, random.getrandbits),
        monotonic_s=asyncio.get_running_loop().time,
    )
    server = Server(router, [f"ws://127.0.0.1:{port}/ws", f"unix:{folder}/router.sock"])
    await server.start()
    tcp = server.addresses[0].port
    try:
        yield {
            "ws": f"ws://127.0.0.1:{tcp}/ws",
            "rs": f"rs://127.0.0.1:{tcp}",
            "unix": f"unix:{folder}/router.sock",
            "unix-ws": f"unix:{folder}/router.sock?ws",
        }
    finally:
        await server.stop()


@pytest.mark.parametrize(("route", "serializer"), ROUTES)
async def test_two_sessions_do_all_there_is_to_do(
    route: str, serializer: str, tmp_path: Path
) -> None:
    async with (
        serving(tmp_path) as urls,
        await Session.connect(urls[route], "edge", serializers=[serializer]) as callee,
        await Session.connect(urls["ws"], "edge", serializers=["msgpack", "json"]) as caller,
    ):
        heard: asyncio.Queue[Any] = asyncio.Queue()

        async def add(x: int, y: int = 0) -> int:
            if y < 0:
                raise ApplicationError("edge.error.negative", [y], {"wanted": "0 or more"})
            return x + y

        registration = await callee.register("edge.gh1.add", add)
        subscription = await callee.subscribe(
            "edge.gh1.topic", lambda *args, **kwargs: heard.put_nowait((args, kwargs))
        )

        assert (await caller.call("edge.gh1.add", 2, y=3)).value == 5
        with pytest.raises(ApplicationError) as caught:
            await caller.call("edge.gh1.add", 2, y=-1)
        assert caught.value.uri == "edge.error.negative"
        assert (caught.value.arguments, caught.value.keywords) == ([-1], {"wanted": "0 or more"})

        await caller.publish("edge.gh1.topic", b"\x00\xff", unit="°C", acknowledge=True)
        assert await heard.get() == ((b"\x00\xff",), {"unit": "°C"})

        await subscription.unsubscribe()
        await registration.unregister()
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await caller.call("edge.gh1.add", 2)


@pytest.mark.parametrize(("route", "serializer"), ROUTES)
async def test_patterns_of_topics_bring_each_event_with_its_topic(
    route: str, serializer: str, tmp_path: Path
) -> None:
    async with (
        serving(tmp_path) as urls,
        await Session.connect(urls[route], "edge", serializers=[serializer]) as subscriber,
        await Session.connect(urls["ws"], "edge", serializers=["msgpack", "json"]) as publisher,
    ):
        heard: asyncio.Queue[Any] = asyncio.Queue()
        for match, pattern in [("exact", "edge.a.b"), ("prefix", "edge."), ("wildcard", "edge..b")]:

            def on_event(value: int, *, details: EventDetails, match: str = match) -> None:
                heard.put_nowait((match, details.topic, details.publication_id, value))

            await subscriber.subscribe(
                pattern, on_event, options={"match": match}, wants_details=True
            )
        assert publisher.router_supports("broker", "pattern_based_subscription")

        first = await publisher.publish("edge.a.b", 1, acknowledge=True)
        second = await publisher.publish("edge.c", 2, acknowledge=True)

        assert [await heard.get() for _ in range(4)] == [
            ("exact", "edge.a.b", first, 1),
            ("prefix", "edge.a.b", first, 1),
            ("wildcard", "edge.a.b", first, 1),
            ("prefix", "edge.c", second, 2),
        ]


@pytest.mark.parametrize(("route", "serializer"), ROUTES)
async def test_patterns_of_procedures_tell_what_was_called(
    route: str, serializer: str, tmp_path: Path
) -> None:
    async with (
        serving(tmp_path) as urls,
        await Session.connect(urls[route], "edge", serializers=[serializer]) as callee,
        await Session.connect(urls["ws"], "edge", serializers=["msgpack", "json"]) as caller,
    ):
        for match, pattern in [("exact", "edge.a.on"), ("prefix", "edge.a."), ("wildcard", "..on")]:

            def endpoint(*, details: CallDetails, match: str = match) -> list[str]:
                return [match, details.procedure]

            await callee.register(pattern, endpoint, options={"match": match}, wants_details=True)
        assert caller.router_supports("dealer", "pattern_based_registration")

        called = ("edge.a.on", "edge.a.off", "edge.b.on")
        answers = [(await caller.call(procedure)).value for procedure in called]

        assert answers == [
            ["exact", "edge.a.on"],
            ["prefix", "edge.a.off"],
            ["wildcard", "edge.b.on"],
        ]


@pytest.mark.parametrize(("route", "serializer"), ROUTES)
async def test_sessions_share_a_pattern_of_procedures_and_take_turns(
    route: str, serializer: str, tmp_path: Path
) -> None:
    options = {"match": "wildcard", "invoke": "roundrobin"}
    async with (
        serving(tmp_path) as urls,
        await Session.connect(urls[route], "edge", serializers=[serializer]) as one,
        await Session.connect(urls[route], "edge", serializers=[serializer]) as two,
        await Session.connect(urls["ws"], "edge", serializers=["msgpack", "json"]) as caller,
    ):
        await one.register("edge..on", lambda: "one", options=options)
        registration = await two.register("edge..on", lambda: "two", options=options)
        assert caller.router_supports("dealer", "shared_registration")

        answers = [(await caller.call(f"edge.{name}.on")).value for name in "abcd"]
        await registration.unregister()
        alone = [(await caller.call(f"edge.{name}.on")).value for name in "ab"]

        assert answers == ["one", "two", "one", "two"]
        assert alone == ["one", "one"]
        with pytest.raises(ApplicationError, match="different_invocation_policy"):
            await two.register("edge..on", lambda: "two", options={**options, "invoke": "first"})


async def test_value_no_serializer_knows_is_refused_and_the_session_lives(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as urls,
        await Session.connect(urls["unix"], "edge") as session,
    ):
        await session.register("edge.gh1.odd", object)
        with pytest.raises(LocalProtocolError):
            await session.call("edge.gh1.add", object())
        with pytest.raises(LocalProtocolError):
            session.publish_nowait("edge.gh1.topic", object())
        with pytest.raises(ApplicationError, match="the result cannot be sent"):
            await session.call("edge.gh1.odd")

        assert session.is_joined


async def test_timed_out_call_interrupts_its_callee(tmp_path: Path) -> None:
    interrupted = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.set()

    async with (
        serving(tmp_path) as urls,
        await Session.connect(urls["unix"], "edge") as callee,
        await Session.connect(urls["rs"], "edge") as caller,
    ):
        await callee.register("edge.gh1.endless", endless)

        with pytest.raises(CallTimeoutError):
            await caller.call("edge.gh1.endless", timeout_s=0.01)

        await interrupted.wait()


async def test_unknown_realm_is_an_abort_with_its_reason(tmp_path: Path) -> None:
    async with serving(tmp_path) as urls:
        with pytest.raises(AbortError) as caught:
            await Session.connect(urls["unix"], "nowhere")

    assert caught.value.reason == "wamp.error.no_such_realm"


async def test_nobody_listening_is_a_connect_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectError):
        await Session.connect(f"unix:{tmp_path}/nobody.sock", "edge")


async def test_ticket_without_a_name_is_a_config_error() -> None:
    with pytest.raises(ConfigError):
        await Session.connect("unix:/nowhere", "edge", ticket="t")


async def test_router_that_stops_ends_the_session_with_its_goodbye(tmp_path: Path) -> None:
    async with serving(tmp_path) as urls:
        session = await Session.connect(urls["unix"], "edge")

    await session.wait_closed()
    assert isinstance(session.error, AbortError | ConnectionLostError)


async def test_connection_finds_a_router_that_comes_up_later(tmp_path: Path) -> None:
    async with Connection(f"unix:{tmp_path}/router.sock", "edge") as connection:
        connection.register("edge.gh1.seven", lambda: 7)
        waiting = asyncio.Event()
        connection.on_status(lambda status: waiting.set() if status.failures else None)
        await waiting.wait()
        async with serving(tmp_path) as urls:
            await connection.wait_joined()
            await connection.wait_restored()
            async with await Session.connect(urls["unix"], "edge") as caller:
                assert (await caller.call("edge.gh1.seven")).value == 7


async def test_publishing_waits_while_the_router_reads_nothing() -> None:
    async def flood(session: Session) -> None:
        for _ in range(200):
            await session.publish("edge.gh1.topic", b"x" * 50_000)

    with TestRouter() as router:
        session = await router.join()
        router.cut(session, "stall")
        flooding = asyncio.create_task(flood(session))
        _, pending = await asyncio.wait([flooding], timeout=0.1)
        assert pending
        assert session.is_joined

        router.heal()
        await flooding
        await session.publish("edge.gh1.topic", acknowledge=True)

        router.cut(session, "stall")
        flooding = asyncio.create_task(flood(session))
        await asyncio.wait([flooding], timeout=0.1)
        router.cut(session)
        with pytest.raises(NotJoinedError):
            await flooding
        await session.leave()
