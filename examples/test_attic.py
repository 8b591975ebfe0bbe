"""How a project tests its WAMP program with a real router: pytest test_attic.py."""

import asyncio

import pytest

from wampedge.client import Connection
from wampedge.testing import TestRouter

pytest_plugins = ["wampedge.testing.pytest"]


@pytest.mark.asyncio
async def test_program_is_back_after_its_link_was_cut(router: TestRouter) -> None:
    joins = asyncio.Queue[int]()
    async with Connection(router.url, router.realm) as program:
        program.on_status(lambda status: joins.put_nowait(status.joins))
        program.register("home.attic.temperature", lambda: 21.5)
        await program.wait_restored()

        router.cut(program.session)
        while await joins.get() < 2:
            pass
        await program.wait_restored()

        async with await router.join() as caller:
            assert await caller.call("home.attic.temperature", returns=float) == 21.5


def test_router_serves_tests_without_async_as_well(router: TestRouter) -> None:
    from wampedge.client.blocking import connect

    with connect(router.url, router.realm) as session:
        assert [each.session_id for each in router.sessions] == [session.session_id]
