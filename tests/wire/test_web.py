"""Files and the state of the node on the port of the router (rows P37 and P38)."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.turns import until
from tests.wire.http_rig import HttpPeer, connections_of, http_to, waiting_bytes
from tests.wire.rig import Site, open_site

PAGE = b"<!doctype html><title>greenhouse</title>"
MIB = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A web folder with everything that may and may not be served."""
    web = tmp_path / "web"
    (web / "sub").mkdir(parents=True)
    (web / ".git").mkdir()
    (web / "index.html").write_bytes(PAGE)
    (web / "sub" / "index.html").write_bytes(b"below")
    (web / "panel.js").write_bytes(b"'use strict';")
    (web / "grüße 1.txt").write_bytes(b"hi")
    (web / ".git" / "config").write_bytes(b"secret")
    (web / ".env").write_bytes(b"secret")
    (tmp_path / "outside.txt").write_bytes(b"secret")
    (web / "out.txt").symlink_to(tmp_path / "outside.txt")
    (web / "up").symlink_to(tmp_path)
    (web / "git").symlink_to(web / ".git")
    (web / "in.js").symlink_to("panel.js")
    os.mkfifo(web / "pipe")
    (web / "closed.txt").write_bytes(b"secret")
    return web


@pytest.fixture
async def site(folder: Path, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, serving={"web": folder}) as running:
        yield running


@pytest.fixture
async def http(site: Site) -> AsyncIterator[HttpPeer]:
    async with http_to(site) as peer:
        yield peer


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/", PAGE, "text/html; charset=utf-8"),
        ("/index.html?v=2", PAGE, "text/html; charset=utf-8"),
        ("/sub/", b"below", "text/html; charset=utf-8"),
        ("/panel.js", b"'use strict';", "text/javascript; charset=utf-8"),
        ("/in.js", b"'use strict';", "text/javascript; charset=utf-8"),
        ("/gr%C3%BC%C3%9Fe%201.txt", b"hi", "text/plain; charset=utf-8"),
    ],
)
async def test_files_of_the_folder_are_served(
    http: HttpPeer, path: str, body: bytes, content_type: str
) -> None:
    answer = await http.ask("GET", path)

    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["content-type"] == content_type
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers


async def test_a_page_may_use_only_what_this_port_serves(http: HttpPeer) -> None:
    answer = await http.ask("GET", "/", Host="127.0.0.1:8080")

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "connect-src 'self' ws://127.0.0.1:8080 wss://127.0.0.1:8080" in policy
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.txt",
        "/../outside.txt",
        "/sub/../../outside.txt",
        "/%2e%2e/outside.txt",
        "/%2E%2E%2Foutside.txt",
        "/..%2foutside.txt",
        "/sub%2findex.html",
        "/..%5coutside.txt",
        "/sub\\index.html",
        "/..\\outside.txt",
        "/%00",
        "/index.html%00.png",
        "/index.html%0a",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/.env",
        "/.git/config",
        "/git/config",
        "/%2eenv",
        "/out.txt",
        "/up/outside.txt",
        "/up/",
        "/pipe",
        "/index.html/",
        "/%ff",
        "/%",
        "/" + "a" * 300,
        "/" + "a/" * 40,
    ],
)
async def test_no_other_file_is_however_its_path_is_spelled(http: HttpPeer, path: str) -> None:
    answer = await http.ask("GET", path)

    assert (answer.status, answer.body) == (404, b"nothing here\n")
    assert (await http.ask("GET", "/panel.js")).status == 200


async def test_a_folder_without_its_slash_is_somewhere_else(http: HttpPeer) -> None:
    answer = await http.ask("GET", "/sub?x=1")

    assert (answer.status, answer.headers["location"]) == (308, "/sub/")


async def test_a_file_above_64_mib_is_not_sent(site: Site, folder: Path) -> None:
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(64 * MIB + 1)

    async with http_to(site) as http:
        answer = await http.ask("GET", "/huge.bin")

    assert answer.status == 403


async def test_a_file_that_cannot_be_read_is_not_there(site: Site, folder: Path) -> None:
    (folder / "closed.txt").chmod(0)

    async with http_to(site) as http:
        answer = await http.ask("GET", "/closed.txt")

    assert answer.status == (404 if os.getuid() else 200)


async def test_head_tells_the_length_and_sends_nothing(http: HttpPeer) -> None:
    answer = await http.ask("HEAD", "/panel.js")

    assert (answer.status, answer.headers["content-length"]) == (200, "13")
    assert (await http.ask("GET", "/")).body == PAGE


