"""The watchdog of the board, with a FIFO in the place of its device node."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.virtual import virtual
from wampedge.runtime.watchdog import HardwareWatchdog


@pytest.fixture
def device(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A FIFO, and a descriptor to read what was written to it without waiting."""
    path = tmp_path / "watchdog"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, descriptor
    os.close(descriptor)


@virtual
async def test_it_is_fed_as_often_as_it_was_told_and_ended_with_the_magic_letter(
    device: tuple[Path, int],
) -> None:
    path, read_end = device
    watchdog = HardwareWatchdog(path, period_s=2.0)

    assert watchdog.open()
    await asyncio.sleep(5.0)
    fed = os.read(read_end, 100)
    watchdog.close()
    await asyncio.sleep(5.0)

    assert fed == b"\0\0\0"
    assert os.read(read_end, 100) == b"V"


@virtual
async def test_one_that_does_not_say_its_time_is_fed_every_five_seconds(
    device: tuple[Path, int],
) -> None:
    path, read_end = device
    watchdog = HardwareWatchdog(path)

    watchdog.open()
    await asyncio.sleep(11.0)
    watchdog.close()

    assert os.read(read_end, 100) == b"\0\0\0V"


@virtual
async def test_one_that_cannot_be_fed_any_more_is_said_and_nothing_worse(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "watchdog"
    os.mkfifo(path)
    read_end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    watchdog = HardwareWatchdog(path, period_s=1.0)
    watchdog.open()

    os.close(read_end)
    with caplog.at_level(logging.ERROR):
        await asyncio.sleep(1.5)
    watchdog.close()
    watchdog.close()

    assert f"watchdog {path} cannot be fed: Broken pipe" in caplog.text


@pytest.mark.parametrize("is_file", [True, False])
async def test_what_is_no_watchdog_is_refused_and_left_as_it_is(
    tmp_path: Path, is_file: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "watchdog"
    if is_file:
        path.write_bytes(b"precious")
    watchdog = HardwareWatchdog(path)

    with caplog.at_level(logging.ERROR):
        assert not watchdog.open()
    watchdog.close()

    assert "the node runs without it" in caplog.text
    assert not is_file or path.read_bytes() == b"precious"
