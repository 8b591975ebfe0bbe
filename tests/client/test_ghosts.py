"""Ending our own last session where the router does not know that it is over."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.scripted_router import ROLES, ScriptedRouter, granting
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.client import Connection
from wampedge.wamp.messages import Call, Error, Goodbye, Hello, Message, Register, Result, Welcome
from wampedge.wamp.payload import Payload


class Haunted:
    """A router where the session of a lost link keeps its names until somebody ends it.

    Attributes:
        calls: what was called, with its first argument.
        authid: who the ghost is.
        may_kill: whether its end may be asked for.
    """

    def __init__(self) -> None:
        self.upstream = ScriptedUpstream()
        self.upstream.set_up = self._set_up
        self.calls: list[tuple[str, Any]] = []
        self.authid = "gh1"
        self.may_kill = True
        self._ghosts: set[int] = set()
        self._joins = 100

    def connection(self) -> Connection:
        """Make a connection to it."""
        return self.upstream.connection()

    async def cut(self) -> None:
        """Cut the link; the session stays."""
        self._ghosts.add(self._joins)
        self.upstream.router.cut()
        await turns()

    def _set_up(self, router: ScriptedRouter) -> None:
        self._joins += 1
        granting(router)
        grant = router.answers[Register]
        welcome = Welcome(self._joins, {"roles": ROLES, "authid": "gh1"})
        router.answers[Hello] = lambda hello: [welcome]
        router.answers[Register] = lambda request: (
            [Error(64, request.request_id, {}, "wamp.error.procedure_already_exists")]
            if self._ghosts
            else grant(request)
        )
        router.answers[Call] = self._on_call

    def _on_call(self, call: Call) -> list[Message]:
        ghost = call.payload.args[0]
        self.calls.append((call.procedure, ghost))
        if call.procedure == "wamp.session.get":
            return [Result(call.request_id, {}, Payload(({"authid": self.authid},)))]
        if not self.may_kill:
            return [Error(48, call.request_id, {}, "wamp.error.not_authorized")]
        self._ghosts.discard(ghost)
        return [Result(call.request_id, {})]


@virtual
async def test_own_ghost_is_ended_once_for_all_names() -> None:
    router = Haunted()

    async with router.connection() as connection:
        for name in ("a.b", "a.c", "a.d"):
            connection.register(name, print)
        await connection.wait_joined()
        await connection.wait_restored()
        await router.cut()
        await connection.wait_joined()
        await connection.wait_restored()

    assert router.calls == [("wamp.session.get", 101), ("wamp.session.kill", 101)]
    assert asyncio.get_running_loop().time() == pytest.approx(0.5)


@virtual
async def test_ghosts_of_a_link_that_flaps_are_all_ended() -> None:
    router = Haunted()

    async with router.connection() as connection:
        await connection.wait_joined()
        await router.cut()
        await connection.wait_joined()
        await router.cut()
        wish = connection.register("a.b", print)
        await wish.wait_established()

    kills = [ghost for procedure, ghost in router.calls if procedure == "wamp.session.kill"]
    assert kills == [101, 102]


@pytest.mark.parametrize(
    ("authid", "may_kill", "calls"),
    [
        ("somebody", True, [("wamp.session.get", 101)]),
        ("gh1", False, [("wamp.session.get", 101), ("wamp.session.kill", 101)]),
    ],
)
@virtual
async def test_session_that_is_not_ours_or_not_ours_to_end_is_left_alone(
    authid: str, may_kill: bool, calls: list[tuple[str, int]]
) -> None:
    router = Haunted()
    router.authid, router.may_kill = authid, may_kill

    async with router.connection() as connection:
        wish = connection.register("a.b", print)
        await wish.wait_established()
        await router.cut()
        await connection.wait_joined()
        await asyncio.sleep(10)
        assert not wish.is_established

    assert router.calls == calls


@virtual
async def test_session_that_ended_in_order_left_no_ghost() -> None:
    router = Haunted()

    async with router.connection() as connection:
        await connection.wait_joined()
        router.upstream.router.send(Goodbye({}, "wamp.close.system_shutdown"))
        await turns()
        await connection.wait_joined()
        await router.cut()
        await connection.register("a.b", print).wait_established()

    assert [ghost for _, ghost in router.calls] == [102, 102]
