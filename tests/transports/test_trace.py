from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.wire.rig import open_site


async def test_each_message_is_one_debug_line_without_its_arguments(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "wampedge.transports.trace")
    async with open_site(tmp_path) as site:
        peer = await site.join("unix-raw")
        await peer.ask(48, 7, {"secret": "s3cret"}, "com.a.b\n", ["s3cret"])

    lines = [r.getMessage() for r in caplog.records if r.name == "wampedge.transports.trace"]
    assert lines == [
        "unix < HELLO 'realm1'",
        "unix > WELCOME 2",
        "unix < CALL 7 'com.a.b\\n'",
        "unix > ERROR 7 48 'wamp.error.invalid_uri'",
    ]


async def test_nothing_is_traced_by_default(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with open_site(tmp_path) as site:
        await site.join("unix-raw")

    assert not [record for record in caplog.records if record.name == "wampedge.transports.trace"]
