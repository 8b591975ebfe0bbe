from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.support.virtual import virtual
from tests.transports.sinks import RecordedSink
from tests.wire.rig import WirePeer, open_site
from wampedge.router.authenticator import DynamicAuthentication
from wampedge.router.settings import RealmSettings
from wampedge.wamp.messages import Call, Error, Hello, Publish
from wampedge.wamp.payload import Payload
from wampedge_simulator.clock import run_virtual

ROLES: dict[str, object] = {"caller": {}, "callee": {}, "publisher": {}, "subscriber": {}}


async def pings_in_a_minute(folder: Path, details: dict[str, object]) -> int:
    """Join over a raw socket and count the PINGs of a minute, without answering."""
    async with open_site(folder) as site:
        peer: WirePeer = await site.connect("unix-raw")
        peer.say([1, "realm1", {"roles": ROLES, **details}])
        await peer.hear_without_limit()
        listening = asyncio.create_task(peer.hear_without_limit())
        await asyncio.sleep(60)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        return peer.pings_heard


def test_a_raw_socket_client_is_pinged_only_if_it_is_ours(tmp_path: Path) -> None:
    """Autobahn ends its connection when a raw socket sends it a PING."""
    assert run_virtual(pings_in_a_minute(tmp_path, {"agent": "AutobahnPython-26.10.2"})) == 0
    assert run_virtual(pings_in_a_minute(tmp_path, {})) == 0
    assert run_virtual(pings_in_a_minute(tmp_path, {"agent": 5})) == 0
    # Silent for 5 s after the first one: cut.
    assert run_virtual(pings_in_a_minute(tmp_path, {"agent": "wampedge-0.1"})) == 1


async def test_after_welcome_messages_may_be_256_kib_long(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        peer = await site.join()
        start = b'[48,1,{},"com.nobody",["'
        peer.say_body(start + b"x" * (256 * 1024 - len(start) - 3) + b'"]]')

        assert (await peer.hear())[:3] == [8, 48, 1]
        peer.say_body(start + b"x" * (256 * 1024 - len(start) - 2) + b'"]]')
        error = await peer.hear()
        assert (error[:3], error[4]) == ([8, 48, 1], "wamp.error.payload_size_exceeded")


@virtual
async def test_a_session_that_somebody_else_has_let_in_stays(tmp_path: Path) -> None:
    """The WELCOME comes with the answer of a procedure, not with a message of the peer."""
    authenticator = DynamicAuthentication("com.users", frozenset({"local"}))
    settings = RealmSettings("realm1", authenticator=authenticator)
    async with open_site(tmp_path, settings) as site:
        users, peer = await site.join("unix-raw"), await site.connect("unix-raw")
        await users.ask(64, 1, {}, "com.users")
        hello = {"roles": ROLES, "authid": "tom", "authmethods": ["ticket"]}
        await peer.ask(1, "realm1", hello)
        peer.say([5, "a ticket", {}])
        invocation = await users.hear()
        users.say([70, invocation[1], {}, ["guest"]])
        welcome = await peer.hear()
        await asyncio.sleep(6)
        start = b'[48,1,{},"com.nobody",["'
        peer.say_body(start + b"x" * 100_000 + b'"]]')
        error = await peer.hear()

        assert (welcome[0], welcome[2]["authid"]) == (2, "tom")
        assert error[:3] == [8, 48, 1]
        assert len(site.server.queues()) == 2


async def test_a_client_that_leaves_without_a_word_is_worth_a_note_not_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wampedge.server.server")
    async with open_site(tmp_path) as site:
        peer = await site.join("unix-ws")

        await peer.close()
        await until(lambda: site.server.connection_count == 0)

    last = caplog.records[-1]
    assert last.levelno == logging.INFO
    assert last.getMessage() == "unix: session ended: connection ended without a close frame"


async def test_a_client_that_aborts_is_closed_without_an_answer(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        peer = await site.join("raw")
        peer.say([3, {}, "wamp.error.system_shutdown"])

        assert await peer.hear_end() is None
        await peer.close()
        await until(lambda: site.router.sessions == ())


async def test_a_local_sender_does_not_wait_for_a_slow_reader(tmp_path: Path) -> None:
    async with open_site(tmp_path, max_pause_s=60.0) as site:
        reader = await site.join("unix-raw")
        await reader.ask(32, 1, {}, "com.a.flood")
        reader.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a Transport in truth
        local, sink = site.server.attach_local("node"), RecordedSink()
        local.sink = sink
        local.send(Hello("realm1", {"roles": ROLES}))

        for i in range(1, 3000):
            local.send(Publish(i, {}, "com.a.flood", Payload(("x" * 1000,))))
            await asyncio.sleep(0)
        local.send(Call(3000, {}, "com.a.nobody"))
        await until(lambda: any(isinstance(message, Error) for message in sink.heard))

        assert site.server.counters.slow_sessions_closed == 1
        local.close()
        await until(lambda: bool(sink.ends))


async def test_a_result_json_cannot_carry_settles_the_call_and_the_callee_lives(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        callee, caller = await site.join(), await site.join()
        await callee.ask(64, 1, {}, "com.a.read")
        caller.say([48, 1, {}, "com.a.read"])
        invocation = await callee.hear()

        callee.say_body(b"[70,%d,{},[NaN]]" % invocation[1])
        error = await caller.hear()
        caller.say([48, 2, {}, "com.a.read"])
        again = await callee.hear()

        assert error[:3] == [8, 48, 1]
        assert error[4] == "wamp.error.invalid_argument"
        assert again[0] == 68
        assert site.server.counters.messages_replaced == 1


async def test_arguments_json_cannot_carry_do_not_excuse_a_call_before_joining(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        peer = await site.connect()
        peer.say_body(b'[48,1,{},"com.a.read",[NaN]]')

        assert (await peer.hear())[0] == 3
        assert await peer.hear_end() is not None


@virtual
async def test_a_session_can_be_probed_and_is_detached_when_its_peer_is_gone(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        dead, plain = await site.join(), await site.join("raw")
        first, second = site.router.sessions
        assert first.probe is not None
        assert second.probe is not None
        dead.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a Transport in truth

        assert first.probe(1.0)
        assert not second.probe(1.0)  # a raw socket that is not known to answer
        assert [session.is_silent() for session in (first, second)] == [True, False]  # type: ignore[misc]  # set by the server
        await asyncio.sleep(1.1)

        assert site.router.sessions == (second,)
        await plain.close()


@virtual
async def test_the_sessions_of_the_node_itself_cannot_be_probed(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        local = site.server.attach_local("node")
        (session,) = site.router.sessions

        assert session.probe is not None
        assert not session.probe(1.0)
        assert session.is_silent is not None
        assert not session.is_silent()
        local.abort()
