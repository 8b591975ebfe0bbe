"""A kernel for the tests: found in the cache folder, or the tests are skipped with the reason."""

from __future__ import annotations

import functools
import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.boot import run_module
from tests.kernel.build import KernelMissingError, cached_kernel

TIMEOUT_S = 120.0

UnderKernel = Callable[..., Any]


@pytest.fixture(scope="session")
def kernel() -> Path:
    try:
        return cached_kernel()
    except KernelMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def under_kernel(kernel: Path, tmp_path_factory: pytest.TempPathFactory) -> UnderKernel:
    """Run a module of tests/kernel/guest under the kernel, once; returns what it handed over.

    The module finds the loadable modules of the kernel in ``/mnt``.
    """

    @functools.cache
    def run(guest: str, *, needs: str = "smbus2") -> Any:
        if importlib.util.find_spec(needs) is None:
            pytest.skip(f"the package {needs} is not installed: pip install {needs}")
        share = tmp_path_factory.mktemp(guest)
        shutil.copy(kernel.with_name("i2c-stub.ko"), share)
        module = f"tests.kernel.guest.{guest}"
        ended = run_module(kernel, module, share, timeout_s=TIMEOUT_S, has_virtual_time=True)
        assert ended.exit_code == 0, ended.output
        return json.loads((share / "result.json").read_text())

    return run
