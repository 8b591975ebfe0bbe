"""Autobahn|TestSuite on our WebSocket code, both sides.

Every case about frames and text runs without compression. Of those about compression (12, 13) a
part does: each kind of payload and each offer, in sizes up to 4 KiB, and two in fragments; all
of them take an hour.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.interop.crossbar import free_port
from tests.interop.echo import EchoFront, EchoOpening
from tests.interop.peers import WSTEST, PeerMissingError

pytestmark = [pytest.mark.autobahn, pytest.mark.slow]

CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
COMPRESSED_CASES = [
    *(f"12.{kind}.{size}" for kind in (1, 2, 3, 4, 5) for size in (1, 3, 5)),
    *(f"13.{offer}.{size}" for offer in (1, 2, 3, 4, 5, 6, 7) for size in (3, 4)),
    *(f"{group}.11" for group in ("12.1", "13.4")),
]
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
    program: Path, mode: str, specification: Mapping[str, Any], folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the suite in *folder*, and end it with the block."""
    path = folder / "specification.json"
    path.write_text(json.dumps({"exclude-cases": [], **specification}))
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
    count, failures = await _fuzz_server(wstest, tmp_path, CASES)

    assert count > 250
    assert failures == {}


async def test_the_client_side_passes_every_case(wstest: Path, tmp_path: Path) -> None:
    count, failures = await _fuzz_client(wstest, tmp_path, CASES)

    assert count > 250
    assert failures == {}


async def test_the_server_side_passes_cases_of_compression(wstest: Path, tmp_path: Path) -> None:
    count, failures = await _fuzz_server(wstest, tmp_path, COMPRESSED_CASES, compression=True)

    assert count == len(COMPRESSED_CASES)
    assert failures == {}


async def test_the_client_side_passes_cases_of_compression(wstest: Path, tmp_path: Path) -> None:
    count, failures = await _fuzz_client(wstest, tmp_path, COMPRESSED_CASES, compression=True)

    assert count == len(COMPRESSED_CASES)
    assert failures == {}


async def _fuzz_server(
    wstest: Path, tmp_path: Path, cases: list[str], *, compression: bool = False
) -> tuple[int, dict[str, str]]:
    """Let the suite attack our server; return how many cases ran, and those that failed."""
    loop = asyncio.get_running_loop()
    front = partial(EchoFront, compression=compression)
    server = await loop.create_server(front, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    target = {"agent": "wampedge", "url": f"ws://127.0.0.1:{port}/ws", "protocols": [SUBPROTOCOL]}
    specification = {"outdir": "reports", "servers": [target], "cases": cases}

    async with (
        asyncio.timeout(SUITE_TIMEOUT_S),
        _wstest(wstest, "fuzzingclient", specification, tmp_path) as process,
    ):
        status = await process.wait()
    server.close()
    await server.wait_closed()

    assert status == 0
    return _failures(tmp_path, "wampedge")


async def _fuzz_client(
    wstest: Path, tmp_path: Path, cases: list[str], *, compression: bool = False
) -> tuple[int, dict[str, str]]:
    """Let our client talk to the suite; return how many cases ran, and those that failed."""
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    specification = {"outdir": "reports", "url": url, "protocols": [SUBPROTOCOL], "cases": cases}

    async with (
        asyncio.timeout(SUITE_TIMEOUT_S),
        _wstest(wstest, "fuzzingserver", specification, tmp_path),
    ):
        await _listening(port)
        count = int((await _echo(f"{url}/getCaseCount"))[0])
        for number in range(1, count + 1):
            await _echo(f"{url}/runCase?case={number}&agent=wampedge", compression=compression)
        await _echo(f"{url}/updateReports?agent=wampedge")

    ran, failures = _failures(tmp_path, "wampedge")
    assert ran == count
    return ran, failures


async def _echo(url: str, *, compression: bool = False) -> list[bytes]:
    """Echo everything that comes from *url* until it closes; returns what came."""
    port = urlsplit(url).port or 80
    loop = asyncio.get_running_loop()
    _, opening = await loop.create_connection(
        lambda: EchoOpening(url, compression=compression), "127.0.0.1", port
    )
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
