"""Joining, calling and publishing against a scripted router, on virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.scripted_router import ROLES, ScriptedRouter
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import CallResult, Session
from wampedge.errors import (
    AbortError,
    ApplicationError,
    CallTimeoutError,
    ConnectionLostError,
    RemoteProtocolError,
)
from wampedge.wamp.auth import identity_from
from wampedge.wamp.messages import (
    Abort,
    Authenticate,
    Call,
    Cancel,
    Challenge,
    Error,
    Event,
    Hello,
    Message,
    Publish,
    Published,
    Result,
    Welcome,
)
from wampedge.wamp.payload import Payload


@virtual
async def test_welcome_makes_a_session() -> None:
    session = await ScriptedRouter().session()

    assert (session.session_id, session.is_joined, session.error) == (77, True, None)
    assert session.details == {"roles": ROLES}
    assert session.router_supports("dealer", "call_canceling")
    assert not session.router_supports("broker", "call_canceling")
    await session.leave()


@virtual
async def test_challenge_is_answered() -> None:
    router = ScriptedRouter()
    router.answers[Hello] = lambda hello: [Challenge("ticket", {})]
    router.answers[Authenticate] = lambda answer: [Welcome(78, {})]
    identity = identity_from("gh1", ticket="t1", secret=None)

    session = await Session.over(router.client_end, "edge", identity)

    assert (await router.receive(Hello)).details["authid"] == "gh1"
    assert (await router.receive(Authenticate)).signature == "t1"
    await session.leave()


@virtual
async def test_refusal_raises_its_reason() -> None:
    router = ScriptedRouter()
    router.answers[Hello] = lambda hello: [Abort({"message": "no"}, "wamp.error.no_such_realm")]

    with pytest.raises(AbortError) as caught:
        await Session.over(router.client_end, "edge")

    assert caught.value.reason == "wamp.error.no_such_realm"
    assert caught.value.message == "no"
    await turns()
    assert router.is_closed


@virtual
async def test_silence_is_over_after_the_timeout() -> None:
    router = ScriptedRouter()
    router.answers[Hello] = lambda hello: []

    with pytest.raises(CallTimeoutError, match="HELLO to realm edge: no answer within 10 s"):
        await Session.over(router.client_end, "edge")

    assert asyncio.get_running_loop().time() == pytest.approx(10)


@virtual
async def test_connection_that_ends_before_welcome_is_lost() -> None:
    router = ScriptedRouter()
    router.answers[Hello] = lambda hello: []
    joining = asyncio.create_task(Session.over(router.client_end, "edge"))
    await router.receive(Hello)

    router.cut()

    with pytest.raises(ConnectionLostError):
        await joining


@virtual
async def test_broken_rule_before_welcome_is_answered_with_abort() -> None:
    router = ScriptedRouter()
    router.answers[Hello] = lambda hello: [Event(1, 1, {})]

    with pytest.raises(RemoteProtocolError, match="EVENT"):
        await Session.over(router.client_end, "edge")

    assert (await router.receive(Abort)).reason == "wamp.error.protocol_violation"


@virtual
async def test_result_has_args_kwargs_and_a_value() -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [
        Result(call.request_id, {}, Payload((5, 6), {"unit": "V"}))
    ]
    session = await router.session()

    result = await session.call("a.b", 1, x=2, options={"disclose_me": True})

    call = await router.receive(Call)
    assert call == Call(1, {"disclose_me": True}, "a.b", Payload((1,), {"x": 2}))
    assert (result.value, result.args, result.kwargs) == (5, [5, 6], {"unit": "V"})
    await session.leave()


@virtual
async def test_empty_result_has_the_value_none() -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [Result(call.request_id, {})]
    session = await router.session()

    assert (await session.call("a.b")).value is None
    await session.leave()


@virtual
async def test_error_keeps_uri_args_and_kwargs() -> None:
    router = ScriptedRouter()
    payload = Payload(("jammed",), {"device": "vent"})
    router.answers[Call] = lambda call: [Error(48, call.request_id, {}, "edge.error.x", payload)]
    session = await router.session()

    with pytest.raises(ApplicationError) as caught:
        await session.call("a.b")

    assert caught.value.uri == "edge.error.x"
    assert caught.value.arguments == ["jammed"]
    assert caught.value.keywords == {"device": "vent"}
    await session.leave()


@virtual
async def test_call_without_an_answer_times_out_and_is_cancelled() -> None:
    router = ScriptedRouter()
    session = await router.session()

    with pytest.raises(CallTimeoutError, match=r"call to a\.b: no answer within 2.5 s"):
        await session.call("a.b", timeout_s=2.5)

    assert asyncio.get_running_loop().time() == pytest.approx(2.5)
    assert await router.receive(Cancel) == Cancel(1, {"mode": "killnowait"})
    await session.leave()


@virtual
async def test_router_that_cannot_cancel_is_not_asked_to() -> None:
    router = ScriptedRouter(roles={"dealer": {}})
    session = await router.session()

    with pytest.raises(CallTimeoutError):
        await session.call("a.b", timeout_s=1)

    await turns()
    assert not router.has_received(Cancel)
    await session.leave()


@virtual
async def test_cancelling_the_waiting_task_cancels_the_call() -> None:
    router = ScriptedRouter()
    session = await router.session()
    task = asyncio.create_task(session.call("a.b"))
    await router.receive(Call)

    task.cancel()

    assert await router.receive(Cancel) == Cancel(1, {"mode": "killnowait"})
    with pytest.raises(asyncio.CancelledError):
        await task
    router.send(Result(1, {}))
    await turns()
    assert session.is_joined
    await session.leave()


@pytest.mark.parametrize("answer", [Result(1, {}), Error(48, 1, {}, "a.b")])
@virtual
async def test_answer_in_the_turn_its_caller_gives_up_is_dropped(answer: Message) -> None:
    router = ScriptedRouter()
    session = await router.session()
    task = asyncio.create_task(session.call("a.b"))
    await router.receive(Call)

    router.send(answer)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert session.is_joined
    assert not router.has_received(Cancel)
    await session.leave()


@virtual
async def test_progress_is_reported_before_the_result() -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [
        Result(1, {"progress": True}, Payload((10,))),
        Result(1, {"progress": True}, Payload((50,))),
        Result(1, {}, Payload((100,))),
    ]
    session = await router.session()
    parts: list[Any] = []

    result = await session.call("a.b", on_progress=lambda part: parts.append(part.value))

    assert parts == [10, 50]
    assert result.value == 100
    await session.leave()


@virtual
async def test_failing_progress_function_is_logged_and_the_call_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    router = ScriptedRouter()
    router.answers[Call] = lambda call: [
        Result(1, {"progress": True}), Result(1, {}, Payload((1,)))
    ]  # fmt: skip
    session = await router.session()

    def fail(part: CallResult) -> None:
        raise ZeroDivisionError

    assert (await session.call("a.b", on_progress=fail)).value == 1
    assert "on_progress of the call to a.b failed" in caplog.text
    await session.leave()


@virtual
async def test_publish_waits_for_nothing_unless_asked() -> None:
    router = ScriptedRouter()
    session = await router.session()

    assert await session.publish("a.b", 1, unit="V") is None
    session.publish_nowait("a.c", 2, options={"retain": True})

    assert await router.receive(Publish) == Publish(1, {}, "a.b", Payload((1,), {"unit": "V"}))
    assert await router.receive(Publish) == Publish(2, {"retain": True}, "a.c", Payload((2,)))
    await session.leave()


@virtual
async def test_acknowledged_publish_gives_the_routers_id() -> None:
    router = ScriptedRouter()
    router.answers[Publish] = lambda publish: [Published(publish.request_id, 900)]
    session = await router.session()

    assert await session.publish("a.b", acknowledge=True) == 900
    assert await session.publish("a.b", options={"acknowledge": True}) == 900
    await session.leave()


@virtual
async def test_refused_publish_raises() -> None:
    router = ScriptedRouter()
    router.answers[Publish] = lambda publish: [Error(16, 1, {}, "wamp.error.not_authorized")]
    session = await router.session()

    with pytest.raises(ApplicationError, match=r"wamp\.error\.not_authorized"):
        await session.publish("a.b", acknowledge=True)
    await session.leave()
