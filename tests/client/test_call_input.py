"""Endpoints whose input comes in parts, and those that are given a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import CallDetails, CallInput, CallResult, Passthru, call_input
from wampedge.client.invocations import MAX_RUNNING
from wampedge.wamp.messages import Error, Interrupt, Invocation, Yield
from wampedge.wamp.payload import Payload


def part(value: int, **details: Any) -> Invocation:
    return Invocation(9, 500, {"progress": True, **details}, Payload((value,)))


def last(value: int, **details: Any) -> Invocation:
    return Invocation(9, 500, details, Payload((value,)))


async def total(numbers: CallInput) -> int:
    """Add up what comes, and tell each sum on the way."""
    found = 0
    async for number in numbers:
        found += number.value
        numbers.progress(found)
    return found


async def offering(endpoint: Callable[..., Any], **options: Any) -> ScriptedRouter:
    """Return a router with a session on it that has registered *endpoint* as 500."""
    router = ScriptedRouter()
    granting(router)
    session = await router.session()
    await session.register("a.sum", endpoint, **options)
    return router


@virtual
async def test_endpoint_reads_all_parts_of_one_call() -> None:
    """Progressive Call Invocations: INVOCATION.Details.progress, final without it."""
    router = await offering(total, takes_input=True)

    router.send(part(1), part(2))
    await turns()
    router.send(last(3))

    assert await router.receive(Yield) == Yield(9, {}, Payload((6,)))
    router.cut()


@virtual
async def test_input_at_once_is_one_part() -> None:
    router = await offering(total, takes_input=True)

    router.send(last(3))

    assert await router.receive(Yield) == Yield(9, {}, Payload((3,)))
    router.cut()


@virtual
async def test_results_go_back_while_the_input_comes() -> None:
    """Progressive Call Invocations with Progressive Call Results."""
    router = await offering(total, takes_input=True)

    router.send(part(1, receive_progress=True), last(2))

    assert [await router.receive(Yield) for _ in range(3)] == [
        Yield(9, {"progress": True}, Payload((1,))),
        Yield(9, {"progress": True}, Payload((3,))),
        Yield(9, {}, Payload((3,))),
    ]
    router.cut()


@virtual
async def test_details_of_the_first_part_count() -> None:
    """Progressive Call Invocations: the options of the initiating CALL are frozen."""
    found: list[CallDetails] = []

    async def endpoint(numbers: CallInput) -> None:
        found.append(numbers.details)

    router = await offering(endpoint, takes_input=True)
    router.send(
        part(1, caller=7, caller_authid="pilot", caller_authrole="crew", trustlevel=2, timeout=90)
    )
    await router.receive(Yield)

    (details,) = found
    assert (details.caller, details.caller_authid, details.caller_authrole) == (7, "pilot", "crew")
    assert (details.trust_level, details.timeout_s) == (2, 0.09)
    router.cut()


@virtual
async def test_endpoint_may_answer_before_the_input_ends() -> None:
    async def first(numbers: CallInput) -> int:
        value: int = (await anext(aiter(numbers))).value
        return value

    router = await offering(first, takes_input=True)
    router.send(part(1), part(2), last(3))

    assert await router.receive(Yield) == Yield(9, {}, Payload((1,)))
    await turns()
    assert not router.has_received(Yield)
    assert not router.has_received(Error)
    assert not router.is_closed
    router.cut()


@virtual
async def test_plain_function_may_take_the_input_and_leave_it() -> None:
    router = await offering(lambda numbers: "no thanks", takes_input=True)

    router.send(part(1), last(2))

    assert await router.receive(Yield) == Yield(9, {}, Payload(("no thanks",)))
    router.cut()


@virtual
async def test_interrupt_ends_the_endpoint_that_waits_for_input() -> None:
    """Progressive Call Cancellation: the caller is gone."""
    router = await offering(total, takes_input=True)
    router.send(part(1))
    await turns()

    router.send(Interrupt(9, {"mode": "killnowait"}))

    assert (await router.receive(Error)).error == "wamp.error.canceled"
    router.cut()


@virtual
async def test_too_many_parts_end_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_input, "MAX_WAITING_PARTS", 2)

    async def idle(numbers: CallInput) -> None:
        await asyncio.Event().wait()

    router = await offering(idle, takes_input=True)

    router.send(part(1), part(2), part(3), last(4))

    assert (await router.receive(Error)).error == "wampedge.error.busy"
    await turns()
    assert not router.has_received(Error)
    router.cut()


@virtual
async def test_procedure_that_wants_all_at_once_refuses_parts() -> None:
    """Progressive Call Invocations: ``wamp.error.feature_not_supported``."""
    router = await offering(lambda x: x)

    router.send(part(1), last(2))

    error = await router.receive(Error)
    assert error.error == "wamp.error.feature_not_supported"
    await turns()
    assert not router.has_received(Error)
    router.cut()


@virtual
async def test_progress_that_is_false_is_a_plain_call() -> None:
    """Progressive Call Invocations: ``"progress": false`` is the default."""
    router = await offering(lambda x: x)

    router.send(last(2, progress=False))

    assert await router.receive(Yield) == Yield(9, {}, Payload((2,)))
    router.cut()


@virtual
async def test_bug_of_the_endpoint_is_no_fault_of_the_arguments() -> None:
    async def broken(numbers: CallInput) -> None:
        raise TypeError

    router = await offering(broken, takes_input=True)

    router.send(last(2))

    assert (await router.receive(Error)).error == "wamp.error.runtime_error"
    router.cut()


@virtual
async def test_time_limit_that_is_left_to_us_ends_the_endpoint() -> None:
    """Call Timeouts, Callee-Initiated: ERROR with ``wamp.error.timeout``."""
    ended = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    router = await offering(endless)
    router.send(Invocation(9, 500, {"timeout": 1500}))

    error = await router.receive(Error)
    await ended.wait()

    assert error == Error(68, 9, {}, "wamp.error.timeout", Payload(("not done within 1500 ms",)))
    assert asyncio.get_running_loop().time() == pytest.approx(1.5)
    await turns()
    assert not router.has_received(Error)
    router.cut()


@pytest.mark.parametrize("timeout", [0, -1, None, "5", True, 1500])
@virtual
async def test_endpoint_within_its_time_limit_answers_as_ever(timeout: Any) -> None:
    async def quick() -> int:
        await asyncio.sleep(1)
        return 5

    router = await offering(quick)
    router.send(Invocation(9, 500, {"timeout": timeout}))

    assert await router.receive(Yield) == Yield(9, {}, Payload((5,)))
    router.cut()


@virtual
async def test_packed_result_says_how_it_is_packed() -> None:
    """Payload Passthru Mode: ``ppt_*`` in INVOCATION.Details and YIELD.Options."""
    found: list[Passthru | None] = []

    def endpoint(blob: bytes, *, details: CallDetails) -> CallResult:
        found.append(details.passthru)
        packed = {**Passthru("x_my_ppt", cipher="none").options, "caller": 5}
        return CallResult(Payload((blob + b"!",)), packed)

    router = await offering(endpoint, wants_details=True)
    router.send(Invocation(9, 500, {"ppt_scheme": "x_my_ppt"}, Payload((b"a",))))

    assert await router.receive(Yield) == Yield(
        9, {"ppt_scheme": "x_my_ppt", "ppt_cipher": "none"}, Payload((b"a!",))
    )
    assert found == [Passthru("x_my_ppt")]
    router.cut()


@virtual
async def test_input_of_a_call_that_was_refused_as_busy_is_dropped() -> None:
    router = await offering(total, takes_input=True)
    for request_id in range(100, 100 + MAX_RUNNING):
        router.send(Invocation(request_id, 500, {"progress": True}, Payload((1,))))
    await turns()

    router.send(part(1), last(2))

    assert (await router.receive(Error)).error == "wampedge.error.busy"
    await turns()
    assert not router.has_received(Error)
    router.cut()
