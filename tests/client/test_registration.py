"""Registrations and subscriptions against a scripted router, on virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.errors import (
    ApplicationError,
    CallTimeoutError,
)
from wampedge.wamp.messages import (
    Error,
    Event,
    Register,
    Registered,
    Subscribe,
    Subscribed,
    Unregister,
    Unregistered,
    Unsubscribe,
    Unsubscribed,
)
from wampedge.wamp.payload import Payload


@virtual
async def test_registration_can_be_taken_back_once() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()

    registration = await session.register("a.b", print, options={"invoke": "first"})
    was_active = registration.is_active
    await registration.unregister()
    await registration.unregister()

    assert await router.receive(Register) == Register(1, {"invoke": "first"}, "a.b")
    assert await router.receive(Unregister) == Unregister(2, 500)
    assert (was_active, registration.is_active) == (True, False)
    assert not router.has_received(Unregister)
    await session.leave()


@virtual
async def test_refused_registration_raises() -> None:
    router = ScriptedRouter()
    refusal = Error(64, 1, {}, "wamp.error.procedure_already_exists")
    router.answers[Register] = lambda request: [refusal]
    session = await router.session()

    with pytest.raises(ApplicationError, match="procedure_already_exists"):
        await session.register("a.b", print)
    await session.leave()


@virtual
async def test_register_without_an_answer_times_out() -> None:
    session = await ScriptedRouter().session()

    with pytest.raises(CallTimeoutError, match=r"registration of a\.b: no answer within 10 s"):
        await session.register("a.b", print)
    await session.leave()


@virtual
async def test_registration_nobody_waits_for_is_given_back() -> None:
    router = ScriptedRouter()
    session = await router.session()
    task = asyncio.create_task(session.register("a.b", print))
    await router.receive(Register)
    task.cancel()
    await turns()

    router.send(Registered(1, 500))

    assert await router.receive(Unregister) == Unregister(2, 500)
    await session.leave()


@virtual
async def test_registration_granted_in_the_turn_its_owner_gives_up_is_given_back() -> None:
    router = ScriptedRouter()
    session = await router.session()
    task = asyncio.create_task(session.register("a.b", print))
    await router.receive(Register)

    router.send(Registered(1, 500))
    task.cancel()

    assert await router.receive(Unregister) == Unregister(2, 500)
    router.send(Unregistered(2))
    with pytest.raises(asyncio.CancelledError):
        await task
    await session.leave()


@virtual
async def test_subscription_granted_in_the_turn_its_owner_gives_up_is_given_back() -> None:
    router = ScriptedRouter()
    session = await router.session()
    task = asyncio.create_task(session.subscribe("a.b", print))
    await router.receive(Subscribe)

    router.send(Subscribed(1, 600))
    task.cancel()

    assert await router.receive(Unsubscribe) == Unsubscribe(2, 600)
    router.send(Unsubscribed(2))
    with pytest.raises(asyncio.CancelledError):
        await task
    await session.leave()


@virtual
async def test_revocation_nobody_wants_to_hear_of_only_counts() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    registration = await session.register("a.b", print)

    router.send(Unregistered(0, {"registration": 500}))
    await turns()

    assert not registration.is_active
    await session.leave()


@virtual
async def test_registration_that_is_gone_already_is_as_good() -> None:
    router = ScriptedRouter()
    granting(router)
    router.answers[Unregister] = lambda request: [
        Error(66, request.request_id, {}, "wamp.error.no_such_registration")
    ]
    session = await router.session()
    registration = await session.register("a.b", print)

    await registration.unregister()
    await session.leave()


@virtual
async def test_other_refusals_of_unregister_raise() -> None:
    router = ScriptedRouter()
    granting(router)
    router.answers[Unregister] = lambda request: [
        Error(66, request.request_id, {}, "wamp.error.not_authorized")
    ]
    session = await router.session()
    registration = await session.register("a.b", print)

    with pytest.raises(ApplicationError, match="not_authorized"):
        await registration.unregister()
    await session.leave()


@virtual
async def test_revocation_is_told() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    registration = await session.register("a.b", print)
    reasons: list[str] = []
    registration.on_revoked = reasons.append

    router.send(Unregistered(0, {"registration": 500, "reason": "a.reason"}))
    await turns()

    assert reasons == ["a.reason"]
    assert not registration.is_active
    await registration.unregister()
    assert not router.has_received(Unregister)
    await session.leave()


@virtual
async def test_registrations_end_with_their_session() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    registration = await session.register("a.b", print)

    router.cut()
    await session.wait_closed()

    assert not registration.is_active
    await registration.unregister()


@virtual
async def test_events_reach_the_function_with_their_arguments() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    heard: list[Any] = []
    await session.subscribe("a.b", lambda value, **rest: heard.append((value, rest)))

    router.send(
        Event(600, 1, {}, Payload((21.5,), {"unit": "V"})), Event(600, 2, {}, Payload((22,)))
    )
    await turns()

    assert heard == [(21.5, {"unit": "V"}), (22, {})]
    await session.leave()


@virtual
async def test_details_are_given_where_wanted() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    heard: list[Any] = []

    def on_event(*args: Any, details: Any) -> None:
        heard.append((args, details.topic, details.publication_id, details.options))

    await session.subscribe("a.", on_event, options={"match": "prefix"}, wants_details=True)
    router.send(Event(600, 1, {"topic": "a.c"}, Payload((1,))), Event(600, 2, {}))
    await turns()

    assert heard == [((1,), "a.c", 1, {"topic": "a.c"}), ((), "a.", 2, {})]
    await session.leave()


@virtual
async def test_payload_is_given_untouched_where_wanted() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    payload = Payload((1,), {"unit": "V"})
    heard: list[Any] = []
    await session.subscribe("a.b", lambda given, details: heard.append(given), takes_payload=True)

    router.send(Event(600, 1, {}, payload))
    await turns()

    assert heard[0] is payload
    await session.leave()


@virtual
async def test_two_functions_share_one_subscription_until_the_last_is_gone() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    heard: list[str] = []
    first = await session.subscribe("a.b", lambda: heard.append("first"))
    second = await session.subscribe("a.b", lambda: heard.append("second"))

    router.send(Event(600, 1, {}))
    await turns()
    await first.unsubscribe()
    router.send(Event(600, 2, {}))
    await turns()
    asked_early = router.has_received(Unsubscribe)
    await second.unsubscribe()
    await second.unsubscribe()

    assert heard == ["first", "second", "second"]
    assert not asked_early
    assert await router.receive(Unsubscribe) == Unsubscribe(3, 600)
    await session.leave()


@virtual
async def test_end_of_a_subscription_by_the_router_is_told() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    subscription = await session.subscribe("a.b", print)
    assert subscription.topic == "a.b"
    reasons: list[str] = []
    subscription.on_revoked = reasons.append

    router.send(Unsubscribed(0, {"subscription": 600}))
    await turns()

    assert reasons == ["wamp.error.unknown"]
    assert not subscription.is_active
    await session.leave()
