"""Our router, put through the checks that any router can be put through."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from tests.conformance.checks import Check
from tests.conformance.suite import ALL_CHECKS, run_check
from wampedge.router import RealmSettings, Router
from wampedge.server import Server

UNDER_WAY = {
    "big_event",
    "call_timeout",
    "passthru_call",
    "passthru_publish",
    "progressive_invocations",
    "retention",
    "retention_by_pattern",
}


def _marked(check: Check) -> Any:
    marks = (
        [pytest.mark.xfail(strict=False, reason="being built")] if check.name in UNDER_WAY else []
    )
    return pytest.param(check, marks=marks, id=check.name)


@pytest.mark.parametrize("check", [_marked(check) for check in ALL_CHECKS])
async def test_the_router_follows_the_specification(check: Check) -> None:
    ids = itertools.count(1)
    router = Router(
        [RealmSettings("realm1")],
        random_id=lambda: next(ids),
        monotonic_s=asyncio.get_running_loop().time,
    )
    server = Server(router, ["ws://127.0.0.1:0/ws"], anonymous_role="anonymous")
    await server.start()
    try:
        await run_check(check, str(server.addresses[0]), "realm1")
    finally:
        await server.stop()


def test_no_two_checks_have_one_name() -> None:
    names = [check.name for check in ALL_CHECKS]

    assert sorted(set(names)) == sorted(names)
