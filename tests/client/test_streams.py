"""Calls in parts: progressive results read one by one, arguments sent one by one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.scripted_router import ScriptedRouter
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import streams
from wampedge.errors import (
    ApplicationError,
    CallTimeoutError,
    ConnectionLostError,
    LocalProtocolError,
)
from wampedge.wamp.messages import Call, Cancel, Error, Result
from wampedge.wamp.payload import Payload

ROLES = {
    "dealer": {"features": {"call_canceling": True, "progressive_call_invocations": True}},
}


def progress(value: int) -> Result:
    return Result(1, {"progress": True}, Payload((value,)))


@virtual
async def test_progressive_results_come_out_of_a_loop_and_the_result_after_it() -> None:
    """Progressive Call Results: CALL.Options.receive_progress, RESULT.Details.progress."""
    router = ScriptedRouter(ROLES)
    router.answers[Call] = lambda call: [progress(1), progress(2), Result(1, {}, Payload((3,)))]
    async with await router.session() as session:
        stream = session.stream("a.b", 5, unit="V", options={"disclose_me": True})
        parts = [part.value async for part in stream]

        call = await router.receive(Call)
        assert call == Call(
            1, {"disclose_me": True, "receive_progress": True}, "a.b", Payload((5,), {"unit": "V"})
        )
        assert parts == [1, 2]
        assert stream.result.value == 3
        assert (await stream.wait()).value == 3


@virtual
async def test_reader_waits_for_what_comes_later() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session:
        stream = session.stream("a.b")
        reading = asyncio.create_task(anext(stream))
        await router.receive(Call)
        assert not stream.has_ended
        with pytest.raises(asyncio.InvalidStateError):
            _ = stream.result

        router.send(progress(1))

        assert (await reading).value == 1
        await stream.aclose()


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Error(48, 1, {}, "a.error.x"), ApplicationError), (None, ConnectionLostError)],
)
@virtual
async def test_what_the_call_raises_comes_out_of_the_loop(
    answer: Error | None, error: type[Exception]
) -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session:
        stream = session.stream("a.b")
        await router.receive(Call)
        router.send(progress(1))
        if answer is None:
            await turns()
            router.cut()
        else:
            router.send(answer)

        assert (await anext(stream)).value == 1
        with pytest.raises(error):
            await anext(stream)


@virtual
async def test_time_limit_holds_for_the_whole_stream() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session:
        with pytest.raises(CallTimeoutError):
            async for _ in session.stream("a.b", timeout_s=2):
                pass

        assert asyncio.get_running_loop().time() == pytest.approx(2)
        assert await router.receive(Cancel) == Cancel(1, {"mode": "killnowait"})


@virtual
async def test_leaving_the_block_cancels_the_call() -> None:
    router = ScriptedRouter(ROLES)
    router.answers[Call] = lambda call: [progress(1), progress(2)]
    async with await router.session() as session:
        async with session.stream("a.b") as stream:
            async for _ in stream:
                break

        assert await router.receive(Cancel) == Cancel(1, {"mode": "killnowait"})
        await stream.aclose()
        assert not router.has_received(Cancel)


@virtual
async def test_leaving_the_block_at_once_cancels_the_call_as_well() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session:
        async with session.stream("a.b"):
            pass

        assert await router.receive(Cancel) == Cancel(1, {"mode": "killnowait"})


@pytest.mark.parametrize("how", ["read", "wait"])
@virtual
async def test_cancelling_the_reading_task_cancels_the_call(how: str) -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session:
        stream = session.stream("a.b")
        reading = asyncio.create_task(anext(stream) if how == "read" else stream.wait())
        await router.receive(Call)

        reading.cancel()

        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await router.receive(Cancel) == Cancel(1, {"mode": "killnowait"})


@virtual
async def test_stream_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_WAITING_RESULTS", 2)
    router = ScriptedRouter(ROLES)
    async with await router.session() as session:
        stream = session.stream("a.b")
        await router.receive(Call)

        router.send(*(progress(number) for number in range(4)))
        await router.receive(Cancel)

        assert [(await anext(stream)).value for _ in range(2)] == [0, 1]
        with pytest.raises(ApplicationError, match=r"wampedge\.error\.busy"):
            await anext(stream)


@virtual
async def test_arguments_go_out_part_by_part() -> None:
    """Progressive Call Invocations: CALL with ``progress``, all with the same request id."""
    router = ScriptedRouter(ROLES)
    async with (
        await router.session() as session,
        session.open_call("a.sum", options={"disclose_me": True}) as call,
    ):
        assert await call.send(1)
        assert await call.send(2, unit="V")
        finishing = asyncio.create_task(call.finish(3))
        sent = [await router.receive(Call) for _ in range(3)]
        router.send(Result(1, {}, Payload((6,))))

        assert (await finishing).value == 6

    assert sent == [
        Call(1, {"disclose_me": True, "progress": True}, "a.sum", Payload((1,))),
        Call(1, {"progress": True}, "a.sum", Payload((2,), {"unit": "V"})),
        Call(1, {}, "a.sum", Payload((3,))),
    ]
    assert not router.has_received(Cancel)


@virtual
async def test_call_of_one_part_is_a_plain_call() -> None:
    router = ScriptedRouter(ROLES)
    router.answers[Call] = lambda call: [Result(1, {}, Payload((1,)))]
    async with await router.session() as session, session.open_call("a.sum") as call:
        assert (await call.finish(1)).value == 1

    assert await router.receive(Call) == Call(1, {}, "a.sum", Payload((1,)))


@virtual
async def test_results_can_be_read_while_arguments_are_sent() -> None:
    router = ScriptedRouter(ROLES)

    def answer(call: Call) -> list[Any]:
        return [Result(1, {"progress": True} if call.options else {}, call.payload)]

    router.answers[Call] = answer
    async with (
        await router.session() as session,
        session.open_call("a.echo", wants_progress=True) as call,
    ):
        await call.send(1)
        assert (await anext(call.results)).value == 1
        await call.send(2)
        assert (await anext(call.results)).value == 2
        await call.end_input(3)
        assert [part async for part in call.results] == []
        assert call.results.result.value == 3

    assert (await router.receive(Call)).options == {"progress": True, "receive_progress": True}


@virtual
async def test_sender_learns_that_the_callee_wants_no_more() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session, session.open_call("a.b") as call:
        await call.send(1)
        await router.receive(Call)
        router.send(Result(1, {}, Payload((5,))))
        await turns()

        assert await call.send(2) is False
        assert (await call.finish()).value == 5

    assert not router.has_received(Call)


@virtual
async def test_sender_learns_that_the_callee_failed() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session, session.open_call("a.b") as call:
        await call.send(1)
        router.send(Error(48, 1, {}, "a.error.full"))
        await turns()

        with pytest.raises(ApplicationError, match=r"a\.error\.full"):
            await call.send(2)


@virtual
async def test_leaving_before_the_end_cancels_the_call() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session:
        async with session.open_call("a.b") as call:
            await call.send(1)
        async with session.open_call("a.b"):
            pass

        assert await router.receive(Cancel) == Cancel(1, {"mode": "killnowait"})


@virtual
async def test_answer_in_the_turn_of_the_next_part_makes_it_unwanted() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session, session.open_call("a.b") as call:
        await call.send(1)
        sink = router.client_end.sink
        assert sink is not None
        sink.on_message(Result(1, {}, Payload((5,))))

        assert await call.send(2) is False
        assert (await call.finish()).value == 5


@virtual
async def test_results_are_there_once_something_was_sent() -> None:
    router = ScriptedRouter(ROLES)
    async with await router.session() as session, session.open_call("a.b") as call:
        with pytest.raises(LocalProtocolError, match="first part"):
            _ = call.results


@virtual
async def test_router_without_such_calls_is_sent_none() -> None:
    """Progressive Call Invocations: it would be a protocol error towards such a dealer."""
    router = ScriptedRouter()
    async with await router.session() as session, session.open_call("a.b") as call:
        with pytest.raises(ApplicationError, match="feature_not_supported"):
            await call.send(1)

    assert not router.has_received(Call)
