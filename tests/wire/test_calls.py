"""What a call may ask for besides an answer, over every transport with every serializer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.wire.rig import EVERY_ROUTE, Site, WirePeer, open_site
from wampedge.router import ProcedureLimit, RealmSettings

PASSTHRU = {
    role: {
        "features": {
            "call_canceling": True,
            "payload_passthru_mode": True,
            "progressive_call_invocations": True,
            "progressive_call_results": True,
        }
    }
    for role in ("caller", "callee", "publisher", "subscriber")
}
SEAL = {"ppt_scheme": "x_mine", "ppt_serializer": "cbor", "ppt_cipher": "x_none", "ppt_keyid": "1"}
TOO_LONG = "wamp.error.payload_size_exceeded"
ROUTES = [route for route in EVERY_ROUTE if route[0] in ("ws", "raw")]
SINGLE = [
    (transport, serializer)
    for transport in ("ws", "raw", "unix-ws", "unix-raw")
    for serializer in ("json", "msgpack", "cbor")
]
"""Where a message that is too long is not one of a batch, which is refused as a whole."""
SOME_SINGLE = [route for route in ROUTES if route in SINGLE]


async def able(site: Site, route: tuple[str, str]) -> WirePeer:
    """Join as a peer that announces every feature of these tests."""
    peer = await site.connect(*route)
    peer.say([1, "realm1", {"roles": PASSTHRU}])
    assert (await peer.hear())[0] == 2
    return peer


async def pair(site: Site, route: tuple[str, str]) -> tuple[WirePeer, WirePeer]:
    """Let one peer offer a procedure, and another join that speaks JSON over WebSocket."""
    callee = await able(site, route)
    await callee.ask(64, 1, {}, "com.site.p")
    return callee, await able(site, ("ws", "json"))


@pytest.mark.parametrize("route", ROUTES, ids="-".join)
async def test_a_call_that_takes_too_long_is_given_up(
    tmp_path: Path, route: tuple[str, str]
) -> None:
    """Specification, "Call Timeouts"."""
    async with open_site(tmp_path) as site:
        callee, caller = await pair(site, route)

        error = await caller.ask(48, 7, {"timeout": 20}, "com.site.p")

        assert error[:3] == [8, 48, 7]
        assert error[4] == "wamp.error.timeout"
        assert (await callee.hear())[0] == 68
        interrupt = await callee.hear()
        options = {"mode": "killnowait", "reason": "wamp.error.timeout"}
        assert (interrupt[0], interrupt[2]) == (69, options)


@pytest.mark.parametrize("route", ROUTES, ids="-".join)
async def test_arguments_and_results_may_come_in_parts(
    tmp_path: Path, route: tuple[str, str]
) -> None:
    """Specification, "Progressive Call Invocations with Progressive Call Results"."""
    async with open_site(tmp_path) as site:
        callee, caller = await pair(site, route)
        caller.say([48, 7, {"progress": True, "receive_progress": True}, "com.site.p", [1]])
        caller.say([48, 7, {"progress": True}, "com.site.p", [2]])
        caller.say([48, 7, {}, "com.site.p", [3]])

        invocations = [await callee.hear() for _ in range(3)]
        number = invocations[0][1]
        callee.say([70, number, {"progress": True}, ["a"]], [70, number, {}, ["b"]])

        both = {"receive_progress": True, "progress": True}
        details = [both, both, {"receive_progress": True}]
        assert [(each[1], each[3], each[4]) for each in invocations] == [
            (number, detail, [part]) for part, detail in enumerate(details, start=1)
        ]
        assert await caller.hear() == [50, 7, {"progress": True}, ["a"]]
        assert await caller.hear() == [50, 7, {}, ["b"]]


@pytest.mark.parametrize("route", ROUTES, ids="-".join)
async def test_a_sealed_payload_crosses_untouched(tmp_path: Path, route: tuple[str, str]) -> None:
    """Specification, "Payload Passthru Mode": one binary item and the attributes."""
    async with open_site(tmp_path) as site:
        callee, caller = await able(site, route), await able(site, route)
        await callee.ask(64, 1, {}, "com.site.p")
        await callee.ask(32, 2, {}, "com.site.t")
        sealed: Any = b"\x00\xff\x93" if "json" not in route[1] else "\0AP+T"

        caller.say([48, 7, SEAL, "com.site.p", [sealed]], [16, 8, SEAL, "com.site.t", [sealed]])
        invocation, event = await callee.hear(), await callee.hear()
        callee.say([70, invocation[1], SEAL, [sealed]])

        assert invocation[3:] == [SEAL, [sealed]]
        assert event[3:] == [SEAL, [sealed]]
        assert await caller.hear() == [50, 7, SEAL, [sealed]]


async def test_limits_hold_over_the_wire(tmp_path: Path) -> None:
    """Issue 3, line 6: a limit names itself and says when to try again."""
    limits = (ProcedureLimit("com.site.", calls_per_s=1),)
    async with open_site(tmp_path, RealmSettings("realm1", procedure_limits=limits)) as site:
        callee, caller = await pair(site, ("raw", "msgpack"))

        caller.say([48, 1, {}, "com.site.p"])
        error = await caller.ask(48, 2, {}, "com.site.p")

        assert error[:3] == [8, 48, 2]
        assert error[4] == "wampedge.error.limit"
        assert error[5][0].startswith("'com.site.' takes 1 calls a second; try again in ")
        assert (await callee.hear())[0] == 68


# Messages that are too long

MIB = 1024 * 1024


@pytest.mark.parametrize("route", SINGLE, ids="-".join)
async def test_a_call_that_is_too_long_is_refused_and_the_session_lives(
    tmp_path: Path, route: tuple[str, str]
) -> None:
    """Specification, "Basic Profile URIs"; PEERS: 5 MB drops the peer elsewhere."""
    async with open_site(tmp_path) as site:
        peer = await site.join(*route)

        error = await peer.ask(48, 7, {}, "com.site.p", ["x" * 5_000_000])

        assert error[:3] == [8, 48, 7]
        assert error[4] == TOO_LONG
        assert (await peer.ask(32, 8, {}, "com.site.t"))[:2] == [33, 8]
        assert site.server.counters.messages_replaced == 1


@pytest.mark.parametrize("route", SOME_SINGLE, ids="-".join)
async def test_an_event_that_is_too_long_is_refused_where_the_publisher_asks(
    tmp_path: Path, route: tuple[str, str]
) -> None:
    """PEERS: "5 MB event"."""
    async with open_site(tmp_path) as site:
        peer = await site.join(*route)
        long = ["x" * 300_000]

        peer.say([16, 1, {}, "com.site.t", long])
        error = await peer.ask(16, 2, {"acknowledge": True}, "com.site.t", long)

        assert error[:3] == [8, 16, 2]
        assert error[4] == TOO_LONG


@pytest.mark.parametrize("route", SOME_SINGLE, ids="-".join)
async def test_a_result_that_is_too_long_fails_its_call(
    tmp_path: Path, route: tuple[str, str]
) -> None:
    async with open_site(tmp_path) as site:
        callee, caller = await pair(site, route)
        caller.say([48, 7, {}, "com.site.p"])
        number = (await callee.hear())[1]

        callee.say([70, number, {}, ["x" * 300_000]])

        error = await caller.hear()
        assert (error[:3], error[4]) == ([8, 48, 7], TOO_LONG)
        assert (await callee.ask(64, 9, {}, "com.site.q"))[:2] == [65, 9]


async def test_a_part_that_is_too_long_ends_its_call(tmp_path: Path) -> None:
    """Specification, "Progressive Call Invocations": the rest would be of no use."""
    async with open_site(tmp_path) as site:
        callee, caller = await pair(site, ("ws", "msgpack"))
        caller.say([48, 7, {"progress": True}, "com.site.p"])
        assert (await callee.hear())[0] == 68

        error = await caller.ask(48, 7, {"progress": True}, "com.site.p", ["x" * 300_000])
        caller.say([48, 7, {}, "com.site.p"])

        assert (error[:3], error[4]) == ([8, 48, 7], TOO_LONG)
        assert (await callee.hear())[0] == 69
        assert (await caller.ask(32, 8, {}, "com.site.t"))[:2] == [33, 8]


@pytest.mark.parametrize("route", SOME_SINGLE, ids="-".join)
async def test_a_message_that_is_too_long_and_answers_to_no_request_closes(
    tmp_path: Path, route: tuple[str, str]
) -> None:
    """ROBUSTNESS P31."""
    async with open_site(tmp_path) as site:
        peer = await site.join(*route)

        peer.say([64, 7, {"x": "x" * 300_000}, "com.site.p"])

        assert await peer.hear_end() == (1009 if route[0] == "ws" else None)


async def test_a_result_longer_than_its_caller_takes_fails_the_call(tmp_path: Path) -> None:
    """Specification, "RawSocket": a peer says how long a message may be."""
    async with open_site(tmp_path) as site:
        callee = await site.join()
        await callee.ask(64, 1, {}, "com.site.p")
        short = await site.dial("raw")
        short.writer.write(b"\x7f\x11\x00\x00")  # takes messages of up to 1 KiB
        await short.reader.readexactly(4)
        await short.join()
        short.say([48, 7, {}, "com.site.p"])
        number = (await callee.hear())[1]

        callee.say([70, number, {}, ["x" * 3000]])

        error = await short.hear()
        assert (error[:3], error[4]) == ([8, 48, 7], TOO_LONG)


async def test_others_are_served_while_a_message_is_read_over(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        slow, other = await site.join("raw", "msgpack"), await site.join()
        slow.writer.write((8 * MIB).to_bytes(4, "big") + slow.encode([48, 7, {}, "com.a", [""]]))
        await slow.writer.drain()
        await asyncio.sleep(0)

        assert (await other.ask(32, 1, {}, "com.site.t"))[0] == 33
