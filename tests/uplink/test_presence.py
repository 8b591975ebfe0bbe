"""What an upstream router tells of the node, also when the node cannot any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.cable import Cable
from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.turns import turns
from tests.support.virtual import virtual
from tests.uplink.rig import router_of
from wampedge.client import Connection, Session
from wampedge.server import Server
from wampedge.transports.base import Transport
from wampedge.uplink.presence import Presence
from wampedge.wamp.messages import Call, Error, Publish, Result
from wampedge.wamp.payload import Payload

TOPIC = "edge.n1.status"
READY = Payload(("ready",), {"time": 500.0})


class Hub:
    """An upstream router in the process, and somebody there who watches the node.

    Attributes:
        heard: states, with the session that told them.
    """

    def __init__(self) -> None:
        self.server = Server(router_of("farm"))
        self.ends: list[Transport] = []
        self.heard: list[tuple[str, int]] = []
        self.watcher: Session

    async def open(self) -> Transport:
        """Give a connection to the router."""
        end = self.server.attach_local(f"link {len(self.ends)}")
        self.ends.append(end)
        return end

    def node(self) -> tuple[Connection, Presence]:
        """Make a node, not started yet, that wants to be ready."""
        connection = Connection(self.open, "farm", random=lambda: 0.5)
        presence = Presence(connection, TOPIC, started=400.0, wall_clock=lambda: 600.0)
        presence.say(READY)
        return connection, presence

    async def retained(self) -> tuple[Any, dict[str, Any]]:
        """Return what somebody hears who comes now."""
        came: asyncio.Future[tuple[Any, dict[str, Any]]] = (
            asyncio.get_running_loop().create_future()
        )
        async with await Session.over(self.server.attach_local("late"), "farm") as late:
            await late.subscribe(
                TOPIC,
                lambda state, **facts: came.set_result((state, facts)),
                options={"get_retained": True},
            )
            return await came


@asynccontextmanager
async def hub() -> AsyncIterator[Hub]:
    """Run the router with its watcher."""
    here = Hub()
    async with await Session.over(here.server.attach_local("watcher"), "farm") as watcher:
        here.watcher = watcher
        await watcher.subscribe(
            TOPIC, lambda state, session, **_: here.heard.append((state, session))
        )
        yield here
    await here.server.stop()


@virtual
async def test_state_is_kept_upstream_with_the_session_that_told_it() -> None:
    async with hub() as here:
        connection, presence = here.node()
        async with connection:
            session = await connection.wait_joined()
            await turns(20)
            assert presence.has_testament
            state, facts = await here.retained()
            presence.close()

    assert state == "ready"
    assert facts == {"time": 500.0, "session": session.session_id, "started": 400.0}


@virtual
async def test_crash_is_told_by_the_router() -> None:
    async with hub() as here:
        connection, presence = here.node()
        async with connection:
            session = await connection.wait_joined()
            await turns(20)
            presence.close()
            here.ends[0].abort()
            await turns(20)
            state, facts = await here.retained()

    assert here.heard == [("ready", session.session_id), ("lost", session.session_id)]
    assert state == "lost"
    assert facts == {
        "joined": 600.0,
        "session": session.session_id,
        "started": 400.0,
        "reason": "its session ended without a word: it crashed, or cannot be reached",
    }


@pytest.mark.parametrize("last", ["stopped", "unlinked"])
@virtual
async def test_last_word_stays(last: str) -> None:
    async with hub() as here:
        connection, presence = here.node()
        async with connection:
            session = await connection.wait_joined()
            await turns(20)
            await presence.say_last(last, within_s=1.0)
        await turns(20)
        state, facts = await here.retained()

    assert [state for state, _ in here.heard] == ["ready", last]
    assert (state, facts["session"], facts["time"]) == (last, session.session_id, 600.0)


@virtual
async def test_changes_are_told_as_they_come() -> None:
    async with hub() as here:
        connection, presence = here.node()
        async with connection:
            await connection.wait_joined()
            presence.say(Payload(("starting",), {"time": 501.0}))
            await turns(20)
            presence.say(Payload(("stopping",), {"time": 502.0}))
            await turns(20)
            presence.close()

    assert [state for state, _ in here.heard][:2] == ["starting", "stopping"]


@virtual
async def test_testament_of_a_ghost_does_not_stand_against_the_node_that_is_back() -> None:
    async with hub() as here:
        before, crashed = here.node()
        before.start()
        await before.wait_joined()
        await turns(20)
        crashed.close()  # the process is gone; its router does not know
        connection, presence = here.node()
        async with connection:
            session = await connection.wait_joined()
            await turns(20)
            here.ends[0].abort()  # now it finds out
            await turns(20)
            state, facts = await here.retained()
            presence.close()
        await before.stop()

    assert [state for state, _ in here.heard][:4] == ["ready", "ready", "lost", "ready"]
    assert (state, facts["session"]) == ("ready", session.session_id)


@virtual
async def test_two_nodes_of_one_name_do_not_chase_each_other() -> None:
    async with hub() as here:
        connection, presence = here.node()
        async with connection:
            await connection.wait_joined()
            await turns(20)
            del here.heard[:]
            for _ in range(10):
                here.watcher.publish_nowait(TOPIC, "lost", session=1)
            await turns(40)
            assert [state for state, _ in here.heard] == ["ready"]
            await asyncio.sleep(10)
            assert [state for state, _ in here.heard] == ["ready", "ready"]
            presence.close()


@virtual
async def test_router_without_testaments_keeps_the_state_with_its_session() -> None:
    upstream = ScriptedUpstream()

    def set_up(router: ScriptedRouter) -> None:
        granting(router)
        router.answers[Call] = lambda call: [
            Error(48, call.request_id, {}, "wamp.error.no_such_procedure")
        ]

    upstream.set_up = set_up
    connection = upstream.connection()
    presence = Presence(connection, TOPIC, started=400.0, wall_clock=lambda: 600.0)
    presence.say(READY)
    async with connection:
        await connection.wait_joined()
        told = await upstream.router.receive(Publish)
        assert not presence.has_testament
        last = asyncio.ensure_future(presence.say_last("stopped", within_s=1.0))
        goodbye = await upstream.router.receive(Publish)
        upstream.router.cut()
        await last

    assert (told.payload.args, told.payload.kwargs["session"]) == (["ready"], 77)
    assert told.options == {}
    assert goodbye.payload.args == ["stopped"]


@virtual
async def test_testament_is_left_before_the_state_is_told() -> None:
    upstream = ScriptedUpstream()
    connection = upstream.connection()
    presence = Presence(connection, TOPIC, started=400.0, wall_clock=lambda: 600.0)
    presence.say(READY)
    async with connection:
        await connection.wait_joined()
        call = await upstream.router.receive(Call)
        await turns()
        assert not upstream.router.has_received(Publish)
        upstream.router.send(Result(call.request_id, {}))
        await upstream.router.receive(Publish)
        presence.close()

    assert call.procedure == "wamp.session.add_testament"
    assert call.payload.args[:2] == [TOPIC, ["lost"]]
    assert call.payload.kwargs["scope"] == "destroyed"


@virtual
async def test_last_word_that_nobody_can_hear_is_no_trouble() -> None:
    upstream = ScriptedUpstream()
    presence = Presence(upstream.connection(), TOPIC, started=1.0, wall_clock=lambda: 2.0)

    await presence.say_last("stopped", within_s=1.0)

    assert not presence.has_testament


@virtual
async def test_last_word_over_a_dead_link_is_given_up_soon() -> None:
    upstream = ScriptedUpstream()
    connection = upstream.connection()
    presence = Presence(connection, TOPIC, started=400.0, wall_clock=lambda: 600.0)
    presence.say(READY)
    async with connection:
        await connection.wait_joined()
        call = await upstream.router.receive(Call)
        upstream.router.send(Result(call.request_id, {}))
        await turns()
        began_s = asyncio.get_running_loop().time()
        await presence.say_last("stopped", within_s=0.5)
        assert asyncio.get_running_loop().time() - began_s == 0.5


@virtual
async def test_silence_is_told_in_15_s_and_the_same_run_is_back_after_it(tmp_path: Path) -> None:
    """A crash has another ``started`` afterwards."""
    cable = Cable("ws", tmp_path)
    server = Server(router_of("farm"), [cable.listen_url])
    await server.start()
    await cable.lay(server)
    connection = Connection(cable.url, "farm", random=lambda: 0.5)
    presence = Presence(connection, TOPIC, started=400.0, wall_clock=lambda: 600.0)
    presence.say(READY)
    heard: list[tuple[str, float, float]] = []
    ends: list[str] = []
    loop = asyncio.get_running_loop()
    async with await Session.over(server.attach_local("watcher"), "farm") as watcher, connection:
        await watcher.subscribe(
            TOPIC, lambda state, started, **_: heard.append((state, started, loop.time()))
        )
        await watcher.subscribe("wampedge.session.on_end", lambda *_, reason: ends.append(reason))
        await connection.wait_joined()
        await asyncio.sleep(30.5)
        cable.cut()
        cut_s = loop.time()
        await asyncio.sleep(20)
        cable.mend()
        await asyncio.sleep(60)
        await presence.say_last("stopped", within_s=1.0)
    await cable.take_up()
    await server.stop()

    assert [(state, started) for state, started, _ in heard] == [
        ("ready", 400.0),
        ("lost", 400.0),
        ("ready", 400.0),
        ("stopped", 400.0),
    ]
    assert heard[1][2] - cut_s <= 15.01
    assert ends == ["silent", "goodbye"]


@virtual
async def test_last_word_takes_back_a_testament_that_was_not_answered_yet() -> None:
    upstream = ScriptedUpstream()
    connection = upstream.connection()
    presence = Presence(connection, TOPIC, started=400.0, wall_clock=lambda: 600.0)
    presence.say(READY)
    async with connection:
        await connection.wait_joined()
        await upstream.router.receive(Call)
        last = asyncio.ensure_future(presence.say_last("stopped", within_s=1.0))
        flush = await upstream.router.receive(Call)
        upstream.router.send(Result(flush.request_id, {}))
        word = await upstream.router.receive(Publish)
        await last

    assert flush.procedure == "wamp.session.flush_testaments"
    assert word.payload.args == ["stopped"]
