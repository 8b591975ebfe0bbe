from __future__ import annotations

import asyncio
import logging

import pytest

from wampedge.server.peer_log import PeerLog
from wampedge_simulator.clock import run_virtual

log = logging.getLogger("test.peers")


def test_a_line_names_the_peer_and_is_cut_at_512_characters(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def write() -> None:
        peer_log = PeerLog(log)
        peer_log.write(logging.WARNING, "tcp:127.0.0.1:1", "x" * 2000)
        peer_log.close()

    run_virtual(write())

    assert caplog.messages == ["tcp:127.0.0.1:1: " + "x" * 512]


def test_a_peer_cannot_write_lines_or_control_characters(caplog: pytest.LogCaptureFixture) -> None:
    async def write() -> None:
        peer_log = PeerLog(log)
        peer_log.write(logging.WARNING, "p", "a\nERROR b\x1b[0m \ud800é")
        peer_log.close()

    run_virtual(write())

    assert caplog.messages == ["p: a\\nERROR b\\x1b[0m \\ud800\\xe9"]


def test_what_is_over_twenty_lines_is_counted_and_told_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def write() -> list[str]:
        peer_log = PeerLog(log)
        for _ in range(25):
            peer_log.write(logging.WARNING, "p", "again")
        in_time = list(caplog.messages)
        await asyncio.sleep(10.0)
        peer_log.write(logging.WARNING, "p", "a new window")
        peer_log.close()
        return in_time

    in_time = run_virtual(write())

    assert in_time == ["p: again"] * 20
    assert caplog.messages[20:] == ["5 more lines about peers suppressed", "p: a new window"]
