"""Rules for every test: nothing may be left behind, and nothing of the caller's set-up leaks in.

Fakes and rigs that several folders use live in ``tests/support`` and are imported from there.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.leaks import Footprint, TaskWatch

# Deadlines measure the machine, not the code; generating deep values is slow on purpose.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", _COMMON, max_examples=50)
settings.register_profile("ci", _COMMON, max_examples=200, derandomize=True, print_blob=True)
settings.register_profile("deep", _COMMON, max_examples=10_000)

_TASKS = TaskWatch()
_STATE = tempfile.TemporaryDirectory(prefix="wampedge-state-")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the hypothesis profile, clear our environment variables, watch for leaked tasks."""
    named = os.environ.get("HYPOTHESIS_PROFILE")
    settings.load_profile(named or ("ci" if os.environ.get("CI") else "default"))
    for name in [n for n in os.environ if n.startswith("WAMPEDGE_") and n != "WAMPEDGE_CACHE"]:
        del os.environ[name]
    # What nodes of the tests keep goes where nobody misses it.
    os.environ["XDG_STATE_HOME"] = str(_STATE.name)
    _TASKS.install()
    # Shells let jobs in the background ignore Ctrl-C, and so would all that tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip limits of CPU time while every line costs extra; another run without that has them."""
    if item.get_closest_marker("cpu_time") and sys.gettrace() is not None:
        pytest.skip("a tracer runs, such as coverage: CPU time means nothing")


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """Fail the test that leaves a task, a socket, a file or a thread behind."""
    _TASKS.leaks()
    before = Footprint.take()
    yield
    leaks = _TASKS.leaks() + before.leaks()
    if leaks:
        pytest.fail("left behind:\n  " + "\n  ".join(leaks), pytrace=False)
