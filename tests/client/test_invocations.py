"""Endpoints that are called: what they are given, what their callers get, and how they end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import CallDetails, CallResult, Session
from wampedge.client.invocations import MAX_RUNNING
from wampedge.errors import ApplicationError, InvalidValueError, LocalProtocolError
from wampedge.wamp.messages import Error, Interrupt, Invocation, Message, Yield
from wampedge.wamp.payload import EMPTY, Payload


@asynccontextmanager
async def offering(
    endpoint: Callable[..., Any], *, wants_details: bool = False, takes_payload: bool = False
) -> AsyncIterator[tuple[ScriptedRouter, Session]]:
    """Open a session that has registered *endpoint* as 500."""
    router = ScriptedRouter()
    granting(router)
    async with await router.session() as session:
        await session.register(
            "a.b", endpoint, wants_details=wants_details, takes_payload=takes_payload
        )
        yield router, session


def invocation(*args: Any, request_id: int = 9, **kwargs: Any) -> Invocation:
    return Invocation(request_id, 500, {}, Payload(args, kwargs))


@virtual
async def test_result_of_a_plain_endpoint_is_yielded_without_a_task() -> None:
    tasks: list[asyncio.Task[Any]] = []

    def add(x: int, y: int = 1) -> int:
        tasks.extend(asyncio.all_tasks())
        return x + y

    async with offering(add) as (router, _):
        before = asyncio.all_tasks()
        router.send(invocation(2, y=3))

        assert await router.receive(Yield) == Yield(9, {}, Payload((5,)))
        assert set(tasks) == before


@virtual
async def test_async_endpoint_gets_one_task_and_yields_when_it_ends() -> None:
    async def slow(x: int) -> int:
        await asyncio.sleep(5)
        return x

    async with offering(slow) as (router, _):
        router.send(invocation(2))
        await turns()
        names = [task.get_name() for task in asyncio.all_tasks()]

        assert await router.receive(Yield) == Yield(9, {}, Payload((2,)))
        assert names.count("call of a.b") == 1


@pytest.mark.parametrize(
    ("returned", "payload"),
    [
        (None, Payload((None,))),
        ((1, 2), Payload(((1, 2),))),
        (CallResult.of(1, unit="V"), Payload((1,), {"unit": "V"})),
        (Payload((1,), {"unit": "V"}), Payload((1,), {"unit": "V"})),
    ],
)
@virtual
async def test_one_value_is_one_argument_and_more_take_a_call_result(
    returned: Any, payload: Payload
) -> None:
    async with offering(lambda: returned) as (router, _):
        router.send(invocation())

        assert (await router.receive(Yield)).payload == payload


@virtual
async def test_details_are_given_where_wanted() -> None:
    found: list[CallDetails] = []

    def endpoint(x: int, *, details: CallDetails) -> None:
        found.append(details)

    async with offering(endpoint, wants_details=True) as (router, _):
        options = {"procedure": "a.b.c", "caller_authid": "pilot"}
        router.send(Invocation(9, 500, options, Payload((2,))))
        await router.receive(Yield)
        router.send(Invocation(10, 500, {"procedure": 5, "caller_authid": 5}, Payload((2,))))
        await router.receive(Yield)

    assert (found[0].procedure, found[0].caller_authid) == ("a.b.c", "pilot")
    assert (found[1].procedure, found[1].caller_authid) == ("a.b", None)


@virtual
async def test_payload_is_given_untouched_where_wanted() -> None:
    async with offering(lambda payload, details: payload, takes_payload=True) as (router, _):
        sent = invocation(1, unit="V")
        router.send(sent)

        assert (await router.receive(Yield)).payload is sent.payload


@virtual
async def test_progress_is_sent_to_callers_that_take_it() -> None:
    async def endpoint(details: CallDetails) -> str:
        details.progress(50, unit="%")
        return "done"

    async with offering(endpoint, wants_details=True) as (router, _):
        router.send(Invocation(9, 500, {"receive_progress": True}))
        part = await router.receive(Yield)
        end = await router.receive(Yield)
        router.send(Invocation(10, 500, {}))
        only = await router.receive(Yield)

    assert part == Yield(9, {"progress": True}, Payload((50,), {"unit": "%"}))
    assert end == Yield(9, {}, Payload(("done",)))
    assert only == Yield(10, {}, Payload(("done",)))


@pytest.mark.parametrize("is_async", [False, True])
@virtual
async def test_error_raised_on_purpose_reaches_the_caller_as_it_is(is_async: bool) -> None:
    def fail() -> None:
        raise ApplicationError("edge.error.x", ["jammed"], {"device": "vent"})

    async def fail_later() -> None:
        fail()

    async with offering(fail_later if is_async else fail) as (router, _):
        router.send(invocation())

        payload = Payload(("jammed",), {"device": "vent"})
        assert await router.receive(Error) == Error(68, 9, {}, "edge.error.x", payload)


@virtual
async def test_invalid_value_names_field_device_and_reason() -> None:
    def fail() -> None:
        raise InvalidValueError("duty must be 0..1, got 2", field="duty", device="fan")

    async with offering(fail) as (router, _):
        router.send(invocation())
        error = await router.receive(Error)

    facts = {"device": "fan", "reason": "duty must be 0..1, got 2", "field": "duty"}
    assert error.error == "wamp.error.invalid_argument"
    assert error.payload == Payload(("fan: duty must be 0..1, got 2",), facts)


@pytest.mark.parametrize("bug", [ZeroDivisionError("/home/me/x.py"), SystemExit(3), TypeError("x")])
@pytest.mark.parametrize("is_async", [False, True])
@virtual
async def test_bug_is_logged_here_and_told_without_its_text(
    bug: BaseException, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise bug

    async def fail_later() -> None:
        raise bug

    async with offering(fail_later if is_async else fail) as (router, session):
        router.send(invocation())
        error = await router.receive(Error)

        assert session.is_joined

    assert error.error == "wamp.error.runtime_error"
    assert error.payload == Payload((f"a.b failed with {type(bug).__name__}",))
    assert f"procedure a.b raised {type(bug).__name__}" in caplog.text
    assert caplog.records[0].exc_info is not None


@virtual
async def test_keyboard_interrupt_is_for_the_program_not_the_caller() -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    async with offering(fail) as (router, _):
        sink = router.client_end.sink
        assert sink is not None

        with pytest.raises(KeyboardInterrupt):
            sink.on_message(invocation())


@pytest.mark.parametrize(
    ("arguments", "keywords", "misfit"),
    [
        ((), {}, "missing a required argument: 'x'"),
        ((1, 2, 3), {}, "too many positional arguments"),
        ((1,), {"z": 1}, "got an unexpected keyword argument 'z'"),
    ],
)
@virtual
async def test_arguments_that_do_not_fit_are_the_callers_fault(
    arguments: tuple[int, ...], keywords: dict[str, int], misfit: str
) -> None:
    async with offering(lambda x, y=1: x + y) as (router, _):
        router.send(invocation(*arguments, **keywords))
        error = await router.receive(Error)

    assert error.error == "wamp.error.invalid_argument"
    assert error.payload == Payload((misfit,), {"reason": misfit})


@virtual
async def test_interrupt_cancels_an_async_endpoint() -> None:
    cleaned_up = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned_up.set()

    async with offering(endless) as (router, _):
        router.send(invocation())
        await turns()
        router.send(Interrupt(9, {"mode": "kill"}))

        assert await router.receive(Error) == Error(68, 9, {}, "wamp.error.canceled", EMPTY)
        assert cleaned_up.is_set()


@virtual
async def test_interrupt_right_behind_its_invocation_still_lets_the_endpoint_clean_up() -> None:
    steps: list[str] = []

    async def endless() -> None:
        steps.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("cleaned up")

    async with offering(endless) as (router, _):
        router.send(invocation(), Interrupt(9, {"mode": "killnowait"}))
        await router.receive(Error)

    assert steps == ["begun", "cleaned up"]


@virtual
async def test_interrupt_of_a_finished_invocation_is_a_race() -> None:
    async with offering(lambda: 1) as (router, session):
        router.send(invocation(), Interrupt(9, {}))
        await router.receive(Yield)
        await turns()

        assert session.is_joined


@virtual
async def test_endpoint_may_answer_in_spite_of_an_interrupt() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done anyway"
        return "never"

    async with offering(stubborn) as (router, _):
        router.send(invocation(), Interrupt(9, {"mode": "kill"}))

        assert (await router.receive(Yield)).payload == Payload(("done anyway",))


@virtual
async def test_end_of_the_session_cancels_what_runs_and_waits_for_it() -> None:
    ended: list[float] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(1)
            ended.append(asyncio.get_running_loop().time())

    async with offering(endless) as (router, session):
        router.send(invocation())
        await turns()
        router.cut()
        await session.wait_closed()

    assert ended == [1]


@virtual
async def test_procedure_may_end_its_own_session() -> None:
    left = asyncio.Event()
    sessions: list[Session] = []

    async def leave() -> None:
        await sessions[0].leave()
        left.set()

    async with offering(leave) as (router, session):
        sessions.append(session)
        router.send(invocation())
        await session.wait_closed()

    assert not session.is_joined


@virtual
async def test_too_many_running_calls_are_answered_busy() -> None:
    async def endless() -> None:
        await asyncio.Event().wait()

    async with offering(endless) as (router, _):
        router.send(*(invocation(request_id=n) for n in range(1, MAX_RUNNING + 2)))
        error = await router.receive(Error)

    assert (error.request_id, error.error) == (MAX_RUNNING + 1, "wampedge.error.busy")


class Picky:
    """A transport's ``send`` that cannot carry one value, as a serializer would."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send

    def __call__(self, message: Message) -> None:
        if "unsendable" in getattr(message, "payload", EMPTY).args:
            raise LocalProtocolError("msgpack has no form for it")
        self._send(message)


