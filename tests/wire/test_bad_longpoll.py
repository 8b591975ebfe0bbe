"""The table of bad inputs over HTTP long-poll (what is wrong in HTTP itself: ``test_http.py``).

An ABORT is fetched like any message; after it, the session takes no more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.wire.http_rig import LongPollPeer, http_to, longpoll_to
from tests.wire.rig import SERIALIZERS, WELCOMING_HELLO, Site, witnessed
from tests.wire.violations import (
    AFTER_HELLO,
    ANSWERED,
    BEFORE_HELLO,
    CBOR_VIOLATIONS,
    MSGPACK_VIOLATIONS,
    VIOLATION,
    check_log,
)

PROTOCOLS = [f"wamp.2.{name}{kind}" for name in SERIALIZERS for kind in ("", ".batched")]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with witnessed(tmp_path) as running:
        yield running


async def end_of(peer: LongPollPeer) -> tuple[Any, ...]:
    """Fetch the ABORT, and see that nothing is taken after it."""
    abort = await peer.hear()
    assert await peer.say([48, 9, {}, "com.nobody"]) == 400
    return abort[0], abort[2]


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_before_joining_it_is_aborted(
    site: Site, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard = {}
    for row, message in BEFORE_HELLO:
        async with longpoll_to(site, protocol) as peer:
            await peer.say(message)
            heard[row] = await end_of(peer)

    assert heard == {row: (3, VIOLATION) for row, _ in BEFORE_HELLO}
    check_log(caplog, len(BEFORE_HELLO))


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_in_a_session_it_is_aborted(
    site: Site, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard = {}
    for row, message in AFTER_HELLO:
        async with longpoll_to(site, protocol) as peer:
            await peer.join()
            await peer.ask(64, 1, {}, "com.bad.proc")
            await peer.say(message)
            heard[row] = await end_of(peer)

    assert heard == {row: (3, VIOLATION) for row, _ in AFTER_HELLO}
    check_log(caplog, len(AFTER_HELLO))


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_it_is_answered_with_an_error_and_the_session_lives(
    site: Site, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard = {}
    async with longpoll_to(site, protocol) as peer:
        await peer.join()
        for row, message, _ in ANSWERED:
            error = await peer.ask(*message)
            heard[row] = (error[0], error[1], error[4])
        alive = await peer.ask(48, 2, {}, "com.nobody")

    assert heard == {row: (8, message[0], uri) for row, message, uri in ANSWERED}
    assert alive[:3] == [8, 48, 2]
    check_log(caplog, 0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_p8_an_unknown_realm_is_aborted(site: Site, protocol: str) -> None:
    async with longpoll_to(site, protocol) as peer:
        await peer.say([1, "nowhere", WELCOMING_HELLO[2]])

        assert await end_of(peer) == (3, "wamp.error.no_such_realm")


@pytest.mark.parametrize(
    ("serializer", "body"),
    [
        pytest.param(name, *row.values, id=f"{name} {row.id}")
        for name, rows in (("msgpack", MSGPACK_VIOLATIONS), ("cbor", CBOR_VIOLATIONS))
        for row in rows
    ],
)
async def test_bytes_that_are_no_message_are_aborted(
    site: Site, serializer: str, body: bytes
) -> None:
    async with longpoll_to(site, f"wamp.2.{serializer}") as peer:
        await peer.join()

        assert await peer.say_bodies(body) == 400
        assert await end_of(peer) == (3, VIOLATION)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 20_000, id="P27 20000 deep"),
        pytest.param(b'[48,1,{},"com.a",[' + b"[" * 100_000, id="P27 100000 deep"),
        pytest.param(b'[48,1,{},"com.a",[' + b"9" * 100_000 + b"]]", id="P28 100000 digits"),
        pytest.param(b'[1,"realm1"', id="P5 broken json"),
    ],
)
async def test_json_that_is_no_message_is_aborted(site: Site, body: bytes) -> None:
    async with longpoll_to(site) as peer:
        await peer.join()

        assert await peer.say_bodies(body) == 400
        assert await end_of(peer) == (3, VIOLATION)


async def test_p31_a_body_of_20_mib_is_refused_by_its_head(site: Site) -> None:
    async with longpoll_to(site) as peer, http_to(site) as http:
        await peer.join()
        http.writer.write(
            f"POST {peer.base}/send HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Length: {20 * 1024 * 1024}\r\n\r\n".encode()
        )

        assert (await http.hear()).status == 413
        assert (await peer.ask(48, 1, {}, "com.nobody"))[:3] == [8, 48, 1]


async def test_p42_a_call_whose_callee_is_gone_fails_at_once(site: Site) -> None:
    async with longpoll_to(site) as caller:
        await caller.join()
        async with longpoll_to(site, "wamp.2.cbor") as callee:
            await callee.join()
            await callee.ask(64, 1, {}, "com.bad.slow")
            await caller.say([48, 1, {}, "com.bad.slow"])
            await callee.hear()
        error = await caller.hear()

    assert (error[0], error[2], error[4]) == (8, 1, "wamp.error.canceled")
