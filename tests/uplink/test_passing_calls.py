"""Calls that cross a link: everything arrives as it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual import virtual
from tests.uplink.rig import Node, UpstreamRouter, node_with
from wampedge.client import CallInput, CallResult, Session
from wampedge.client.passthru import Passthru
from wampedge.errors import ApplicationError, CallTimeoutError, SessionError
from wampedge.uplink.forwarding import Forwarder
from wampedge.wamp.payload import Payload

SEALED = Passthru("x_lock", serializer="cbor", keyid="k1")


@asynccontextmanager
async def bridge(folder: Path, up: str = "n.", down: str = "fleet.") -> AsyncIterator[Any]:
    """Run a node with the prefix ``n``, a client of its router, and one far away."""
    upstream = UpstreamRouter(folder)
    await upstream.start()
    async with node_with(upstream.url) as node:
        forwarder = Forwarder(
            node.uplink, up=[up], down=[down], is_own=lambda _: False, prefix="n."
        )
        near = await Session.over(node.server.attach_local("near"), "edge")
        await forwarder.start()
        node.uplink.start()
        await node.uplink.connection.wait_restored()
        far = await upstream.client()
        yield upstream, node, near, far
        await far.leave()
        await forwarder.stop()
        await near.leave()
    await upstream.stop()


async def settled(node: Node) -> None:
    """Wait until upstream has what was registered here."""
    await asyncio.sleep(0.1)
    await node.uplink.connection.wait_restored()


def both_ways(rig: Any) -> list[tuple[str, Session, Session]]:
    """Return name, callee and caller of a call down and of one up."""
    _, _, near, far = rig
    return [("fleet.p", far, near), ("n.p", near, far)]


@virtual
async def test_an_error_arrives_with_all_it_carries(tmp_path: Path) -> None:
    async with bridge(tmp_path) as rig:
        for name, callee, caller in both_ways(rig):

            def fail(*args: Any, **kwargs: Any) -> None:
                raise ApplicationError("app.error.full", args, kwargs)

            await callee.register(name, fail)
            await settled(rig[1])
            with pytest.raises(ApplicationError) as caught:
                await caller.call(name, 3, unit="L")
            error = caught.value
            assert (error.uri, error.arguments, error.keywords) == (
                "app.error.full", [3], {"unit": "L"}
            )  # fmt: skip


@virtual
async def test_progress_crosses_in_both_directions_of_a_call(tmp_path: Path) -> None:
    async def add_up(call_input: CallInput) -> int:
        total = 0
        async for part in call_input:
            total += part.value or 0
            call_input.progress(total)
        return total

    async with bridge(tmp_path) as rig:
        for name, callee, caller in both_ways(rig):
            await callee.register(name, add_up, takes_input=True)
            await settled(rig[1])
            sums = []
            async with caller.open_call(name, wants_progress=True) as call:
                for number in (1, 2, 3):
                    await call.send(number)
                await call.end_input(4)
                async for part in call.results:
                    sums.append(part.value)  # noqa: PERF401 # an asynchronous loop
                assert call.results.result.value == 10
            assert sums == [1, 3, 6, 10]


@virtual
async def test_who_gives_up_is_felt_by_the_callee(tmp_path: Path) -> None:
    async with bridge(tmp_path) as rig:
        for name, callee, caller in both_ways(rig):
            states: list[str] = []

            async def work(states: list[str] = states) -> None:
                states.append("begun")
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    states.append("cancelled")
                    raise

            await callee.register(name, work)
            await settled(rig[1])
            with pytest.raises(CallTimeoutError):
                await caller.call(name, timeout_s=2)
            await asyncio.sleep(0.1)
            assert states == ["begun", "cancelled"]


@virtual
async def test_sealed_payloads_stay_sealed(tmp_path: Path) -> None:
    async with bridge(tmp_path) as rig:
        for name, callee, caller in both_ways(rig):

            def echo(payload: Payload, details: Any) -> CallResult:
                assert details.passthru == SEALED
                return CallResult(payload).packed(SEALED)

            await callee.register(name, echo, takes_payload=True)
            await settled(rig[1])
            answer = await caller.call_payload(name, Payload([b"\x01\x02"]), options=SEALED.options)
            assert (answer.value, answer.passthru) == (b"\x01\x02", SEALED)


@virtual
async def test_a_caller_who_discloses_itself_is_known_to_clients_of_the_node(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path) as (_, node, near, far):
        callers: list[Any] = []
        await near.register(
            "n.p", lambda details: callers.append(details.caller), wants_details=True
        )
        await settled(node)
        await far.call("n.p", options={"disclose_me": True})
        await far.call("n.p")

        assert callers == [far.session_id, None]


@virtual
async def test_patterns_are_offered_upstream_and_name_what_was_called(tmp_path: Path) -> None:
    async with bridge(tmp_path) as (_, node, near, far):
        called: list[str] = []

        def note(details: Any) -> None:
            called.append(details.procedure)

        await near.register("n.arm.", note, options={"match": "prefix"}, wants_details=True)
        wild = await near.register(
            "n..stop", note, options={"match": "wildcard"}, wants_details=True
        )
        await settled(node)
        await far.call("n.arm.lift.up")
        await far.call("n.leg.stop")
        assert called == ["n.arm.lift.up", "n.leg.stop"]

        await wild.unregister()
        await asyncio.sleep(0.1)
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            await far.call("n.leg.stop")


@virtual
async def test_a_shared_procedure_is_shared_upstream(tmp_path: Path) -> None:
    options = {"invoke": "roundrobin"}
    async with bridge(tmp_path) as (_, node, near, far):
        await near.register("n.work", lambda: "near", options=options)
        await settled(node)
        await far.register("n.work", lambda: "far", options=options)

        async with await Session.connect(node.uplink.connection.name, "farm") as caller:
            answers = {(await caller.call("n.work")).value for _ in range(4)}

    assert answers == {"near", "far"}


@virtual
async def test_whoever_offers_a_procedure_here_has_it_and_upstream_has_it_again_after(
    tmp_path: Path,
) -> None:
    async with bridge(tmp_path) as (_, node, near, far):
        await far.register("fleet.time", lambda: "far")
        caller = await Session.over(node.server.attach_local("caller"), "edge")
        answers = [(await caller.call("fleet.time")).value]
        own = await near.register("fleet.", lambda: "near", options={"match": "prefix"})
        answers.append((await caller.call("fleet.time")).value)
        await own.unregister()
        answers.append((await caller.call("fleet.time")).value)
        await caller.leave()

    assert answers == ["far", "near", "far"]


@virtual
async def test_calls_fail_at_once_while_the_link_is_down(tmp_path: Path) -> None:
    async with bridge(tmp_path) as (upstream, node, near, far):
        await far.register("fleet.time", lambda: 1)
        await upstream.stop()
        await asyncio.sleep(1)
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(ApplicationError) as caught:
            await near.call("fleet.time")

        assert caught.value.uri == "wampedge.error.offline"
        assert asyncio.get_running_loop().time() - began_s < 0.1
        with pytest.raises(SessionError):
            _ = node.uplink.connection.session
