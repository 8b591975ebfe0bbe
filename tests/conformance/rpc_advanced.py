"""Routed RPC, Advanced Profile: progress, time-outs, canceling, sharing and patterns."""

from __future__ import annotations

from typing import Any

from tests.conformance.checks import check
from tests.conformance.client import Client, Stage
from tests.conformance.codes import (
    CALL,
    CANCEL,
    ERROR,
    INTERRUPT,
    INVOCATION,
    REGISTER,
    RESULT,
    UNREGISTERED,
    YIELD,
)

__all__: list[str] = []

ADVANCED = "Remote procedure calls, Advanced Profile"


async def _call(stage: Stage, name: str, **options: Any) -> tuple[Client, Client, int, int]:
    """Call a callee that takes its time; return both, the request and the invocation."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register(f"conformance.{name}")
    request = await caller.request(CALL, options, f"conformance.{name}")
    invocation, _details, _args = await callee.invoked()
    return callee, caller, request, invocation


async def _answers(callee: Client) -> None:
    """Answer one call with the number of the session."""
    number, _details, _args = await callee.invoked()
    await callee.send(YIELD, number, {}, [callee.session])


@check(ADVANCED, "Progressive results arrive in order", section="Progressive Call Results")
async def progressive_results(stage: Stage) -> None:
    """Send two parts and the rest."""
    callee, caller, request, invocation = await _call(stage, "progress", receive_progress=True)
    for part in (1, 2):
        await callee.send(YIELD, invocation, {"progress": True}, [part])
    await callee.send(YIELD, invocation, {}, [3])
    results = [await caller.expect(RESULT) for _part in range(3)]

    assert [result[1] for result in results] == [request] * 3
    assert [result[2].get("progress", False) for result in results] == [True, True, False]
    assert [result[3] for result in results] == [[1], [2], [3]]


@check(ADVANCED, "The callee learns that progress is wanted", section="Progressive Call Results")
async def progress_is_told(stage: Stage) -> None:
    """Look at the INVOCATION."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register("conformance.told")
    await caller.request(CALL, {"receive_progress": True}, "conformance.told")

    assert (await callee.invoked())[1].get("receive_progress") is True


@check(ADVANCED, "A call can be fed in parts", section="Progressive Call Invocations")
async def progressive_invocations(stage: Stage) -> None:
    """Send two parts and the rest under one request id."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register("conformance.feed")
    request = caller.next_request()
    parts = [({"progress": True}, 1), ({"progress": True}, 2), ({}, 3)]
    for options, part in parts:
        await caller.send(CALL, request, options, "conformance.feed", [part])
    invocations = [await callee.expect(INVOCATION) for _part in parts]
    await callee.send(YIELD, invocations[0][1], {}, [6])

    assert len({invocation[1] for invocation in invocations}) == 1
    assert [each[3].get("progress", False) for each in invocations] == [True, True, False]
    assert [each[4] for each in invocations] == [[1], [2], [3]]
    assert (await caller.expect(RESULT))[1:4] == [request, {}, [6]]


@check(ADVANCED, "A call that takes too long is ended by the router", section="Call Timeout")
async def call_timeout(stage: Stage) -> None:
    """Give the callee 50 ms."""
    callee, caller, request, invocation = await _call(stage, "slow", timeout=50)
    error = await caller.expect(ERROR, 2.0)
    interrupt = await callee.expect(INTERRUPT, 2.0)

    assert error[1:3] == [CALL, request]
    assert error[4] == "wamp.error.timeout"
    assert interrupt[1] == invocation


@check(ADVANCED, "Canceling with skip answers the caller only", section="Call Canceling")
async def cancel_skip(stage: Stage) -> None:
    """Cancel with skip."""
    callee, caller, request, _invocation = await _call(stage, "skip")
    await caller.send(CANCEL, request, {"mode": "skip"})
    error = await caller.expect(ERROR, 2.0)

    assert error[1:3] == [CALL, request]
    assert error[4] == "wamp.error.canceled"
    assert await callee.arrived() == []


@check(ADVANCED, "Canceling with kill waits for the callee", section="Call Canceling")
async def cancel_kill(stage: Stage) -> None:
    """Cancel with kill."""
    callee, caller, request, invocation = await _call(stage, "kill")
    await caller.send(CANCEL, request, {"mode": "kill"})
    interrupt = await callee.expect(INTERRUPT)
    early = await caller.arrived()
    await callee.send(ERROR, INVOCATION, invocation, {}, "wamp.error.canceled", ["stopped"])
    error = await caller.expect(ERROR)

    assert interrupt[1] == invocation
    assert early == []
    assert error[4:] == ["wamp.error.canceled", ["stopped"]]


@check(ADVANCED, "Canceling with killnowait answers both at once", section="Call Canceling")
async def cancel_killnowait(stage: Stage) -> None:
    """Cancel with killnowait."""
    callee, caller, request, invocation = await _call(stage, "killnowait")
    await caller.send(CANCEL, request, {"mode": "killnowait"})

    assert (await caller.expect(ERROR))[4] == "wamp.error.canceled"
    assert (await callee.expect(INTERRUPT))[1] == invocation


@check(ADVANCED, "When the caller is lost, the callee is interrupted", section="Caller Leaving")
async def caller_lost(stage: Stage) -> None:
    """Cut the caller."""
    callee, caller, _request, invocation = await _call(stage, "lost.caller")
    caller.cut()

    assert (await callee.expect(INTERRUPT, 2.0))[1] == invocation


@check(ADVANCED, "A caller can disclose itself", section="Caller Identification")
async def caller_identification(stage: Stage) -> None:
    """Call with disclose_me."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register("conformance.who")
    await caller.request(CALL, {"disclose_me": True}, "conformance.who")
    details = (await callee.invoked())[1]

    assert details["caller"] == caller.session
    assert details["caller_authrole"] == caller.welcome["authrole"]


