"""Autobahn|TestSuite on our WebSocket code, both sides, every case about frames and text.

Left out are the cases about compression (12, 13), which we never negotiate.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.interop.crossbar import free_port
from tests.interop.echo import EchoFront, EchoOpening
from tests.interop.peers import WSTEST, PeerMissingError

pytestmark = [pytest.mark.autobahn, pytest.mark.slow]

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
PASSED = {"OK", "INFORMATIONAL", "NON-STRICT"}
SUBPROTOCOL = "wamp.2.json"
SUITE_TIMEOUT_S = 300.0


@pytest.fixture(scope="module")
def wstest() -> Path:
    """The program of the suite."""
    try:
        return WSTEST.install() / "bin" / "wstest"
    except PeerMissingError as error:
        pytest.skip(str(error))


@asynccontextmanager
async def _wstest(
    program: Path, mode: str, specification: dict[str, Any], folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the suite in *folder*, and end it with the block."""
    path = folder / "specification.json"
    path.write_text(json.dumps({"cases": CASES, "exclude-cases": [], **specification}))
    with folder.joinpath("log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(program), "-m", mode, "-s", str(path), "-u", "0",
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _failures(folder: Path, agent: str) -> tuple[int, dict[str, str]]:
    """Return how many cases ran, and the behaviour in each that did not pass."""
    results = json.loads((folder / "reports" / "index.json").read_text())[agent]
    failures = {
        case: f"{result['behavior']}, close {result['behaviorClose']}"
        for case, result in results.items()
        if result["behavior"] not in PASSED or result["behaviorClose"] not in PASSED
    }
    return len(results), failures


async def test_the_server_side_passes_every_case(wstest: Path, tmp_path: Path) -> None:
    server = await asyncio.get_running_loop().create_server(EchoFront, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    target = {"agent": "wampedge", "url": f"ws://127.0.0.1:{port}/ws", "protocols": [SUBPROTOCOL]}
    specification = {"outdir": "reports", "servers": [target]}

    async with (
        asyncio.timeout(SUITE_TIMEOUT_S),
        _wstest(wstest, "fuzzingclient", specification, tmp_path) as process,
    ):
        status = await process.wait()
    server.close()
    await server.wait_closed()

    count, failures = _failures(tmp_path, "wampedge")
    assert status == 0
    assert count > 250
    assert failures == {}


async def test_the_client_side_passes_every_case(wstest: Path, tmp_path: Path) -> None:
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    specification = {"outdir": "reports", "url": url, "protocols": [SUBPROTOCOL]}

    async with (
        asyncio.timeout(SUITE_TIMEOUT_S),
        _wstest(wstest, "fuzzingserver", specification, tmp_path),
    ):
        await _listening(port)
        count = int((await _echo(f"{url}/getCaseCount"))[0])
        for number in range(1, count + 1):
            await _echo(f"{url}/runCase?case={number}&agent=wampedge")
        await _echo(f"{url}/updateReports?agent=wampedge")

    ran, failures = _failures(tmp_path, "wampedge")
    assert ran == count
    assert failures == {}


async def _echo(url: str) -> list[bytes]:
    """Echo everything that comes from *url* until it closes; returns what came."""
    port = urlsplit(url).port or 80
    loop = asyncio.get_running_loop()
    _, opening = await loop.create_connection(lambda: EchoOpening(url), "127.0.0.1", port)
    echo = await opening.opened
    await echo.gone
    received: list[bytes] = echo.received
    return received


async def _listening(port: int) -> None:
    """Wait until somebody listens on *port*."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.05)  # another program's start has no event to wait for
        else:
            writer.close()
            await writer.wait_closed()
            return
