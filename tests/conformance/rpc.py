"""Routed RPC, Basic Profile: registering and calling."""

from __future__ import annotations

from tests.conformance.checks import check
from tests.conformance.client import Stage
from tests.conformance.codes import (
    CALL,
    ERROR,
    INVOCATION,
    REGISTER,
    RESULT,
    UNREGISTER,
    UNREGISTERED,
    YIELD,
)

__all__: list[str] = []

RPC = "Remote procedure calls"
_LOST = {"wamp.error.canceled", "wamp.error.callee_lost", "wamp.error.no_such_procedure"}


@check(
    RPC, "A call reaches the callee and its result the caller", section="Calling and Invocations"
)
async def call(stage: Stage) -> None:
    """Pass arguments of both kinds there and back."""
    callee, caller = await stage.join(), await stage.join()
    registration = await callee.register("conformance.call")
    request = await caller.request(CALL, {}, "conformance.call", [1, "two"], {"three": 3.5})
    invocation = await callee.expect(INVOCATION)
    await callee.send(YIELD, invocation[1], {}, ["done"], {"more": None})
    result = await caller.expect(RESULT)

    assert invocation[2] == registration
    assert invocation[4:] == [[1, "two"], {"three": 3.5}]
    assert result[1] == request
    assert result[3:] == [["done"], {"more": None}]


@check(RPC, "An error of the callee reaches the caller whole", section="Call Errors")
async def call_error(stage: Stage) -> None:
    """Raise an error with arguments."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register("conformance.fails")
    request = await caller.request(CALL, {}, "conformance.fails")
    number, _details, _args = await callee.invoked()
    await callee.send(ERROR, INVOCATION, number, {}, "conformance.no", [7], {"why": "because"})

    error = await caller.expect(ERROR)
    assert error[1:3] == [CALL, request]
    assert error[4:] == ["conformance.no", [7], {"why": "because"}]


@check(RPC, "A call to nobody is no_such_procedure", section="Call Errors")
async def no_such_procedure(stage: Stage) -> None:
    """Call what is not registered."""
    caller = await stage.join()

    assert await caller.refused(CALL, {}, "conformance.nobody") == "wamp.error.no_such_procedure"


@check(RPC, "A second registration is procedure_already_exists", section="Registering")
async def already_exists(stage: Stage) -> None:
    """Register what another offers."""
    first, second = await stage.join(), await stage.join()
    await first.register("conformance.taken")

    refusal = await second.refused(REGISTER, {}, "conformance.taken")
    assert refusal == "wamp.error.procedure_already_exists"


@check(RPC, "Unregistering frees the name; an unknown id is an error", section="Unregistering")
async def unregister(stage: Stage) -> None:
    """Unregister, once too often."""
    callee = await stage.join()
    registration = await callee.register("conformance.brief")
    await callee.request(UNREGISTER, registration)
    await callee.expect(UNREGISTERED)
    refusal = await callee.refused(UNREGISTER, registration)

    assert refusal == "wamp.error.no_such_registration"
    assert await callee.refused(CALL, {}, "conformance.brief") == "wamp.error.no_such_procedure"


@check(RPC, "Names of the protocol cannot be registered", section="URIs")
async def reserved_procedure(stage: Stage) -> None:
    """Register under ``wamp.``."""
    callee = await stage.join()

    assert (await callee.refused(REGISTER, {}, "wamp.session.count2")).startswith("wamp.error.")


@check(RPC, "What is no URI is invalid_uri", section="URIs")
async def invalid_procedure(stage: Stage) -> None:
    """Register with a space and an empty component."""
    callee = await stage.join()
    for procedure in ("with space", "double..dot", ""):
        assert await callee.refused(REGISTER, {}, procedure) == "wamp.error.invalid_uri"


@check(RPC, "A late or unknown YIELD is ignored", section="Calling and Invocations")
async def late_yield(stage: Stage) -> None:
    """Answer twice, and what was never asked."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register("conformance.twice")
    await caller.request(CALL, {}, "conformance.twice")
    number, _details, _args = await callee.invoked()
    for answered in (number, number, 4711):
        await callee.send(YIELD, answered, {}, [1])

    assert (await caller.expect(RESULT))[3] == [1]
    assert await caller.arrived() == []
    assert await callee.arrived() == []


@check(RPC, "When the callee is lost, its callers are told at once", section="Callee Leaving")
async def callee_lost(stage: Stage) -> None:
    """Cut the callee while it is called."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register("conformance.lost.callee")
    request = await caller.request(CALL, {}, "conformance.lost.callee")
    await callee.invoked()
    callee.cut()

    error = await caller.expect(ERROR, 2.0)
    assert error[1:3] == [CALL, request]
    assert error[4] in _LOST
