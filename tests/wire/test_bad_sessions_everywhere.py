"""Rows of the table of bad inputs that take more than one message, over every route."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.wire.rig import EVERY_ROUTE, Site, WirePeer, witnessed
from tests.wire.violations import INVALID_ARGUMENT, VIOLATION, check_log
from wampedge.router.settings import RealmSettings, SessionLimits

Route = tuple[str, str]

FEW = RealmSettings("realm1", limits=SessionLimits(subscriptions=3, registrations=3))
NOT_AUTHORIZED = "wamp.error.not_authorized"
LIMIT = "wampedge.error.limit"
TOO_LONG = "wamp.error.payload_size_exceeded"
UNBATCHED = [route for route in EVERY_ROUTE if "batched" not in route[1]]
every_route = pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path, settings=FEW, is_encrypted=True) as running:
        yield running


async def pair(site: Site, route: Route) -> tuple[WirePeer, WirePeer]:
    return await site.join(*route), await site.join(*route)


@every_route
async def test_p15_a_request_id_twice_is_a_fault_only_while_the_first_is_pending(
    site: Site, route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    callee, caller = await pair(site, route)
    await callee.ask(64, 1, {}, "com.a.slow")
    caller.say([48, 7, {}, "com.a.slow"])
    callee.say([70, (await callee.hear())[1], {}])
    answered = await caller.hear()
    again = await caller.ask(32, 7, {}, "com.a.topic")
    caller.say([48, 7, {}, "com.a.slow"])
    await callee.hear()
    caller.say([48, 7, {}, "com.a.slow"])
    abort = await caller.hear()
    await caller.hear_end()
    for peer in (callee, caller):
        await peer.close()

    assert [answered[:2], again[:2]] == [[50, 7], [33, 7]]
    assert (abort[0], abort[2]) == (3, VIOLATION)
    check_log(caplog, 1)


@every_route
async def test_what_can_be_answered_does_not_end_the_session(
    site: Site, route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    """P25, P34 and P41."""
    owner, thief = await pair(site, route)
    await owner.ask(64, 1, {}, "com.a.mine")
    thief.say([70, 5, {}], [49, 5, {}], [8, 68, 5, {}, "com.a.error"])
    thief.say(*([32, number, {}, f"com.a.t{number}"] for number in range(1, 6)))
    answers = [await thief.hear() for _ in range(5)]
    stolen = await thief.ask(64, 6, {"force_reregister": True}, "com.a.mine")
    thief.say([48, 7, {}, "com.a.mine"])
    invocation = await owner.hear()
    for peer in (owner, thief):
        await peer.close()

    assert [answer[0] for answer in answers] == [33, 33, 33, 8, 8]
    assert {answer[4] for answer in answers[3:]} == {LIMIT}
    assert (stolen[0], stolen[4]) == (8, NOT_AUTHORIZED)
    assert invocation[0] == 68
    check_log(caplog, 0)


@pytest.mark.parametrize("route", UNBATCHED, ids="-".join)
async def test_p20_a_uri_of_1_mb_is_answered(site: Site, route: Route) -> None:
    """In a batch, no single message is at fault."""
    peer = await site.join(*route)
    uris = []
    for type_code, options in ((48, {}), (16, {"acknowledge": True})):
        error = await peer.ask(type_code, 7, options, "a" * 1_000_000)
        uris.append((*error[:3], error[4]))
    await peer.close()

    assert uris == [(8, 48, 7, TOO_LONG), (8, 16, 7, TOO_LONG)]


@every_route
async def test_p42_a_call_whose_callee_is_gone_fails_at_once(site: Site, route: Route) -> None:
    callee, caller = await pair(site, route)
    await callee.ask(64, 1, {}, "com.a.slow")
    caller.say([48, 7, {}, "com.a.slow"])
    await callee.hear()
    callee.writer.transport.abort()
    error = await caller.hear()
    nobody = await caller.ask(48, 8, {}, "com.a.slow")
    await caller.close()

    assert (error[2], error[4]) == (7, "wamp.error.canceled")
    assert (nobody[2], nobody[4]) == (8, "wamp.error.no_such_procedure")


START = {
    "json": b'[48,1,{},"com.a",[',
    "msgpack": bytes.fromhex("95300180a5") + b"com.a",
    "cbor": bytes.fromhex("85183001a065") + b"com.a",
}
DEEPER = {"json": b"[", "msgpack": b"\x91", "cbor": b"\x81"}
BAD_TEXT = {
    "json": b'"\\ud800"]]',
    "msgpack": bytes.fromhex("91a1ff"),
    "cbor": bytes.fromhex("8161ff"),
}
ROWS: list[tuple[str, Any]] = [
    ("P27 20000 deep", lambda name: START[name] + DEEPER[name] * 20_000),
    ("P27 100000 deep", lambda name: START[name] + DEEPER[name] * 100_000),
    ("P30 text that is none", lambda name: START[name] + BAD_TEXT[name]),
    ("P39 cut off", lambda name: START[name]),
]


@every_route
async def test_bytes_that_are_no_message_end_the_session(
    site: Site, route: Route, caplog: pytest.LogCaptureFixture
) -> None:
    heard = {}
    serializer = route[1].partition(".")[0]
    for row, body_of in ROWS:
        peer = await site.join(*route)
        peer.say_body(body_of(serializer))
        try:
            abort = await peer.hear()
            heard[row] = (abort[0], abort[2])
            await peer.hear_end()
        finally:
            await peer.close()

    assert heard == {row: (3, VIOLATION) for row, _ in ROWS}
    check_log(caplog, len(ROWS))


@pytest.mark.parametrize(
    "route", [each for each in EVERY_ROUTE if each[1].startswith("json")], ids="-".join
)
async def test_p6_numbers_that_json_has_not_are_answered(site: Site, route: Route) -> None:
    peer = await site.join(*route)
    uris = []
    for value in (b"NaN", b"1e999", b"-Infinity"):
        peer.say_body(b'[48,1,{},"com.a",[%b]]' % value)
        uris.append((await peer.hear())[4])
    await peer.close()

    assert uris == [INVALID_ARGUMENT] * 3
