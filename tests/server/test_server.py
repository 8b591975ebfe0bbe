"""The server in the process; what it does on the network stands in ``tests/wire``."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.turns import turns
from tests.transports.sinks import RecordedSink
from tests.wire.rig import open_site
from wampedge.errors import ConfigError
from wampedge.router.router import Router
from wampedge.router.settings import RealmSettings
from wampedge.server import Server
from wampedge.transports.base import Transport
from wampedge.transports.limits import TransportLimits
from wampedge.wamp.messages import (
    Abort,
    Call,
    Error,
    Event,
    Goodbye,
    Hello,
    Invocation,
    Publish,
    Register,
    Result,
    Subscribe,
    Welcome,
    Yield,
)
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import run_virtual

ROLES: dict[str, Any] = {"roles": {"caller": {}, "callee": {}, "publisher": {}, "subscriber": {}}}


def make_server(*listeners: str, **limits: Any) -> Server:
    ids = iter(range(1, 1000))
    router = Router(
        [RealmSettings("realm1")], random_id=lambda: next(ids), monotonic_s=time.monotonic
    )
    return Server(router, listeners, limits=TransportLimits(**limits))


async def join(server: Server, name: str) -> tuple[Transport, RecordedSink]:
    transport, sink = server.attach_local(name), RecordedSink()
    transport.sink = sink
    transport.send(Hello("realm1", ROLES))
    await turns()
    sink.heard.clear()
    return transport, sink


def heard(sink: RecordedSink, kind: type) -> list[Any]:
    return [message for message in sink.heard if isinstance(message, kind)]


@pytest.mark.parametrize(("role", "told"), [(None, "trusted"), ("guest", "guest")])
async def test_local_session_has_the_role_it_is_given(role: str | None, told: str) -> None:
    server = make_server()
    transport, sink = server.attach_local("panel", role), RecordedSink()
    transport.sink = sink

    transport.send(Hello("realm1", ROLES))
    await turns()

    (welcome,) = heard(sink, Welcome)
    assert (welcome.details["authid"], welcome.details["authrole"]) == ("panel", told)


async def test_local_sessions_call_each_other() -> None:
    server = make_server()
    (callee, at_callee), (caller, at_caller) = await join(server, "a"), await join(server, "b")
    callee.send(Register(1, {}, "com.a.add"))
    await turns()

    caller.send(Call(1, {}, "com.a.add", Payload((1, 2))))
    await turns()
    (invocation,) = heard(at_callee, Invocation)
    callee.send(Yield(invocation.request_id, {}, Payload((3,))))
    await turns()

    (result,) = heard(at_caller, Result)
    assert list(result.payload.args) == [3]
    await server.stop()
    assert at_caller.ends == at_callee.ends == ["closed: None"]


async def test_a_local_session_may_use_the_nodes_own_uris() -> None:
    server = make_server()
    node, at_node = await join(server, "node")

    node.send(Register(1, {}, "wampedge.status.get"))
    await turns()

    assert heard(at_node, Error) == []
    await server.stop()


async def test_an_event_reaches_local_subscribers_as_an_object() -> None:
    server = make_server()
    (one, at_one), (two, at_two) = await join(server, "a"), await join(server, "b")
    publisher, _ = await join(server, "c")
    one.send(Subscribe(1, {}, "com.a.lux"))
    two.send(Subscribe(1, {}, "com.a.lux"))
    await turns()

    publisher.send(Publish(1, {}, "com.a.lux", Payload((), {"lux": 7})))
    await turns()

    for sink in (at_one, at_two):
        (event,) = heard(sink, Event)
        assert event.payload.kwargs == {"lux": 7}
    await server.stop()


async def test_a_local_session_that_says_nonsense_is_aborted() -> None:
    server = make_server()
    local, sink = await join(server, "a")

    local.send(Hello("realm1", ROLES))
    await turns()

    (abort,) = heard(sink, Abort)
    assert abort.reason == "wamp.error.protocol_violation"
    assert sink.ends == ["closed: None"]
    assert server.counters.sessions_aborted == 1
    await server.stop()


async def test_stopping_says_goodbye_and_does_not_wait_for_nobody() -> None:
    server = make_server("ws://127.0.0.1:0")
    await server.start()
    local, sink = await join(server, "a")
    started = time.monotonic()

    stopping = asyncio.create_task(server.stop())
    await turns()
    (goodbye,) = heard(sink, Goodbye)
    local.send(Goodbye({}, "wamp.close.goodbye_and_out"))
    await stopping

    assert goodbye.reason == "wamp.close.system_shutdown"
    assert sink.ends == ["closed: None"]
    assert time.monotonic() - started < 1.0


def test_stopping_waits_only_so_long_for_those_who_do_not_answer(tmp_path: Path) -> None:
    async def scene() -> float:
        async with open_site(tmp_path) as site:
            for transport in ("unix-ws", "unix-raw"):
                await site.join(transport)
            await site.connect("unix-ws")
            await site.dial("unix-ws")
            await site.server.stop()
            assert site.server.connection_count == 0
            assert site.router.sessions == ()
            return asyncio.get_running_loop().time()

    assert run_virtual(scene()) <= 4.0


async def test_a_stopping_server_lets_nobody_in(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.server.stop()

        with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
            await site.dial("unix-raw")
        assert not site.socket_path.exists()


async def test_addresses_tell_the_real_ports(tmp_path: Path) -> None:
    server = make_server("ws://127.0.0.1:0/ws", f"unix:{tmp_path}/w.sock")
    before = [str(url) for url in server.addresses]

    await server.start()

    assert before == ["ws://127.0.0.1:0/ws", f"unix:{tmp_path}/w.sock"]
    assert server.addresses[0].port > 0
    await server.stop()


async def test_when_one_listener_fails_none_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "w.sock"
    server = make_server(f"unix:{path}", f"unix:{tmp_path}/none/w.sock")

    with pytest.raises(ConfigError, match="the folder does not exist"):
        await server.start()

    assert not path.exists()


async def test_a_listener_others_could_reach_is_refused_before_anything_opens() -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on ws://0\.0\.0\.0:8080/"):
        make_server("ws://0.0.0.0:8080/")


async def test_a_listener_that_is_no_address_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown form"):
        make_server("http://127.0.0.1:1")
