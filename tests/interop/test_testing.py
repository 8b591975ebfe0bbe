"""The test router serves other people's clients as it serves ours, and cuts their links."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.interop.peers import AUTOBAHN
from wampedge.client.blocking import connect
from wampedge.errors import ApplicationError
from wampedge.testing import TestRouter

pytestmark = pytest.mark.interop
pytest_plugins = ["wampedge.testing.pytest"]

CALLEE = Path(__file__).parent / "clients" / "autobahn_load.py"


@contextmanager
def autobahn_callee(router: TestRouter) -> Iterator[subprocess.Popen[str]]:
    """Run autobahn-python with a procedure on *router*."""
    python = AUTOBAHN.install() / "bin" / "python"
    command = [str(python), str(CALLEE), router.url, router.realm, "msgpack", "callee", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        while "ready" not in (line := process.stdout.readline()):
            assert line, "autobahn ended"
        yield process
        process.kill()


def test_autobahn_is_called_through_the_test_router(router: TestRouter) -> None:
    with autobahn_callee(router), connect(router.url, router.realm) as session:
        assert session.call("com.example.echo", "hello").value == "hello"


def test_autobahn_is_cut_off_by_the_test_router(router: TestRouter) -> None:
    with autobahn_callee(router), connect(router.url, router.realm) as session:
        (autobahn,) = (facts for facts in router.sessions if facts.session_id != session.session_id)

        router.cut(autobahn, "orphan")

        router.wait_for(lambda router: len(router.sessions) == 1)
        with pytest.raises(ApplicationError, match="no_such_procedure"):
            session.call("com.example.echo", "hello")
