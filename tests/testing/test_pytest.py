"""The pytest plugin, as another project uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wampedge import testing
from wampedge.testing import links

PROJECT = """
import asyncio
import pytest
from wampedge.client import Session
from wampedge.router import User
from wampedge.testing import TestRouter
from wampedge.wamp.auth_proofs import TicketProof

@pytest.fixture
def router_options():
    return {"realm": "ship", "users": [User("ann", "crew", TicketProof("t1"))]}

async def test_asynchronous(router):
    async with await router.join(authid="ann", ticket="t1") as session:
        assert session.details["authrole"] == "crew"

def test_synchronous(router: TestRouter):
    async def join():
        async with await Session.connect(router.url, "ship"):
            return len(router.sessions)
    assert asyncio.run(join()) == 1
"""


def test_plugin_serves_the_tests_of_another_project(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["wampedge.testing.pytest"]\n')
    (tmp_path / "test_project.py").write_text(PROJECT)

    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    command += ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.stdout.splitlines()[-1].startswith("2 passed"), done.stdout + done.stderr


def test_plugin_imports_no_router_before_a_test_wants_one() -> None:
    program = (
        "import sys, wampedge.testing.pytest as plugin\n"
        "assert plugin.router\n"
        "print(*(name for name in sys.modules if name.startswith('wampedge')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [
        "wampedge",
        "wampedge.lazy_names",
        "wampedge.testing",
        "wampedge.testing.pytest",
    ]


def test_names_are_found_when_asked_for() -> None:
    assert testing.TestRouter.__name__ == "TestRouter"
    assert testing.Cut is links.Cut
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = testing.Nothing


SIMULATED = """
import asyncio
import pytest

async def test_ours(sim):
    began_s = asyncio.get_running_loop().time()
    await sim.advance(3600)
    assert asyncio.get_running_loop().time() - began_s == 3600

async def test_whole_site(site):
    assert await site.call("lamp.on") is True
"""
OTHERS = """
import asyncio
import pytest

@pytest.fixture
async def site():
    return asyncio.get_running_loop()

async def test_of_another_fixture_of_the_same_name(site):
    assert site is asyncio.get_running_loop()
"""


def test_fixtures_of_other_projects_may_have_the_same_names(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["wampedge.testing.pytest"]\n')
    (tmp_path / "test_ours.py").write_text(SIMULATED)
    (tmp_path / "test_others.py").write_text(OTHERS)
    (tmp_path / "devices.toml").write_text(
        'wampedge = 1\nnode.name = "n"\n[devices.lamp]\ndriver = "led"\npin = 17\n'
    )

    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    command += ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.stdout.splitlines()[-1].startswith("3 passed"), done.stdout + done.stderr
