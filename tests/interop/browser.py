"""Headless Chromium as a visitor of pages: Debian's package, skipped where it is not installed.

The page is asked and photographed over Chromium's debugging protocol.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

__all__ = ["Page", "visiting"]

PATIENCE_S = 40.0
_LOOK_S = 0.05


class Page:
    """One open page; made by ``visiting``."""

    def __init__(self, socket: ClientConnection, session: str = "") -> None:
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1)

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Give one order of the debugging protocol and wait for its result."""
        number = next(self._numbers)
        order: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            order["sessionId"] = self._session
        await self._socket.send(json.dumps(order))
        while True:
            told = json.loads(await self._socket.recv())
            if told.get("id") == number:
                assert "error" not in told, told
                result: dict[str, Any] = told["result"]
                return result

    async def value(self, expression: str) -> Any:
        """Return what *expression* is in the page."""
        told = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until *expression* holds in the page."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.value(expression):  # noqa: ASYNC110  # a browser tells no event
                await asyncio.sleep(_LOOK_S)

    async def photograph(self) -> bytes:
        """Return what is seen, as PNG."""
        told = await self.ask("Page.captureScreenshot", format="png")
        return base64.b64decode(told["data"])


@asynccontextmanager
async def visiting(url: str, folder: Path) -> AsyncIterator[Page]:
    """Open *url* in a browser whose profile lies in *folder*."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    profile = folder / "profile"
    process = await asyncio.create_subprocess_exec(
        chromium,
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--no-first-run", "--hide-scrollbars", "--window-size=1100,900"),
        *(f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with connect(await _address(profile), max_size=None) as socket:
            browser = Page(socket)
            target = await browser.ask("Target.createTarget", url=url)
            attached = await browser.ask(
                "Target.attachToTarget", targetId=target["targetId"], flatten=True
            )
            yield Page(socket, attached["sessionId"])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its helpers as well
        await process.wait()


async def _address(profile: Path) -> str:
    """Wait for the browser to say where it listens."""
    told = profile / "DevToolsActivePort"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(FileNotFoundError, ValueError):
                port, path = told.read_text().split()
                return f"ws://127.0.0.1:{port}{path}"
            await asyncio.sleep(_LOOK_S)
