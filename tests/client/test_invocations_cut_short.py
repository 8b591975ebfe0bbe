"""Endpoints that were called just before their event loop ended."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from typing import Any

from tests.support.scripted_router import ScriptedRouter, granting
from tests.support.turns import turns
from tests.support.virtual import virtual
from wampedge.wamp.messages import Invocation
from wampedge.wamp.payload import Payload


@virtual
async def test_endpoint_that_a_closing_loop_cancels_before_its_first_step_is_closed() -> None:
    made: list[Coroutine[Any, Any, None]] = []

    def endpoint() -> Coroutine[Any, Any, None]:
        made.append(asyncio.sleep(1.0))
        asyncio.get_running_loop().call_soon(cancel_calls)  # comes before the task's first step
        return made[0]

    def cancel_calls() -> None:
        for task in asyncio.all_tasks():
            if task.get_name() == "call of a.b":
                task.cancel()

    router = ScriptedRouter()
    granting(router)
    async with await router.session() as session:
        await session.register("a.b", endpoint)
        router.send(Invocation(9, 500, {}, Payload()))
        await turns(10)

        assert inspect.getcoroutinestate(made[0]) == inspect.CORO_CLOSED
