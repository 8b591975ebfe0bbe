"""A kernel for the tests: found in the cache folder, or the tests are skipped with the reason."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.boot import run_module
from tests.kernel.build import KernelMissingError, cached_kernel

TIMEOUT_S = 120.0

SLOW = ("greenhouse", "node", "oracle")

UnderKernel = Callable[[str], Any]


@pytest.fixture(scope="session")
def kernel() -> Path:
    try:
        return cached_kernel()
    except KernelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def under_kernel(
    kernel: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> UnderKernel:
    """Run a module of tests/kernel/guest under the kernel, once; returns what it handed over.

    A test module says in ``GUESTS`` which it wants, each with a package that has to be there. All
    that are wanted run before the first test that wants one, as many at a time as there are
    processors: the pipe of one that still ran would look like a leak of the test beside it. They
    find the loadable modules of the kernel in ``/mnt``.
    """

    def boot(guest: str) -> Any:
        share = shares[guest]
        shutil.copy(kernel.with_name("i2c-stub.ko"), share)
        module = f"tests.kernel.guest.{guest}"
        ended = run_module(kernel, module, share, timeout_s=TIMEOUT_S, has_virtual_time=True)
        assert ended.exit_code == 0, ended.output
        return json.loads((share / "result.json").read_text())

    modules = {item.module for item in request.session.items if isinstance(item, pytest.Function)}
    wanted = {
        name: needs for each in modules for name, needs in getattr(each, "GUESTS", {}).items()
    }
    missing = {name: needs for name, needs in wanted.items() if find_spec(needs) is None}
    shares = {name: tmp_path_factory.mktemp(name) for name in sorted(wanted.keys() - missing)}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        slowest_first = sorted(shares, key=lambda name: (name not in SLOW, name))
        ended = {name: pool.submit(boot, name) for name in slowest_first}

    def run(guest: str) -> Any:
        if guest in missing:
            package = missing[guest]
            pytest.skip(f"the package {package} is not installed: pip install {package}")
        return ended[guest].result()

    return run