async def test_what_a_browser_has_already_is_not_sent_again(http: HttpPeer) -> None:
    """RFC 9110 section 13.1: the tag counts before the date."""
    first = await http.ask("GET", "/")
    tag, date = first.headers["etag"], first.headers["last-modified"]

    statuses = [
        (await http.ask("GET", "/", None, **headers)).status
        for headers in (
            {"If_None_Match": tag},
            {"If_None_Match": f'"x", W/{tag}'},
            {"If_None_Match": "*"},
            {"If_None_Match": '"x"', "If_Modified_Since": date},
            {"If_Modified_Since": date},
            {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        )
    ]

    assert first.headers["cache-control"] == "no-cache"
    assert statuses == [304, 304, 304, 200, 304, 200]


async def test_a_changed_file_is_sent_anew(http: HttpPeer, folder: Path) -> None:
    tag = (await http.ask("GET", "/")).headers["etag"]
    (folder / "index.html").write_bytes(b"new")

    answer = await http.ask("GET", "/", If_None_Match=tag)

    assert (answer.status, answer.body) == (200, b"new")


async def test_a_long_file_arrives_whole(site: Site, folder: Path) -> None:
    data = os.urandom(3 * MIB + 17)
    (folder / "long.bin").write_bytes(data)

    async with http_to(site) as http:
        answer = await http.ask("GET", "/long.bin")
        again = await http.ask("GET", "/panel.js")

    assert answer.body == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert again.status == 200


async def test_a_client_that_does_not_read_holds_one_chunk_in_memory(
    site: Site, folder: Path
) -> None:
    (folder / "long.bin").write_bytes(bytes(32 * MIB))
    with socket.create_connection((site.host, site.port)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /long.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await until(lambda: connections_of(site))
        (connection,) = connections_of(site)
        await until(lambda: not connection._may_write.is_set())

        assert waiting_bytes(connection) <= 128 * 1024 + 1024
    await until(lambda: not connections_of(site))


async def test_a_file_that_is_cut_short_meanwhile_cuts_the_connection(
    site: Site, folder: Path
) -> None:
    (folder / "long.bin").write_bytes(bytes(32 * MIB))
    reader, writer = await asyncio.open_connection(site.host, site.port, limit=4096)
    writer.write(b"GET /long.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await until(lambda: connections_of(site))
    (connection,) = connections_of(site)
    await until(lambda: not connection._may_write.is_set())
    os.truncate(folder / "long.bin", 0)

    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(32 * MIB)
    writer.close()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "", "localhost@evil", "a b"])
async def test_p38_pages_are_not_sent_under_a_foreign_name(http: HttpPeer, host: str) -> None:
    """A foreign page may point its own name at this machine (DNS rebinding)."""
    answer = await http.ask("GET", "/", Host=host)

    assert answer.status == 421
    assert PAGE not in answer.body


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "192.168.1.4", "[::1]:80", "LOCALHOST", "panel.lan"]
)
async def test_pages_are_sent_under_names_of_this_machine_and_listed_ones(
    folder: Path, tmp_path: Path, host: str
) -> None:
    serving = {"web": folder, "allowed_origins": ["http://panel.lan"]}
    async with open_site(tmp_path, serving=serving) as site, http_to(site) as http:
        assert (await http.ask("GET", "/", Host=host)).status == 200


@pytest.mark.parametrize("method", ["POST", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT"])
async def test_files_can_only_be_read(http: HttpPeer, method: str) -> None:
    answer = await http.ask(method, "/")

    assert answer.status == 405


async def test_without_a_folder_the_port_says_what_it_is(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, http_to(site) as http:
        page = await http.ask("GET", "/", Host="any.example")
        missing = await http.ask("GET", "/index.html")

    assert page.body.startswith(b"wampedge: a WAMP router for devices\n")
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    assert missing.status == 404


@pytest.mark.parametrize(
    ("state", "status"), [("ready", 200), ("starting", 503), ("stopping", 503)]
)
async def test_healthz_tells_the_state_of_the_node(tmp_path: Path, state: str, status: int) -> None:
    async with (
        open_site(tmp_path, serving={"health": lambda: state}) as site,
        http_to(site) as http,
    ):
        answer = await http.ask("GET", "/healthz", Host="watcher.example")
        head = await http.ask("HEAD", "/healthz?x=1")

    assert (answer.status, json.loads(answer.body)) == (status, {"status": state})
    assert answer.headers["cache-control"] == "no-store"
    assert (head.status, head.body) == (status, b"")


async def test_healthz_is_told_where_there_is_no_room_for_a_session(tmp_path: Path) -> None:
    async with open_site(tmp_path, max_connections=1) as site:
        await site.join()
        async with http_to(site) as http:
            health = await http.ask("GET", "/healthz")
            end = await http.hear_end()
        async with http_to(site) as http:
            page = await http.ask("GET", "/")

    assert (health.status, health.headers["connection"], end) == (200, "close", b"")
    assert page.status == 503
