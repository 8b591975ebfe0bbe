"""The leak check itself: each kind of leak fails a test, and tidy tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]

CONFTEST = """
from tests.conftest import *
from tests.conftest import _nothing_is_left_behind
"""

SAMPLES = """
import asyncio, socket, threading

kept = []

async def test_task():
    kept.append(asyncio.create_task(asyncio.Event().wait()))

def test_task_of_own_loop():
    async def main():
        kept.append(asyncio.create_task(asyncio.Event().wait()))
    asyncio.run(main())

def test_socket():
    kept.append(socket.socket())

def test_dropped_socket():
    socket.socket()

def test_thread():
    threading.Thread(target=threading.Event().wait, name="pump", daemon=True).start()

async def test_task_cancelled_at_the_end():
    task = asyncio.create_task(asyncio.Event().wait())
    await asyncio.sleep(0)
    task.cancel()

async def test_executor_job():
    await asyncio.to_thread(str)

def test_closed_socket_and_joined_thread():
    socket.socket().close()
    thread = threading.Thread(target=str)
    thread.start()
    thread.join()
"""


@pytest.fixture(scope="module")
def complaint_by_test(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run the samples once, in a pytest of their own; an empty complaint means passed."""
    folder = tmp_path_factory.mktemp("leaky")
    folder.joinpath("conftest.py").write_text(CONFTEST)
    folder.joinpath("test_sample.py").write_text(SAMPLES)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:cov",
         f"--rootdir={folder}", f"--config-file={ROOT / 'pyproject.toml'}",
         "--junitxml=report.xml", "test_sample.py"],
        cwd=folder, capture_output=True, check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    )  # fmt: skip
    found: dict[str, str] = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        texts = [part.text or "" for part in case if part.tag in {"error", "failure"}]
        found[case.attrib["name"]] = found.get(case.attrib["name"], "") + "".join(texts)
    return found


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ("test_task", "pending task"),
        ("test_task_of_own_loop", "pending task"),
        ("test_socket", "-> socket:"),
        ("test_dropped_socket", "unclosed <socket.socket"),
        ("test_thread", "thread pump"),
    ],
)
def test_a_leak_fails_the_test_that_made_it(
    complaint_by_test: dict[str, str], test: str, told: str
) -> None:
    assert told in complaint_by_test[test]


@pytest.mark.parametrize(
    "test",
    [
        "test_task_cancelled_at_the_end",
        "test_executor_job",
        "test_closed_socket_and_joined_thread",
    ],
)
def test_a_tidy_test_passes(complaint_by_test: dict[str, str], test: str) -> None:
    assert complaint_by_test[test] == ""
