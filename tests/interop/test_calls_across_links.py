"""Calls between a client of the node and one of a real Crossbar, both ways, as they were made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.interop.crossbar import REALM, SECRET, CrossbarRouter
from tests.support.node_process import NodeProcess
from wampedge.client import CallDetails, Session
from wampedge.errors import ApplicationError, CallTimeoutError

pytestmark = [pytest.mark.interop, pytest.mark.crossbar]

SITE = """\
wampedge = 1
[node]
name = "n1"
[upstream]
url = "{url}"
realm = "{realm}"
auth = {{ method = "anonymous" }}
forward = {{ up = ["edge.n1.", "lan."], down = ["fleet."] }}
[devices.lamp]
driver = "led"
pin = 17
"""


class Two(NamedTuple):
    """Who offers something, who calls it across the link, and below which name."""

    callee: Session
    caller: Session
    prefix: str


@pytest.fixture
def node(crossbar: CrossbarRouter, tmp_path: Path) -> Iterator[NodeProcess]:
    """A running node that joins Crossbar."""
    device_file = tmp_path / "devices.toml"
    device_file.write_text(SITE.format(url=crossbar.url, realm=REALM))
    with NodeProcess(device_file) as node:
        yield node


@pytest.fixture(params=["up", "down"])
async def two(
    request: pytest.FixtureRequest, crossbar: CrossbarRouter, node: NodeProcess
) -> AsyncIterator[Two]:
    url = f"unix:{node.socket_path}"
    async with (
        await Session.connect(url, node.facts["realm"]) as here,
        await Session.connect(crossbar.url, REALM) as there,
    ):
        is_up = request.param == "up"
        yield Two(here, there, "lan") if is_up else Two(there, here, "fleet")


async def _offered(two: Two, name: str) -> None:
    """Wait until a call arrives across the link."""
    async with asyncio.timeout(10):
        while True:
            try:
                await two.caller.call(f"{two.prefix}.{name}", timeout_s=1)
            except (ApplicationError, CallTimeoutError) as error:
                if "no_such_procedure" not in str(error):
                    return
                await asyncio.sleep(0.05)  # another program offers it, at a moment it chooses
            else:
                return


@asynccontextmanager
async def _answering(two: Two, name: str, endpoint: Any, **settings: Any) -> AsyncIterator[None]:
    registration = await two.callee.register(f"{two.prefix}.{name}", endpoint, **settings)
    probe = await two.callee.register(f"{two.prefix}.probe", lambda: 1)
    await _offered(two, "probe")
    yield
    await probe.unregister()
    await registration.unregister()


async def test_an_error_crosses_with_all_it_carries(two: Two) -> None:
    def refuse() -> None:
        raise ApplicationError("com.example.too_hot", ["hot", 71.5], {"limit": {"high": 60}})

    async with _answering(two, "measure", refuse):
        with pytest.raises(ApplicationError) as caught:
            await two.caller.call(f"{two.prefix}.measure", timeout_s=5)

    assert caught.value.uri == "com.example.too_hot"
    assert caught.value.arguments == ["hot", 71.5]
    assert caught.value.keywords == {"limit": {"high": 60}}


async def test_progressive_results_cross_in_order(two: Two) -> None:
    async def count(to: int, details: CallDetails) -> str:
        for number in range(to):
            details.progress(number, step=number)
        return "done"

    steps: list[Any] = []
    async with _answering(two, "count", count, wants_details=True):
        result = await two.caller.call(
            f"{two.prefix}.count",
            50,
            timeout_s=5,
            on_progress=lambda each: steps.append(each.value),
        )

    assert result.value == "done"
    assert steps == list(range(50))


@pytest.mark.parametrize(
    ("match", "pattern", "called"),
    [("prefix", "valves", "valves.north.7"), ("wildcard", "zone..get", "zone.7.get")],
)
async def test_a_pattern_is_called_across_by_names_nobody_has_named(
    two: Two, match: str, pattern: str, called: str
) -> None:
    def name_of(details: CallDetails) -> str:
        return details.procedure

    options = {"match": match}
    async with _answering(two, pattern, name_of, wants_details=True, options=options):
        result = await two.caller.call(f"{two.prefix}.{called}", timeout_s=5)

    assert result.value == f"{two.prefix}.{called}"


async def test_a_cancelled_call_ends_at_the_callee(two: Two) -> None:
    ended: asyncio.Queue[str] = asyncio.Queue()

    async def wait_for_ever() -> None:
        ended.put_nowait("begun")
        try:
            await asyncio.Event().wait()
        finally:
            ended.put_nowait("ended")

    async with _answering(two, "wait", wait_for_ever):
        call = asyncio.ensure_future(two.caller.call(f"{two.prefix}.wait"))
        assert await asyncio.wait_for(ended.get(), 5) == "begun"
        call.cancel()

        assert await asyncio.wait_for(ended.get(), 5) == "ended"


async def test_who_calls_at_crossbar_is_known_here_by_its_name(
    crossbar: CrossbarRouter, node: NodeProcess
) -> None:
    def name_of(details: CallDetails) -> str | None:
        return details.caller_authid

    here = Session.connect(f"unix:{node.socket_path}", node.facts["realm"])
    there = Session.connect(crossbar.url, REALM, authid="pilot", secret=SECRET)
    async with await here as callee, await there as caller:
        two = Two(callee, caller, "lan")
        async with _answering(two, "who", name_of, wants_details=True):
            result = await caller.call("lan.who", timeout_s=5)

    assert result.value == "pilot"


async def test_values_cross_unchanged(two: Two) -> None:
    values: list[Any] = [
        None,
        True,
        -(2**53) + 1,
        2**53 - 1,
        0.1,
        "grüße €",
        b"\x00\xff",
        [],
        {"a": [1]},
    ]
    async with _answering(two, "echo", lambda *args, **kwargs: [list(args), kwargs]):
        result = await two.caller.call(f"{two.prefix}.echo", *values, timeout_s=5, named="x")

    assert result.value == [values, {"named": "x"}]
