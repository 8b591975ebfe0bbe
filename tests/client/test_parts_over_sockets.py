"""Calls in parts, within time limits and sealed, over real sockets and through the real router."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from wampedge.client import CallDetails, CallInput, CallResult, EventDetails, Passthru, Session
from wampedge.errors import ApplicationError, CallTimeoutError
from wampedge.testing import TestRouter

pytest_plugins = ["wampedge.testing.pytest"]
ROUTES = [(route, name) for route in ("url", "rawsocket_url") for name in ("json", "msgpack")]


async def joined(router: TestRouter, route: str, serializer: str) -> Session:
    url = getattr(router, route)
    return await Session.connect(url, router.realm, serializers=[serializer])


async def running_total(numbers: CallInput) -> int:
    """Add up what comes, telling each sum on the way."""
    found = 0
    async for number in numbers:
        found += number.value
        numbers.progress(found)
    return found


@pytest.mark.parametrize(("route", "serializer"), ROUTES)
async def test_arguments_and_results_go_both_ways_in_parts(
    router: TestRouter, route: str, serializer: str
) -> None:
    """Progressive Call Invocations with Progressive Call Results."""
    async with (
        await joined(router, route, serializer) as callee,
        await router.join() as caller,
    ):
        await callee.register("a.sum", running_total, takes_input=True)

        async with caller.open_call("a.sum", wants_progress=True) as call:
            await call.send(1)
            first = await anext(call.results)
            await call.send(2)
            second = await anext(call.results)
            total = await call.finish(3)

    assert [part.value for part in (first, second, total)] == [1, 3, 6]


async def test_each_part_goes_to_the_callee_of_the_first(router: TestRouter) -> None:
    """Progressive Call Invocations and Shared Registration."""
    options = {"invoke": "roundrobin"}
    async with (
        await router.join() as one,
        await router.join() as two,
        await router.join() as caller,
    ):
        await one.register("a.sum", running_total, takes_input=True, options=options)
        await two.register("a.sum", running_total, takes_input=True, options=options)

        async with caller.open_call("a.sum") as call, caller.open_call("a.sum") as other:
            for number in (1, 2, 3):
                await call.send(number)
                await other.send(number * 10)
            assert (await call.finish(4)).value == 10
            assert (await other.finish(40)).value == 100


async def test_callee_hears_that_a_caller_in_the_middle_of_its_input_is_gone(
    router: TestRouter,
) -> None:
    """Progressive Call Cancellation."""
    interrupted = asyncio.Event()

    async def endless(numbers: CallInput) -> None:
        try:
            async for _ in numbers:
                numbers.progress("begun")
        finally:
            interrupted.set()

    async with await router.join() as callee:
        await callee.register("a.sum", endless, takes_input=True)
        caller = await router.join()
        call = caller.open_call("a.sum", wants_progress=True)
        await call.send(1)
        await anext(call.results)

        router.cut(caller)

        await interrupted.wait()
        await caller.leave()


async def test_more_than_the_connection_holds_goes_through_in_parts(router: TestRouter) -> None:
    async def size(chunks: CallInput) -> int:
        return sum([len(chunk.value) async for chunk in chunks])

    async with await router.join() as callee, await router.join() as caller:
        await callee.register("a.size", size, takes_input=True)

        async with caller.open_call("a.size") as call:
            for _ in range(100):
                await call.send(b"x" * 50_000)
            assert (await call.finish(b"")).value == 5_000_000


async def test_procedure_that_takes_no_parts_says_so(router: TestRouter) -> None:
    async with await router.join() as callee, await router.join() as caller:
        await callee.register("a.plain", lambda value: value)

        async with caller.open_call("a.plain") as call:
            await call.send(1)
            with pytest.raises(ApplicationError, match="feature_not_supported"):
                await call.finish(2)


async def test_router_ends_a_call_whose_time_is_over(router: TestRouter) -> None:
    """Call Timeouts, Dealer-Initiated: ERROR to the caller, INTERRUPT to the callee."""
    interrupted = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.set()

    async with await router.join() as callee, await router.join() as caller:
        await callee.register("a.endless", endless)

        with pytest.raises(CallTimeoutError, match=r"no answer within 0\.02 s") as caught:
            await caller.call("a.endless", options={"timeout": 20})

        assert isinstance(caught.value.__cause__, ApplicationError)
        await interrupted.wait()


async def test_callee_keeps_the_time_where_it_asked_for_that(router: TestRouter) -> None:
    """Call Timeouts, Callee-Initiated: ``forward_timeout``, INVOCATION.Details.timeout."""
    limits: list[float | None] = []

    async def endless(*, details: CallDetails) -> None:
        limits.append(details.timeout_s)
        await asyncio.Event().wait()

    async with await router.join() as callee, await router.join() as caller:
        await callee.register(
            "a.endless", endless, options={"forward_timeout": True}, wants_details=True
        )

        with pytest.raises(CallTimeoutError) as caught:
            await caller.call("a.endless", options={"timeout": 20})

    assert limits == [0.02]
    assert "not done within 20 ms" in str(caught.value.__cause__)


@pytest.mark.parametrize(("route", "serializer"), ROUTES)
async def test_sealed_bytes_arrive_as_they_were_sent(
    router: TestRouter, route: str, serializer: str
) -> None:
    """Payload Passthru Mode in CALL, INVOCATION, YIELD, RESULT, PUBLISH and EVENT."""
    sealed = Passthru("x_seal", serializer="cbor", cipher="x_none", keyid="k1")
    heard: asyncio.Queue[Any] = asyncio.Queue()

    def endpoint(blob: bytes, *, details: CallDetails) -> CallResult:
        heard.put_nowait((blob, details.passthru))
        return CallResult.of(blob[::-1]).packed(Passthru("x_back"))

    def on_event(blob: bytes, *, details: EventDetails) -> None:
        heard.put_nowait((blob, details.passthru))

    async with (
        await joined(router, route, serializer) as far,
        await router.join() as near,
    ):
        await far.register("a.b", endpoint, wants_details=True)
        await far.subscribe("a.c", on_event, wants_details=True)

        result = await near.call("a.b", b"\x00\x01\xff", options=sealed.options)
        await near.publish("a.c", b"\x00\x02\xff", options=sealed.options)

        assert (result.value, result.passthru) == (b"\xff\x01\x00", Passthru("x_back"))
        assert await heard.get() == (b"\x00\x01\xff", sealed)
        assert await heard.get() == (b"\x00\x02\xff", sealed)


async def test_event_that_was_kept_comes_to_who_asks_for_it(router: TestRouter) -> None:
    """Event Retention: PUBLISH.Options.retain, SUBSCRIBE.Options.get_retained."""
    heard: asyncio.Queue[Any] = asyncio.Queue()

    def on_event(value: int, *, details: EventDetails) -> None:
        heard.put_nowait((value, details.topic, details.is_retained))

    async with await router.join() as publisher, await router.join() as subscriber:
        await publisher.publish("a.level", 5, options={"retain": True}, acknowledge=True)

        await subscriber.subscribe(
            "a.", on_event, options={"match": "prefix", "get_retained": True}, wants_details=True
        )
        await publisher.publish("a.level", 6)

        assert await heard.get() == (5, "a.level", True)
        assert await heard.get() == (6, "a.level", False)


async def test_caller_and_publisher_are_named_where_they_ask_for_it(router: TestRouter) -> None:
    """Caller Identification, Publisher Identification: ``disclose_me``."""
    heard: asyncio.Queue[Any] = asyncio.Queue()

    def endpoint(*, details: CallDetails) -> list[Any]:
        return [details.caller, details.caller_authid, details.caller_authrole]

    def on_event(*, details: EventDetails) -> None:
        heard.put_nowait([details.publisher, details.publisher_authid, details.publisher_authrole])

    async with await router.join() as far, await router.join() as near:
        await far.register("a.b", endpoint, wants_details=True)
        await far.subscribe("a.c", on_event, wants_details=True)
        me = [near.session_id, near.details["authid"], "anonymous"]

        assert (await near.call("a.b", options={"disclose_me": True})).value == me
        assert (await near.call("a.b")).value == [None, None, None]
        await near.publish("a.c", options={"disclose_me": True})
        assert await heard.get() == me
