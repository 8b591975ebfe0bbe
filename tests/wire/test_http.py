"""Plain HTTP on the port of the router: bounds, order, ambiguous requests (rows P36 and P37)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.wire.http_rig import HttpPeer, connections_of, http_to, waiting_bytes
from tests.wire.rig import Site, open_site
from wampedge_simulator.clock import run_virtual

PAGE = b"<!doctype html><title>greenhouse</title>"
MIB = 1024 * 1024


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "panel.js").write_bytes(b"'use strict';")
    async with open_site(tmp_path, serving={"web": tmp_path}) as running:
        yield running


@pytest.fixture
async def http(site: Site) -> AsyncIterator[HttpPeer]:
    async with http_to(site) as peer:
        yield peer


async def test_http_connections_have_a_room_of_their_own(tmp_path: Path) -> None:
    async with (
        open_site(tmp_path, max_http_connections=2) as site,
        http_to(site) as idle,
        http_to(site) as busy,
        http_to(site) as late,
    ):
        await idle.ask("GET", "/")
        busy.writer.write(b"POST /lp/open HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        await until(lambda: len(connections_of(site)) == 2)

        answers = [await late.ask("GET", "/"), await late.ask("GET", "/")]
        end = await idle.hear_end()
        session = await site.join()

    assert [answer.status for answer in answers] == [200, 200]
    assert end == b""  # the idle one made room
    assert session is not None


async def test_where_all_http_connections_are_busy_one_more_is_refused(tmp_path: Path) -> None:
    async with (
        open_site(tmp_path, max_http_connections=1) as site,
        http_to(site) as busy,
        http_to(site) as late,
        http_to(site) as watcher,
    ):
        busy.writer.write(b"POST /lp/open HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        await until(lambda: connections_of(site))

        assert (await late.ask("GET", "/")).status == 503
        assert (await watcher.ask("GET", "/healthz")).status == 200


async def test_requests_sent_ahead_are_answered_in_order(http: HttpPeer) -> None:
    for path in ("/", "/nothing", "/panel.js", "/healthz"):
        http.say("GET", path)

    statuses = [(await http.hear()).status for _ in range(4)]

    assert statuses == [200, 404, 200, 200]


async def test_the_last_answer_says_so(http: HttpPeer) -> None:
    answer = await http.ask("GET", "/", Connection="close")

    assert answer.headers["connection"] == "close"
    assert await http.hear_end() == b""


async def test_a_client_that_ends_its_side_still_gets_its_answer(http: HttpPeer) -> None:
    http.say("GET", "/")
    http.writer.write_eof()

    assert (await http.hear()).body == PAGE
    assert await http.hear_end() == b""


async def test_a_body_that_is_announced_is_asked_for(http: HttpPeer) -> None:
    """RFC 9110 section 10.1.1."""
    http.say("POST", "/lp/open", Content_Length="2", Expect="100-continue")
    assert (await http.hear()).status == 100
    http.writer.write(b"{}")

    assert (await http.hear()).status == 400


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
        ("Transfer-Encoding: chunked\r\n", 501),
        ("Transfer-Encoding: identity\r\n", 501),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: 5, 5\r\n", 400),
        ("Content-Length: +5\r\n", 400),
        ("Content-Length: 0x5\r\n", 400),
        ("Content-Length : 5\r\n", 400),
        (" folded: 1\r\n", 400),
        ("X: 1\r\n folded\r\n", 400),
        ("X: a\nY: b\r\n", 400),
        ("X: a\rb\r\n", 400),
        ("X: a\0b\r\n", 400),
        ("Host: other\r\n", 400),
        ("X: " + "y" * 9000 + "\r\n", 431),
        ("X: y\r\n" * 100, 431),
    ],
)
async def test_a_request_that_could_be_read_in_two_ways_ends_the_connection(
    http: HttpPeer, fields: str, status: int
) -> None:
    """RFC 9112 section 11.2: no request hides in the body of another one."""
    assert (await http.ask("GET", "/healthz")).status == 200  # the same rules for a second request
    smuggled = "GET /panel.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    http.writer.write(
        f"POST /lp/open HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n{smuggled}".encode()
    )

    assert (await http.hear()).status == status
    assert b"use strict" not in await http.hear_end()


async def test_a_body_where_none_is_due_is_not_read_as_a_request(http: HttpPeer) -> None:
    http.say("GET", "/panel.js", b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert (await http.hear()).status == 413
    assert await http.hear_end() == b""


def test_p36_a_request_that_does_not_come_to_its_end_is_cut(tmp_path: Path) -> None:
    async def wait(data: bytes) -> tuple[float, bytes]:
        async with open_site(tmp_path) as site, http_to(site, via="unix") as http:
            await http.ask("GET", "/healthz")
            http.writer.write(data)
            end = await http.hear_end()
            return asyncio.get_running_loop().time(), end

    idle_at, nothing = run_virtual(wait(b""))
    head_at, late = run_virtual(wait(b"GET / HT"))
    body_at, late_body = run_virtual(
        wait(b"POST /lp/open HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
    )

    assert (idle_at, nothing) == (15.0, b"")
    assert (head_at, late[:13]) == (5.0, b"HTTP/1.1 408 ")
    assert (body_at, late_body[:13]) == (15.0, b"HTTP/1.1 408 ")


def test_p36_a_byte_a_second_wins_no_time(tmp_path: Path) -> None:
    async def trickle() -> float:
        async with open_site(tmp_path) as site, http_to(site, via="unix") as http:
            await http.ask("GET", "/healthz")
            end = asyncio.create_task(http.hear_end())
            for byte in b"GET /healthz":
                http.writer.write(bytes((byte,)))
                if (await asyncio.wait({end}, timeout=1))[0]:
                    break
            return asyncio.get_running_loop().time()

    assert run_virtual(trickle()) == 5.0


def test_an_answer_that_is_not_read_is_given_up_after_15_seconds(tmp_path: Path) -> None:
    (tmp_path / "long.bin").write_bytes(bytes(8 * MIB))

    async def wait() -> float:
        serving = {"web": tmp_path}
        async with open_site(tmp_path, serving=serving) as site, http_to(site, via="unix") as http:
            http.say("GET", "/long.bin")
            http.reader._transport.pause_reading()  # type: ignore[attr-defined]  # a client that sleeps
            await until(lambda: connections_of(site))
            while connections_of(site):  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0.5)
            return asyncio.get_running_loop().time()

    assert 15.0 <= run_virtual(wait()) <= 15.5


async def test_a_flood_of_requests_without_reading_stops_being_read(site: Site) -> None:
    _, writer = await asyncio.open_connection(site.host, site.port, limit=1024)
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    writer.write(request)
    await until(lambda: connections_of(site))

    async def flood() -> None:
        for _ in range(200):
            writer.write(request * 1000)
            await writer.drain()

    flooding = asyncio.create_task(flood())
    (connection,) = connections_of(site)
    for _ in range(20_000):
        await asyncio.sleep(0)
        assert len(connection._buffer) <= 96 * 1024
        assert waiting_bytes(connection) <= 96 * 1024
    flooding.cancel()
    await asyncio.gather(flooding, return_exceptions=True)
    writer.transport.abort()
