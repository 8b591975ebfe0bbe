"""Every transport with every serializer, between real sockets of one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import until
from tests.wire.rig import EVERY_ROUTE, SERIALIZERS, Site, open_site

# Each route with itself, with a plain one, and each serializer with each other.
EVERY_PAIR = [
    *((route, route) for route in EVERY_ROUTE),
    *((route, ("ws", "json")) for route in EVERY_ROUTE if route != ("ws", "json")),
    *((("raw", a), (transport, b)) for transport, b in EVERY_ROUTE for a in SERIALIZERS if a != b),
]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, is_encrypted=True) as running:
        yield running


def name(pair: Any) -> str:
    (a, b), (c, d) = pair
    return f"{a} {b} to {c} {d}"


@pytest.mark.parametrize("pair", EVERY_PAIR, ids=name)
async def test_a_call_reaches_its_callee_and_the_result_its_caller(
    site: Site, pair: tuple[tuple[str, str], tuple[str, str]]
) -> None:
    callee, caller = await site.join(*pair[0]), await site.join(*pair[1])
    registered = await callee.ask(64, 1, {}, "com.site.add")
    caller.say([48, 1, {}, "com.site.add", [1, 2.5], {"unit": "°C", "on": True, "none": None}])

    invocation = await callee.hear()
    callee.say([70, invocation[1], {}, [3.5], {"text": "gewächshaus"}])
    result = await caller.hear()

    assert invocation[0] == 68
    assert invocation[2] == registered[2]
    assert invocation[4:] == [[1, 2.5], {"unit": "°C", "on": True, "none": None}]
    assert result == [50, 1, {}, [3.5], {"text": "gewächshaus"}]


@pytest.mark.parametrize("pair", EVERY_PAIR, ids=name)
async def test_an_event_reaches_all_subscribers_whatever_they_speak(
    site: Site, pair: tuple[tuple[str, str], tuple[str, str]]
) -> None:
    publisher = await site.join(*pair[0])
    others = [await site.join(*route) for route in (pair[0], pair[1], pair[1])]
    ids = [(await other.ask(32, 1, {}, "com.site.lux"))[2] for other in others]

    published = await publisher.ask(16, 1, {"acknowledge": True}, "com.site.lux", [], {"lux": 7})
    events = [await other.hear() for other in others]

    assert published[0] == 17
    assert events == [[36, ids[0], published[2], {}, [], {"lux": 7}]] * 3


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_a_message_of_200_kilobytes_passes(site: Site, route: tuple[str, str]) -> None:
    subscriber, publisher = await site.join(*route), await site.join(*route)
    await subscriber.ask(32, 1, {}, "com.site.blob")

    publisher.say([16, 1, {}, "com.site.blob", ["x" * 200_000]])

    assert (await subscriber.hear())[4] == ["x" * 200_000]


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_goodbye_is_answered_and_the_connection_closed(
    site: Site, route: tuple[str, str]
) -> None:
    peer = await site.join(*route)

    answer = await peer.ask(6, {}, "wamp.close.normal")

    assert answer == [6, {}, "wamp.close.goodbye_and_out"]
    assert await peer.hear_end() == (1000 if "ws" in route[0] else None)
    await peer.close()
    await until(lambda: site.server.connection_count == 0)


@pytest.mark.parametrize("route", EVERY_ROUTE, ids="-".join)
async def test_a_stopping_server_says_goodbye(tmp_path: Path, route: tuple[str, str]) -> None:
    async with open_site(tmp_path, is_encrypted=True) as site:
        peer = await site.join(*route)

        stopping = asyncio.create_task(site.server.stop())
        goodbye = await peer.hear()
        peer.say([6, {}, "wamp.close.goodbye_and_out"])

        assert goodbye == [6, {}, "wamp.close.system_shutdown"]
        assert await peer.hear_end() == (1000 if "ws" in route[0] else None)
        await peer.close()
        await stopping


async def test_many_messages_in_one_write_are_all_answered_in_order(site: Site) -> None:
    peer = await site.join()

    peer.say(*([48, i, {}, "com.nobody"] for i in range(1, 501)))
    answers = [await peer.hear() for _ in range(500)]

    assert [answer[2] for answer in answers] == list(range(1, 501))


async def test_the_lost_connection_of_a_callee_settles_its_calls(site: Site) -> None:
    callee, caller = await site.join("raw"), await site.join()
    await callee.ask(64, 1, {}, "com.site.slow")
    caller.say([48, 1, {}, "com.site.slow"])
    await callee.hear()

    await callee.close()

    answer = await caller.hear()
    assert answer[:3] == [8, 48, 1]
    assert answer[4] == "wamp.error.canceled"


async def test_a_local_session_is_trusted_and_reaches_clients(site: Site) -> None:
    from tests.transports.sinks import RecordedSink
    from wampedge.wamp.messages import Hello, Publish, Welcome
    from wampedge.wamp.payload import Payload

    subscriber = await site.join()
    await subscriber.ask(32, 1, {}, "wampedge.status")
    local = site.server.attach_local("node")
    sink = RecordedSink()
    local.sink = sink

    local.send(Hello("realm1", {"roles": {"publisher": {}}}))
    local.send(Publish(1, {}, "wampedge.status", Payload(("ok",))))
    event = await subscriber.hear()

    assert event[4] == ["ok"]
    welcome = sink.heard[0]
    assert isinstance(welcome, Welcome)
    assert (welcome.details["authid"], welcome.details["authrole"]) == ("node", "trusted")
    local.close()
    await until(lambda: bool(sink.ends))