@check(
    ADVANCED, "Calls fall to exact, then the longest prefix", section="Pattern-based Registrations"
)
async def prefix_precedence(stage: Stage) -> None:
    """Register three that match."""
    names = [("conformance.pre", "prefix"), ("conformance.pre.fix", "prefix")]
    callees = []
    for name, match in [*names, ("conformance.pre.fix.exact", "exact")]:
        callees.append(await stage.join())
        await callees[-1].register(name, match=match)
    caller = await stage.join()
    for name, wanted in (("conformance.pre.fix.exact", 2), ("conformance.pre.fix.x", 1)):
        await caller.request(CALL, {}, name)
        number, details, _args = await callees[wanted].invoked()
        await callees[wanted].send(YIELD, number, {})
        await caller.expect(RESULT)
        assert details.get("procedure", name) == name


@check(ADVANCED, "Wildcards match component by component", section="Pattern-based Registrations")
async def wildcard_registration(stage: Stage) -> None:
    """Register with a gap."""
    callee, caller = await stage.join(), await stage.join()
    await callee.register("conformance.wild..card", match="wildcard")
    await caller.request(CALL, {}, "conformance.wild.any.card")
    details = (await callee.invoked())[1]

    assert details["procedure"] == "conformance.wild.any.card"
    refusal = await caller.refused(CALL, {}, "conformance.wild.a.b.card")
    assert refusal == "wamp.error.no_such_procedure"


@check(ADVANCED, "Shared registrations take turns", section="Shared Registration")
async def roundrobin(stage: Stage) -> None:
    """Call twice as many times as there are callees."""
    callees = [await stage.join() for _callee in range(3)]
    for callee in callees:
        await callee.register("conformance.turns", invoke="roundrobin")
    caller = await stage.join()
    answered = []
    for turn in range(6):
        await caller.request(CALL, {}, "conformance.turns")
        await _answers(callees[turn % 3])
        answered += (await caller.expect(RESULT))[3]

    assert answered == [callee.session for callee in callees] * 2


@check(ADVANCED, "Shared registrations can favour the first or last", section="Shared Registration")
async def first_and_last(stage: Stage) -> None:
    """Call what is shared by first and by last."""
    for invoke, wanted in (("first", 0), ("last", 1)):
        callees = [await stage.join(), await stage.join()]
        for callee in callees:
            await callee.register(f"conformance.{invoke}", invoke=invoke)
        caller = await stage.join()
        await caller.request(CALL, {}, f"conformance.{invoke}")
        await _answers(callees[wanted])
        assert (await caller.expect(RESULT))[3] == [callees[wanted].session]


@check(ADVANCED, "All must agree on how to share", section="Shared Registration")
async def invoke_conflict(stage: Stage) -> None:
    """Register with another policy."""
    first, second = await stage.join(), await stage.join()
    await first.register("conformance.conflict", invoke="random")
    refusal = await second.refused(REGISTER, {"invoke": "first"}, "conformance.conflict")

    assert refusal == "wamp.error.procedure_exists_with_different_invocation_policy"


@check(ADVANCED, "A sealed payload passes untouched", section="Payload Passthru Mode")
async def passthru_call(stage: Stage) -> None:
    """Call with a scheme of our own, and answer with one."""
    callee, caller = await stage.join(), await stage.join()
    sealed = {"ppt_scheme": "x_conformance", "ppt_serializer": "cbor", "ppt_keyid": "k1"}
    await callee.register("conformance.sealed")
    await caller.request(CALL, sealed, "conformance.sealed", ["\x00AAEC"])
    number, details, args = await callee.invoked()
    await callee.send(YIELD, number, sealed, ["\x00AwQF"])
    result = await caller.expect(RESULT)

    assert {key: details.get(key) for key in sealed} == sealed
    assert args == ["\x00AAEC"]
    assert {key: result[2].get(key) for key in sealed} == sealed
    assert result[3] == ["\x00AwQF"]


@check(
    ADVANCED,
    "A registration can be taken over, and its callee is told",
    section="Registration Revocation",
)
async def force_reregister(stage: Stage) -> None:
    """Take over what a session of one's own authid offers."""
    old = await stage.join(authid="conformance")
    new = await stage.join(authid="conformance")
    if old.welcome["authid"] != new.welcome["authid"]:
        # A router that lets nobody choose its authid must not let one steal from the other.
        await old.register("conformance.steal")
        refusal = await new.refused(REGISTER, {"force_reregister": True}, "conformance.steal")
        assert refusal in {"wamp.error.not_authorized", "wamp.error.procedure_already_exists"}
        return
    registration = await old.register("conformance.steal")
    await new.register("conformance.steal", force_reregister=True)
    revoked = await old.expect(UNREGISTERED)
    assert revoked[1] == 0
    assert revoked[2]["registration"] == registration