@virtual
async def test_result_that_cannot_be_encoded_becomes_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with offering(lambda: "unsendable") as (router, _):
        monkeypatch.setattr(router.client_end, "send", Picky(router.client_end.send))
        router.send(invocation())
        error = await router.receive(Error)

    assert error.error == "wamp.error.runtime_error"
    assert error.payload.args == ["the result cannot be sent: msgpack has no form for it"]


@virtual
async def test_error_that_cannot_be_encoded_keeps_its_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ApplicationError("edge.error.x", ["unsendable"])

    async with offering(fail) as (router, _):
        monkeypatch.setattr(router.client_end, "send", Picky(router.client_end.send))
        router.send(invocation())
        error = await router.receive(Error)

    assert error.error == "edge.error.x"
    assert "cannot be sent" in error.payload.args[0]


@virtual
async def test_repeated_bugs_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="wampedge.client.failure_log")

    def fail() -> None:
        raise ZeroDivisionError

    async with offering(fail) as (router, _):
        for request_id in range(1, 4):
            router.send(invocation(request_id=request_id))
        await turns()
        await asyncio.sleep(60)
        router.send(invocation(request_id=4))
        await turns()

    assert [record.getMessage() for record in caplog.records] == [
        "procedure a.b raised ZeroDivisionError (0 more like it were not logged)",
        "procedure a.b raised ZeroDivisionError (2 more like it were not logged)",
    ]
