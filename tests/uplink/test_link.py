"""The uplink between two real routers, over a real socket on virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import turns
from tests.support.virtual import virtual
from tests.uplink.rig import UpstreamRouter, node_with
from wampedge.client import CallDetails, CallResult, Session
from wampedge.errors import ApplicationError, CallTimeoutError
from wampedge.wamp.payload import Payload


@virtual
async def test_call_from_upstream_reaches_the_local_procedure(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url, {"farm.gh1.add": "edge.gh1.add"}) as node:
        await node.devices.register(
            "edge.gh1.add", lambda *args, **kwargs: CallResult.of(sum(args), **kwargs)
        )
        node.uplink.start()
        await node.uplink.connection.wait_restored()

        async with await upstream.client() as caller:
            result = await caller.call("farm.gh1.add", 2, 3, unit="V")

        assert (result.args, result.kwargs) == ([5], {"unit": "V"})
        assert node.uplink.status.calls == 1
    await upstream.stop()


@virtual
async def test_errors_pass_with_uri_args_and_kwargs(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()

    def fail() -> None:
        raise ApplicationError("wampedge.error.interlock", ["vent is open"], {"retry_after": 5})

    async with node_with(upstream.url, {"farm.gh1.open": "edge.gh1.open"}) as node:
        node.uplink.offer("farm.gh1.gone")
        node.uplink.offer("farm.gh1.gone")
        await node.devices.register("edge.gh1.open", fail)
        node.uplink.start()
        await node.uplink.connection.wait_restored()

        async with await upstream.client() as caller:
            with pytest.raises(ApplicationError) as refused:
                await caller.call("farm.gh1.open")
            with pytest.raises(ApplicationError) as unknown:
                await caller.call("farm.gh1.gone")

    assert refused.value.uri == "wampedge.error.interlock"
    assert refused.value.arguments == ["vent is open"]
    assert refused.value.keywords == {"retry_after": 5}
    assert unknown.value.uri == "wamp.error.no_such_procedure"
    await upstream.stop()


@virtual
async def test_progressive_results_cross_the_link(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()

    def move(details: CallDetails) -> int:
        details.progress(30)
        details.progress(60)
        return 100

    async with node_with(upstream.url, {"farm.gh1.goto": "edge.gh1.goto"}) as node:
        await node.devices.register("edge.gh1.goto", move, wants_details=True)
        node.uplink.start()
        await node.uplink.connection.wait_restored()
        parts: list[Any] = []

        async with await upstream.client() as caller:
            result = await caller.call(
                "farm.gh1.goto", on_progress=lambda part: parts.append(part.value)
            )

    assert (parts, result.value) == ([30, 60], 100)
    await upstream.stop()


class Endless:
    """A procedure that never returns, and tells when it was called and given up."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.given_up = asyncio.Event()

    async def procedure(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up.set()


@virtual
async def test_call_given_up_upstream_is_given_up_here(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    endless = Endless()

    async with node_with(upstream.url, {"farm.gh1.endless": "edge.gh1.endless"}) as node:
        await node.devices.register("edge.gh1.endless", endless.procedure)
        node.uplink.start()
        await node.uplink.connection.wait_restored()

        async with await upstream.client() as caller:
            with pytest.raises(CallTimeoutError):
                await caller.call("farm.gh1.endless", timeout_s=1)
            await endless.given_up.wait()
    await upstream.stop()


@virtual
async def test_calls_open_when_the_link_dies_are_given_up_here(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    endless = Endless()

    async with node_with(upstream.url, {"farm.gh1.endless": "edge.gh1.endless"}) as node:
        await node.devices.register("edge.gh1.endless", endless.procedure)
        node.uplink.start()
        await node.uplink.connection.wait_restored()
        caller = await upstream.client()
        call = asyncio.create_task(caller.call("farm.gh1.endless"))
        await endless.begun.wait()

        await upstream.stop()

        await endless.given_up.wait()
        with pytest.raises(Exception, match=r"shutdown|closed|canceled"):
            await call
        await caller.wait_closed()


@virtual
async def test_shared_topics_are_published_upstream_as_they_are(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    async with node_with(upstream.url) as node:
        await node.uplink.share("edge.gh1.button.event", "farm.gh1.button.event")
        await node.uplink.share("edge.gh1.button.event", "farm.gh1.button.event")
        await node.uplink.share("edge.gh1.air")
        node.uplink.start()
        await node.uplink.connection.wait_joined()

        async with await upstream.client() as listener:
            for topic in ("farm.gh1.button.event", "edge.gh1.air"):
                await listener.subscribe(topic, lambda *a, **k: heard.put_nowait((a, k)))
            node.devices.publish_nowait("edge.gh1.button.event", "press", time=12.5, seq=1)
            node.devices.publish_nowait("edge.gh1.air", 21.5)

            assert await heard.get() == (("press",), {"time": 12.5, "seq": 1})
            assert await heard.get() == ((21.5,), {})
        assert node.uplink.status.published == 2
    await upstream.stop()


@virtual
async def test_topic_no_longer_shared_stays_here(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url) as node:
        await node.uplink.share("edge.gh1.air")
        node.uplink.start()
        await node.uplink.connection.wait_joined()

        await node.uplink.unshare("edge.gh1.air")
        await node.uplink.unshare("edge.gh1.air")
        node.devices.publish_nowait("edge.gh1.air", 21.5)
        await turns(20)

        assert node.uplink.status.published == 0
    await upstream.stop()


@virtual
async def test_withdrawn_procedure_is_gone_upstream(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url, {"farm.gh1.add": "edge.gh1.add"}) as node:
        node.uplink.start()
        await node.uplink.connection.wait_restored()

        await node.uplink.withdraw("edge.gh1.add")
        await node.uplink.withdraw("edge.gh1.add")

        async with await upstream.client() as caller:
            with pytest.raises(ApplicationError, match="no_such_procedure"):
                await caller.call("farm.gh1.add")
        assert node.uplink.status.procedures == 0
    await upstream.stop()


@virtual
async def test_events_while_away_are_dropped_and_counted(tmp_path: Path) -> None:
    async with node_with(f"unix:{tmp_path}/nobody.sock") as node:
        await node.uplink.share("edge.gh1.air")
        node.uplink.start()
        for value in range(3):
            node.devices.publish_nowait("edge.gh1.air", value)
        await asyncio.sleep(1)

        status = node.uplink.status
        assert (status.published, status.dropped) == (0, 3)
        assert (status.state, status.session_id, status.joined_at) == ("waiting", 0, None)
        assert "no such socket" in status.last_error


@virtual
async def test_latest_state_is_published_again_after_each_join(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    heard: list[Any] = []
    async with node_with(upstream.url) as node:
        for topic in ("edge.gh1.air", "edge.gh1.soil", "edge.gh1.old"):
            await node.uplink.share(topic, is_state=True)
        node.uplink.start()
        node.devices.publish_nowait("edge.gh1.air", 20.0, seq=1)
        node.devices.publish_nowait("edge.gh1.air", 21.5, seq=2)
        node.devices.publish_nowait("edge.gh1.soil", 40)
        node.devices.publish_nowait("edge.gh1.old", 1)
        await turns(20)
        node.uplink.forget("edge.gh1.old")

        for _ in range(2):
            await upstream.start()
            listener = await upstream.client()
            for topic in ("edge.gh1.air", "edge.gh1.soil", "edge.gh1.old"):
                await listener.subscribe(topic, lambda *a, **k: heard.append((a, k)))
            await node.uplink.connection.wait_joined()
            await turns(20)
            await upstream.stop()
            await listener.wait_closed()

    assert heard == [((21.5,), {"seq": 2}), ((40,), {})] * 2


@virtual
async def test_event_too_long_for_the_upstream_is_counted_and_does_no_harm(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url) as node:
        node.uplink.start()
        await node.uplink.connection.wait_joined()

        for value in (object(), object(), 1):
            node.uplink.publish("edge.gh1.air", Payload((value,)))

        status = node.uplink.status
        assert (status.refused, status.published) == (2, 1)
    await upstream.stop()


@virtual
async def test_status_tells_how_the_link_does(tmp_path: Path) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url, {"farm.gh1.add": "edge.gh1.add"}) as node:
        before = node.uplink.status
        node.uplink.start()
        session = await node.uplink.connection.wait_joined()
        await node.uplink.connection.wait_restored()
        status = node.uplink.status

        assert (before.state, before.procedures_registered) == ("stopped", 0)
        assert (status.state, status.session_id) == ("joined", session.session_id)
        assert (status.joined_at, status.joins, status.failures) == (1_000_000.0, 1, 0)
        assert (status.procedures, status.procedures_registered) == (1, 1)
        assert status.last_error == ""
    await upstream.stop()


async def calls_until_back(caller: Session, procedure: str) -> float:
    """Call until the procedure is there; return how long that took, in seconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            await caller.call(procedure, 1)
        except ApplicationError:
            await asyncio.sleep(0.01)
        else:
            return loop.time() - began


@virtual
async def test_procedures_are_back_within_a_second_twice_in_a_row_and_local_calls_go_on(
    tmp_path: Path,
) -> None:
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    async with node_with(upstream.url, {"farm.gh1.add": "edge.gh1.add"}) as node:
        await node.devices.register("edge.gh1.add", lambda x: x + 1)
        node.uplink.start()
        await node.uplink.connection.wait_restored()

        for _ in range(2):
            await upstream.stop()
            for _ in range(10):
                await asyncio.sleep(1)
                assert (await node.devices.call("edge.gh1.add", 1, timeout_s=0.1)).value == 2
            await upstream.start()
            caller = await upstream.client()
            assert await calls_until_back(caller, "farm.gh1.add") < 1
            await caller.leave()
    await upstream.stop()


@virtual
async def test_ghost_of_the_last_session_gives_way(tmp_path: Path) -> None:
    """Our router has no force_reregister for other sessions: the name is asked for until free."""
    upstream = UpstreamRouter(tmp_path)
    await upstream.start()
    ghost = await upstream.client()
    await ghost.register("farm.gh1.add", lambda x: x)
    async with node_with(upstream.url, {"farm.gh1.add": "edge.gh1.add"}) as node:
        await node.devices.register("edge.gh1.add", lambda x: x + 1)
        node.uplink.start()
        await asyncio.sleep(5)
        registered_early = node.uplink.status.procedures_registered
        await ghost.leave()
        caller = await upstream.client()

        assert await calls_until_back(caller, "farm.gh1.add") < 1
        assert registered_early == 0
        await caller.leave()
    await upstream.stop()
