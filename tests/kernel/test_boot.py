"""Booting a kernel on the host's files: nothing of the host can be changed, and all is bounded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.kernel.boot import GuestError, boot

pytestmark = pytest.mark.kernel


def test_a_command_has_its_own_exit_code_and_output(kernel: Path, tmp_path: Path) -> None:
    ended = boot(kernel, ["sh", "-c", "echo 'one  two'; exit 7"], tmp_path, timeout_s=60)

    assert (ended.exit_code, ended.output) == (7, "one  two")


def test_the_files_of_the_host_can_only_be_read(kernel: Path, tmp_path: Path) -> None:
    share, outside = tmp_path / "share", tmp_path / "outside"
    share.mkdir()
    outside.write_text("as it was")

    ended = boot(kernel, ["sh", "-c", f"cat {outside}; echo new > {outside}"], share, timeout_s=60)

    assert ended.exit_code != 0
    assert ended.output.startswith("as it was")
    assert outside.read_text() == "as it was"


def test_an_hour_passes_at_once_in_virtual_time(kernel: Path, tmp_path: Path) -> None:
    began_s = time.monotonic()

    ended = boot(
        kernel,
        ["sh", "-c", "cut -d. -f1 /proc/uptime; sleep 3600; cut -d. -f1 /proc/uptime"],
        tmp_path,
        timeout_s=60,
        has_virtual_time=True,
    )

    before, after = map(int, ended.output.split())
    assert after - before == 3600
    assert time.monotonic() - began_s < 60


def test_a_command_that_hangs_is_killed_and_what_it_printed_is_told(
    kernel: Path, tmp_path: Path
) -> None:
    with pytest.raises(GuestError, match=r"(?s)here I hang.*killed after 2 s"):
        boot(kernel, ["sh", "-c", "echo here I hang; sleep 600"], tmp_path, timeout_s=2)
