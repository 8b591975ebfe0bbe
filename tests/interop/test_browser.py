"""A real browser: pages from our port join our router, with a library nobody here wrote."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.browser import visiting
from tests.interop.peers import AUTOBAHN_BROWSER, PeerMissingError
from tests.support.node_process import NodeProcess
from wampedge.client import Session
from wampedge.config.checking import load
from wampedge.router import RealmSettings, Router
from wampedge.server import Server
from wampedge.wamp.ids import random_id

pytestmark = [pytest.mark.interop, pytest.mark.node]

CLIENTS = Path(__file__).parent / "clients"
ROOT = Path(__file__).parents[2]
PATIENCE_S = 40.0

AIR, DRIP = (
    f"[...document.querySelectorAll('section')].find((e) => e.textContent.includes('{name}'))"
    for name in ("air", "drip")
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    try:
        library = AUTOBAHN_BROWSER.install() / "node_modules/autobahn-browser/autobahn.min.js"
    except PeerMissingError as error:
        pytest.skip(str(error))
    web = tmp_path / "web"
    web.mkdir()
    shutil.copy(library, web)
    shutil.copy(CLIENTS / "page.js", web)
    shutil.copy(CLIENTS / "page.html", web / "index.html")
    router = Router(
        [RealmSettings("realm1")],
        random_id=lambda: random_id(secrets.SystemRandom().getrandbits),
        monotonic_s=time.monotonic,
    )
    running = Server(router, ["ws://127.0.0.1:0/ws"], web=web)
    await running.start()
    yield running
    await running.stop()


@pytest.mark.parametrize(
    "query",
    [
        "transport=websocket&serializer=json",
        "transport=websocket&serializer=msgpack",
        "transport=longpoll",
    ],
)
async def test_a_page_joins_the_router_that_served_it(
    server: Server, query: str, tmp_path: Path
) -> None:
    told: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
    url = f"http://127.0.0.1:{server.addresses[0].port}/?realm=realm1&{query}"
    async with await Session.over(server.attach_local("test"), "realm1") as session:
        await session.register("com.test.add", lambda a, b: a + b)
        await session.subscribe("com.page.ready", lambda *args: told.put_nowait(args))
        await session.subscribe("com.page.heard", lambda *args: told.put_nowait(args))

        async with visiting(url, tmp_path), asyncio.timeout(PATIENCE_S):
            ready = await told.get()
            echo = await session.call("com.page.echo", "grüße", [1, {"a": None}], timeout_s=10)
            await session.publish("com.page.news", "door", "open")
            heard = await told.get()

    assert ready == (42, "wamp.error.no_such_procedure")
    assert list(echo.args) == ["grüße", [1, {"a": None}]]
    assert heard == ("door", "open")


async def test_the_example_page_shows_and_switches_the_devices(tmp_path: Path) -> None:
    """``examples/web`` on the node of the example file."""
    device_file = tmp_path / "devices.toml"
    shutil.copytree(ROOT / "examples" / "web", tmp_path / "www")
    example = (ROOT / "devices.toml").read_text()
    device_file.write_text(example.replace("[router] ", '[router]\nweb = "www"\n#'))
    with NodeProcess(device_file) as node:
        url = node.url("ws").replace("ws://", "http://").replace("/ws", "/")
        async with await Session.connect(node.url("ws"), "edge") as session:
            states: asyncio.Queue[Any] = asyncio.Queue()
            await session.subscribe(
                "edge.gh1.drip.state", lambda value, **_: states.put_nowait(value)
            )
            async with visiting(url, tmp_path) as page:
                devices = len(load(device_file).devices)
                await page.until(f"document.querySelectorAll('.dot.ok').length === {devices}")
                await page.until(f"{AIR}.querySelector('dd').textContent.endsWith(' °C')")
                before = await page.value(f"{DRIP}.querySelector('button').textContent")
                await page.value(f"{DRIP}.querySelector('button').click()")
                async with asyncio.timeout(PATIENCE_S):
                    state = await states.get()
                await page.until(f"{DRIP}.querySelector('button').textContent === 'on'")
                link = await page.value("document.getElementById('link').textContent")
                picture = await page.photograph()

    assert (before, state, link) == ("off", True, "connected")
    (tmp_path / "page.png").write_bytes(picture)  # for people who want to look
    assert len(picture) > 30_000
