"""How sessions end, and what is logged of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import CallDetails
from wampedge.errors import (
    AbortError,
    ApplicationError,
    ConnectionLostError,
    InvalidPayloadError,
    NotJoinedError,
    RemoteProtocolError,
    WampedgeError,
)
from wampedge.wamp.messages import (
    Abort,
    Call,
    Error,
    Event,
    Goodbye,
    Invocation,
    Message,
    Register,
    Result,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import Payload


def cut(router: ScriptedRouter) -> None:
    router.cut()


def abort(router: ScriptedRouter) -> None:
    router.send(Abort({}, "wamp.error.protocol_violation"))


def goodbye(router: ScriptedRouter) -> None:
    router.send(Goodbye({}, "wamp.close.system_shutdown"))


def second_welcome(router: ScriptedRouter) -> None:
    router.send(Welcome(79, {}))


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (cut, ConnectionLostError),
        (abort, AbortError),
        (goodbye, AbortError),
        (second_welcome, RemoteProtocolError),
    ],
)
@virtual
async def test_whoever_waits_learns_that_the_session_ended(
    end: Callable[[ScriptedRouter], None], error: type[WampedgeError]
) -> None:
    router = ScriptedRouter()
    session = await router.session()
    waiting = [
        asyncio.create_task(session.call("a.b")),
        asyncio.create_task(session.register("a.b", print)),
    ]
    await router.receive(Register)

    end(router)

    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in found] == [error, error]
    assert found[0] is not found[1]
    await session.wait_closed()
    assert isinstance(session.error, error)
    with pytest.raises(NotJoinedError):
        await session.call("a.b")


@virtual
async def test_goodbye_of_the_router_is_answered() -> None:
    router = ScriptedRouter()
    session = await router.session()

    goodbye(router)

    assert await router.receive(Goodbye) == Goodbye({}, "wamp.close.goodbye_and_out")
    await session.wait_closed()


@virtual
async def test_second_welcome_is_answered_with_abort() -> None:
    """P43."""
    router = ScriptedRouter()
    session = await router.session()

    second_welcome(router)

    assert (await router.receive(Abort)).reason == "wamp.error.protocol_violation"
    await session.wait_closed()


@virtual
async def test_leaving_fails_what_is_open_and_leaves_no_error() -> None:
    router = ScriptedRouter()
    session = await router.session()
    task = asyncio.create_task(session.call("a.b"))
    await router.receive(Call)

    await session.leave()

    assert await router.receive(Goodbye) == Goodbye({}, "wamp.close.normal")
    with pytest.raises(NotJoinedError, match="left"):
        await task
    assert session.error is None
    assert not session.is_joined


@virtual
async def test_leaving_does_not_wait_for_ever() -> None:
    router = ScriptedRouter()
    router.answers[Goodbye] = lambda goodbye: []
    session = await router.session()

    await session.leave()

    assert asyncio.get_running_loop().time() == pytest.approx(2)


@virtual
async def test_leaving_twice_is_fine() -> None:
    router = ScriptedRouter()
    async with await router.session() as session:
        await session.leave()

    assert router.is_closed


@virtual
async def test_bytes_that_are_no_message_end_the_session() -> None:
    router = ScriptedRouter()
    session = await router.session()
    sink = router.client_end.sink
    assert sink is not None

    sink.on_bad_message(RemoteProtocolError("not a list"))

    assert (await router.receive(Abort)).details == {"message": "not a list"}
    await session.wait_closed()
    assert isinstance(session.error, RemoteProtocolError)


@virtual
async def test_progress_after_the_end_is_dropped() -> None:
    router = ScriptedRouter()
    session = await router.session()
    details = CallDetails(
        "a.b", Payload(), {}, wants_progress=True,
        send_progress=lambda payload: session._grants.send_progress(9, payload),
    )  # fmt: skip
    await session.leave()

    details.progress(1)


@virtual
async def test_messages_are_logged_without_their_contents(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="wampedge.client")
    router = ScriptedRouter()
    session = await router.session()

    session.publish_nowait("a.b", "secret value")
    await session.leave()

    assert "> PUBLISH 1" in caplog.text
    assert "< WELCOME" in caplog.text
    assert "secret" not in caplog.text


@virtual
async def test_bytes_after_the_end_are_nobodys_business() -> None:
    router = ScriptedRouter()
    session = await router.session()
    sink = router.client_end.sink
    assert sink is not None
    await session.leave()

    sink.on_bad_message(RemoteProtocolError("not a list"))

    assert session.error is None
    assert not router.has_received(Abort)


@virtual
async def test_invocation_that_ends_after_the_session_is_not_answered() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    ended = asyncio.Event()

    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set()
        return "too late"

    await session.register("a.b", stubborn)
    router.send(Invocation(9, 500, {}))
    await turns()
    router.cut()
    await session.wait_closed()

    assert ended.is_set()
    assert not router.has_received(Yield)


def hand_over(router: ScriptedRouter, message: Message) -> None:
    """Let *message* arrive with arguments that could not be decoded."""
    sink = router.client_end.sink
    assert sink is not None
    sink.on_bad_message(InvalidPayloadError("NaN is no JSON", message))


@pytest.mark.parametrize(
    "message", [Result(1, {}), Error(48, 1, {}, "wamp.error.invalid_argument")]
)
@virtual
async def test_answer_with_arguments_that_cannot_be_taken_fails_its_call_only(
    message: Message,
) -> None:
    router = ScriptedRouter()
    session = await router.session()
    task = asyncio.create_task(session.call("a.b"))
    await router.receive(Call)

    hand_over(router, message)

    with pytest.raises(ApplicationError, match=r"wamp\.error\.invalid_argument: NaN is no JSON"):
        await task
    assert session.is_joined
    await session.leave()


@virtual
async def test_call_with_arguments_that_cannot_be_taken_is_refused() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    called: list[object] = []
    await session.register("a.b", called.append)

    hand_over(router, Invocation(9, 500, {}))

    error = await router.receive(Error)
    assert (error.request_type, error.request_id) == (68, 9)
    assert error.error == "wamp.error.invalid_argument"
    assert called == []
    await session.leave()


@virtual
async def test_late_call_with_arguments_that_cannot_be_taken_is_answered_as_any_late_one() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    registration = await session.register("a.b", print)
    await registration.unregister()

    hand_over(router, Invocation(9, 500, {}))

    assert (await router.receive(Error)).error == "wamp.error.no_such_procedure"
    await session.leave()


@virtual
async def test_unknown_call_with_arguments_that_cannot_be_taken_is_the_routers_fault() -> None:
    router = ScriptedRouter()
    session = await router.session()

    hand_over(router, Invocation(9, 500, {}))

    await router.receive(Abort)
    await session.wait_closed()


@virtual
async def test_event_with_arguments_that_cannot_be_taken_is_dropped() -> None:
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    heard: list[object] = []
    await session.subscribe("a.b", heard.append)

    hand_over(router, Event(600, 1, {}))
    await turns()

    assert heard == []
    assert session.is_joined
    await session.leave()
