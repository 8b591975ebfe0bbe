"""The two commands of the README do what it says, in a fresh clone and a fresh environment."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.readme import readme_command

ROOT = Path(__file__).parents[2]
INSTALL_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 10.0


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of what is committed."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture
def runtime_folder() -> Iterator[Path]:
    """A runtime folder with a name short enough for a Unix socket."""
    folder = Path(os.path.realpath("/tmp")) / f"readme-{os.getpid()}"
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["run", "test"])
def test_the_readme_prints_each_command_as_one_line(name: str) -> None:
    command = readme_command(name)

    assert "\n" not in command
    assert command.startswith("python3 -m venv .venv && ")


@pytest.mark.slow
def test_the_first_command_brings_the_site_up_and_sigterm_ends_it(
    clone: Path, runtime_folder: Path
) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, "WAMPEDGE_RUNTIME_DIR": str(runtime_folder)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(runtime_folder / "notify"))
        shell = subprocess.Popen(
            ["bash", "-c", readme_command("run")],
            cwd=clone,
            env={**environment, "NOTIFY_SOCKET": str(runtime_folder / "notify")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            readable, _, _ = select.select([notified], [], [], INSTALL_TIMEOUT_S)
            assert readable, f"not ready after {INSTALL_TIMEOUT_S:.0f} s"
            facts = json.loads((runtime_folder / "node.json").read_text())
            asked = subprocess.run(
                [clone / ".venv/bin/wampedge", "call", f"{facts['uri_prefix']}.sys.describe"],
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            os.kill(facts["pid"], signal.SIGTERM)
            status = shell.wait(STOP_TIMEOUT_S)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
                shell.wait()

    assert asked.returncode == 0, asked.stderr
    assert status == 0
